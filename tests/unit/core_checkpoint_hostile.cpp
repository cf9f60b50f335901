// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core_checkpoint_files.hpp"
#include "core_random.hpp"
#include "vcl/checkpoint.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

using test::floats;
using test::number;
using test::Pickle;
using test::refusal;
using test::small_numpy;
using test::TemporaryFolder;
using test::torch_legacy;
using test::torch_zip;
using test::zip;
using test::ZipEntry;
using test::ZipForm;

const std::string kSix = floats({0, 1, 2, 3, 4, 5});

void expect_refused(const std::string& bytes, const std::string& because) {
  const auto message = refusal(bytes);
  ASSERT_TRUE(message) << "accepted; expected: " << because;
  EXPECT_NE(message->find(because), std::string::npos) << *message << "\nexpected: " << because;
}

/// A pickle whose value nothing wants.
void expect_pickle_refused(const Pickle& pickle, const std::string& because) {
  expect_refused(torch_zip(pickle.stop(), {{"0", kSix}}), because);
}

TEST(HostileCheckpoint, ClassesAndOpcodesAreRefusedByName) {
  const auto called = [](const std::string& module, const std::string& name) {
    return Pickle().global(module, name).mark().text("echo").tuple().reduce();
  };
  expect_pickle_refused(called("os", "system"), "\"os.system\"");
  expect_pickle_refused(called("builtins", "eval"), "\"builtins.eval\"");
  expect_pickle_refused(called("collections.OrderedDict", ""), "\"collections.OrderedDict.\"");
  expect_pickle_refused(called("argparse.Name", "space"), "\"argparse.Name.space\"");
  expect_pickle_refused(called("torch.storage", "_load_from_bytes"), "_load_from_bytes");
  expect_pickle_refused(called("numpy", "ndarray"), "\"numpy.ndarray\"");
  expect_pickle_refused(Pickle().global("models.vit", "VisionTransformer").raw(")\x81"),
                        "\"models.vit.VisionTransformer\"");
  expect_pickle_refused(Pickle().text("os").text("system").raw("\x93").text("echo").raw("\x85R"), "\"os.system\"");
  expect_pickle_refused(called("evil\x1b[2J", std::string(500, 'x')), "evil\\u001b");
  expect_pickle_refused(Pickle().global("os", "system").dict().build(), "\"os.system\"");
  expect_pickle_refused(Pickle().raw("(ios\nsystem\n"), "opcode INST");
  expect_pickle_refused(Pickle().raw("(cos\nsystem\no"), "opcode OBJ");
  expect_pickle_refused(Pickle().raw("I1\n"), "opcode INT");
  expect_pickle_refused(Pickle().raw("\x82\x01"), "opcode EXT1");
  expect_pickle_refused(Pickle().raw("\xff"), "opcode 0xff");
  expect_pickle_refused(Pickle(6).none(), "protocol 6");
  expect_pickle_refused(Pickle().text("module").raw("\x85Q"), "\"module\"");
  expect_pickle_refused(Pickle().storage("ComplexFloatStorage", "0", 3), "\"torch.ComplexFloatStorage\"");
  expect_pickle_refused(Pickle().storage("FloatStorage\x01", "0", 6), "\\u0001");
}

TEST(HostileCheckpoint, BrokenPicklesAreRefused) {
  using namespace std::string_view_literals;  // with zeros inside
  for (const std::string_view opcodes :
       std::initializer_list<std::string_view>{"",
                                               "0",
                                               "1",
                                               "t",
                                               "a",
                                               "Na",
                                               "N(a",
                                               "]K\x01(s",
                                               "]NNs",
                                               "}(Nu",
                                               "}Ne",
                                               "(Nd",
                                               "NN",
                                               "(N",
                                               "h\x07",
                                               "j\x01\xff\xff\xff",
                                               "Nr\xff\xff\xff\x7f",
                                               "Nq\xc8",
                                               "NR",
                                               "N)R",
                                               "ccollections\nOrderedDict\nNR",
                                               "ccollections\nOrderedDict\n(K\x01tR",
                                               "ccollections\nOrderedDict\n(]K\x01"
                                               "atR",
                                               "NNb",
                                               ")Nb",
                                               "K\x01Q",
                                               ")Q",
                                               "NN\x93",
                                               "X\xff\xff\xff\xff",
                                               "\x8e\xff\xff\xff\xff\xff\xff\xff\xff",
                                               "\x95\xff\xff\xff\xff\xff\xff\xff\xff"
                                               "N",
                                               "\x8b\xff\xff\xff\xff",
                                               "cos\nsystem",
                                               "c_codecs\nencode\n(X\x02\0\0\0\xc4\x80X\x06\0\0\0latin1tR"sv,
                                               "ctorch._utils\n_rebuild_parameter\n)R"}) {
    EXPECT_TRUE(refusal(torch_zip(Pickle().raw(opcodes).stop(), {}))) << opcodes;
  }
}

TEST(HostileCheckpoint, TensorsStayWithinTheirStorages) {
  const auto tensor = [](std::int64_t offset, const std::vector<std::int64_t>& shape,
                         const std::vector<std::int64_t>& strides) {
    return Pickle().tensor("FloatStorage", "0", 6, offset, shape, strides);
  };
  EXPECT_FALSE(refusal(torch_zip(tensor(1, {5}, {1}).stop(), {{"0", kSix}})));
  expect_pickle_refused(tensor(2, {5}, {1}), "beyond its storage");
  expect_pickle_refused(tensor(0, {2, 2}, {5, 1}), "beyond its storage");
  expect_pickle_refused(tensor(6, {}, {}), "beyond its storage");
  expect_pickle_refused(tensor(7, {0}, {1}), "beyond its storage");
  expect_pickle_refused(tensor(INT64_MAX, {2}, {1}), "beyond its storage");
  expect_pickle_refused(tensor(0, {INT64_MAX}, {INT64_MAX}), "beyond its storage");
  expect_pickle_refused(tensor(0, {3, 3}, {INT64_MAX, INT64_MAX}), "beyond its storage");
  expect_pickle_refused(tensor(0, {INT64_MAX, 4}, {0, 0}), "beyond its storage");
  expect_pickle_refused(tensor(-1, {2}, {1}), "impossible");
  expect_pickle_refused(tensor(0, {-2}, {1}), "impossible");
  expect_pickle_refused(tensor(5, {2}, {-1}), "impossible");
  expect_pickle_refused(tensor(0, {2}, {}), "impossible");
  expect_pickle_refused(tensor(0, std::vector<std::int64_t>(65, 1), std::vector<std::int64_t>(65, 1)), "impossible");
  expect_pickle_refused(Pickle().tensor("FloatStorage", "0", INT64_MAX, 0, {1}, {1}), "overflows");
  expect_pickle_refused(Pickle().tensor("FloatStorage", "0", -1, 0, {1}, {1}), "without a key or size");
  expect_pickle_refused(Pickle().tensor("FloatStorage", "0", 5, 0, {1}, {1}), "another size");
  expect_pickle_refused(Pickle().tensor("FloatStorage", "0", 7, 0, {1}, {1}), "another size");
  expect_pickle_refused(Pickle().tensor("FloatStorage", "1", 6, 0, {1}, {1}), "lacks the storage \"1\"");
  expect_pickle_refused(Pickle().tensor("FloatStorage", "../byteorder", 1, 0, {1}, {1}), "lacks the storage");
  expect_pickle_refused(Pickle().list().storage("FloatStorage", "0", 6).append().storage("IntStorage", "0", 6).append(),
                        "in two ways");
}

TEST(HostileCheckpoint, LegacyStoragesMustMatch) {
  const std::string pickle = Pickle().tensor("FloatStorage", "0", 6, 0, {6}, {1}, true).stop();
  expect_refused(torch_legacy(pickle, {}), "list of storages");
  expect_refused(torch_legacy(pickle, {{"1", 6, kSix}}), "\"1\"");
  expect_refused(torch_legacy(pickle, {{"0", 5, kSix}}), "another size");
  expect_refused(torch_legacy(pickle, {{"0", UINT64_MAX, kSix}}), "another size");
  expect_refused(torch_legacy(pickle, {{"0", 6, kSix + "x"}}), "1 bytes after its end");
  const std::string two =
      Pickle().list().storage("ByteStorage", "0", 1).append().storage("ByteStorage", "1", 1).append().stop();
  expect_refused(torch_legacy(two, {{"0", 1, "a"}, {"0", 1, "b"}}), "came before");
  Pickle view;
  view.mark().text("storage").global("torch", "FloatStorage").text("0").text("cpu").integer(6);
  view.mark().text("1").integer(4).integer(3).tuple().tuple().raw("Q");
  expect_refused(torch_legacy(view.stop(), {{"0", 6, kSix}}), "outside its storage");
  expect_refused(Pickle().storage("FloatStorage", "0", 6).stop(), "which the file does not hold");
}

TEST(HostileCheckpoint, NumpyArraysMustFit) {
  const std::string good = small_numpy();
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string bytes = good;
    return bytes.replace(bytes.find(from), from.size(), to);
  };
  expect_refused(with("K\x02K\x03", "K\x02K\x04"), "disagree");
  expect_refused(with("K\x02K\x03", "K\x02J\xff\xff\xff\xff"), "impossible shape");
  expect_refused(with("f4", "f8"), "disagree");
  expect_refused(with("ndarray", "matrix"), "no plain ndarray");
  EXPECT_FALSE(refusal(with("f4", "c8"))) << "left out";
}

TEST(HostileCheckpoint, WrongZipArchivesAreRefused) {
  const std::string pickle = Pickle().tensor("FloatStorage", "0", 6, 0, {6}, {1}).stop();
  const ZipEntry data{"a/data.pkl", pickle}, storage{"a/data/0", kSix};
  const auto with = [&](auto change) {
    ZipEntry changed = storage;
    change(changed);
    return zip({data, changed});
  };
  ASSERT_EQ(refusal(zip({data, storage})), std::nullopt);
  expect_refused(with([](ZipEntry& entry) { entry.method = 8; }), "compressed");
  expect_refused(with([](ZipEntry& entry) { entry.flags = 1; }), "encrypted");
  expect_refused(with([](ZipEntry& entry) { entry.disk = 1; }), "several parts");
  expect_refused(with([](ZipEntry& entry) { entry.central_size = 1; }), "sizes differ");
  expect_refused(with([](ZipEntry& entry) { entry.central_size = entry.central_stored = 1; }), "contradicts");
  expect_refused(with([](ZipEntry& entry) { entry.local_size = 1; }), "contradicts");
  expect_refused(with([](ZipEntry& entry) { entry.local_name = "a/data/1"; }), "contradicts");
  expect_refused(with([](ZipEntry& entry) { entry.header_moved = 4; }), "without a header");
  expect_refused(with([](ZipEntry& entry) { entry.header_moved = 100000; }), "outside the file");
  expect_refused(with([](ZipEntry& entry) { entry.flags = 8, entry.central_size = entry.central_stored = 100; }),
                 "reaches into the directory");
  ZipEntry large = data;
  large.flags = 8;
  large.central_size = large.central_stored = 64;
  expect_refused(zip({large, storage}), "overlap");
  expect_refused(zip({data, storage, storage}), "twice");
  expect_refused(zip({data, {"b/data.pkl", pickle}, storage}), "two checkpoints");
  expect_refused(zip({{"data.pkl", pickle}, storage}), "no data.pkl");
  expect_refused(zip({{"a/b/data.pkl", pickle}, storage}), "no data.pkl");
  expect_refused(zip({}), "no data.pkl");
  expect_refused(zip({data, storage, {"a/constants.pkl", ""}}), "TorchScript");
  expect_refused(zip({{"a/data.pkl", pickle + "N"}, storage}), "after the end of data.pkl");
  for (const bool zip64 : {false, true}) {
    const std::vector<ZipForm> wrong{{.zip64 = zip64, .entries = 1},
                                     {.zip64 = zip64, .entries = std::uint64_t(-1)},
                                     {.zip64 = zip64, .directory_size = 1},
                                     {.zip64 = zip64, .directory_size = std::uint64_t(-1)},
                                     {.zip64 = zip64, .directory_begin = 1},
                                     {.zip64 = zip64, .directory_begin = std::uint64_t(1) << 31},
                                     {.zip64 = zip64, .gap = "x"}};
    for (std::size_t i = 0; i < wrong.size(); ++i) EXPECT_TRUE(refusal(zip({data, storage}, wrong[i]))) << zip64 << i;
  }
  EXPECT_TRUE(refusal(zip({data, storage}, {.zip64 = true, .end64 = 1})));
  EXPECT_TRUE(refusal(zip({data, storage}, {.zip64 = true, .entries64 = std::uint64_t(1) << 60})));
  EXPECT_TRUE(refusal(zip({data, storage}, {.zip64 = true, .directory_begin = std::uint64_t(1) << 63})));
}

TEST(HostileCheckpoint, BombsAreRefused) {
  // an expanded tensor
  expect_pickle_refused(Pickle().tensor("FloatStorage", "0", 6, 0, {1 << 20, 1 << 20}, {0, 0}), "far more memory");
  // a memo index without the values before
  expect_pickle_refused(Pickle().none().raw("r\xff\xff\xff\xff"), "memo has gaps");
  // lists in lists, and a list in itself
  expect_pickle_refused(Pickle().raw(std::string(100000, ']')).raw(std::string(99999, 'a')), "nested too deeply");
  expect_pickle_refused(Pickle().list().put(0).get(0).append(), "nested too deeply");
  // each list holds the one before twice
  Pickle laughs;
  laughs.list().put(0).raw("0");
  for (int i = 0; i < 50; ++i) laughs.list().get(0).append().get(0).append().put(0).raw("0");
  expect_pickle_refused(laughs.get(0), "repeats its values too often");
  laughs = Pickle();
  laughs.tensor("FloatStorage", "0", 6, 0, {6}, {1}).put(0).raw("0").list().put(1).mark();
  for (int i = 0; i < 1000; ++i) laughs.get(0);
  laughs.raw("e0").list().mark();
  for (int i = 0; i < 1000; ++i) laughs.get(1);
  expect_pickle_refused(laughs.raw("e"), "repeats its tensors too often");
  // work for every mention of a large value: a dictionary without usable keys, long keys
  laughs = Pickle();
  laughs.dict().put(0).mark().raw(std::string(200000, 'N')).set_items().raw("0").list().mark();
  for (int i = 0; i < 200000; ++i) laughs.get(0);
  expect_pickle_refused(laughs.raw("e"), "repeats its values too often");
  laughs = Pickle();
  laughs.text(std::string(1 << 20, 'x')).put(0).raw("0").dict().mark();
  for (int i = 0; i < 100000; ++i) laughs.get(0).none();
  expect_pickle_refused(laughs.set_items(), "name of more than 1024 bytes");
  expect_pickle_refused(Pickle().storage("FloatStorage", std::string(1025, 'x'), 6), "without a key or size");
  // many values in few bytes
  expect_pickle_refused(Pickle().mark().raw(std::string(9'000'000, 'N')).tuple(), "holds more than");
  expect_pickle_refused(Pickle().mark().raw(std::string(9'000'000, '(')).none(), "holds more than");
  // the same text decoded, the same pairs copied, the same tensor made again and again
  Pickle again;
  again.text(std::string(10000, 'x')).text("latin1").raw("\x86").put(0).global("_codecs", "encode").put(1);
  for (int i = 0; i < 1000; ++i) again.get(1).get(0).reduce().raw("0");
  expect_pickle_refused(again, "latin-1");
  again = Pickle();
  again.mark().none().none().tuple().put(0).list().put(1).mark();
  for (int i = 0; i < 10000; ++i) again.get(0);
  again.raw("e").raw("\x85").put(2).global("collections", "OrderedDict").put(3);
  for (int i = 0; i < 10000; ++i) again.get(3).get(2).reduce().raw("0");
  expect_pickle_refused(again, "holds more than");
  again = Pickle();
  again.global("torch._utils", "_rebuild_tensor").put(0).mark().storage("FloatStorage", "0", 6).integer(0);
  again.tuple({6}).tuple({1}).tuple().put(1);
  for (int i = 0; i < 140000; ++i) again.get(0).get(1).reduce().raw("0");
  expect_pickle_refused(again, "more than 131072 tensors");
}

TEST(HostileCheckpoint, NamesMustBeUsable) {
  const auto named = [](const std::string& name) {
    return Pickle().dict().text(name).tensor("FloatStorage", "0", 6, 0, {6}, {1}).set_item();
  };
  expect_pickle_refused(named(std::string(1025, 'x')), "more than 1024 bytes");
  expect_pickle_refused(named("\xff"), "not UTF-8");
  expect_pickle_refused(named("a").text("a").none().set_item(), "the key \"a\" twice");
  Pickle pickle = named("a.b");
  pickle.text("a").dict().text("b").tensor("FloatStorage", "0", 6, 0, {6}, {1}).set_item().set_item();
  expect_pickle_refused(pickle, "two tensors of the name \"a.b\"");
}

TEST(HostileCheckpoint, OtherFilesAreToldApart) {
  expect_refused("", "is empty");
  expect_refused("<!DOCTYPE html>", "web page");
  expect_refused("\x1f\x8b\x08", "gunzip");
  expect_refused("version https://git-lfs.github.com/spec/v1\n", "git lfs pull");
  expect_refused(std::string(257, 'x') + "ustar", "tar archive");
  expect_refused("RIFF", "no weights file");
  expect_refused(number(3, 8) + "{\"x", "header");
  expect_refused(torch_legacy("", {}).substr(0, 15), "truncated");
  const TemporaryFolder folder;
  for (const std::string& path : {folder.file("missing"), folder.file("missing/x")}) {
    try {
      Checkpoint::open(path);
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::NotFound);
    }
  }
  EXPECT_THROW(Checkpoint::open(folder.file("")), Error);
  ASSERT_EQ(::mkfifo(folder.file("fifo").c_str(), 0600), 0);
  EXPECT_THROW(Checkpoint::open(folder.file("fifo")), Error) << "and must not wait for a writer";
}

TEST(HostileCheckpoint, EveryTruncationIsRefused) {
  for (const std::string& whole : test::small_files()) {
    EXPECT_EQ(refusal(whole), std::nullopt);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      EXPECT_TRUE(refusal(whole.substr(0, length))) << length << " of " << whole.size() << " bytes";
    }
    EXPECT_TRUE(refusal(whole + "x"));
  }
}

}  // namespace
}  // namespace vcl
