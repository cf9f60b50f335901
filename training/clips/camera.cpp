// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/camera.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vcl::train {
namespace {

template <std::size_t N, typename Value>
Value one_of(const Value (&values)[N], Random& random) {
  return values[random.below(N)];
}

}  // namespace

Camera Camera::draw(Size content, double pace, Random& random) {
  constexpr double kFixed = 0.22, kGround = 0.45, kSwaying = 0.3, kRolling = 0.15, kBlurred = 0.4, kBlurFrom = 2;
  Camera camera;
  camera.content = content;
  if (random.chance(kFixed)) return camera;
  const double speed = random.log_uniform(0.3, 8), angle = random.uniform(0, 2 * std::numbers::pi);
  camera.shift_x = pace * speed * std::cos(angle);
  camera.shift_y = pace * speed * std::sin(angle) / 2;
  camera.turn = random.normal(0.006) * std::min(speed, 3.0);
  camera.growth = random.normal(0.008) * std::min(speed, 3.0);
  camera.depth = Field::draw(one_of({0.0, 0.0, 0.1, 0.2, 0.35}, random), one_of({1, 2, 3, 5}, random), random);
  if (random.chance(kGround)) camera.ground = random.uniform(-0.7, 1.2);
  if (random.chance(kSwaying)) {
    camera.sway = pace * random.log_uniform(0.2, 2);
    camera.sway_rate = random.uniform(0.3, 2);
    camera.sway_phase = random.uniform(0, 2 * std::numbers::pi);
  }
  if (random.chance(kRolling)) camera.shutter = random.uniform(0.2, 1);
  if (speed > kBlurFrom && random.chance(kBlurred)) camera.exposure = random.uniform(0.4, 0.9);
  return camera;
}

Vector Camera::shift(double time) const {
  const double swayed = std::sin(sway_rate * time + sway_phase) - std::sin(sway_phase);
  const double across = std::cos(1.3 * sway_rate * time + sway_phase) - std::cos(sway_phase);
  return {float(shift_x * time + sway * swayed), float(shift_y * time + sway * across)};
}

Affine Camera::view(double time) const {
  const double zoom = std::exp(growth * time), c = zoom * std::cos(turn * time), s = zoom * std::sin(turn * time);
  const double x = content.width / 2.0, y = content.height / 2.0;
  const Vector gone = shift(time);
  return {c, -s, x - c * x + s * y + gone.x, s, c, y - s * x - c * y + gone.y};
}

float Camera::parallax(double x, double y) const {
  const float u = float(x / content.width), v = float(y / content.height);
  return depth.at(u, v).x + float(ground) * (std::clamp(v, 0.0F, 1.0F) - 0.5F);
}

double Camera::speed() const {
  return std::hypot(shift_x, shift_y);
}

}  // namespace vcl::train
