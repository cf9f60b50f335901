// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/refinement/color_refinement.hpp"

#include <algorithm>
#include <cmath>

#include "libvcl/crf/logistic.hpp"

namespace vcl {
namespace {

constexpr int kLight = 16, kChroma = 24;  // levels of lightness and of each of the two color differences
constexpr int kBins = kLight * kChroma * kChroma;
constexpr float kTrust = 0.7f;        // weight of the network's logits relative to the colors
constexpr float kSure = 4;            // pixels with logits below -kSure are background
constexpr float kMostEvidence = 4;    // limit per color
constexpr float kRare = 1e-4f;        // added to the shares of a color: a color that occurs once proves little
constexpr float kSmoothness = 3;      // weight of the neighbors
constexpr float kLeastPixels = 4;     // smallest object or background that a color model is fitted to
constexpr float kLargestLogit = 20;   // its probability is 1 in float
constexpr int kFits = 2, kSteps = 4;  // rounds of color models; mean-field steps per round

constexpr std::array<int, 4> kAheadX = {1, -1, 0, 1}, kAheadY = {0, 1, 1, 1};

int level(float value, int levels) {
  return std::clamp(int(value / 256 * float(levels)), 0, levels - 1);
}

/// Returns the bin of a color: lightness and color differences of JPEG's YCbCr. The differences are spread, because
/// photos use the middle of their range.
std::uint16_t bin_of(const std::array<float, 3>& rgb) {
  const float light = 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
  const int red = level(1.426f * (rgb[0] - light) + 128, kChroma);
  const int blue = level(1.128f * (rgb[2] - light) + 128, kChroma);
  return std::uint16_t((level(light, kLight) * kChroma + red) * kChroma + blue);
}

/// Limits a logit. NaN counts as background.
float bounded(float logit) {
  return logit > -kLargestLogit ? std::min(logit, kLargestLogit) : -kLargestLogit;
}

}  // namespace

ColorRefinement::ColorRefinement(const float* planes, const Letterbox& letterbox)
    : width_(letterbox.content.width),
      height_(letterbox.content.height),
      canvas_width_(letterbox.canvas.width),
      pitch_(std::size_t(width_) + 2),
      bins_(padded_size()),
      frame_counts_(kBins) {
  const std::size_t plane = std::size_t(letterbox.canvas.width) * letterbox.canvas.height;
  std::vector<std::array<float, 3>> pixels(padded_size());
  for (int y = 0; y < height_; ++y) {
    const float* row = planes + std::size_t(y) * canvas_width_;
    for (int x = 0; x < width_; ++x) {
      const std::size_t i = at(x, y);
      pixels[i] = {row[x], row[plane + x], row[2 * plane + x]};
      bins_[i] = bin_of(pixels[i]);
      ++frame_counts_[bins_[i]];
    }
  }
  measure_likeness(pixels);
}

void ColorRefinement::measure_likeness(const std::vector<std::array<float, 3>>& pixels) {
  double sum = 0, pairs = 0;
  const auto each_pair = [&](const auto& visit) {
    for (std::size_t d = 0; d < kDirections; ++d)
      for (int y = 0; y + kAheadY[d] < height_; ++y)
        for (int x = std::max(0, -kAheadX[d]); x < width_ - std::max(0, kAheadX[d]); ++x) visit(d, at(x, y));
  };
  for (std::size_t d = 0; d < kDirections; ++d) {
    ahead_[d] = at(kAheadX[d], kAheadY[d]) - at(0, 0);
    likeness_[d].resize(padded_size());
  }
  each_pair([&](std::size_t d, std::size_t i) {
    const auto &a = pixels[i], &b = pixels[i + ahead_[d]];
    float difference = 0;
    for (int c = 0; c < 3; ++c) difference += (a[c] - b[c]) * (a[c] - b[c]);
    likeness_[d][i] = difference;
    sum += difference;
    ++pairs;
  });
  // The scale is relative to the contrast of the frame.
  const float scale = sum > 0 ? float(pairs / (2 * sum)) : 0;
  each_pair([&](std::size_t d, std::size_t i) {
    likeness_[d][i] = std::exp(-scale * likeness_[d][i]) / std::hypot(float(kAheadX[d]), float(kAheadY[d]));
  });
}

bool ColorRefinement::fit(const std::vector<float>& field, const Box& box, std::vector<float>& evidence) const {
  std::vector<float> object(kBins);
  float in_object = 0;
  for (int y = box.y; y < box.y + box.height; ++y)
    for (std::size_t i = at(box.x, y); i < at(box.x + box.width, y); ++i) {
      const float share = (field[i] + 1) / 2;
      object[bins_[i]] += share;
      in_object += share;
    }
  const float in_background = float(width_) * float(height_) - in_object;
  if (in_object < kLeastPixels || in_background < kLeastPixels) return false;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    if (frame_counts_[bin] == 0) continue;
    const float inside = object[bin] / in_object + kRare;
    const float outside = std::max(0.0f, frame_counts_[bin] - object[bin]) / in_background + kRare;
    evidence[bin] = std::clamp(std::log(inside / outside), -kMostEvidence, kMostEvidence);
  }
  return true;
}

void ColorRefinement::sum_neighbours(const std::vector<float>& field, int y, const Box& box,
                                     std::vector<float>& sums) const {
  const std::size_t first = at(box.x, y);
  std::fill(sums.begin(), sums.end(), 0.0f);
  for (std::size_t d = 0; d < kDirections; ++d) {
    const float *like = likeness_[d].data() + first, *center = field.data() + first;
    const std::size_t step = ahead_[d];
    for (std::size_t x = 0; x < sums.size(); ++x)
      sums[x] += like[x] * center[x + step] +
                 like[std::ptrdiff_t(x) - std::ptrdiff_t(step)] * center[std::ptrdiff_t(x) - std::ptrdiff_t(step)];
  }
}

void ColorRefinement::refine(float* logits) const {
  const auto row_of = [&](int y) { return logits + std::size_t(y) * canvas_width_; };
  int left = width_, right = -1, top = height_, bottom = -1;
  for (int y = 0; y < height_; ++y)
    for (int x = 0; x < width_; ++x)
      if (row_of(y)[x] >= -kSure) {
        left = std::min(left, x), right = std::max(right, x);
        top = std::min(top, y), bottom = y;
      }
  const Box box = {left, top, right - left + 1, bottom - top + 1};
  if (bottom < 0) return;

  std::vector<float> field(padded_size(), -1.0f), next = field, own(padded_size()), evidence(kBins);
  std::vector<float> sums(std::size_t(box.width));
  const auto each_row = [&](const auto& visit) {
    for (int y = box.y; y < box.y + box.height; ++y) visit(y, at(box.x, y));
  };
  each_row([&](int y, std::size_t first) {
    for (int x = 0; x < box.width; ++x) field[first + x] = tanh_half(bounded(row_of(y)[box.x + x]));
  });
  bool fitted = false;
  for (int k = 0; k < kFits && fit(field, box, evidence); ++k) {
    fitted = true;
    each_row([&](int y, std::size_t first) {
      for (int x = 0; x < box.width; ++x) {
        const float logit = bounded(row_of(y)[box.x + x]);
        own[first + x] = logit < -kSure ? -kLargestLogit : kTrust * logit + evidence[bins_[first + x]];
        field[first + x] = tanh_half(own[first + x]);
      }
    });
    for (int step = 0; step < kSteps; ++step) {
      each_row([&](int y, std::size_t first) {
        sum_neighbours(field, y, box, sums);
        for (int x = 0; x < box.width; ++x)
          next[first + x] = tanh_half(bounded(own[first + x] + kSmoothness * sums[std::size_t(x)]));
      });
      std::swap(field, next);
    }
  }
  if (!fitted) return;
  each_row([&](int y, std::size_t first) {
    sum_neighbours(field, y, box, sums);
    for (int x = 0; x < box.width; ++x)
      row_of(y)[box.x + x] = bounded(own[first + x] + kSmoothness * sums[std::size_t(x)]);
  });
}

}  // namespace vcl
