// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/moving_scene.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "training/clips/background.hpp"
#include "training/clips/blocking.hpp"
#include "training/clips/measured_motion.hpp"

namespace vcl::train {
namespace {

constexpr double kCutOuts = 0.7;  // share of the things that are cut out of photos; the others are made up
constexpr double kTurn = 2 * std::numbers::pi;

template <std::size_t N, typename Value>
Value one_of(const Value (&values)[N], Random& random) {
  return values[random.below(N)];
}

/// Returns a random count with these probabilities of 0, 1, 2, ...
int count_with(std::initializer_list<double> shares, Random& random) {
  double left = random.uniform();
  int count = 0;
  for (const double share : shares) {
    if (left < share) break;
    left -= share, ++count;
  }
  return std::min(count, int(shares.size()) - 1);
}

/// Draws things for a scene.
class Cast {
 public:
  /// `pace` is the number of pixels that corresponds to one pixel at 160x96 and a usual frame rate.
  Cast(const ClipSource& source, const MovingScene& scene, Size content, int frames, double unit, double pace,
       Random& random)
      : source_(source),
        scene_(scene),
        content_(content),
        span_(frames / 2.0),
        unit_(unit),
        pace_(pace),
        random_(random) {}

  Thing mover(const Thing* like) {
    constexpr double kFollowed = 0.45, kShadow = 0.25, kSwinging = 0.35, kStopping = 0.2, kBlurred = 0.3;
    const bool real = is_real();
    const double length = unit_ * random_.log_uniform(real ? 18 : 12, 100);
    Thing thing = placed(real, length, 0.5);
    draw_speed(thing, random_.chance(kFollowed));
    if (like) thing.speed_x = like->speed_x, thing.speed_y = like->speed_y;
    thing.spin = random_.normal(0.03);
    thing.growth = std::clamp(random_.normal(0.015), -0.05, 0.05);
    const double bending = std::min(pace_ * random_.log_uniform(0.1, real ? 3.5 : 2.5), 0.08 * length);
    thing.bend = Field::draw(bending, one_of({1, 2, 3, 5}, random_), random_);
    if (random_.chance(kSwinging)) draw_swing(thing, length);
    if (random_.chance(kShadow)) {
      thing.shadow = random_.uniform(0.25, 0.55);
      thing.slant = random_.uniform(-0.5, 0.5);
      thing.flatness = random_.chance(0.5) ? 0.35 : -0.35;
    }
    if (random_.chance(kStopping)) (random_.chance(0.5) ? thing.from : thing.until) = random_.uniform(-span_, span_);
    if (random_.chance(kBlurred)) {
      const double exposure = random_.uniform(0.3, 0.8);
      const double x = thing.speed_x + scene_.camera.shift_x, y = thing.speed_y + scene_.camera.shift_y;
      thing.sprite.smear(exposure * x, exposure * y);
    }
    return thing;
  }

  Thing still() {
    const bool real = is_real();
    Thing thing = placed(real, unit_ * random_.log_uniform(18, 80), 0.5);
    thing.role = Thing::Role::Still;
    if (!real) thing.label = kUnlabelled;
    return thing;
  }

  Thing near() {
    Thing thing = placed(false, unit_ * random_.log_uniform(20, 120), 0.6);
    thing.role = Thing::Role::Near;
    thing.label = 0;
    thing.y = random_.uniform(0.3, 1) * content_.height;
    thing.nearness = random_.uniform(1.15, 2.2);
    thing.bend = Field::draw(0.15 * scene_.camera.speed() * random_.uniform(), 2, random_);
    return thing;
  }

 private:
  bool is_real() { return !source_.cutouts().empty() && random_.chance(kCutOuts); }

  Thing placed(bool real, double length, double camouflaged) {
    Thing thing;
    thing.sprite = real ? Sprite::cut_out(source_, length, random_) : made_up(length, camouflaged);
    thing.label = next_label();
    const auto place = [&](int side, int own) {
      return random_.uniform(0.2 * own, std::max(0.2 * own, side - 0.2 * own));
    };
    thing.x = place(content_.width, thing.sprite.size.width);
    thing.y = place(content_.height, thing.sprite.size.height);
    return thing;
  }

  Sprite made_up(double length, double camouflaged) {
    const Photo& texture = source_.draw_photo(random_);
    if (!random_.chance(camouflaged)) return Sprite::made_up(texture, length, nullptr, random_);
    const Affine& view = scene_.to_photo;
    const double x = random_.uniform(0, content_.width), y = random_.uniform(0, content_.height);
    float colour[3];
    sample_area<3>(scene_.photo->rgb, scene_.photo->size, view, int(x), int(y), 1, colour);
    return Sprite::made_up(texture, length, colour, random_);
  }

  /// Draws the thing's own speed. If the camera follows it, the thing stays nearly in place in the picture.
  void draw_speed(Thing& thing, bool followed) {
    const double speed = pace_ * random_.log_uniform(0.5, 9), angle = random_.uniform(0, kTurn);
    thing.speed_x = speed * std::cos(angle), thing.speed_y = 0.6 * speed * std::sin(angle);
    if (followed) {
      thing.speed_x = 0.2 * thing.speed_x - scene_.camera.shift_x;
      thing.speed_y = 0.2 * thing.speed_y - scene_.camera.shift_y;
    }
    if (std::abs(thing.speed_x) + std::abs(thing.speed_y) < 0.6 * unit_)
      thing.speed_x = random_.chance(0.5) ? 1.2 * unit_ : -1.2 * unit_;
  }

  /// Draws the joint at a point that the thing covers. The part points away from the center of the thing.
  void draw_swing(Thing& thing, double length) {
    Swing& swing = thing.swing;
    const Size size = thing.sprite.size;
    constexpr int kDraws = 100;  // a sliver covers hardly any of its box
    const auto covered = [&] {
      return thing.sprite.cover[std::size_t(swing.y) * size.width + std::size_t(swing.x)] != 0;
    };
    for (int draw = 0; draw == 0 || (draw < kDraws && !covered()); ++draw)
      swing.x = random_.uniform(0, size.width), swing.y = random_.uniform(0, size.height);
    const double angle = std::atan2(swing.y - size.height / 2.0, swing.x - size.width / 2.0) + random_.normal(0.4);
    swing.along_x = std::cos(angle), swing.along_y = std::sin(angle);
    swing.softness = 0.1 * length;
    swing.most = random_.log_uniform(0.05, 0.6);
    swing.rate = random_.uniform(0.5, 2.5);
    swing.phase = random_.uniform(0, kTurn);
  }

  /// Returns a label that neither the photo nor another thing has.
  std::uint8_t next_label() { return label_--; }

  const ClipSource& source_;
  const MovingScene& scene_;
  const Size content_;
  const double span_, unit_, pace_;
  Random& random_;
  std::uint8_t label_ = kUnlabelled - 1;
};

std::vector<Thing> draw_things(Cast& cast, const Camera& camera, Random& random) {
  constexpr double kNear = 0.3, kStill = 0.2, kAlike = 0.25;
  std::vector<Thing> things;
  const bool alike = random.chance(kAlike);
  for (int left = count_with({0.05, 0.62, 0.23, 0.1}, random); left > 0; --left)
    things.push_back(cast.mover(alike && !things.empty() ? &things.front() : nullptr));
  if (random.chance(kStill))
    for (int left = one_of({1, 1, 2}, random); left > 0; --left) things.push_back(cast.still());
  if (camera.speed() > 0 && random.chance(kNear))
    for (int left = one_of({1, 1, 2, 3}, random); left > 0; --left) things.push_back(cast.near());
  for (std::size_t i = things.size(); i > 1; --i) std::swap(things[i - 1], things[random.below(i)]);
  return things;
}

/// Applies the camera's look, blur in random frames, and compression.
void develop(Clip& clip, const ClipOptions& options, Random& random) {
  constexpr double kCompressed = 0.25, kUnsharp = 0.1;
  Look look = Look::draw(options.appearance, random);
  look.noise = std::max(look.noise, float(random.uniform(0, 4)));
  Look unsharp = look;
  ++unsharp.blur;
  const bool compressed = random.chance(kCompressed);
  const int side = one_of({4, 8}, random);
  const float step = float(random.log_uniform(4, 24));
  for (int t = 0; t < clip.frames; ++t) {
    apply(random.chance(kUnsharp) ? unsharp : look, clip, t, random);
    if (compressed) compress(clip, t, side, step);
  }
}

/// The pairs of frame and neighbor for which a clip has no motion.
struct Absence {
  bool all = false;
  int frame = -1;      ///< -1: all frames
  int neighbour = -1;  ///< -1: none

  static Absence draw(int frames, std::size_t neighbours, Random& random) {
    constexpr double kAll = 0.2, kOne = 0.1;
    Absence absence;
    absence.all = random.chance(kAll);
    if (!random.chance(kOne)) return absence;
    absence.neighbour = int(random.below(neighbours));
    if (random.chance(0.5)) absence.frame = int(random.below(std::size_t(frames)));
    return absence;
  }
  bool holds(int at_frame, std::size_t at_neighbour) const {
    return all || (int(at_neighbour) == neighbour && (frame < 0 || frame == at_frame));
  }
};

/// Blanks the colors. Objects that do not move cannot be found then, so they become unlabeled.
void hide_colours(Clip& clip, const std::vector<Thing>& things) {
  bool seen[256] = {true};
  for (const Thing& thing : things)
    if (thing.role == Thing::Role::Mover) seen[thing.label] = true;
  for (std::uint8_t& label : clip.labels)
    if (!seen[label]) label = kUnlabelled;
  blank(clip);
}

}  // namespace

MovingScene draw_moving_scene(const ClipSource& source, Size content, int frames, const ClipOptions& options,
                              Random& random) {
  constexpr double kSlowRate = 0.15, kRestless = 0.15;
  const double unit = std::sqrt(double(content.width) * content.height / 15360);  // speeds are defined at 160x96
  const double pace = unit * (random.chance(kSlowRate) ? random.uniform(1.5, 3) : 1);
  const Background background = draw_background(source, content, 1, options, random);
  MovingScene scene{background.photo, background.maps.front(), Camera::draw(content, pace, random), {}, {}};
  if (random.chance(kRestless))
    scene.restless = {Field::draw(1, 3, random), 0.5 * unit * random.log_uniform(0.5, 4), one_of({5, 9, 15}, random),
                      random.next()};
  Cast cast(source, scene, content, frames, unit, pace, random);
  scene.things = draw_things(cast, scene.camera, random);
  return scene;
}

void fill_with_moving_scene(Clip& clip, const ClipSource& source, const ClipOptions& options,
                            std::span<const int> neighbours, Random& random) {
  constexpr int kBesides[] = {-1, 1};  // neighbors that define what moves if no motion is measured
  int first = 0, last = clip.frames - 1;
  for (const int neighbour : neighbours) {
    first = std::min(first, neighbour);
    last = std::max(last, clip.frames - 1 + neighbour);
  }
  const MovingScene scene = draw_moving_scene(source, clip.content, clip.frames, options, random);
  Clip filmed(clip.canvas, last - first + 1);
  filmed.content = clip.content;
  for (int k = 0; k < filmed.frames; ++k) {
    const int t = first + k;
    const std::vector<std::uint8_t> moves =
        film(scene, t - (clip.frames - 1) / 2.0, neighbours.empty() ? kBesides : neighbours, filmed, k);
    if (t >= 0 && t < clip.frames) clip.moves.insert(clip.moves.end(), moves.begin(), moves.end());
  }
  develop(filmed, options, random);
  std::copy_n(filmed.image(-first), clip.images.size(), clip.images.begin());
  std::copy_n(filmed.label(-first), clip.labels.size(), clip.labels.begin());
  if (!neighbours.empty()) {
    const Absence absence = Absence::draw(clip.frames, neighbours.size(), random);
    measure_motion(clip, filmed, first, neighbours, [&](int t, std::size_t n) { return absence.holds(t, n); });
    if (absence.all) std::ranges::fill(clip.moves, kUnknown);
    if (random.happens(options.blanked) && !absence.all) hide_colours(clip, scene.things);
  }
  renumber(clip, true);
}

}  // namespace vcl::train
