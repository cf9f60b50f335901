// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/labels/refine_label.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "training/labels/regions.hpp"

namespace vcl::train {
namespace {

constexpr double kSameObject = 0.5, kLeastOfPhoto = 0.01, kMostOfPhoto = 0.8;
constexpr double kLargestHole = 0.02;  // share of the photo; larger holes show what is behind the object

/// Returns the largest part, opened and with small holes filled. It is empty if nothing is left.
Mask cleaned(const Mask& mask) {
  const std::vector<Component> parts = components(open3x3(mask));
  if (parts.empty()) return Mask(mask.width, mask.height);
  return fill_holes(parts[0].mask, std::uint64_t(kLargestHole * double(mask.pixels.size())));
}

double share(const Mask& mask) {
  return double(std::ranges::count(mask.pixels, std::uint8_t{1})) / double(mask.pixels.size());
}

double highest_iou(const Mask& mask, const std::vector<ScoredMask>& others) {
  double highest = 0;
  for (const ScoredMask& other : others) highest = std::max(highest, iou(mask, other.mask));
  return highest;
}

/// Returns the kept predictions, cleaned, best first.
std::vector<ScoredMask> confident_objects(std::vector<ScoredMask> predictions, float least_score) {
  std::ranges::stable_sort(predictions, std::greater(), &ScoredMask::score);
  std::vector<ScoredMask> objects;
  for (const ScoredMask& prediction : predictions) {
    if (!(prediction.score >= least_score)) break;
    Mask object = cleaned(prediction.mask);
    const double area = share(object);
    if (area >= kLeastOfPhoto && area <= kMostOfPhoto && highest_iou(object, objects) <= kSameObject)
      objects.push_back({std::move(object), prediction.score});
  }
  return objects;
}

std::vector<Mask> split_ids(const PresentLabel& label, Size size) {
  std::vector<Mask> instances;
  if (!label.ids || !(label.weight > 0)) return instances;
  const std::size_t pixels = std::size_t(size.width) * size.height;
  std::array<bool, 256> used{};
  for (std::size_t i = 0; i < pixels; ++i) used[label.ids[i]] = true;
  for (int id = 1; id < 256; ++id) {
    if (!used[id]) continue;
    Mask& mask = instances.emplace_back(size.width, size.height);
    for (std::size_t i = 0; i < pixels; ++i) mask.pixels[i] = label.ids[i] == id;
  }
  return instances;
}

/// Returns the largest part of `mask` that is not taken.
Mask free_part(const Mask& mask, const Mask& taken) {
  Mask free = mask;
  for (std::size_t i = 0; i < free.pixels.size(); ++i) free.pixels[i] = mask.pixels[i] != 0 && taken.pixels[i] == 0;
  if (free.pixels == mask.pixels) return free;
  const std::vector<Component> parts = components(free);
  return parts.empty() ? free : parts[0].mask;
}

}  // namespace

int count_instances(const PresentLabel& label, Size size) {
  return int(split_ids(label, size).size());
}

RefinedLabel refine_label(std::vector<ScoredMask> predictions, const PresentLabel& present, Size size,
                          float least_score) {
  const std::vector<ScoredMask> objects = confident_objects(std::move(predictions), least_score);
  const std::vector<Mask> before = split_ids(present, size);
  RefinedLabel label;
  Mask taken(size.width, size.height);
  const auto add = [&](const Mask& mask) {
    Mask part = free_part(mask, taken);
    if (share(part) < kLeastOfPhoto) return;
    for (std::size_t i = 0; i < part.pixels.size(); ++i) taken.pixels[i] |= part.pixels[i];
    label.instances.push_back(std::move(part));
  };
  for (const ScoredMask& object : objects) add(object.mask);
  label.predicted = int(label.instances.size());
  for (const Mask& instance : before)
    if (highest_iou(instance, objects) < kSameObject) add(instance);
  if (!label.instances.empty()) label.weight = label.predicted > 0 ? objects.front().score : present.weight;
  return label;
}

}  // namespace vcl::train
