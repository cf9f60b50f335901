// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include "libvcl/c_api/structs.hpp"

namespace vcl {
namespace {

/// A struct of the C API that has grown since its first release.
struct Grown {
  std::size_t struct_size;
  std::int64_t known, added;
};

}  // namespace

template <>
inline constexpr std::size_t kFirstSize<Grown> = offsetof(Grown, added);

namespace {

TEST(StructsOfTheCApi, AnOlderCallersStructIsReadAsFarAsItGoes) {
  const Grown old{kFirstSize<Grown>, 5, 7};
  const Grown read = read_struct(&old, "options");
  EXPECT_EQ(read.known, 5);
  EXPECT_EQ(read.added, 0) << "that memory is not the caller's struct";
  const Grown whole{sizeof(Grown), 5, 7};
  EXPECT_EQ(read_struct(&whole, "options").added, 7);
}

TEST(StructsOfTheCApi, AnOlderCallersStructIsWrittenAsFarAsItGoes) {
  Grown old{kFirstSize<Grown>, 0, 7};
  write_struct(Grown{0, 5, 6}, &old, "info");
  EXPECT_EQ(old.struct_size, kFirstSize<Grown>);
  EXPECT_EQ(old.known, 5);
  EXPECT_EQ(old.added, 7);
}

TEST(StructsOfTheCApi, WhatNoReleaseHadIsRefused) {
  const Grown small{kFirstSize<Grown> - 1, 0, 0};
  EXPECT_THROW(read_struct(&small, "options"), Error);
  EXPECT_THROW(read_struct(static_cast<const Grown*>(nullptr), "options"), Error);
}

}  // namespace
}  // namespace vcl
