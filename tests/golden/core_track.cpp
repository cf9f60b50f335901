// SPDX-License-Identifier: LGPL-2.1-or-later
// tests/golden/data/track: matchings must agree exactly; overlaps and their sums to 1e-12 (a few roundings in double).
#include <cmath>
#include <set>
#include <vector>

#include "golden_files.hpp"
#include "vcl/tracking.hpp"

namespace vcl {
namespace {

using nlohmann::json;
using Pairs = std::vector<std::pair<int, int>>;

constexpr double kTolerance = 1e-12;

Similarity read_matrix(int rows, int cols, const json& values) {
  Similarity matrix{rows, cols, std::vector<double>(std::size_t(rows) * cols)};
  for (int row = 0; row < rows; ++row) {
    for (int col = 0; col < cols; ++col) {
      const json& value = values.at(row).at(col);
      matrix.at(row, col) = value.is_null() ? std::nan("") : value.get<double>();
    }
  }
  return matrix;
}

/// The numbers below `count` that no pair holds on the side that `side` picks.
template <typename Side>
std::vector<int> unmatched(int count, const Pairs& pairs, Side side) {
  std::set<int> left;
  for (int i = 0; i < count; ++i) left.insert(i);
  for (const auto& pair : pairs) left.erase(side(pair));
  return {left.begin(), left.end()};
}

void expect_matching(const json& entry, const Similarity& matrix) {
  const Pairs matches = match_tracks(matrix, entry.at("threshold"));
  EXPECT_EQ(matches, entry.at("matches").get<Pairs>());
  EXPECT_EQ(unmatched(matrix.rows, matches, [](const auto& pair) { return pair.first; }),
            entry.at("deaths").get<std::vector<int>>());
  EXPECT_EQ(unmatched(matrix.cols, matches, [](const auto& pair) { return pair.second; }),
            entry.at("births").get<std::vector<int>>());
}

TEST(GoldenTrack, Assignments) {
  VCL_GOLDEN_FOLDER(folder, "track");
  const json cases = golden::read_json(folder + "/assign.json");
  ASSERT_FALSE(cases.empty());
  for (const json& entry : cases) {
    SCOPED_TRACE(entry.at("name").get<std::string>());
    const Similarity matrix = read_matrix(entry.at("rows"), entry.at("cols"), entry.at("iou"));
    expect_matching(entry, matrix);
    double total = 0;
    for (const auto& [row, col] : match_tracks(matrix, entry.at("threshold"))) total += matrix.at(row, col);
    EXPECT_NEAR(total, entry.at("total").get<double>(), kTolerance * (1 + matrix.rows));
  }
}

TEST(GoldenTrack, OverlapOfTracks) {
  VCL_GOLDEN_FOLDER(folder, "track");
  const json cases = golden::read_json(folder + "/masks.json");
  ASSERT_FALSE(cases.empty());
  for (const json& entry : cases) {
    SCOPED_TRACE(entry.at("name").get<std::string>());
    const auto read_tracks = [&](const char* side) {
      std::vector<std::vector<Rle>> tracks;
      for (const json& track : entry.at(side)) {
        tracks.emplace_back();
        for (const json& text : track) {
          tracks.back().push_back(rle_from_string(text.get<std::string>(), entry.at("width"), entry.at("height")));
        }
      }
      return tracks;
    };
    const auto before = read_tracks("old"), after = read_tracks("new");
    Similarity matrix{int(before.size()), int(after.size()), {}};
    for (std::size_t row = 0; row < before.size(); ++row) {
      for (std::size_t col = 0; col < after.size(); ++col) {
        matrix.values.push_back(track_iou(before[row], after[col]));
        EXPECT_NEAR(matrix.values.back(), entry.at("iou").at(row).at(col).get<double>(), kTolerance);
      }
    }
    expect_matching(entry, matrix);
  }
}

TEST(GoldenTrack, Chains) {
  VCL_GOLDEN_FOLDER(folder, "track");
  const json cases = golden::read_json(folder + "/chains.json");
  ASSERT_FALSE(cases.empty());
  for (const json& entry : cases) {
    SCOPED_TRACE(entry.at("name").get<std::string>());
    TrackJoiner joiner(entry.at("threshold"));
    const json& expected = entry.at("ids_per_window");
    const auto expect_ids = [&](std::size_t window, const Similarity& matrix) {
      EXPECT_EQ(joiner.join(matrix), expected.at(window).get<std::vector<std::uint64_t>>()) << "window " << window;
    };
    expect_ids(0, {0, int(expected.at(0).size()), {}});
    std::size_t window = 1;
    for (const json& step : entry.at("steps")) {
      const Similarity matrix = read_matrix(step.at("old"), step.at("new"), step.at("iou"));
      EXPECT_EQ(match_tracks(matrix, entry.at("threshold")), step.at("matches").get<Pairs>());
      expect_ids(window++, matrix);
    }
    EXPECT_EQ(window, expected.size());
  }
}

}  // namespace
}  // namespace vcl
