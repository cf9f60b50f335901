// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/packed_frame.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <set>

#include "vcl/error.hpp"
#include "vcl/mask_crop.hpp"

namespace vcl {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kStale = 1, kIncomplete = 2;       // flags of a frame
constexpr std::uint8_t kScaleBits = 7, kNew = 8;          // flags of an instance
constexpr int kBoxAlone = 7;                              // in place of the scale
constexpr std::uint64_t kMaxNumber = (1ULL << 63U) - 1U;  // ids and frame numbers; sums with them cannot wrap

using Bytes = std::vector<std::uint8_t>;

std::int64_t pixels(Size size) {
  return std::int64_t(size.width) * size.height;
}

int cells(int pixels, int scale) {
  return (pixels + (1 << scale) - 1) >> scale;
}

void add_number(Bytes& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) bytes.push_back(std::uint8_t(value | 0x80U));
  bytes.push_back(std::uint8_t(value));
}

/// Adds the runs of the mask's cells, column by column, beginning with the background.
void add_cells(Bytes& bytes, const Mask& crop, int scale) {
  const int columns = cells(crop.width, scale), rows = cells(crop.height, scale);
  Mask coarse(columns, rows);
  for (int y = 0; y < crop.height; ++y)
    for (int x = 0; x < crop.width; ++x) coarse.at(x >> scale, y >> scale) |= crop.at(x, y);
  for (const std::uint32_t run : rle_encode(coarse).runs) add_number(bytes, run);
}

/// A mask that came in a stream stays what it was there.
int first_scale(MaskForm form) {
  return form == MaskForm::Exact ? 0 : form == MaskForm::Coarse ? 1 : kBoxAlone;
}

float clamped(float score) {
  return std::isnan(score) ? 0 : std::clamp(score, 0.0f, 1.0f);
}

/// An instance in its form of the moment.
class PackedInstance {
 public:
  explicit PackedInstance(const Instance& instance)
      : instance_(&instance),
        box_(rle_box(instance.mask)),
        crop_(rle_crop(instance.mask, box_)),
        scale_(first_scale(instance.form)) {
    pack();
  }
  const Bytes& bytes() const { return bytes_; }
  bool is_box() const { return scale_ == kBoxAlone; }
  void coarsen() {
    ++scale_;
    pack();
  }

 private:
  void pack() {
    bytes_.clear();
    add_number(bytes_, instance_->track_id);
    bytes_.push_back(std::uint8_t(scale_ | (instance_->is_new ? kNew : 0)));
    const auto score = std::bit_cast<std::uint32_t>(clamped(instance_->score));
    for (int shift = 24; shift >= 0; shift -= 8) bytes_.push_back(std::uint8_t(score >> shift));
    for (const int side : {box_.x, box_.y, box_.width, box_.height}) add_number(bytes_, std::uint64_t(side));
    if (!is_box()) add_cells(bytes_, crop_, scale_);
  }

  const Instance* instance_;
  Box box_;
  Mask crop_;
  int scale_;
  Bytes bytes_;
};

Bytes header(const FrameResult& frame, bool incomplete, std::size_t instances) {
  Bytes bytes{kVersion, std::uint8_t((frame.stale ? kStale : 0) | (incomplete ? kIncomplete : 0))};
  add_number(bytes, frame.frame & kMaxNumber);
  add_number(bytes, std::uint64_t(frame.size.width));
  add_number(bytes, std::uint64_t(frame.size.height));
  add_number(bytes, instances);
  return bytes;
}

std::vector<const Instance*> best_first(const std::vector<Instance>& instances) {
  std::vector<const Instance*> sorted;
  for (const Instance& instance : instances) sorted.push_back(&instance);
  std::ranges::stable_sort(sorted, std::greater(), [](const Instance* one) { return clamped(one->score); });
  return sorted;
}

/// Packs the instances that a reader takes, best score first.
std::vector<PackedInstance> readable_instances(const FrameResult& frame) {
  std::vector<PackedInstance> packed;
  std::set<std::uint64_t> ids;
  std::int64_t room = kMaxPackedBoxes * pixels(frame.size);
  for (const Instance* instance : best_first(frame.instances)) {
    const Box box = rle_box(instance->mask);
    const std::int64_t box_pixels = pixels({box.width, box.height});
    const bool has_id = instance->track_id >= 1 && instance->track_id <= kMaxNumber;
    if (!has_id || box_pixels == 0 || box_pixels > room || !ids.insert(instance->track_id).second) continue;
    room -= box_pixels;
    packed.emplace_back(*instance);
  }
  return packed;
}

std::size_t total(const std::vector<PackedInstance>& instances) {
  std::size_t sum = 0;
  for (const PackedInstance& instance : instances) sum += instance.bytes().size();
  return sum;
}

/// What a reader knows of foreign bytes. A read that fails makes all later ones fail; their values are 0.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : left_(bytes) {}

  bool good() const { return good_; }
  bool at_end() const { return good_ && left_.empty(); }
  std::size_t left() const { return left_.size(); }
  std::uint8_t byte(std::uint8_t most = 0xff) {
    if (!require(!left_.empty())) return 0;
    const std::uint8_t value = left_.front();
    left_ = left_.subspan(1);
    return require(value <= most) ? value : 0;
  }
  /// Reads a number in the shortest form, so that equal frames have equal bytes.
  std::uint64_t number(std::uint64_t least, std::uint64_t most) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
      const std::uint8_t next = byte();
      value |= std::uint64_t(next & 0x7fU) << shift;
      if (next >= 0x80) continue;
      const bool shortest = shift == 0 || next != 0;
      return require(shortest && value >= least && value <= most) ? value : 0;
    }
    require(false);
    return 0;
  }
  int side(int least, int most) { return int(number(std::uint64_t(least), std::uint64_t(std::max(most, 0)))); }
  bool require(bool condition) { return good_ = good_ && condition; }

 private:
  std::span<const std::uint8_t> left_;
  bool good_ = true;
};

/// Reads the runs of cells and draws them into a mask of the box's size.
Mask read_cells(Reader& reader, Box box, int scale) {
  const int columns = cells(box.width, scale), rows = cells(box.height, scale);
  const auto count = std::uint64_t(columns) * std::uint64_t(rows);
  Mask coarse(columns, rows);
  bool foreground = false;
  for (std::uint64_t at = 0; at < count && reader.good(); foreground = !foreground) {
    const std::uint64_t run = reader.number(at == 0 && !foreground ? 0 : 1, count - at);
    for (const std::uint64_t end = at + run; at < end; ++at)
      coarse.at(int(at / std::uint64_t(rows)), int(at % std::uint64_t(rows))) = foreground;
  }
  Mask crop(box.width, box.height);
  if (!reader.good()) return crop;
  for (int y = 0; y < box.height; ++y)
    for (int x = 0; x < box.width; ++x) crop.at(x, y) = coarse.at(x >> scale, y >> scale);
  return crop;
}

void read_instance(Reader& reader, UnpackedFrame& frame, std::int64_t& box_pixels) {
  const Size size = frame.result.size;
  Instance instance;
  instance.track_id = reader.number(1, kMaxNumber);
  const std::uint8_t flags = reader.byte(kScaleBits | kNew);
  std::uint32_t score = 0;
  for (int i = 0; i < 4; ++i) score = score << 8U | reader.byte();
  instance.score = std::bit_cast<float>(score);
  reader.require(instance.score >= 0 && instance.score <= 1);  // NaN is neither
  Box& box = instance.box;
  box.x = reader.side(0, size.width - 1);
  box.y = reader.side(0, size.height - 1);
  box.width = reader.side(1, size.width - box.x);
  box.height = reader.side(1, size.height - box.y);
  box_pixels += std::int64_t(box.width) * box.height;
  if (!reader.require(box_pixels <= kMaxPackedBoxes * pixels(size))) return;  // before memory is allocated
  const int scale = flags & kScaleBits;
  Mask crop(box.width, box.height);
  if (scale == kBoxAlone)
    std::ranges::fill(crop.pixels, std::uint8_t(1));
  else
    crop = read_cells(reader, box, scale);
  if (!reader.good()) return;
  instance.mask = rle_from_crop(crop, box.x, box.y, size);
  instance.area = rle_area(instance.mask);
  instance.is_new = (flags & kNew) != 0;
  instance.form = scale == 0 ? MaskForm::Exact : scale == kBoxAlone ? MaskForm::Box : MaskForm::Coarse;
  reader.require(rle_box(instance.mask) == box);
  frame.result.instances.push_back(std::move(instance));
}

bool ids_differ(const std::vector<Instance>& instances) {
  std::set<std::uint64_t> ids;
  return std::ranges::all_of(instances, [&](const Instance& one) { return ids.insert(one.track_id).second; });
}

}  // namespace

std::vector<std::uint8_t> pack_frame(const FrameResult& frame, std::size_t max_bytes) {
  const Size size = frame.size;
  if (max_bytes < kMinPackedBytes || max_bytes > kMaxPackedBytes)
    throw Error(ErrorKind::Invalid, "the bytes of a packed frame must lie in 64 to 65536");
  if (size.width < 1 || size.height < 1 || pixels(size) > kMaxPackedPixels)
    throw Error(ErrorKind::Invalid, "results of a frame of this size cannot be packed: it may have 33,554,432 pixels");
  for (const Instance& instance : frame.instances)
    if (Size{instance.mask.width, instance.mask.height} != size)
      throw Error(ErrorKind::Invalid, "a mask has another size than its frame");
  std::vector<PackedInstance> instances = readable_instances(frame);
  const std::size_t room = max_bytes - header(frame, true, frame.instances.size()).size();
  const auto bytes_of_mask = [](const PackedInstance& one) { return one.is_box() ? 0 : one.bytes().size(); };
  while (total(instances) > room) {
    const auto largest = std::ranges::max_element(instances, {}, bytes_of_mask);
    if (largest->is_box())
      instances.pop_back();
    else
      largest->coarsen();
  }
  Bytes bytes = header(frame, instances.size() < frame.instances.size(), instances.size());
  for (const PackedInstance& instance : instances)
    bytes.insert(bytes.end(), instance.bytes().begin(), instance.bytes().end());
  return bytes;
}

std::optional<UnpackedFrame> unpack_frame(std::span<const std::uint8_t> bytes, Size size) {
  if (bytes.size() > kMaxPackedBytes || pixels(size) > kMaxPackedPixels) return {};
  Reader reader(bytes);
  UnpackedFrame frame;
  reader.require(reader.byte() == kVersion);
  const std::uint8_t flags = reader.byte(kStale | kIncomplete);
  frame.result.stale = (flags & kStale) != 0;
  frame.incomplete = (flags & kIncomplete) != 0;
  frame.result.frame = reader.number(0, kMaxNumber);
  frame.result.size.width = reader.side(1, int(kMaxPackedPixels));
  frame.result.size.height = reader.side(1, int(kMaxPackedPixels));
  if (!reader.require(frame.result.size == size)) return {};  // before anything large is read
  const std::uint64_t count = reader.number(0, reader.left());
  std::int64_t box_pixels = 0;
  for (std::uint64_t i = 0; i < count && reader.good(); ++i) read_instance(reader, frame, box_pixels);
  if (!reader.at_end() || !ids_differ(frame.result.instances)) return {};
  return frame;
}

}  // namespace vcl
