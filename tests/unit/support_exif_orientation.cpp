// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/exif_orientation.hpp"

#include <gtest/gtest.h>

#include "core_random.hpp"
#include "media_files.hpp"

namespace vcl {
namespace {

/// Another entry, and the orientation behind it.
std::string exif(int orientation, bool big) {
  const auto number = [big](std::uint64_t value, int bytes) {
    return big ? test::big(value, bytes) : test::little(value, bytes);
  };
  const auto entry = [&](int tag, int value) {
    return number(std::uint64_t(tag), 2) + number(3, 2) + number(1, 4) + number(std::uint64_t(value), 2) + number(0, 2);
  };
  return (big ? "MM" : "II") + number(42, 2) + number(8, 4) + number(2, 2) + entry(0x103, 7) +
         entry(0x112, orientation) + number(0, 4);
}

TEST(ExifOrientation, IsReadInBothByteOrders) {
  for (int orientation = 1; orientation <= 8; ++orientation)
    for (const bool big : {false, true}) EXPECT_EQ(exif_orientation(exif(orientation, big)), orientation);
}

TEST(ExifOrientation, IsUprightWhereItDoesNotSay) {
  for (const std::string& text : {std::string(), std::string("MM"), std::string("II*\0\xFF\xFF\xFF\xFF", 8),
                                  exif(0, true), exif(9, false), exif(6, true).substr(0, 30)})
    EXPECT_EQ(exif_orientation(text), 1);
}

TEST(ExifOrientation, AnyBytesGiveOneOfTheEight) {
  test::Rng rng(1);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = test::mutated(rng, exif(6, i % 2 == 0));
    const int orientation = exif_orientation(std::string(text.begin(), text.end()));
    EXPECT_TRUE(orientation >= 1 && orientation <= 8) << orientation;
  }
}

}  // namespace
}  // namespace vcl
