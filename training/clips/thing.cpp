// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/thing.hpp"

#include <cmath>

namespace vcl::train {

bool Thing::moves(double time, std::span<const int> neighbours) const {
  return role == Role::Mover &&
         std::ranges::any_of(neighbours, [&](int neighbour) { return clock(time + neighbour) != clock(time); });
}

Affine Thing::place(const Camera& camera, double time) const {
  const double own = clock(time), taken = camera.row_time(time, y);
  const Affine view = camera.view(taken);
  const Vector gone = camera.shift(taken);
  const double parallax = camera.parallax(x, y), at_x = x + parallax * gone.x, at_y = y + parallax * gone.y;
  const double middle_x = view.x(at_x, at_y) + (nearness - 1) * gone.x + speed_x * own;
  const double middle_y = view.y(at_x, at_y) + (nearness - 1) * gone.y + speed_y * own;
  const double size = std::exp(growth * own + camera.growth * taken), angle = spin * own + camera.turn * taken;
  const double c = size * std::cos(angle), s = size * std::sin(angle);
  const double u = sprite.size.width / 2.0, v = sprite.size.height / 2.0;
  return {c, -s, middle_x - c * u + s * v, s, c, middle_y - s * u - c * v};
}

Vector Thing::source(double at_x, double at_y, double time) const {
  const double own = clock(time);
  const Vector bent = bend.at(float(at_x / sprite.size.width), float(at_y / sprite.size.height));
  double u = at_x - own * bent.x, v = at_y - own * bent.y;
  if (swing.most == 0) return {float(u), float(v)};
  const double dx = u - swing.x, dy = v - swing.y;
  const double beyond = std::clamp((dx * swing.along_x + dy * swing.along_y) / swing.softness, 0.0, 1.0);
  const double angle = -swing.angle(own) * beyond, c = std::cos(angle), s = std::sin(angle);
  return {float(swing.x + c * dx - s * dy), float(swing.y + s * dx + c * dy)};
}

double Thing::reach(double time) const {
  const double swung = swing.most * std::hypot(sprite.size.width, sprite.size.height);
  return std::abs(clock(time)) * double(bend.most()) + swung + 1;
}

}  // namespace vcl::train
