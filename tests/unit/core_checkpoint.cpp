// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/checkpoint.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <thread>
#include <tuple>

#include "core_checkpoint_files.hpp"
#include "core_random.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

using test::floats;
using test::LegacyStorage;
using test::number;
using test::Pickle;
using test::SavedStorage;
using test::TemporaryFolder;
using test::torch_legacy;
using test::torch_zip;
using test::write_file;
using test::ZipEntry;
using Shape = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

const std::string kSix = floats({0, 1, 2, 3, 4, 5});

/// A checkpoint of these bytes.
struct Opened {
  TemporaryFolder folder;
  Checkpoint file;

  explicit Opened(const std::string& bytes) : file(open(folder, bytes)) {}
  static Checkpoint open(const TemporaryFolder& folder, const std::string& bytes) {
    write_file(folder.file("checkpoint"), bytes);
    return Checkpoint::open(folder.file("checkpoint"));
  }
  std::string bytes(const std::string& name) const {
    const TensorView view = file.at(name);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(view.bytes.data()) % dtype_size(view.dtype), 0u) << name;
    return {reinterpret_cast<const char*>(view.bytes.data()), view.bytes.size()};
  }
  Names names() const {
    Names names;
    for (const auto& [name, tensor] : file.tensors()) names.push_back(name);
    return names;
  }
};

template <class Map>
Names keys(const Map& map) {
  Names names;
  for (const auto& [name, value] : map) names.push_back(name);
  return names;
}

TEST(Checkpoint, ATorchZipGivesItsTensors) {
  Pickle pickle;
  pickle.ordered_dict().mark().text("a.weight").tensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1});
  pickle.text("a.bias").tensor("FloatStorage", "1", 2, 0, {2}, {1}).set_items();
  // state dicts carry this attribute
  pickle.dict().text("_metadata").ordered_dict().set_item().build();
  const Opened opened(torch_zip(pickle.stop(), {{"0", kSix}, {"1", floats({7, 8})}}));
  EXPECT_EQ(opened.file.format(), CheckpointFormat::TorchZip);
  EXPECT_EQ(opened.names(), (Names{"a.bias", "a.weight"}));
  EXPECT_EQ(opened.file.tensors().at("a.weight").dtype, DType::F32);
  EXPECT_EQ(opened.file.tensors().at("a.weight").shape, (Shape{2, 3}));
  EXPECT_EQ(opened.bytes("a.weight"), kSix);
  EXPECT_EQ(opened.bytes("a.bias"), floats({7, 8}));
  EXPECT_TRUE(opened.file.containers().empty());
  EXPECT_THROW(opened.file.at("a"), Error);
}

TEST(Checkpoint, EveryStorageTypeIsRead) {
  const std::vector<std::tuple<std::string, DType, std::size_t>> types{
      {"FloatStorage", DType::F32, 4},     {"DoubleStorage", DType::F64, 8}, {"HalfStorage", DType::F16, 2},
      {"BFloat16Storage", DType::BF16, 2}, {"LongStorage", DType::I64, 8},   {"IntStorage", DType::I32, 4},
      {"ShortStorage", DType::I16, 2},     {"CharStorage", DType::I8, 1},    {"ByteStorage", DType::U8, 1},
      {"BoolStorage", DType::Bool, 1}};
  Pickle zip, legacy;
  zip.list();
  legacy.list();
  std::vector<SavedStorage> saved;
  std::vector<LegacyStorage> appended;
  for (const auto& [type, dtype, size] : types) {
    std::string bytes;
    for (std::size_t i = 0; i < 3 * size; ++i) bytes.push_back(char(17 * i + size));
    saved.push_back({type, bytes});
    appended.push_back({type, 3, bytes});
    zip.tensor(type, type, 3, 0, {3}, {1}).append();
    legacy.tensor(type, type, 3, 0, {3}, {1}, true).append();
  }
  for (const Opened& opened : {Opened(torch_zip(zip.stop(), saved)), Opened(torch_legacy(legacy.stop(), appended))}) {
    for (std::size_t i = 0; i < types.size(); ++i) {
      EXPECT_EQ(opened.file.tensors().at(std::to_string(i)).dtype, std::get<1>(types[i]));
      EXPECT_EQ(opened.bytes(std::to_string(i)), saved[i].bytes) << saved[i].key;
    }
  }
}

TEST(Checkpoint, ALegacyFileGivesItsTensors) {
  Pickle pickle;
  pickle.dict().mark().text("x").tensor("FloatStorage", "94001", 6, 2, {2}, {1}, true);
  pickle.text("y").tensor("ByteStorage", "94002", 3, 0, {3}, {1}, true).set_items();
  const Opened opened(torch_legacy(pickle.stop(), {{"94002", 3, "abc"}, {"94001", 6, kSix}}));
  EXPECT_EQ(opened.file.format(), CheckpointFormat::TorchLegacy);
  EXPECT_EQ(opened.bytes("x"), floats({2, 3}));
  EXPECT_EQ(opened.bytes("y"), "abc");
}

TEST(Checkpoint, AViewOfALegacyStorageCountsFromItsBegin) {
  Pickle pickle;
  pickle.global("torch._utils", "_rebuild_tensor").mark();
  pickle.mark().text("storage").global("torch", "FloatStorage").text("1").text("cpu").integer(6);
  pickle.mark().text("2").integer(2).integer(3).tuple().tuple().raw("Q");
  pickle.integer(1).tuple({2}).tuple({1}).tuple().reduce();
  EXPECT_EQ(Opened(torch_legacy(pickle.stop(), {{"1", 6, kSix}})).bytes("tensor"), floats({3, 4}));
}

TEST(Checkpoint, StridesOffsetsAndSharedStoragesAreResolved) {
  struct Case {
    std::int64_t offset;
    Shape shape, strides;
    std::vector<float> expected;
  };
  const std::vector<Case> cases{{0, {3, 2}, {1, 3}, {0, 3, 1, 4, 2, 5}},  // transposed
                                {3, {3}, {1}, {3, 4, 5}},                 // a row
                                {1, {2}, {3}, {1, 4}},                    // a column
                                {4, {}, {}, {4}},                         // one element
                                {5, {1, 1}, {77, 99}, {5}},               // strides of single sides do not matter
                                {2, {2, 2}, {0, 1}, {2, 3, 2, 3}},        // expanded
                                {6, {0, 5}, {5, 1}, {}},                  // nothing, at the end
                                {0, {2, 1, 3}, {3, 17, 1}, {0, 1, 2, 3, 4, 5}},  // a view as it lies
                                {0, {1, 3, 1, 2}, {1, 2, 1, 1}, {0, 1, 2, 3, 4, 5}},
                                {0, {2, 3, 2}, {0, 2, 1}, {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}}};
  Pickle pickle;
  pickle.list();
  for (const Case& c : cases) pickle.tensor("FloatStorage", "0", 6, c.offset, c.shape, c.strides).append();
  const Opened opened(torch_zip(pickle.stop(), {{"0", kSix}}));
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(opened.file.at(std::to_string(i)).shape, cases[i].shape);
    EXPECT_EQ(opened.bytes(std::to_string(i)), floats(cases[i].expected)) << i;
  }
}

TEST(Checkpoint, WhatTheFileHoldsAsWantedIsNotCopied) {
  Pickle pickle;
  pickle.list().tensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1}).append();
  pickle.tensor("FloatStorage", "0", 6, 3, {3}, {1})
      .append()
      .tensor("FloatStorage", "0", 6, 0, {3, 2}, {1, 3})
      .append();
  const Opened opened(torch_zip(pickle.stop(), {{"0", kSix}}));
  EXPECT_EQ(opened.file.at("1").bytes.data(), opened.file.at("0").bytes.data() + 12) << "views of one storage";
  EXPECT_EQ(opened.file.at("2").bytes.data(), opened.file.at("2").bytes.data()) << "one copy";
  EXPECT_NE(opened.file.at("2").bytes.data(), opened.file.at("0").bytes.data());
}

TEST(Checkpoint, ThreadsAndMovesKeepTheViews) {
  Pickle pickle;
  pickle.tensor("FloatStorage", "0", 6, 0, {3, 2}, {1, 3});
  Opened opened(torch_zip(pickle.stop(), {{"0", kSix}}));
  std::vector<const std::byte*> seen(4);
  std::vector<std::thread> threads;
  for (auto& place : seen) threads.emplace_back([&] { place = opened.file.at("tensor").bytes.data(); });
  for (std::thread& thread : threads) thread.join();
  const Checkpoint moved = std::move(opened.file);
  for (const auto* place : seen) EXPECT_EQ(place, moved.at("tensor").bytes.data());
}

TEST(Checkpoint, BigEndianArchivesAreTurned) {
  Pickle pickle;
  pickle.list()
      .tensor("FloatStorage", "0", 2, 0, {2}, {1})
      .append()
      .tensor("ByteStorage", "1", 2, 0, {2}, {1})
      .append();
  const std::string one_two("\x3f\x80\x00\x00\x40\x00\x00\x00", 8);
  const Opened opened(torch_zip(pickle.stop(), {{"0", one_two}, {"1", "ab"}}, "big"));
  EXPECT_EQ(opened.bytes("0"), floats({1, 2}));
  EXPECT_EQ(opened.bytes("1"), "ab");
  EXPECT_EQ(Opened(torch_zip(pickle.stop(), {{"0", one_two}, {"1", "ab"}}, "")).bytes("0"), one_two)
      << "old archives do not tell and are little-endian";
  EXPECT_THROW(Opened(torch_zip(pickle.stop(), {{"0", one_two}, {"1", "ab"}}, "middle")), Error);
}

TEST(Checkpoint, ZipFormsThatMeanTheSameAreRead) {
  Pickle pickle;
  pickle.tensor("FloatStorage", "0", 6, 0, {6}, {1});
  const std::vector<ZipEntry> plain{{"a b/data.pkl", pickle.stop()}, {"a b/data/0", kSix}};
  std::vector<ZipEntry> streamed = plain;  // what PyTorch writes: the sizes follow the data
  for (ZipEntry& entry : streamed) entry.flags = 0x808;
  EXPECT_EQ(Opened(test::zip(plain)).bytes("tensor"), kSix);
  EXPECT_EQ(Opened(test::zip(streamed)).bytes("tensor"), kSix);
  EXPECT_EQ(Opened(test::zip(plain, {.zip64 = true})).bytes("tensor"), kSix);
  EXPECT_EQ(Opened(test::zip(plain, {.comment = "PK\x05\x06 is not here"})).bytes("tensor"), kSix);
}

TEST(Checkpoint, NestedCheckpointsAreNamedByPath) {
  Pickle pickle;
  pickle.dict().mark();
  pickle.text("teacher").dict().text("w").tensor("FloatStorage", "0", 6, 0, {6}, {1}).put(1).set_item();
  pickle.text("optimizer").dict().mark().text("state").dict().integer(0).dict().text("exp_avg").get(1);
  pickle.set_item().set_item().text("param_groups").list().dict().text("lr").real(0.1).set_item().append().set_items();
  pickle.text("list").list().get(1).append().mark().get(1).get(1).tuple().append();
  pickle.text("epoch").integer(-7).text("none").none().text("flag").flag(true).text("big").raw("\x8a\x09" +
                                                                                               std::string(9, 'x'));
  pickle.text("args").global("argparse", "Namespace").raw(")\x81").dict().text("lr").get(1).set_item().build();
  pickle.text("counts").global("collections", "Counter").dict().raw("\x85").reduce();
  pickle.text("default").global("collections", "defaultdict").global("__builtin__", "list").raw("\x85").reduce();
  pickle.text("d").get(1).set_item();
  pickle.text("size").global("torch", "Size").tuple({2, 3}).raw("\x85").reduce();
  pickle.text("type").global("torch", "float32");
  pickle.text("parameter").global("torch._utils", "_rebuild_parameter").mark().get(1).flag(true).ordered_dict().tuple();
  pickle.reduce().set_items();
  const Opened opened(torch_zip(pickle.stop(), {{"0", kSix}}));
  EXPECT_EQ(opened.names(), (Names{"default.d", "list.0", "list.1.0", "list.1.1", "optimizer.state.0.exp_avg",
                                   "parameter", "teacher.w"}));
  EXPECT_EQ(Names(opened.file.containers().begin(), opened.file.containers().end()),
            (Names{"default", "list", "optimizer", "teacher"}));
  EXPECT_EQ(keys(opened.file.left_out()), (Names{"args", "counts", "type"}));
  EXPECT_NE(opened.file.left_out().at("args").find("argparse.Namespace"), std::string::npos);
  EXPECT_EQ(opened.bytes("list.1.1"), kSix);
}

/// numpy's array of a state: (1, shape, dtype, fortran, bytes).
Pickle& array(Pickle& pickle, const std::string& type, const std::string& order, const Shape& shape, bool fortran,
              const std::string& data, int form) {
  const std::string module = form == 3 ? "numpy._core.multiarray" : "numpy.core.multiarray";
  const auto bytes = [&](const std::string& value) {
    form == 0 ? pickle.old_text(value) : form == 2 ? pickle.latin1(value) : pickle.bytes(value);
  };
  pickle.global(module, "_reconstruct").mark().global("numpy", "ndarray").tuple({0});
  bytes("b");
  pickle.tuple().reduce().mark().integer(1).tuple(shape);
  pickle.global("numpy", "dtype").mark().text(type).flag(false).flag(true).tuple().reduce();
  pickle.mark().integer(3).text(order).none().none().none().integer(-1).integer(-1).integer(0).tuple().build();
  pickle.flag(fortran);
  bytes(data);
  return pickle.tuple().build();
}

TEST(Checkpoint, NumpyPicklesAreRead) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(char(i));
  for (int form = 0; form < 4; ++form) {  // str of Python 2, bytes, latin-1 text, bytes of numpy 2
    Pickle pickle(form == 3 ? 4 : 2);
    const auto key = [&](const std::string& name) { form == 0 ? pickle.old_text(name) : pickle.text(name); };
    pickle.dict().mark();
    key("model");
    pickle.dict().mark();
    key("stem.conv1.weight");
    array(pickle, "f4", "<", {2, 3}, false, kSix, form);
    key("columns");
    array(pickle, "f4", "<", {2, 3}, true, kSix, form);
    key("big");
    array(pickle, "f4", ">", {1}, false, std::string("\x3f\x80\x00\x00", 4), form);
    key("bytes");
    array(pickle, "u1", "|", {256}, false, all, form);
    key("scalar");
    array(pickle, "i8", "<", {}, false, number(42, 8), form);
    key("empty");
    array(pickle, "f8", "<", {0, 7}, false, "", form);
    key("unknown");
    array(pickle, "u4", "<", {1}, false, "abcd", form);
    pickle.set_items();
    key("matching_heuristics");
    pickle.flag(true);
    key("__author__");
    key("someone");
    const Opened opened(pickle.set_items().stop());
    EXPECT_EQ(opened.file.format(), CheckpointFormat::NumpyPickle);
    EXPECT_EQ(opened.bytes("model.stem.conv1.weight"), kSix);
    EXPECT_EQ(opened.bytes("model.columns"), floats({0, 2, 4, 1, 3, 5}));
    EXPECT_EQ(opened.bytes("model.big"), floats({1}));
    EXPECT_EQ(opened.bytes("model.bytes"), all);
    EXPECT_EQ(opened.bytes("model.scalar"), number(42, 8));
    EXPECT_EQ(opened.file.at("model.scalar").dtype, DType::I64);
    EXPECT_EQ(opened.file.at("model.empty").shape, (Shape{0, 7}));
    EXPECT_EQ(keys(opened.file.left_out()), Names{"model.unknown"});
    EXPECT_EQ(opened.file.tensors().size(), 6u);
    EXPECT_EQ(state_dict(opened.file).container, "model");
  }
}

TEST(Checkpoint, NewerPickleProtocolsAreRead) {
  // protocol 5: frames, memo without indices, names from the stack, buffers inside
  Pickle pickle(5);
  const auto word = [](const std::string& text) { return "\x8c" + number(text.size(), 1) + text + "\x94"; };
  const auto named = [&](const std::string& module, const std::string& name) {
    return word(module) + word(name) + "\x93";
  };
  pickle.raw("\x95" + number(20, 8)).raw("}\x94").raw(word("x")).raw(named("numpy._core.numeric", "_frombuffer"));
  pickle.raw("(\x96" + number(kSix.size(), 8) + kSix + "\x94");
  pickle.raw(named("numpy", "dtype")).raw(word("f4")).raw("\x89\x88\x87R").mark().integer(3).raw(word("<"));
  pickle.none().none().none().integer(-1).integer(-1).integer(0).tuple().build().tuple({3, 2}).raw(word("F"));
  pickle.tuple().reduce().set_item();
  EXPECT_EQ(Opened(pickle.stop()).bytes("x"), floats({0, 3, 1, 4, 2, 5}));
}

TEST(Checkpoint, SafetensorsOpenTheSameWay) {
  const TemporaryFolder folder;
  const std::span<const std::byte> bytes = std::as_bytes(std::span(kSix));
  write_safetensors(folder.file("a.pth"), {{"x", {DType::F32, {2, 3}, bytes}}}, {{"k", "v"}});
  const Checkpoint file = Checkpoint::open(folder.file("a.pth"));
  EXPECT_EQ(file.format(), CheckpointFormat::Safetensors);
  EXPECT_EQ(file.metadata().at("k"), "v");
  EXPECT_EQ(file.at("x").shape, (Shape{2, 3}));
  EXPECT_TRUE(std::ranges::equal(state_dict(file).tensors.at("x").bytes, bytes));
}

/// A checkpoint with a tensor of each name, in the dictionary of this key; without a key, in the outermost one.
Opened named(const std::vector<std::pair<std::string, Names>>& containers) {
  Pickle pickle;
  std::vector<SavedStorage> storages;
  const auto add = [&](const std::string& name) {
    const std::string key = std::to_string(storages.size());
    pickle.text(name).tensor("FloatStorage", key, 1, 0, {1}, {1}).set_item();
    storages.push_back({key, floats({float(storages.size())})});
  };
  pickle.dict();
  for (const auto& [container, names] : containers) {
    if (!container.empty()) pickle.text(container).dict();
    for (const std::string& name : names) add(name);
    if (!container.empty()) pickle.set_item();
  }
  return Opened(torch_zip(pickle.stop(), storages));
}

TEST(StateDict, TheTeacherComesFirst) {
  const Opened full = named({{"student", {"a"}}, {"teacher", {"a"}}, {"model", {"a"}}, {"", {"x"}}});
  const StateDict teacher = state_dict(full.file);
  EXPECT_EQ(teacher.container, "teacher");
  EXPECT_EQ(teacher.tensors.at("a").bytes.data(), full.file.at("teacher.a").bytes.data());
  EXPECT_EQ(state_dict(full.file, {.container = "model"}).container, "model");
  EXPECT_EQ(state_dict(named({{"model", {"a"}}, {"student", {"a"}}}).file).container, "student");
  EXPECT_EQ(state_dict(named({{"model", {"a"}}, {"state_dict", {"a"}}}).file).container, "model");
  EXPECT_EQ(state_dict(named({{"optimizer", {"a"}}, {"state_dict", {"b"}}}).file).container, "state_dict");
  EXPECT_EQ(keys(state_dict(named({{"", {"model.a", "model.b"}}}).file).tensors), (Names{"model.a", "model.b"}))
      << "a dot in a name is no dictionary";
  EXPECT_EQ(state_dict(named({{"teacher", {}}, {"model", {"a"}}}).file).container, "model")
      << "an empty one does not count";
  try {
    state_dict(full.file, {.container = "ema"});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Invalid);
    EXPECT_NE(std::string(error.what()).find("\"student\", \"teacher\""), std::string::npos) << error.what();
  }
  EXPECT_THROW(state_dict(named({{"model", {}}}).file), Error);
}

TEST(StateDict, OnlyPrefixesOfWrappersGo) {
  const auto stripped = [](const Names& names, bool strip = true) {
    return keys(state_dict(named({{"student", names}}).file, {.strip = strip}).tensors);
  };
  EXPECT_EQ(stripped({"module.backbone.cls_token", "module.backbone.norm.bias", "module.head.mlp.0.weight"}),
            (Names{"cls_token", "norm.bias"}));
  EXPECT_EQ(stripped({"backbone.cls_token", "head.mlp.0.weight"}), Names{"cls_token"});
  EXPECT_EQ(stripped({"module.a", "module.b"}), (Names{"a", "b"}));
  EXPECT_EQ(stripped({"backbone.res2.0.conv1.weight", "sem_seg_head.x"}),
            (Names{"backbone.res2.0.conv1.weight", "sem_seg_head.x"}));
  EXPECT_EQ(stripped({"module.backbone.a", "module.sem_seg_head.x"}), (Names{"backbone.a", "sem_seg_head.x"}));
  EXPECT_EQ(stripped({"module.a", "b"}), (Names{"b", "module.a"}));
  EXPECT_EQ(stripped({"head.weight", "head.bias"}), (Names{"head.bias", "head.weight"}));
  EXPECT_EQ(stripped({"module.backbone.a"}, false), Names{"module.backbone.a"});
}

TEST(StateDict, NamesOfDetectron2AreTheNetworks) {
  const auto names = [](const Names& names, bool strip = true) {
    return keys(
        state_dict(named({{"model", names}, {"optimizer", {"state.0.exp_avg"}}}).file, {.strip = strip}).tensors);
  };
  const Names backbone = {"backbone.res2.0.conv1.weight", "backbone.stem.conv1.weight"};
  EXPECT_EQ(names({"res2.0.conv1.weight", "stem.conv1.weight"}), backbone);
  EXPECT_EQ(names({"module.backbone.res2.0.conv1.weight", "module.backbone.stem.conv1.weight"}), backbone);
  EXPECT_EQ(names({"stem.conv1.weight"}, false), Names{"stem.conv1.weight"});
  const std::string predictor = "sem_seg_head.predictor.";
  EXPECT_EQ(names({predictor + "static_query.weight", "x"}), (Names{predictor + "query_feat.weight", "x"}));
  EXPECT_EQ(names({predictor + "static_query.weight"}, false), Names{predictor + "static_query.weight"});
}

}  // namespace
}  // namespace vcl
