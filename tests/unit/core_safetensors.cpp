// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/safetensors.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <limits>
#include <nlohmann/json.hpp>

#include "core_random.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

using test::read_file;
using test::Rng;
using test::TemporaryFolder;
using test::uniform;
using test::write_file;

constexpr std::array kDTypes{DType::U8,  DType::I8,   DType::I16, DType::I32, DType::I64,
                             DType::F16, DType::BF16, DType::F32, DType::F64, DType::Bool};

struct Tensors {
  std::map<std::string, TensorView> views;
  std::vector<std::vector<std::byte>> memory;
  std::map<std::string, std::string> metadata;
};

Tensors random_tensors(Rng& rng) {
  Tensors tensors;
  for (int i = uniform(rng, 0, 6); i > 0; --i) {
    TensorView view{kDTypes[std::size_t(uniform(rng, 0, int(kDTypes.size()) - 1))], {}, {}};
    std::size_t bytes = dtype_size(view.dtype);
    for (int rank = uniform(rng, 0, 4); rank > 0; --rank) {
      view.shape.push_back(uniform(rng, 0, 9) ? uniform(rng, 1, 5) : 0);
      bytes *= std::size_t(view.shape.back());
    }
    tensors.memory.emplace_back(bytes);
    for (std::byte& byte : tensors.memory.back()) byte = std::byte(uniform(rng, 0, 255));
    view.bytes = tensors.memory.back();
    tensors.views.emplace("layer." + std::to_string(i) + (i == 3 ? " \"\xc3\xa9\"\n" : ""), view);
  }
  for (int i = uniform(rng, 0, 2); i > 0; --i)
    tensors.metadata.emplace("key" + std::to_string(i), "{\"a\":\"\xc3\xa9\\\"}");
  return tensors;
}

void expect_same(const SafetensorsFile& file, const Tensors& tensors) {
  EXPECT_EQ(file.metadata(), tensors.metadata);
  ASSERT_EQ(file.tensors().size(), tensors.views.size());
  for (const auto& [name, view] : tensors.views) {
    const TensorView& read = file.at(name);
    EXPECT_EQ(read.dtype, view.dtype);
    EXPECT_EQ(read.shape, view.shape);
    EXPECT_TRUE(std::ranges::equal(read.bytes, view.bytes));
    if (!read.bytes.empty()) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(read.bytes.data()) % dtype_size(read.dtype), 0u);
    }
  }
}

/// A file of this header and `data` bytes of data, built without our writer.
std::string raw_file(const std::string& header, std::size_t data) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(char(std::uint64_t(header.size()) >> (8 * i) & 0xff));
  return bytes + header + std::string(data, '\x5a');
}

/// Opens the bytes as a file; an error must be of the kind that corrupt files have, and name the file.
bool opens(const std::string& path, const std::string& bytes) {
  write_file(path, bytes);
  try {
    const SafetensorsFile file(path);
    for (const auto& [name, view] : file.tensors()) {
      std::size_t size = dtype_size(view.dtype);
      for (const std::int64_t side : view.shape) size *= std::size_t(side);
      EXPECT_EQ(view.bytes.size(), size);
      volatile int sum = 0;  // every byte is there
      for (const std::byte byte : view.bytes) sum = sum + int(byte);
    }
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Unreadable);
    EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
    return false;
  }
}

TEST(Safetensors, GoThereAndBack) {
  const TemporaryFolder folder;
  Rng rng(1);
  for (int trial = 0; trial < 100; ++trial) {
    const Tensors tensors = random_tensors(rng);
    write_safetensors(folder.file("a"), tensors.views, tensors.metadata);
    expect_same(SafetensorsFile(folder.file("a")), tensors);

    std::vector<SafetensorsWriter::Declaration> declared;
    for (const auto& [name, view] : tensors.views) declared.push_back({name, view.dtype, view.shape});
    std::ranges::shuffle(declared, rng);
    SafetensorsWriter writer(folder.file("b"), declared, tensors.metadata);
    for (const auto& tensor : declared) writer.append(tensors.views.at(tensor.name).bytes);
    writer.finish();
    expect_same(SafetensorsFile(folder.file("b")), tensors);
    EXPECT_EQ(folder.entries(), 2u) << "no temporary file is left";
  }
}

TEST(Safetensors, MovedFilesKeepTheirViews) {
  const TemporaryFolder folder;
  write_file(folder.file("a"), raw_file(R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 2));
  SafetensorsFile first(folder.file("a"));
  const std::span<const std::byte> bytes = first.at("x").bytes;
  const SafetensorsFile second(std::move(first));
  EXPECT_EQ(second.at("x").bytes.data(), bytes.data());
  EXPECT_EQ(bytes[1], std::byte(0x5a));
  EXPECT_THROW(second.at("y"), Error);
}

TEST(Safetensors, EveryTruncationIsRefused) {
  const TemporaryFolder folder;
  const std::string whole =
      raw_file(R"({"__metadata__":{"a":"b"},"x":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
               R"("y":{"dtype":"U8","shape":[],"data_offsets":[24,25]}}  )",
               25);
  EXPECT_TRUE(opens(folder.file("a"), whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(opens(folder.file("a"), whole.substr(0, length))) << length << " bytes";
  }
  EXPECT_FALSE(opens(folder.file("a"), whole + "x"));
}

TEST(Safetensors, MutatedFilesAreWholeOrRefused) {
  const TemporaryFolder folder;
  Rng rng(2);
  std::string whole;
  int refused = 0;
  for (int trial = 0; trial < 1500; ++trial) {
    if (trial % 25 == 0) {
      const Tensors tensors = random_tensors(rng);
      write_safetensors(folder.file("a"), tensors.views, tensors.metadata);
      whole = read_file(folder.file("a"));
    }
    refused += !opens(folder.file("a"), test::mutated(rng, whole));
  }
  EXPECT_GT(refused, 500);
}

TEST(Safetensors, HostileHeadersAreRefused) {
  const TemporaryFolder folder;
  const auto one = [](const std::string& entry) { return "{\"x\":{" + entry + "}}"; };
  const std::string x = R"("x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
  EXPECT_TRUE(opens(folder.file("a"), raw_file("{" + x + "}", 4)));
  EXPECT_TRUE(opens(folder.file("a"), raw_file("{}", 0)));
  const std::vector<std::string> headers{
      "",
      " {" + x + "}",
      "[]",
      "{" + x,
      "{" + x + "} x",
      "{" + x + "}" + std::string(1, '\0'),
      "{" + x + "," + x + "}",
      "{" + x + R"(,"y":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})",
      "{" + x + R"(,"y":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}})",
      "{" + x + R"(,"__metadata__":[]})",
      "{" + x + R"(,"__metadata__":{"a":1}})",
      "{" + x + R"(,"__metadata__":{"a":"1","a":"2"}})",
      R"({"x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})",
      R"({"x":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}})",
      R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}})",
      "{}",
      one(R"("dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4])"),
      one(R"("dtype":"U8","shape":[4],"data_offsets":[0,4],"more":1)"),
      one(R"("dtype":"U8","shape":[4])"),
      one(R"("dtype":"C64","shape":[4],"data_offsets":[0,4])"),
      one(R"("dtype":"f32","shape":[1],"data_offsets":[0,4])"),
      one(R"("dtype":7,"shape":[4],"data_offsets":[0,4])"),
      one(R"("dtype":"F32","shape":[4],"data_offsets":[0,4])"),
      one(R"("dtype":"U8","shape":[-4],"data_offsets":[0,4])"),
      one(R"("dtype":"U8","shape":[4.0],"data_offsets":[0,4])"),
      one(R"("dtype":"U8","shape":4,"data_offsets":[0,4])"),
      one(R"("dtype":"U8","shape":["4"],"data_offsets":[0,4])"),
      one(R"("dtype":"U8","shape":[[4]],"data_offsets":[0,4])"),
      one(R"("dtype":"U8","shape":[4294967296,4294967296,4],"data_offsets":[0,4])"),
      one(R"("dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,4])"),
      one(R"("dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4])"),
      one(R"("dtype":"U8","shape":[1e400],"data_offsets":[0,4])"),
      one(R"("dtype":"U8","shape":[4],"data_offsets":[4,0])"),
      one(R"("dtype":"U8","shape":[4],"data_offsets":[0,4,4])"),
      one(R"("dtype":"U8","shape":[4],"data_offsets":[0])"),
      one(R"("dtype":"U8","shape":[4],"data_offsets":[-4,0])"),
      one(R"("dtype":"U8","shape":[4],"data_offsets":[18446744073709551612,18446744073709551616])"),
      one(R"("dtype":"U8","shape":[5],"data_offsets":[0,5])"),
      R"({"x":4})",
      "{\"\xff\":" + x.substr(4) + "}",
      "{\"x\":" + std::string(100000, '[') + std::string(100000, ']') + "}",
  };
  for (const std::string& header : headers) {
    EXPECT_FALSE(opens(folder.file("a"), raw_file(header, 4))) << header.substr(0, 120);
  }
  std::string ones = "1";
  for (int i = 0; i < 70; ++i) ones += ",1";
  EXPECT_FALSE(
      opens(folder.file("a"), raw_file(one("\"dtype\":\"U8\",\"shape\":[" + ones + "],\"data_offsets\":[0,1]"), 1)));
}

TEST(Safetensors, HeaderLengthsThatLieAreRefused) {
  const TemporaryFolder folder;
  for (const std::uint64_t length :
       {std::uint64_t(3), std::uint64_t(100), std::uint64_t(100'000'001), UINT64_MAX, UINT64_MAX - 7}) {
    std::string bytes = raw_file("{}", 0);
    for (int i = 0; i < 8; ++i) bytes[std::size_t(i)] = char(length >> (8 * i) & 0xff);
    EXPECT_FALSE(opens(folder.file("a"), bytes)) << length;
  }
}

TEST(Safetensors, WhatIsNoFileIsRefused) {
  const TemporaryFolder folder;
  try {
    SafetensorsFile(folder.file("missing"));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::NotFound);
  }
  EXPECT_THROW(SafetensorsFile(folder.file("")), Error);
  EXPECT_THROW(SafetensorsFile("/dev/null"), Error);
  ASSERT_EQ(::mkfifo(folder.file("fifo").c_str(), 0600), 0);
  EXPECT_THROW(SafetensorsFile(folder.file("fifo")), Error) << "and must not wait for a writer";
}

TEST(SafetensorsWriter, RefusesWhatDoesNotFitTheDeclaration) {
  const TemporaryFolder folder;
  const std::vector<std::byte> bytes(8);
  const auto write = [&](const std::vector<SafetensorsWriter::Declaration>& declared, std::vector<std::size_t> sizes) {
    SafetensorsWriter writer(folder.file("a"), declared, {});
    for (const std::size_t size : sizes) writer.append(std::span(bytes).first(size));
    writer.finish();
  };
  constexpr std::int64_t kLarge = std::numeric_limits<std::int64_t>::max();
  EXPECT_THROW(write({{"x", DType::U8, {3}}}, {4}), Error);
  EXPECT_THROW(write({{"x", DType::U8, {3}}}, {}), Error);
  EXPECT_THROW(write({{"x", DType::U8, {3}}}, {3, 3}), Error);
  EXPECT_THROW(write({{"x", DType::U8, {3}}, {"x", DType::U8, {3}}}, {3, 3}), Error);
  EXPECT_THROW(write({{"__metadata__", DType::U8, {3}}}, {3}), Error);
  EXPECT_THROW(write({{"\xff", DType::U8, {3}}}, {3}), Error);
  EXPECT_THROW(write({{"x", DType::U8, {-3}}}, {3}), Error);
  EXPECT_THROW(write({{"x", DType::F64, {kLarge}}}, {8}), Error);
  EXPECT_THROW(write({{"x", DType::U8, {kLarge}}, {"y", DType::U8, {kLarge}}}, {8, 8}), Error);
  EXPECT_EQ(folder.entries(), 0u) << "nothing is left behind";
  EXPECT_NO_THROW(write({{"x", DType::U8, {3}}}, {3}));
}

TEST(SafetensorsWriter, AFailedWriteKeepsTheOldFile) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a");
  write_file(path, "old");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 4096;  // stands for a full disk
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::vector<std::byte> bytes(10000);
  std::string message;
  try {
    write_safetensors(path, {{"x", {DType::U8, {10000}, bytes}}}, {});
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Resource);
    message = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_NE(message.find(path), std::string::npos) << "the error names the file: " << message;
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(SafetensorsWriter, AnUnwritablePlaceIsAnError) {
  const TemporaryFolder folder;
  for (const std::string& path : {folder.file("no/folder"), folder.file("")}) {
    try {
      write_safetensors(path, {}, {});
      ADD_FAILURE() << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Resource);
    }
  }
}

}  // namespace
}  // namespace vcl
