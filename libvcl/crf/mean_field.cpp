// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/crf/mean_field.hpp"

#include <algorithm>

#include "libvcl/crf/lattice_filter.hpp"
#include "libvcl/crf/logistic.hpp"

namespace vcl {

namespace {

constexpr std::size_t kPixelGrain = 256;

/// Sets field[p] = tanh(logit(p) / 2) for all pixels.
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
