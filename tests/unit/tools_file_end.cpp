// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include "core_memory_file.hpp"
#include "media_files.hpp"
#include "tools/media/file_end.hpp"

namespace vcl {
namespace {

FileEnd end_of(std::string_view bytes) {
  return find_file_end(test::MemoryFile(bytes).path());
}

TEST(FileEnd, WholeFilesAreWholeAndNoBeginningOfThemIs) {
  for (const auto& [name, bytes] : test::whole_media_files()) {
    SCOPED_TRACE(name);
    EXPECT_EQ(end_of(bytes), FileEnd::Whole);
    int cut = 0;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const FileEnd end = end_of(std::string_view(bytes).substr(0, size));
      EXPECT_NE(end, FileEnd::Whole) << size << " of " << bytes.size();
      cut += end == FileEnd::Cut;
    }
    EXPECT_GT(cut, 0);
    const std::size_t torn = name == "gif" ? 2 : 1;  // many GIFs lack their last byte, and are shown
    EXPECT_EQ(end_of(std::string_view(bytes).substr(0, bytes.size() - torn)), FileEnd::Cut);
  }
}

TEST(FileEnd, WhatIsAppendedProvesNothing) {
  for (const auto& [name, bytes] : test::whole_media_files())
    for (const std::string more :
         {"camera-trailer-8db42d694ccc418790edff439fe026bf", "x", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"}) {
      SCOPED_TRACE(name + " and " + more);
      EXPECT_EQ(end_of(bytes + more), name == "ogv" ? FileEnd::Unknown : FileEnd::Whole);
    }
}

TEST(FileEnd, WithoutStatedSizesOnlyWhatIsTornIsCutOff) {
  for (const auto& [name, bytes] : test::unstated_media_files()) {
    SCOPED_TRACE(name);
    EXPECT_EQ(end_of(bytes), FileEnd::Unknown);
    EXPECT_EQ(end_of(std::string_view(bytes).substr(0, bytes.size() - 1)), name == "ts" ? FileEnd::Torn : FileEnd::Cut);
  }
}

TEST(FileEnd, FragmentsMayBeFollowedByMore) {
  const std::string fragment = test::box("moof", "index") + test::box("mdat", "frames");
  const std::string start = test::box("ftyp", "isom") + test::box("moov", "index");
  EXPECT_EQ(end_of(start + fragment + fragment), FileEnd::Unknown);
  EXPECT_EQ(end_of(start + fragment + fragment + test::box("mfra", "table")), FileEnd::Whole);
  EXPECT_EQ(end_of((start + fragment).substr(0, start.size() + fragment.size() - 2)), FileEnd::Cut);
}

TEST(FileEnd, SizesThatOverflowAreAnsweredToo) {
  const std::string endless = "\x01" + std::string(7, '\xFE');
  const std::string header = test::element("\x1A\x45\xDF\xA3", "m");
  EXPECT_EQ(end_of(header + "\x18\x53\x80\x67" + endless), FileEnd::Cut);
  const std::string start = test::box("ftyp", "isom");
  EXPECT_EQ(end_of(start + test::big(1, 4) + "mdat" + std::string(8, '\xFF')), FileEnd::Cut);
  EXPECT_EQ(end_of("FLV\1\5" + std::string(4, '\xFF')), FileEnd::Unknown);
}

TEST(FileEnd, OtherFilesProveNothing) {
  EXPECT_EQ(find_file_end("/nonexistent"), FileEnd::Unknown);
  EXPECT_EQ(find_file_end("/dev/zero"), FileEnd::Unknown);
  for (const char* text : {"", "x", "this is no video\n", "GGGGGGGGGGGG"}) EXPECT_EQ(end_of(text), FileEnd::Unknown);
}

}  // namespace
}  // namespace vcl
