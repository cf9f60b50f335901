// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <map>

#include "media_files.hpp"
#include "tools/media/movie_index.hpp"

namespace vcl {
namespace {

using test::Length;

TEST(MovieIndex, StatesNoDurationWhereATrackIsMuchShorter) {
  for (const int version : {0, 1})
    for (const auto& [tracks, expected] :
         std::vector<std::pair<std::vector<Length>, bool>>{{{{20, 600}}, false},
                                                           {{{20, 600}, {6, 90000}}, false},
                                                           {{{20, 600}, {3, 90000}}, true},
                                                           {{{2, 12000}, {2, 44100}, {20, 1000}}, true},
                                                           {{{20, 600}, {0, 1}}, true},
                                                           {{}, false}}) {
      const std::string before = test::movie_index({20, 1000}, tracks, version);
      std::string after = before;
      EXPECT_EQ(take_duration_out(after), expected) << tracks.size();
      ASSERT_EQ(after.size(), before.size());
      std::size_t changed = 0;
      for (std::size_t i = 0; i < after.size(); ++i) changed += after[i] != before[i];
      EXPECT_EQ(changed, expected ? 2 : 0);  // of 20,000 two bytes are not 0
      EXPECT_EQ(after, expected ? test::movie_index({0, 1000}, tracks, version) : before);
    }
}

TEST(MovieIndex, StatesNoDurationWhereMuchIsLeftOutInFront) {
  for (const int version : {0, 1})
    for (const auto& [begin, expected] :
         std::map<std::int64_t, bool>{{-1, false}, {0, false}, {60, false}, {61, true}, {6000, true}}) {
      std::string index = test::movie_index({20, 1000}, {{20, 600}}, version, begin);
      EXPECT_EQ(take_duration_out(index), expected) << begin;
      EXPECT_FALSE(take_duration_out(index)) << "once is enough";
    }
}

TEST(MovieIndex, LeavesWhatIsDamaged) {
  const std::string whole = test::movie_index({20, 1000}, {{1, 600}}, 0);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::string cut = whole.substr(0, size);
    EXPECT_FALSE(take_duration_out(cut));
    EXPECT_EQ(cut, whole.substr(0, size));
  }
}

}  // namespace
}  // namespace vcl
