// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>

#include "libvcl/crf/dense_crf.hpp"
#include "libvcl/loader/engine_module.hpp"
#include "vcl/error.hpp"
#include "vcl/maskcut.hpp"
#include "vcl/resize.hpp"

namespace vcl {
namespace {

bool is_empty(const Mask& mask) {
  return std::ranges::none_of(mask.pixels, [](std::uint8_t pixel) { return pixel != 0; });
}

/// Refines the cuts on the requested device, or on the CPU if the engine module does not support that device.
std::vector<Mask> refine(std::span<const std::uint8_t> rgb, Size size, std::span<const Mask> cuts,
                         const FinishOptions& options) {
  const CrfSettings settings;
  if (options.device != "cpu") {
    check_crf_input(rgb, size, settings);
    std::vector<Mask> refined;
    const auto refine_masks = reinterpret_cast<RefineMasksFunction>(engine_symbol(kRefineMasksSymbol));
    if (refine_masks(rgb, size, settings, cuts, options.device, &refined)) return keep_alike(std::move(refined), cuts);
  }
  return refine_cuts(DenseCrf(rgb, size, settings, options.threads), cuts);
}

}  // namespace

Mask resize_mask(const Mask& mask, Size to) {
  std::vector<std::uint8_t> levels(mask.pixels.size());
  std::ranges::transform(mask.pixels, levels.begin(), [](std::uint8_t pixel) { return pixel != 0 ? 255 : 0; });
  levels = resize_bytes(levels.data(), {mask.width, mask.height}, 1, to, ResizeFilter::Bicubic);
  const int highest = *std::ranges::max_element(levels);
  Mask resized(to.width, to.height);
  // Other values become 0. (The authors' program sets them to the minimum, which inverts nearly full masks.)
  std::ranges::transform(levels, resized.pixels.begin(), [highest](std::uint8_t level) { return 2 * level > highest; });
  return resized;
}

std::vector<Mask> finish_cuts(const std::vector<CutStep>& steps, Size grid, Size input, const FrameView& frame,
                              const FinishOptions& options) {
  std::vector<Mask> masks = cut_masks(steps, grid, input);
  if (options.crf && !std::ranges::all_of(masks, is_empty)) {
    const std::vector<std::uint8_t> rgb =
        resize_bytes(frame_to_rgb(frame).data(), frame.size, 3, input, ResizeFilter::Lanczos);
    masks = refine(rgb, input, masks, options);
  }
  for (Mask& mask : masks) mask = resize_mask(mask, frame.size);
  return masks;
}

}  // namespace vcl
