// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/motion.hpp"

#include <algorithm>
#include <array>

namespace vcl::train {

Speed Motion::at(int frame) const {
  const double t = frame, changes = t * (t - 1) / 2;
  return {speed.x * t + change.x * changes, speed.y * t + change.y * changes,
          speed.growth * t + change.growth * changes, speed.spin * t + change.spin * changes};
}

void bend(Motion& motion, const Speed& spread, double curve, int frames, Random& random) {
  if (curve == 0 || frames < 3) return;
  const double share = curve / (frames - 2);  // part of the total change in each step after the first
  motion.change = {random.normal(spread.x) * share, random.normal(spread.y) * share,
                   random.normal(spread.growth) * share, random.normal(spread.spin) * share};
}

Excursion Excursion::draw(int frames, Random& random) {
  if (frames < 2) return {};
  constexpr std::array kKinds = {Kind::Enter, Kind::Leave, Kind::Return};
  Excursion way{.kind = kKinds[random.below(frames > 2 ? 3 : 2)], .frames = frames};
  const int turn = 1 + int(random.below(std::size_t(frames - 1)));  // the first visible frame of Enter, the first
                                                                    // hidden frame of Leave
  if (way.kind == Kind::Enter) way.last_hidden = turn - 1;
  if (way.kind == Kind::Leave) way.first_hidden = turn, way.last_hidden = frames - 1;
  if (way.kind == Kind::Return) way.first_hidden = (frames - 1) / 2, way.last_hidden = frames / 2;
  (random.chance(0.5) ? way.x : way.y) = random.chance(0.5) ? -1 : 1;
  return way;
}

double Excursion::away(int frame) const {
  const double t = frame, last = frames - 1;
  switch (kind) {
    case Kind::Enter:
      return last - t;
    case Kind::Leave:
      return t;
    case Kind::Return:
      return t * (last - t);
    case Kind::Stay:
      break;
  }
  return 0;
}

void Excursion::apply(std::vector<Affine>& maps, const Box& box, Size content, int margin) const {
  double rate = 0;  // pixels per unit of away(t), large enough for each hidden frame
  for (int t = first_hidden; t <= last_hidden; ++t) {
    const Extent extent = extent_of(box, inverse(maps[std::size_t(t)]));
    const double needed = x < 0   ? extent.right
                          : x > 0 ? content.width - extent.left
                          : y < 0 ? extent.bottom
                                  : content.height - extent.top;
    rate = std::max(rate, (needed + margin) / away(t));
  }
  for (int t = 0; t < frames; ++t)
    maps[std::size_t(t)] = moved(maps[std::size_t(t)], x * rate * away(t), y * rate * away(t));
}

}  // namespace vcl::train
