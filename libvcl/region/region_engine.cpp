// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "libvcl/images/frame_check.hpp"
#include "libvcl/images/size_text.hpp"
#include "libvcl/masks/nearest_index.hpp"
#include "libvcl/region/covered_frame.hpp"
#include "vcl/error.hpp"
#include "vcl/mask_crop.hpp"
#include "vcl/region.hpp"

namespace vcl {
namespace {

constexpr std::size_t kMostUnseen = 4096;  // of a stream that never ends

std::string text_of(const Box& box) {
  return std::to_string(box.x) + "," + std::to_string(box.y) + "," + std::to_string(box.width) + "," +
         std::to_string(box.height);
}

/// The indices [first, last) in [0, from) that count for each in [0, to): all that it covers, so that nothing hidden
/// gets lost, or the one under its center if it covers less than one.
std::vector<std::pair<int, int>> counted(int from, int to) {
  std::vector<std::pair<int, int>> ranges;
  for (std::int64_t i = 0; i < to; ++i) {
    if (from > to)
      ranges.emplace_back(int(i * from / to), int(((i + 1) * from + to - 1) / to));
    else
      ranges.emplace_back(nearest_index(i, from, to), nearest_index(i, from, to) + 1);
  }
  return ranges;
}

/// A pixel is hidden if any that counts for it is.
Mask stretched(const Mask& mask, Size size) {
  const auto columns = counted(mask.width, size.width), rows = counted(mask.height, size.height);
  Mask result(size.width, size.height);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      const auto [left, right] = columns[std::size_t(x)];
      const auto [top, bottom] = rows[std::size_t(y)];
      bool shown = true;
      for (int row = top; row < bottom && shown; ++row)
        shown = std::all_of(&mask.pixels[std::size_t(row) * mask.width + left],
                            &mask.pixels[std::size_t(row) * mask.width + left] + (right - left),
                            [](std::uint8_t value) { return value != 0; });
      result.at(x, y) = shown;
    }
  return result;
}

/// Throws Error(Invalid) for a region that lies in no frame of any size.
void check_region(const Region& region) {
  const Box& box = region.box;
  if (box != Box() && (box.x < 0 || box.y < 0 || box.width < 1 || box.height < 1))
    throw Error(ErrorKind::Invalid, "the region " + text_of(box) +
                                        " has negative coordinates or no pixels; choose one that lies in the frames");
  const Mask& mask = region.mask;
  if (mask.width < 0 || mask.height < 0 || std::uint64_t(mask.width) * std::uint64_t(mask.height) != mask.pixels.size())
    throw Error(ErrorKind::Invalid, "the mask of the region has " + std::to_string(mask.pixels.size()) +
                                        " values, not one for each of its " + text_of(Size{mask.width, mask.height}) +
                                        " pixels");
}

}  // namespace

/// How frames of one size are seen.
struct RegionEngine::View {
  Box box;
  Rle seen = {};                             ///< of the frame; 0x0: all of the box
  std::unique_ptr<CoveredFrame> cover = {};  ///< none: nothing is hidden

  View(const Region& region, Size frame) : box(region.box) {
    if (box == Box()) box = {0, 0, frame.width, frame.height};
    if (box.width > frame.width - box.x || box.height > frame.height - box.y)
      throw Error(ErrorKind::Unsupported, "the region " + text_of(box) + " does not lie in frames of " +
                                              text_of(frame) + " pixels; choose one that does");
    if (region.mask.pixels.empty()) return;
    const Mask mask = stretched(region.mask, frame);
    const Mask part = rle_crop(rle_encode(mask), box);
    const auto shown = std::ranges::count(part.pixels, 1);
    if (shown == 0)
      throw Error(ErrorKind::Unsupported, "the mask hides all of the region that is looked at; let it show something");
    if (std::size_t(shown) == part.pixels.size()) return;
    seen = rle_from_crop(part, box.x, box.y, frame);
    cover = std::make_unique<CoveredFrame>(mask, box);
  }
};

RegionEngine::RegionEngine(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

RegionEngine::~RegionEngine() = default;

void RegionEngine::look_at(std::shared_ptr<const Region> region) {
  if (frame_ != Size())
    throw Error(ErrorKind::Invalid, "the region changed in the middle of a stream; drain the engine first");
  if (region) check_region(*region);
  region_ = std::move(region);
}

void RegionEngine::set_filters(const Filters& filters) {
  min_area_ = filters.min_area;
  engine_->set_filters(filters);
}

int RegionEngine::latency_frames() const {
  return engine_->latency_frames();
}

std::vector<FrameResult> RegionEngine::push(const FrameView& frame, std::int64_t pts, bool infer) {
  check_frame(frame);
  if (frame_ != Size() && frame.size != frame_)
    throw Error(ErrorKind::Invalid, "the frame size changed in the middle of a stream; drain the engine first");
  try {
    if (frame_ == Size() && region_ && (region_->box != Box() || !region_->mask.pixels.empty()))
      view_ = std::make_unique<View>(*region_, frame.size);
    frame_ = frame.size;
    if (!view_) return engine_->push(frame, pts, infer);
    std::vector<FrameResult> results =
        engine_->push(view_->cover ? view_->cover->cover(frame) : crop(frame, view_->box), pts, infer);
    for (FrameResult& result : results) result = of_frame(std::move(result));
    return results;
  } catch (...) {
    reset();
    throw;
  }
}

std::vector<FrameResult> RegionEngine::drain() {
  try {
    std::vector<FrameResult> results = engine_->drain();
    if (view_)
      for (FrameResult& result : results) result = of_frame(std::move(result));
    end_stream();
    return results;
  } catch (...) {
    reset();
    throw;
  }
}

void RegionEngine::reset() {
  end_stream();
  engine_->reset();
}

void RegionEngine::end_stream() {
  view_.reset();
  frame_ = {};
  unseen_.clear();
}

FrameResult RegionEngine::of_frame(FrameResult result) {
  result.size = frame_;
  std::vector<Instance> instances;
  for (Instance& instance : result.instances) {
    instance.mask = rle_place(instance.mask, view_->box.x, view_->box.y, frame_);
    if (view_->cover) instance.mask = rle_merge(std::array{std::move(instance.mask), view_->seen}, true);
    const std::uint64_t area = rle_area(instance.mask);
    if (area == 0 || 2 * area < instance.area || area < min_area_) {
      if (instance.is_new) unseen_.insert(instance.track_id);
      if (unseen_.size() > kMostUnseen) unseen_.erase(unseen_.begin());
      continue;
    }
    instance.area = area;
    instance.box = rle_box(instance.mask);
    instance.is_new |= unseen_.erase(instance.track_id) > 0;
    instances.push_back(std::move(instance));
  }
  result.instances = std::move(instances);
  return result;
}

}  // namespace vcl
