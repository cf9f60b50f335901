// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/c_api/result.hpp"

#include <algorithm>

#include "libvcl/c_api/status.hpp"
#include "libvcl/c_api/structs.hpp"
#include "vcl/mask.hpp"

namespace {

const vcl::Instance& instance_at(const VclResult* result, std::size_t index) {
  vcl::require(result, "result");
  const std::vector<vcl::Instance>& instances = result->frame.instances;
  if (index >= instances.size())
    throw vcl::Error(vcl::ErrorKind::Invalid, "there is no instance " + std::to_string(index) + ": the frame has " +
                                                  std::to_string(instances.size()) + ", counted from 0");
  return instances[index];
}

std::vector<std::string> texts_of(const vcl::FrameResult& frame) {
  std::vector<std::string> texts;
  for (const vcl::Instance& instance : frame.instances) texts.push_back(vcl::rle_to_string(instance.mask));
  return texts;
}

/// Returns whether rows of the mask, `stride` bytes apart, fit into `size` bytes.
bool fits(const vcl::Mask& mask, std::size_t size, std::size_t stride) {
  const std::size_t width = std::size_t(mask.width), rows_before_last = std::size_t(mask.height) - 1;
  if (stride < width || size < width) return false;
  return rows_before_last == 0 || (size - width) / rows_before_last >= stride;
}

}  // namespace

VclResult::VclResult(vcl::FrameResult&& result) : counts(texts_of(result)), frame(std::move(result)) {}

void vcl_result_free(VclResult* result) {
  delete result;
}

VclStatus vcl_result_info(const VclResult* result, VclResultInfo* info) {
  return vcl::guarded([&] {
    vcl::require(result, "result");
    const vcl::FrameResult& frame = result->frame;
    VclResultInfo filled{};
    filled.frame = frame.frame;
    filled.pts = frame.pts;
    filled.instances = frame.instances.size();
    filled.width = frame.size.width;
    filled.height = frame.size.height;
    filled.stale = frame.stale;
    vcl::write_struct(filled, info, "info");
  });
}

VclStatus vcl_result_instance(const VclResult* result, size_t index, VclInstance* instance) {
  return vcl::guarded([&] {
    const vcl::Instance& found = instance_at(result, index);
    VclInstance filled{};
    filled.track_id = found.track_id;
    filled.area = found.area;
    filled.score = found.score;
    filled.x = found.box.x;
    filled.y = found.box.y;
    filled.width = found.box.width;
    filled.height = found.box.height;
    filled.is_new = found.is_new;
    filled.counts = result->counts[index].c_str();
    filled.runs = found.mask.runs.data();
    filled.run_count = found.mask.runs.size();
    vcl::write_struct(filled, instance, "instance");
  });
}

VclStatus vcl_result_mask(const VclResult* result, size_t index, uint8_t* pixels, size_t size, size_t stride) {
  return vcl::guarded([&] {
    const vcl::Mask mask = vcl::rle_decode(instance_at(result, index).mask);
    vcl::require(pixels, "pixels");
    if (!fits(mask, size, stride))
      throw vcl::Error(vcl::ErrorKind::Invalid, "a mask of " + std::to_string(mask.width) + "x" +
                                                    std::to_string(mask.height) + " pixels does not fit into " +
                                                    std::to_string(size) + " bytes with rows " +
                                                    std::to_string(stride) + " bytes apart");
    for (int y = 0; y < mask.height; ++y) {
      const std::uint8_t* row = mask.pixels.data() + std::size_t(y) * std::size_t(mask.width);
      std::transform(row, row + mask.width, pixels + std::size_t(y) * stride,
                     [](std::uint8_t pixel) { return std::uint8_t(pixel != 0 ? 255 : 0); });
    }
  });
}
