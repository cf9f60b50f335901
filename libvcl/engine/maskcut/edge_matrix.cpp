// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/maskcut/edge_matrix.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>

namespace vcl {
namespace {

constexpr std::int64_t kGroup = 8;    // patches whose edges share a byte
constexpr std::int64_t kTables = 4;   // groups that are looked up together
constexpr std::int64_t kTile = 512;   // rows and columns of a block of the Gram matrix, which fits into a cache
constexpr std::int64_t kStrip = 256;  // rows of a product per thread

std::int64_t groups_of(std::int64_t patches) {
  return (patches + kGroup * kTables - 1) / (kGroup * kTables) * kTables;
}

/// The sums of all subsets of eight values. The index holds one bit per value.
using SubsetSums = std::array<double, 256>;

void fill(SubsetSums& sums, const double* values) {
  sums[0] = 0;
  for (std::size_t k = 0, half = 1; k < kGroup; ++k, half *= 2)
    for (std::size_t subset = 0; subset < half; ++subset) sums[half + subset] = sums[subset] + values[k];
}

/// Stores `alike`, bool [rows, columns], the edges between patches from `row` and from `column` on, in `bits` [groups,
/// n].
void pack(const at::Tensor& alike, std::int64_t row, std::int64_t column, std::int64_t patches, std::uint8_t* bits) {
  const auto rows = alike.size(0), columns = alike.size(1);
  const bool* from = alike.const_data_ptr<bool>();
  for (std::int64_t r = 0; r < rows; ++r) {
    std::uint8_t* to = bits + (row + r) / kGroup * patches + column;
    const auto shift = (row + r) % kGroup;
    for (std::int64_t c = 0; c < columns; ++c) to[c] = std::uint8_t(to[c] | (from[r * columns + c] << shift));
  }
}

}  // namespace

EdgeMatrix::EdgeMatrix(const at::Tensor& features, double tau) : patches_(features.size(1)) {
  const at::Tensor unit = features / features.norm(2, {0}, true).clamp_min(1e-12);
  if (!features.is_cpu()) {
    dense_ = unit.t().mm(unit).gt(tau).to(at::kDouble);
    return;
  }
  bits_.resize(std::size_t(groups_of(patches_) * patches_));
  const at::Tensor rows = unit.t().contiguous();
  for (std::int64_t i = 0; i < patches_; i += kTile) {
    const auto height = std::min(kTile, patches_ - i);
    for (std::int64_t j = i; j < patches_; j += kTile) {  // the Gram matrix is symmetric
      const auto width = std::min(kTile, patches_ - j);
      const at::Tensor alike = rows.narrow(0, i, height).mm(unit.narrow(1, j, width)).gt(tau);
      pack(alike, i, j, patches_, bits_.data());
      if (j > i) pack(alike.t().contiguous(), j, i, patches_, bits_.data());
    }
  }
}

// Eight columns at a time: their part of a row's sum is one of 256 subset sums, which all rows share.
at::Tensor EdgeMatrix::times(const at::Tensor& x) const {
  if (dense_.defined()) return dense_.mv(x);
  const auto groups = groups_of(patches_);
  at::Tensor padded = at::zeros({groups * kGroup}, at::kDouble);
  padded.narrow(0, 0, patches_).copy_(x);
  at::Tensor y = at::zeros({patches_}, at::kDouble);
  const double* values = padded.const_data_ptr<double>();
  double* sums = y.data_ptr<double>();
  at::parallel_for(0, patches_, kStrip, [&](std::int64_t begin, std::int64_t end) {
    std::array<SubsetSums, kTables> table;
    for (std::int64_t g = 0; g < groups; g += kTables) {
      for (std::int64_t t = 0; t < kTables; ++t) fill(table[std::size_t(t)], values + (g + t) * kGroup);
      const std::uint8_t* bits = bits_.data() + g * patches_;
      for (std::int64_t r = begin; r < end; ++r)
        sums[r] += (table[0][bits[r]] + table[1][bits[patches_ + r]]) +
                   (table[2][bits[2 * patches_ + r]] + table[3][bits[3 * patches_ + r]]);
    }
  });
  return y;
}

}  // namespace vcl
