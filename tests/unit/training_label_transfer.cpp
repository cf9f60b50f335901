// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <cmath>

#include "training/pretrain/label_transfer.hpp"

namespace vcl::train {
namespace {

constexpr int kKinds = 7, kCopies = 9;  // as many copies as neighbours are asked

/// Patches of seven directions, nine of each; those of one photo are nearer to each other than to another photo's.
Patches photo(int number, const std::vector<float>& labels) {
  at::Tensor vectors = at::zeros({kKinds, kKinds + 2});
  for (int kind = 0; kind < kKinds; ++kind) vectors[kind][kind] = 1;
  vectors.slice(1, kKinds + number, kKinds + number + 1).fill_(0.2);
  vectors = vectors / vectors.norm(2, {1}, true);
  return {vectors.repeat_interleave(kCopies, 0), at::tensor(labels).repeat_interleave(kCopies, 0)};
}

TEST(LabelTransfer, TakesTheLabelsOfOtherPhotosNeverAPhotosOwn) {
  const std::vector<float> labels = {1, 0, 0, 1, 1, 0, 1};
  std::vector<float> opposite = labels;
  for (float& label : opposite) label = 1 - label;
  EXPECT_DOUBLE_EQ(label_transfer({photo(0, labels), photo(1, labels)}), 1);
  EXPECT_DOUBLE_EQ(label_transfer({photo(0, labels), photo(1, opposite)}), 0);
}

TEST(LabelTransfer, IsMeanIouOfObjectAndBackground) {
  // In either photo three of four kinds are right as object, and two of three as background.
  const std::vector<float> first = {1, 1, 1, 1, 0, 0, 0}, second = {1, 1, 1, 0, 1, 0, 0};
  EXPECT_DOUBLE_EQ(label_transfer({photo(0, first), photo(1, second)}), (3.0 / 5 + 2.0 / 4) / 2);
}

TEST(LabelTransfer, NeedsTwoPhotos) {
  EXPECT_TRUE(std::isnan(label_transfer({photo(0, {1, 0, 0, 1, 1, 0, 1})})));
}

}  // namespace
}  // namespace vcl::train
