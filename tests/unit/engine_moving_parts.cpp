// SPDX-License-Identifier: LGPL-2.1-or-later
// What a network says moves, as parts: by hand and against plain loops over random clips.
#include "libvcl/engine/stream/moving_parts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>

namespace vcl {
namespace {

using Random = std::mt19937;
using Frames = std::vector<at::Tensor>;
using Cells = std::set<std::int64_t>;  // indices into [T, h, w]
using Queries = std::vector<int>;

constexpr std::int64_t kHeight = 20, kWidth = 30;  // 0.003 of 600 cells: a part has two cells or more
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

int uniform(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

/// A frame in which nothing moves.
at::Tensor still() {
  return at::full({kHeight, kWidth}, 0.1F);
}

/// A frame in which this box moves.
at::Tensor box(std::int64_t x, std::int64_t y, std::int64_t width, std::int64_t height, float probability = 0.9F) {
  at::Tensor moves = still();
  moves.slice(0, y, y + height).slice(1, x, x + width).fill_(probability);
  return moves;
}

/// Mask logits [T, h, w] of what moves in these frames.
at::Tensor logits_of(const Frames& frames, double sure = 3) {
  return at::where(at::stack(frames).gt(0.5), sure, -sure).to(at::kFloat);
}

/// The sizes of the parts, in their order.
std::vector<std::int64_t> sizes_of(const MovingParts& parts) {
  std::vector<std::int64_t> sizes;
  for (std::int64_t i = 0; parts.masks().defined() && i < parts.masks().size(0); ++i)
    sizes.push_back(parts.masks()[i].sum().item<std::int64_t>());
  return sizes;
}

using Sizes = std::vector<std::int64_t>;

Queries explained_by(const MovingParts& parts, const at::Tensor& logits) {
  return MovingParts::explained_by(parts.overlap(logits.gt(0)));
}

TEST(MovingParts, PartsHangTogetherBySidesAndOverTime) {
  EXPECT_EQ(sizes_of(MovingParts({box(2, 2, 4, 3)})), (Sizes{12}));
  EXPECT_EQ(sizes_of(MovingParts({at::maximum(box(2, 2, 4, 3), box(6, 4, 2, 2))})), (Sizes{16})) << "side by side";
  EXPECT_EQ(sizes_of(MovingParts({at::maximum(box(2, 2, 4, 3), box(6, 5, 2, 2))})), (Sizes{12, 4})) << "by a corner";
  EXPECT_EQ(sizes_of(MovingParts({at::maximum(box(0, 3, 2, 2), box(28, 2, 2, 2))})), (Sizes{4, 4})) << "row ends";
  EXPECT_EQ(sizes_of(MovingParts({at::maximum(box(3, 0, 2, 2), box(3, 18, 2, 2))})), (Sizes{4, 4})) << "column ends";
  EXPECT_EQ(sizes_of(MovingParts({box(2, 2, 4, 3), box(5, 4, 4, 3)})), (Sizes{24})) << "one cell is in both frames";
  EXPECT_EQ(sizes_of(MovingParts({box(2, 2, 4, 3), box(6, 2, 4, 2)})), (Sizes{12, 8})) << "none is";
  EXPECT_EQ(sizes_of(MovingParts({box(2, 2, 4, 3), still(), box(2, 2, 4, 2)})), (Sizes{12, 8})) << "it paused";
  const Frames joined_later = {at::maximum(box(0, 2, 3, 3), box(20, 2, 3, 3)), box(0, 2, 23, 3)};
  EXPECT_EQ(sizes_of(MovingParts(joined_later)), (Sizes{87}));
}

TEST(MovingParts, SmallPartsAreLeftOut) {
  EXPECT_TRUE(sizes_of(MovingParts({box(3, 3, 1, 1)})).empty());
  EXPECT_EQ(sizes_of(MovingParts({box(3, 3, 2, 1)})), (Sizes{2}));
  EXPECT_EQ(sizes_of(MovingParts({box(3, 3, 1, 1), box(3, 3, 1, 1)})), (Sizes{2})) << "its cells in all frames count";
  EXPECT_EQ(sizes_of(MovingParts({at::full({1, 1}, 0.9F)})), (Sizes{1})) << "a frame of one cell";
}

TEST(MovingParts, TheTenLargestAreKept) {
  at::Tensor frame = still();
  Sizes expected;
  for (std::int64_t i = 0; i < 10; ++i) {
    const std::int64_t width = 2 + i * 7 % 10;
    frame[2 * i].slice(0, 0, width).fill_(0.8F);
    frame[2 * i].slice(0, 15, 15 + 12 + i % 3).fill_(0.8F);
    for (const std::int64_t size : {width, 12 + i % 3}) expected.push_back(size);
  }
  std::ranges::sort(expected, std::greater<>{});
  expected.resize(10);
  EXPECT_EQ(sizes_of(MovingParts({frame})), expected);
}

TEST(MovingParts, NothingIsKnownOrNothingMoves) {
  at::Tensor logits = at::randn({4, 2, kHeight, kWidth});
  const at::Tensor before = logits.clone();
  for (const Frames& frames : {Frames{}, Frames{at::Tensor(), at::Tensor()}, Frames{still(), still()},
                               Frames{at::full({kHeight, kWidth}, 0.5F), at::Tensor()}}) {
    const MovingParts parts(frames);
    EXPECT_EQ(parts.known(), std::ranges::any_of(frames, &at::Tensor::defined));
    EXPECT_FALSE(parts.masks().defined());
    EXPECT_EQ(parts.overlap(logits.gt(0)).defined(), parts.known());
    EXPECT_TRUE(explained_by(parts, logits).empty());
    parts.join(logits, explained_by(parts, logits));
    EXPECT_TRUE(at::equal(logits, before));
  }
  EXPECT_FALSE(MovingParts().known());
}

TEST(MovingParts, CertaintyIsNoInfinity) {
  const at::Tensor sure = at::where(box(2, 2, 5, 5).gt(0.5), 1.0F, 0.0F);
  const MovingParts parts({sure});
  EXPECT_EQ(sizes_of(parts), (Sizes{25}));
  at::Tensor logits = logits_of({sure}).unsqueeze(0);
  parts.join(logits, {0});
  EXPECT_TRUE(logits.isfinite().all().item<bool>());
  EXPECT_LT(logits.abs().max().item<double>(), 20);
}

TEST(MovingParts, WhatIsNoNumberDoesNotMove) {
  at::Tensor broken = box(2, 2, 6, 4);
  broken[3][4] = kNan;    // in the part
  broken[10][20] = kNan;  // outside
  const MovingParts parts({broken, at::full({kHeight, kWidth}, kNan)});
  EXPECT_EQ(sizes_of(parts), (Sizes{23}));
  EXPECT_FALSE(parts.masks()[0][0][3][4].item<bool>());
  at::Tensor logits = logits_of({box(2, 2, 6, 4), still()}).unsqueeze(0);
  EXPECT_EQ(explained_by(parts, logits), (Queries{0}));
  parts.join(logits, {0});
  EXPECT_TRUE(logits.isfinite().all().item<bool>());
  EXPECT_FALSE(MovingParts({at::full({kHeight, kWidth}, kNan)}).masks().defined());
}

TEST(MovingParts, MasksThatAreNoNumbersExplainNothing) {
  const MovingParts parts({box(2, 2, 6, 4)});
  const at::Tensor broken = at::full({2, 1, kHeight, kWidth}, kNan);
  EXPECT_EQ(explained_by(parts, broken), (Queries{-1}));
}

TEST(MovingParts, ThePartIsExplainedByTheMaskThatFitsIt) {
  const MovingParts parts({box(2, 2, 10, 4)});
  const auto queries_of = [&](const Frames& masks) {
    Frames logits;
    for (const at::Tensor& mask : masks) logits.push_back(logits_of({mask}));
    return explained_by(parts, at::stack(logits)).at(0);
  };
  EXPECT_EQ(queries_of({box(2, 10, 10, 4), box(2, 2, 9, 4), box(2, 2, 8, 4)}), 1);
  EXPECT_EQ(queries_of({box(2, 10, 10, 4), box(2, 2, 5, 4)}), 1) << "half of it";
  EXPECT_EQ(queries_of({box(2, 10, 10, 4), box(2, 2, 3, 4)}), -1) << "a third of it";
  EXPECT_EQ(queries_of({box(0, 0, 30, 20)}), -1) << "a scene around it";
  EXPECT_EQ(queries_of({still()}), -1);
  const int one_of_equals = queries_of({box(2, 10, 10, 4), box(2, 2, 9, 4), box(3, 2, 9, 4)});
  EXPECT_TRUE(one_of_equals == 1 || one_of_equals == 2) << one_of_equals;
}

TEST(MovingParts, FramesThatNobodyKnowsSayNothing) {
  const at::Tensor thing = box(2, 2, 10, 4);
  const MovingParts parts({thing, at::Tensor(), at::Tensor()});
  at::Tensor logits = logits_of({thing, thing, thing}).unsqueeze(0);
  const at::Tensor before = logits.clone();
  EXPECT_FLOAT_EQ(parts.overlap(logits.gt(0)).item<float>(), 1) << "masks there are neither right nor wrong";
  EXPECT_EQ(explained_by(parts, logits), (Queries{0}));
  parts.join(logits, {0});
  EXPECT_FALSE(at::equal(logits[0][0], before[0][0]));
  EXPECT_TRUE(at::equal(logits[0].slice(0, 1), before[0].slice(0, 1)));
  EXPECT_EQ(sizes_of(MovingParts({thing, at::Tensor(), thing})), (Sizes{40, 40})) << "no part goes on through them";
}

TEST(MovingParts, WhatMovesJoinsTheQueryThatExplainsIt) {
  const MovingParts parts({at::maximum(box(2, 2, 10, 4), box(20, 10, 4, 4, 0.8F))});
  ASSERT_EQ(sizes_of(parts), (Sizes{40, 16}));
  at::Tensor logits = at::full({3, 1, kHeight, kWidth}, -0.5F);
  const at::Tensor before = logits.clone();
  parts.join(logits, {1, -1});
  EXPECT_TRUE(at::equal(logits[0], before[0]) && at::equal(logits[2], before[2])) << "the others stay as they are";
  const at::Tensor change = logits[1][0] - before[1][0];
  EXPECT_TRUE(at::equal(change.gt(0), parts.masks()[0][0])) << "raised in its part and lowered elsewhere";
  EXPECT_NEAR(change[3][3].item<double>(), 2 * std::log(9.0), 1e-4);
  EXPECT_NEAR(change[0][0].item<double>(), -2 * std::log(9.0), 1e-4);
  EXPECT_NEAR(change[12][21].item<double>(), -2, 1e-6) << "what moves in another part is not its own";
}

TEST(MovingParts, AQueryKeepsAllPartsThatItExplains) {
  const at::Tensor left = box(2, 2, 10, 8), right = box(13, 2, 10, 8), all = at::maximum(left, right);
  const MovingParts parts({all});
  at::Tensor logits = at::stack({logits_of({all}, 1), logits_of({still()}, 1)});
  const Queries queries = explained_by(parts, logits);
  ASSERT_EQ(queries, (Queries{0, 0}));
  parts.join(logits, queries);
  EXPECT_TRUE(at::equal(logits[0][0].gt(0), all.gt(0.5)));
}

/// Frames with boxes that move here and there, some cells of noise, some frames that nobody knows.
Frames random_frames(Random& random, std::int64_t height, std::int64_t width) {
  Frames frames;
  const int count = uniform(random, 1, 5), noise = uniform(random, 0, 3) * 15;
  for (int t = 0; t < count; ++t) {
    if (uniform(random, 0, 4) == 0) {
      frames.emplace_back();
      continue;
    }
    at::Tensor frame = at::empty({height, width});
    for (std::int64_t i = 0; i < frame.numel(); ++i)
      frame.mutable_data_ptr<float>()[i] =
          float(uniform(random, 0, uniform(random, 0, 99) < noise ? 1000 : 500)) / 1000;
    for (int boxes = uniform(random, 0, 4); boxes > 0; --boxes) {
      const std::int64_t x = uniform(random, 0, int(width) - 1), y = uniform(random, 0, int(height) - 1);
      frame.slice(0, y, y + uniform(random, 1, 7)).slice(1, x, x + uniform(random, 1, 7)).add_(0.501).clamp_max_(1);
    }
    frames.push_back(frame);
  }
  return frames;
}

/// All that moves, as parts of any size, by their first cells: cells take the smallest number of their neighbors until
/// nothing changes.
std::vector<Cells> plain_parts(const Frames& frames, std::int64_t height, std::int64_t width) {
  const std::int64_t area = height * width, all = std::int64_t(frames.size()) * area;
  std::vector<std::int64_t> number(std::size_t(all), -1);
  for (std::int64_t i = 0; i < all; ++i)
    if (const at::Tensor& frame = frames[std::size_t(i / area)];
        frame.defined() && frame.const_data_ptr<float>()[i % area] > 0.5F)
      number[std::size_t(i)] = i;
  const auto next_to = [&](std::int64_t a, std::int64_t b) {
    return std::abs(a / area - b / area) + std::abs(a % area / width - b % area / width) +
               std::abs(a % width - b % width) ==
           1;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (std::int64_t i = 0; i < all; ++i)
      for (const std::int64_t step : {-area, -width, std::int64_t(-1), std::int64_t(1), width, area}) {
        const std::int64_t other = i + step;
        if (other < 0 || other >= all || !next_to(i, other) || number[std::size_t(other)] < 0) continue;
        if (number[std::size_t(i)] <= number[std::size_t(other)]) continue;
        number[std::size_t(i)] = number[std::size_t(other)];
        changed = true;
      }
  }
  std::vector<Cells> parts;
  for (std::int64_t first = 0; first < all; ++first) {
    if (number[std::size_t(first)] != first) continue;
    Cells& part = parts.emplace_back();
    for (std::int64_t i = first; i < all; ++i)
      if (number[std::size_t(i)] == first) part.insert(i);
  }
  return parts;
}

Cells cells_of(const at::Tensor& mask) {
  const at::Tensor flat = mask.flatten().contiguous();
  Cells cells;
  for (std::int64_t i = 0; i < flat.numel(); ++i)
    if (flat.const_data_ptr<bool>()[i]) cells.insert(i);
  return cells;
}

/// Masks that are like parts, or like nothing: [Q, T, h, w].
at::Tensor random_logits(Random& random, const MovingParts& parts, std::int64_t frames, std::int64_t height,
                         std::int64_t width) {
  at::manual_seed(random());
  at::Tensor logits = at::randn({uniform(random, 1, 6), frames, height, width});
  for (at::Tensor& query : logits.unbind())
    if (parts.masks().defined() && uniform(random, 0, 2) > 0)
      for (int more = uniform(random, 1, 2); more > 0; --more) {
        const at::Tensor part = parts.masks()[uniform(random, 0, int(parts.masks().size(0)) - 1)];
        query.copy_(at::where(part, at::rand({1}).item<double>() * 4, query - uniform(random, 0, 3)));
      }
  return logits;
}

double plain_iou(const at::Tensor& mask, const at::Tensor& part, const Frames& frames) {
  std::int64_t both = 0, either = 0;
  for (std::int64_t t = 0; t < mask.size(0); ++t) {
    if (!frames[std::size_t(t)].defined()) continue;
    const at::Tensor a = mask[t].contiguous(), b = part[t].contiguous();
    for (std::int64_t i = 0; i < a.numel(); ++i) {
      const bool in_a = a.const_data_ptr<bool>()[i], in_b = b.const_data_ptr<bool>()[i];
      both += in_a && in_b, either += in_a || in_b;
    }
  }
  return either == 0 ? 0 : double(both) / double(either);
}

TEST(MovingParts, RandomClipsHaveThePartsOfPlainLoops) {
  Random random(1);
  std::size_t found = 0, cut_off = 0;
  for (int trial = 0; trial < 150; ++trial) {
    const std::int64_t height = uniform(random, 1, 24), width = uniform(random, 1, 40);
    const Frames frames = random_frames(random, height, width);
    std::vector<Cells> expected = plain_parts(frames, height, width);
    std::erase_if(expected, [&](const Cells& part) { return double(part.size()) < 0.003 * double(height * width); });
    std::ranges::stable_sort(expected, std::greater<>{}, &Cells::size);
    if (expected.size() > 10) expected.resize(10), ++cut_off;
    const MovingParts parts(frames);
    ASSERT_EQ(parts.masks().defined(), !expected.empty());
    if (expected.empty()) continue;
    found += expected.size();
    ASSERT_EQ(parts.masks().sizes(),
              (std::vector<std::int64_t>{std::int64_t(expected.size()), std::int64_t(frames.size()), height, width}));
    EXPECT_LE(parts.masks().sum(0).max().item<std::int64_t>(), 1) << "a cell is in one part";
    for (std::size_t i = 0; i < expected.size(); ++i)
      ASSERT_EQ(cells_of(parts.masks()[std::int64_t(i)]), expected[i]) << trial << " part " << i;
  }
  EXPECT_GT(found, 300U);
  EXPECT_GT(cut_off, 10U);
}

TEST(MovingParts, RandomMasksOverlapAndExplainAsByPlainLoops) {
  Random random(2);
  int explained = 0, not_explained = 0;
  for (int trial = 0; trial < 100; ++trial) {
    const std::int64_t height = uniform(random, 1, 16), width = uniform(random, 1, 16);
    const Frames frames = random_frames(random, height, width);
    const MovingParts parts(frames);
    if (!parts.masks().defined()) continue;
    const at::Tensor logits = random_logits(random, parts, std::int64_t(frames.size()), height, width);
    const at::Tensor overlap = parts.overlap(logits.gt(0));
    const Queries queries = explained_by(parts, logits);
    ASSERT_EQ(overlap.sizes(), (std::vector<std::int64_t>{logits.size(0), parts.masks().size(0)}));
    ASSERT_EQ(std::int64_t(queries.size()), parts.masks().size(0));
    for (std::int64_t part = 0; part < parts.masks().size(0); ++part) {
      std::vector<double> iou;
      for (std::int64_t query = 0; query < logits.size(0); ++query) {
        iou.push_back(plain_iou(logits[query].gt(0), parts.masks()[part], frames));
        ASSERT_NEAR(overlap[query][part].item<double>(), iou.back(), 1e-6);
      }
      const double best = *std::ranges::max_element(iou);
      const int query = queries[std::size_t(part)];
      EXPECT_EQ(query >= 0, best > 0.4 - 1e-7);
      EXPECT_NEAR(query < 0 ? best : iou.at(std::size_t(query)), best, 1e-6);
      (query < 0 ? not_explained : explained)++;
    }
  }
  EXPECT_GT(explained, 30);
  EXPECT_GT(not_explained, 30);
}

TEST(MovingParts, RandomPartsJoinAsByPlainLoops) {
  Random random(3);
  for (int trial = 0; trial < 100; ++trial) {
    const std::int64_t height = uniform(random, 1, 16), width = uniform(random, 1, 16);
    const Frames frames = random_frames(random, height, width);
    const MovingParts parts(frames);
    if (!parts.masks().defined()) continue;
    const at::Tensor before = random_logits(random, parts, std::int64_t(frames.size()), height, width);
    Queries queries;  // any: also several parts of one query
    for (std::int64_t part = 0; part < parts.masks().size(0); ++part)
      queries.push_back(uniform(random, -1, int(before.size(0)) - 1));
    at::Tensor canvas = at::zeros({before.size(0), before.size(1), height + 2, width + 3});  // as of a letterbox
    at::Tensor content = canvas.slice(2, 0, height).slice(3, 0, width);
    content.copy_(before);
    parts.join(content, queries);
    EXPECT_EQ(canvas.slice(2, height).abs().max().item<float>(), 0) << "the padding stays as it is";
    EXPECT_EQ(canvas.slice(3, width).abs().max().item<float>(), 0);
    for (std::int64_t query = 0; query < before.size(0); ++query) {
      Cells own;
      for (std::size_t part = 0; part < queries.size(); ++part)
        if (queries[part] == query) own.merge(cells_of(parts.masks()[std::int64_t(part)]));
      const at::Tensor change = (content[query] - before[query]).contiguous();
      for (std::int64_t i = 0; i < change.numel(); ++i) {
        const at::Tensor& frame = frames[std::size_t(i / (height * width))];
        double expected = 0;
        if (frame.defined() && !own.empty()) {
          const double p = std::clamp(double(frame.const_data_ptr<float>()[i % (height * width)]), 1e-3, 1 - 1e-3);
          const double word = std::log(p / (1 - p));
          expected = 2 * (own.contains(i) ? word : std::min(word, -1.0));
        }
        ASSERT_NEAR(change.const_data_ptr<float>()[i], expected, 1e-3) << trial << " query " << query << " cell " << i;
      }
    }
  }
}

}  // namespace
}  // namespace vcl
