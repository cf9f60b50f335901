// SPDX-License-Identifier: LGPL-2.1-or-later
// The input is a packed frame. What is read lies within the limits, and is packed and read again the same.
#include <algorithm>
#include <functional>

#include "fuzz.hpp"
#include "vcl/packed_frame.hpp"

namespace {

constexpr std::int64_t kPixels = 1 << 18;  // larger frames take long and say nothing new

/// Returns the size that a frame states behind two bytes and its number, or an empty one.
vcl::Size stated_size(std::span<const std::uint8_t> bytes) {
  std::size_t at = 2;
  const auto number = [&] {
    std::uint64_t value = 0;
    for (unsigned shift = 0; at < bytes.size() && shift < 63; shift += 7) {
      value |= std::uint64_t(bytes[at] & 0x7fU) << shift;
      if (bytes[at++] < 0x80) break;
    }
    return int(std::min<std::uint64_t>(value, kPixels + 1));
  };
  number();
  const int width = number();
  return {width, number()};
}

void check(const vcl::UnpackedFrame& frame, std::span<const std::uint8_t> bytes) {
  using vcl::fuzz::require;
  const vcl::Size size = frame.result.size;
  require(std::int64_t(size.width) * size.height <= vcl::kMaxPackedPixels, "a frame has a limit");
  std::int64_t boxes = 0;
  bool exact =
      !frame.incomplete && std::ranges::is_sorted(frame.result.instances, std::greater(), &vcl::Instance::score);
  for (const vcl::Instance& instance : frame.result.instances) {
    require(vcl::Size{instance.mask.width, instance.mask.height} == size, "a mask has the size of its frame");
    require(instance.box == vcl::rle_box(instance.mask) && instance.area == vcl::rle_area(instance.mask),
            "box and area are those of the mask");
    require(instance.area > 0 && instance.score >= 0 && instance.score <= 1, "an instance is there");
    boxes += std::int64_t(instance.box.width) * instance.box.height;
    exact = exact && instance.form == vcl::MaskForm::Exact;
  }
  require(boxes <= vcl::kMaxPackedBoxes * size.width * size.height, "boxes have a limit");
  const std::vector<std::uint8_t> again = vcl::pack_frame(frame.result, vcl::kMaxPackedBytes);
  require(again.size() <= vcl::kMaxPackedBytes, "a packed frame has a limit");
  if (exact) require(std::ranges::equal(again, bytes), "an exact frame has one form");
  const auto small = vcl::unpack_frame(vcl::pack_frame(frame.result, vcl::kMinPackedBytes), size);
  require(small.has_value(), "a frame within its bound is read");
  require(small->incomplete == (small->result.instances.size() < frame.result.instances.size()),
          "what is left out is flagged");
  for (const vcl::Instance& after : small->result.instances) {
    const vcl::Instance& before = *std::ranges::find(frame.result.instances, after.track_id, &vcl::Instance::track_id);
    require(after.score == before.score && after.box == before.box, "an instance keeps its score and box");
    require(vcl::rle_intersection(before.mask, after.mask) == before.area, "a coarse mask covers the exact one");
    if (after.form == vcl::MaskForm::Exact) require(after.mask == before.mask, "an exact mask is equal");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  const vcl::Size stated = stated_size(bytes);
  if (std::int64_t(stated.width) * stated.height > kPixels) return 0;
  const auto frame = vcl::unpack_frame(bytes, stated);
  if (!frame) return 0;
  check(*frame, bytes);
  vcl::fuzz::require(!vcl::unpack_frame(bytes, {stated.width, stated.height + 1}), "another size is refused");
  return 0;
}
