// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/dino/vit_rope.hpp"

#include <cmath>

namespace vcl {
namespace {

constexpr double kBase = 100;

/// The centers of the patches of one axis, from -1 to 1.
at::Tensor centers(std::int64_t patches, const at::TensorOptions& options) {
  return (at::arange(patches, options) + 0.5) / double(patches) * 2 - 1;
}

at::Tensor periods_of(const Weights& w, std::int64_t width) {
  const at::Tensor stored = w.find("rope_embed.periods");
  if (stored.defined()) return stored.to(at::kFloat);
  const std::int64_t count = width / 4;
  const at::Tensor exponents = at::arange(count, w["cls_token"].options().dtype(at::kDouble)) / double(count);
  return at::pow(kBase, exponents).to(at::kFloat);
}

/// Turns the plane of each pair of channels d, d + width / 2 by a right angle.
at::Tensor quarter_turned(const at::Tensor& x) {
  const auto halves = x.chunk(2, -1);
  return at::cat({-halves[1], halves[0]}, -1);
}

}  // namespace

at::Tensor vit_turns(std::int64_t rows, std::int64_t columns, std::int64_t width, const Weights& w) {
  const at::Tensor periods = periods_of(w, width);
  const auto options = periods.options();
  const auto angles = [&](const at::Tensor& at_centers) { return 2 * M_PI * at_centers.unsqueeze(1) / periods; };
  const at::Tensor y = angles(centers(rows, options)).unsqueeze(1).expand({rows, columns, -1}),
                   x = angles(centers(columns, options)).unsqueeze(0).expand({rows, columns, -1});
  const at::Tensor half = at::cat({y, x}, 2).flatten(0, 1), all = at::cat({half, half}, 1);
  return at::stack({all.sin(), all.cos()});
}

at::Tensor vit_turned(const at::Tensor& x, const at::Tensor& turns) {
  if (!turns.defined()) return x;
  const auto first = x.size(-2) - turns.size(1);
  const at::Tensor patches = x.slice(-2, first);
  const at::Tensor turned = patches * turns[1] + quarter_turned(patches) * turns[0];
  return at::cat({x.slice(-2, 0, first), turned.to(x.scalar_type())}, -2);
}

}  // namespace vcl
