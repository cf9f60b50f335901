// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/video/mask_upsampling.hpp"

#include <algorithm>
#include <cmath>

namespace vcl {
namespace {

/// The position of a source pixel's center between canvas pixels: the pixel before it, and the share of the pixel after
/// it.
struct Sample {
  int before = 0;
  float share = 0;
};

std::vector<Sample> sample_axis(int source, int content) {
  std::vector<Sample> samples(source);
  const float scale = float(content) / float(source);
  for (int i = 0; i < source; ++i) {
    const float place = std::max(0.0f, (float(i) + 0.5f) * scale - 0.5f);
    samples[i].before = std::min(int(place), content - 1);
    samples[i].share = samples[i].before + 1 < content ? place - float(samples[i].before) : 0.0f;
  }
  return samples;
}

/// Builds runs from single pixels or many at once, and merges adjacent runs of the same value.
class RunWriter {
 public:
  void add(bool foreground, std::uint32_t length) {
    if (foreground == current_) {
      run_ += length;
    } else {
      runs_.push_back(run_);
      run_ = length;
      current_ = foreground;
    }
  }
  std::vector<std::uint32_t> take() {
    runs_.push_back(run_);
    return std::move(runs_);
  }

 private:
  std::vector<std::uint32_t> runs_;
  std::uint32_t run_ = 0;
  bool current_ = false;
};

}  // namespace

Rle mask_from_logits(const float* logits, const Letterbox& letterbox) {
  const auto [width, height] = letterbox.source;
  const int rows = letterbox.content.height, stride = letterbox.canvas.width;
  const std::vector<Sample> xs = sample_axis(width, letterbox.content.width), ys = sample_axis(height, rows);
  std::vector<int> row_end(rows, 0);  // one past the last source row whose sample starts at this canvas row
  for (int y = 0; y < height; ++y) row_end[ys[y].before] = y + 1;
  for (int r = 1; r < rows; ++r) row_end[r] = std::max(row_end[r], row_end[r - 1]);

  std::vector<float> column(rows + 1);
  RunWriter writer;
  for (int x = 0; x < width; ++x) {
    const float* left = logits + xs[x].before;
    const int step = xs[x].share > 0 ? 1 : 0;
    for (int r = 0; r < rows; ++r) {
      const float* pair = left + std::ptrdiff_t(r) * stride;
      column[r] = pair[0] * (1 - xs[x].share) + pair[step] * xs[x].share;
    }
    column[rows] = column[rows - 1];
    int y = 0;
    for (int r = 0; r < rows; ++r) {
      const bool here = column[r] > 0, below = column[r + 1] > 0;
      if (here == below) {
        if (row_end[r] > y) writer.add(here, std::uint32_t(row_end[r] - y));
        y = std::max(y, row_end[r]);
        continue;
      }
      for (; y < row_end[r]; ++y) writer.add(column[r] * (1 - ys[y].share) + column[r + 1] * ys[y].share > 0, 1);
    }
  }
  return {width, height, writer.take()};
}

}  // namespace vcl
