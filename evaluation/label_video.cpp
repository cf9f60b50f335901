// SPDX-License-Identifier: LGPL-2.1-or-later
#include "evaluation/label_video.hpp"

#include <algorithm>

namespace vcl {
namespace {

/// Run lengths of all labels of a frame, computed in one pass. A label that does not occur has none.
class LabelRuns {
 public:
  LabelRuns() : runs_(256), ends_(256) {}

  void add(std::uint8_t label, std::uint32_t begin, std::uint32_t end) {
    runs_[label].push_back(begin - ends_[label]);
    runs_[label].push_back(end - begin);
    ends_[label] = end;
  }

  std::vector<std::uint32_t> take(std::uint8_t label, std::uint32_t pixels) {
    if (ends_[label] < pixels) runs_[label].push_back(pixels - ends_[label]);
    return std::move(runs_[label]);
  }

  bool has(std::uint8_t label) const { return !runs_[label].empty(); }

 private:
  std::vector<std::vector<std::uint32_t>> runs_;
  std::vector<std::uint32_t> ends_;  // end of the label's last run
};

LabelRuns runs_of(const std::vector<std::uint8_t>& labels, Size size) {
  LabelRuns runs;
  std::uint32_t begin = 0, position = 0;
  std::uint8_t label = labels[0];
  for (int x = 0; x < size.width; ++x)
    for (int y = 0; y < size.height; ++y, ++position) {
      const std::uint8_t next = labels[std::size_t(y) * std::size_t(size.width) + std::size_t(x)];
      if (next == label) continue;
      runs.add(label, begin, position);
      begin = position;
      label = next;
    }
  runs.add(label, begin, position);
  return runs;
}

}  // namespace

std::vector<MaskTrack> label_tracks(const LabelVideo& video) {
  std::vector<MaskTrack> tracks;
  const auto pixels = std::uint32_t(video.size.width) * std::uint32_t(video.size.height);
  for (std::size_t t = 0; t < video.frames.size() && pixels > 0; ++t) {
    LabelRuns runs = runs_of(video.frames[t], video.size);
    for (int label = 1; label < kVoidLabel; ++label) {
      if (!runs.has(std::uint8_t(label))) continue;
      tracks.resize(std::max(tracks.size(), std::size_t(label)), MaskTrack(video.frames.size()));
      tracks[std::size_t(label - 1)][t] =
          Rle{video.size.width, video.size.height, runs.take(std::uint8_t(label), pixels)};
    }
  }
  return tracks;
}

}  // namespace vcl
