// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/crf/mean_field.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "core/crf/lattice_filter.hpp"

namespace vcl {

namespace {

/// exp(-x) for x in [0, 80], relative error below 2e-7: plain arithmetic, so that loops over it vectorise.
inline float exp_of_minus(float x) {
  const float scaled = x * 1.44269504f;
  const int power = int(scaled + 0.5f);
  // ln 2 in two parts: the first has few digits, so that the product with `power` is exact.
  const float rest = float(power) * 0.693359375f - x - float(power) * 2.12194440e-4f;  // in [-ln2 / 2, ln2 / 2]
  float sum = 1.0f / 5040;
  for (const float factor : {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f}) sum = sum * rest + factor;
  return sum * std::bit_cast<float>((127 - power) << 23);
}

/// tanh(x / 2), exactly odd: the difference of two probabilities whose logits differ by x.
inline float tanh_half(float x) {
  const float tail = exp_of_minus(std::min(std::abs(x), 80.0f));
  return std::copysign((1.0f - tail) / (1.0f + tail), x);
}

constexpr std::size_t kPixelGrain = 256;

/// field[p] = tanh(logit(p) / 2) for all pixels.
template <int kLanes, typename Logit>
void update_field(std::vector<Lanes<kLanes>>& field, ThreadTeam& team, const Logit& logit) {
  team.run((field.size() + kPixelGrain - 1) / kPixelGrain, 8, [&](std::size_t begin, std::size_t end) {
    for (std::size_t first = begin * kPixelGrain; first < std::min(end * kPixelGrain, field.size());
         first += kPixelGrain) {
      const std::size_t count = std::min(kPixelGrain, field.size() - first);
      for (std::size_t i = 0; i < count; ++i) field[first + i] = logit(first + i);
      float* const values = reinterpret_cast<float*>(&field[first]);
      for (std::size_t i = 0; i < count * kLanes; ++i) values[i] = tanh_half(values[i]);
    }
  });
}

}  // namespace

template <int kLanes>
std::vector<Lanes<kLanes>> mean_field(const CrfKernels& kernels, const std::vector<Lanes<kLanes>>& bias, int steps,
                                      ThreadTeam& team) {
  std::vector<Lanes<kLanes>> field(bias.size());
  VertexValues<kLanes> position(kernels.position.vertices()), appearance(kernels.appearance.vertices());
  const float position_weight = kernels.position_weight * kernels.position.kAlpha;
  const float appearance_weight = kernels.appearance_weight * kernels.appearance.kAlpha;

  update_field<kLanes>(field, team, [&](std::size_t p) { return bias[p]; });
  for (int step = 0; step < steps; ++step) {
    splat<kLanes>(kernels.position, field.data(), position, team);
    splat<kLanes>(kernels.appearance, field.data(), appearance, team);
    blur<kLanes>(kernels.position, position, team);
    blur<kLanes>(kernels.appearance, appearance, team);
    update_field<kLanes>(field, team, [&](std::size_t p) -> Lanes<kLanes> {
      return bias[p] + slice<kLanes>(kernels.position, position.current.data(), p) * position_weight +
             slice<kLanes>(kernels.appearance, appearance.current.data(), p) * appearance_weight;
    });
  }
  return field;
}

template std::vector<Lanes<1>> mean_field<1>(const CrfKernels&, const std::vector<Lanes<1>>&, int, ThreadTeam&);
template std::vector<Lanes<4>> mean_field<4>(const CrfKernels&, const std::vector<Lanes<4>>&, int, ThreadTeam&);

}  // namespace vcl
