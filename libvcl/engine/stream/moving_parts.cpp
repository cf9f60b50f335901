// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/moving_parts.hpp"

#include <algorithm>
#include <map>

namespace vcl {
namespace {

constexpr double kLeastShare = 0.003;  // of the cells of a frame: smaller parts are noise
constexpr std::size_t kMostParts = 10;
constexpr double kLeastProbability = 1e-3;  // so that one very sure cell does not outvote a query
constexpr double kExplains = 0.4;           // minimum IoU of a part and the mask of its query
constexpr double kWord = 2;                 // weight of the motion logits relative to those of the query
constexpr double kNotOfIt = -1;             // maximum logit of cells outside of the parts that the query explains

using Cells = std::vector<std::int64_t>;

/// Returns the connected parts of a bool mask [T, h, w] as lists of cells, the largest first.
std::vector<Cells> connected_parts(const at::Tensor& moving) {
  const bool* const moves = moving.const_data_ptr<bool>();
  const std::int64_t frames = moving.size(0), height = moving.size(1), width = moving.size(2), area = height * width;
  std::vector<bool> seen(std::size_t(moving.numel()));
  std::vector<Cells> parts;
  for (std::int64_t start = 0; start < moving.numel(); ++start) {
    Cells part;
    const auto reach = [&](std::int64_t cell) {
      if (seen[std::size_t(cell)] || !moves[cell]) return;
      seen[std::size_t(cell)] = true;
      part.push_back(cell);
    };
    reach(start);
    for (std::size_t next = 0; next < part.size(); ++next) {
      const std::int64_t cell = part[next], x = cell % width, y = cell / width % height, t = cell / area;
      if (x > 0) reach(cell - 1);
      if (x + 1 < width) reach(cell + 1);
      if (y > 0) reach(cell - width);
      if (y + 1 < height) reach(cell + width);
      if (t > 0) reach(cell - area);
      if (t + 1 < frames) reach(cell + area);
    }
    if (double(part.size()) >= kLeastShare * double(area)) parts.push_back(std::move(part));
  }
  std::ranges::stable_sort(parts, std::greater<>{}, &Cells::size);
  if (parts.size() > kMostParts) parts.resize(kMostParts);
  return parts;
}

}  // namespace

MovingParts::MovingParts(const std::vector<at::Tensor>& moves) {
  const auto known = std::ranges::find_if(moves, &at::Tensor::defined);
  if (known == moves.end()) return;
  std::vector<at::Tensor> frames;
  std::vector<float> known_frames;
  for (const at::Tensor& frame : moves) {
    frames.push_back(frame.defined() ? frame.nan_to_num(0) : at::zeros_like(*known));
    known_frames.push_back(frame.defined());
  }
  logits_ = at::stack(frames).logit(kLeastProbability);
  known_frames_ = at::tensor(known_frames).view({-1, 1, 1});
  const std::vector<Cells> parts = connected_parts(logits_.gt(0));
  if (parts.empty()) return;
  masks_ = at::zeros({std::int64_t(parts.size()), logits_.size(0), logits_.size(1), logits_.size(2)}, at::kBool);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    bool* const mask = masks_.mutable_data_ptr<bool>() + std::int64_t(i) * logits_.numel();
    for (const std::int64_t cell : parts[i]) mask[cell] = true;
  }
}

at::Tensor MovingParts::overlap(const at::Tensor& masks) const {
  if (!known()) return {};
  if (!masks_.defined()) return at::zeros({masks.size(0), 0});
  const at::Tensor a = (masks * known_frames_).flatten(1), b = masks_.flatten(1).to(at::kFloat);
  const at::Tensor both = a.matmul(b.t());
  return both / (a.sum(1, true) + b.sum(1) - both).clamp_min(1);
}

std::vector<int> MovingParts::explained_by(const at::Tensor& overlap) {
  std::vector<int> queries;
  if (!overlap.defined()) return queries;
  for (const at::Tensor& of_part : overlap.t().unbind()) {
    const auto [best, query] = of_part.max(0);
    queries.push_back(best.item<double>() >= kExplains ? int(query.item<std::int64_t>()) : -1);
  }
  return queries;
}

void MovingParts::join(at::Tensor& logits, const std::vector<int>& explained_by) const {
  std::map<int, at::Tensor> masks;  // of the queries: one may explain several parts
  for (std::size_t i = 0; i < explained_by.size(); ++i) {
    if (explained_by[i] < 0) continue;
    at::Tensor& mask = masks[explained_by[i]];
    mask = mask.defined() ? mask.logical_or(masks_[std::int64_t(i)]) : masks_[std::int64_t(i)];
  }
  for (const auto& [query, mask] : masks)
    logits[query].add_(at::where(mask, logits_, logits_.clamp_max(kNotOfIt)) * known_frames_, kWord);
}

}  // namespace vcl
