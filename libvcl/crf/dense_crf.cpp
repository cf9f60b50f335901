// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <cmath>
#include <new>
#include <string>
#include <utility>

#include "libvcl/crf/dense_crf.hpp"
#include "libvcl/crf/logistic.hpp"
#include "libvcl/crf/mean_field.hpp"
#include "libvcl/images/size_text.hpp"
#include "vcl/crf.hpp"
#include "vcl/error.hpp"

namespace vcl {

namespace {

constexpr float kLeastProbability = 1e-5f;  // the authors' clip

void require(bool fine, const std::string& message) {
  if (!fine) throw Error(ErrorKind::Invalid, message);
}

std::size_t pixel_count(Size size) {
  return std::size_t(size.width) * std::size_t(size.height);
}

void check_settings(const CrfSettings& settings) {
  // A deviation below 1e-3 of a pixel or gray level connects nothing, and one above 1e6 connects everything.
  for (const float deviation : {settings.position_deviation, settings.appearance_deviation, settings.color_deviation})
    require(deviation >= 1e-3f && deviation <= 1e6f, "a deviation of the CRF must lie in [0.001, 1e6]");
  for (const float weight : {settings.position_weight, settings.appearance_weight})
    require(weight >= 0 && weight <= 1e6f, "a weight of the CRF must lie in [0, 1e6]");
  require(settings.iterations >= 0 && settings.iterations <= 1000, "iterations of the CRF must lie in 0..1000");
}

void check_image(std::span<const std::uint8_t> rgb, Size size) {
  require(size.width > 0 && size.height > 0, "the CRF needs an image of at least one pixel, not " + text_of(size));
  require(std::int64_t(size.width) * size.height <= kMaxCrfPixels,
          "an image of " + text_of(size) + " is too large for the CRF (limit: 2^24 pixels): scale it down");
  require(rgb.size() == 3 * pixel_count(size),
          "an RGB image of " + text_of(size) + " cannot hold " + std::to_string(rgb.size()) + " bytes");
}

/// Converts std::bad_alloc to the Error that the header promises.
template <typename Work>
auto guarded(Size size, const Work& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::Resource, "out of memory in the CRF of an image of " + text_of(size) + ": scale it down");
  }
}

CrfKernels make_kernels(std::span<const std::uint8_t> rgb, Size size, const CrfSettings& settings, int threads) {
  ThreadTeam team(threads);
  CrfKernels kernels{
      position_lattice(size, settings.position_deviation, team),
      appearance_lattice(rgb.data(), size, settings.appearance_deviation, settings.color_deviation, team),
      settings.position_weight, settings.appearance_weight};
  normalise(kernels.position, team);
  normalise(kernels.appearance, team);
  return kernels;
}

}  // namespace

void check_crf_input(std::span<const std::uint8_t> rgb, Size size, const CrfSettings& settings) {
  check_image(rgb, size);
  check_settings(settings);
}

struct DenseCrf::Impl {
  Size size;
  int iterations, threads;
  CrfKernels kernels;

  /// Computes z for up to kLanes masks at once.
  template <int kLanes>
  void infer(std::span<const Mask* const> masks, std::span<std::vector<float>* const> fields, ThreadTeam& team) const {
    std::vector<Lanes<kLanes>> bias(pixel_count(size));
    auto* const lanes = reinterpret_cast<float*>(bias.data());
    for (std::size_t m = 0; m < masks.size(); ++m)
      for (std::size_t p = 0; p < bias.size(); ++p) lanes[p * kLanes + m] = mask_bias(masks[m]->pixels[p]);
    bias = mean_field<kLanes>(kernels, bias, iterations, team);
    const auto* const values = reinterpret_cast<const float*>(bias.data());
    for (std::size_t m = 0; m < masks.size(); ++m) {
      fields[m]->resize(bias.size());
      for (std::size_t p = 0; p < bias.size(); ++p) (*fields[m])[p] = values[p * kLanes + m];
    }
  }

  std::vector<std::vector<float>> infer(std::span<const Mask* const> masks) const {
    std::vector<std::vector<float>> fields(masks.size());
    std::vector<std::vector<float>*> targets;
    for (auto& field : fields) targets.push_back(&field);
    ThreadTeam team(masks.empty() ? 1 : threads);
    for (std::size_t first = 0; first < masks.size(); first += 4) {
      const std::size_t count = std::min<std::size_t>(4, masks.size() - first);
      const auto group = masks.subspan(first, count);
      const auto target = std::span<std::vector<float>* const>(targets).subspan(first, count);
      count == 1 ? infer<1>(group, target, team) : infer<4>(group, target, team);
    }
    return fields;
  }

  void check(std::span<const Mask> masks) const {
    for (const Mask& mask : masks) {
      require(Size{mask.width, mask.height} == size && mask.pixels.size() == pixel_count(size),
              "a mask of " + text_of({mask.width, mask.height}) + " holding " + std::to_string(mask.pixels.size()) +
                  " bytes does not fit an image of " + text_of(size));
    }
  }
};

DenseCrf::DenseCrf(std::span<const std::uint8_t> rgb, Size size, const CrfSettings& settings, int threads) {
  check_crf_input(rgb, size, settings);
  require(threads >= 1 && threads <= 256, "the CRF runs on 1..256 threads, not " + std::to_string(threads));
  impl_ = guarded(size, [&] {
    return std::unique_ptr<const Impl>(
        new Impl{size, settings.iterations, threads, make_kernels(rgb, size, settings, threads)});
  });
}

DenseCrf::~DenseCrf() = default;
DenseCrf::DenseCrf(DenseCrf&&) noexcept = default;
DenseCrf& DenseCrf::operator=(DenseCrf&&) noexcept = default;

Size DenseCrf::size() const {
  return impl_->size;
}

std::vector<Mask> DenseCrf::refine(std::span<const Mask> masks) const {
  impl_->check(masks);
  return guarded(size(), [&] {
    std::vector<Mask> refined;
    std::vector<const Mask*> mixed;
    std::vector<std::size_t> places;
    for (const Mask& mask : masks) {
      refined.emplace_back(mask.width, mask.height);
      const auto foreground = [](std::uint8_t pixel) { return pixel != 0; };
      std::ranges::transform(mask.pixels, refined.back().pixels.begin(), foreground);
      // If z has the same sign everywhere, no step can change it, because all weights are positive.
      const auto area = std::ranges::count(refined.back().pixels, std::uint8_t(1));
      if (area == 0 || area == std::ptrdiff_t(mask.pixels.size())) continue;
      mixed.push_back(&mask);
      places.push_back(refined.size() - 1);
    }
    const std::vector<std::vector<float>> fields = impl_->infer(mixed);
    for (std::size_t m = 0; m < fields.size(); ++m)  // a tie is background
      std::ranges::transform(fields[m], refined[places[m]].pixels.begin(), [](float z) { return z > 0; });
    return refined;
  });
}

Mask DenseCrf::refine(const Mask& mask) const {
  return std::move(refine(std::span(&mask, 1)).front());
}

std::vector<std::vector<float>> DenseCrf::probabilities(std::span<const Mask> masks) const {
  impl_->check(masks);
  return guarded(size(), [&] {
    std::vector<const Mask*> all;
    for (const Mask& mask : masks) all.push_back(&mask);
    std::vector<std::vector<float>> fields = impl_->infer(all);
    for (auto& field : fields)
      for (float& value : field) value = 0.5f + 0.5f * value;
    return fields;
  });
}

std::vector<float> DenseCrf::probabilities(std::span<const float> foreground) const {
  require(foreground.size() == pixel_count(size()),
          std::to_string(foreground.size()) + " probabilities do not fit an image of " + text_of(size()));
  require(std::ranges::all_of(foreground, [](float p) { return p >= 0 && p <= 1; }),
          "a foreground probability is not a number in [0, 1]");
  return guarded(size(), [&] {
    std::vector<float> bias(foreground.size());
    std::ranges::transform(foreground, bias.begin(), [](float p) {
      return std::log(std::max(p, kLeastProbability)) - std::log(std::max(1 - p, kLeastProbability));
    });
    ThreadTeam team(impl_->threads);
    std::vector<float> field = mean_field<1>(impl_->kernels, bias, impl_->iterations, team);
    for (float& value : field) value = 0.5f + 0.5f * value;
    return field;
  });
}

std::vector<Mask> keep_alike(std::vector<Mask> refined, std::span<const Mask> cuts) {
  for (std::size_t m = 0; m < cuts.size(); ++m) {
    Mask& mask = refined[m];
    mask = fill_holes(mask);
    std::size_t both = 0, either = 0;
    for (std::size_t p = 0; p < mask.pixels.size(); ++p) {
      both += cuts[m].pixels[p] != 0 && mask.pixels[p] != 0;
      either += cuts[m].pixels[p] != 0 || mask.pixels[p] != 0;
    }
    if (2 * both < either) mask = Mask(mask.width, mask.height);
  }
  return refined;
}

std::vector<Mask> refine_cuts(const DenseCrf& crf, std::span<const Mask> cuts) {
  return keep_alike(crf.refine(cuts), cuts);
}

}  // namespace vcl
