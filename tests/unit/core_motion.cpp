// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <random>

#include "core/motion/motion_contrast.hpp"

namespace vcl {
namespace {

/// A texture that is known everywhere: waves of 12 pixels and more in all directions.
class Texture {
 public:
  explicit Texture(std::uint32_t seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> share(0, 1);
    for (Wave& wave : waves_) {
      const float length = 12 + 24 * share(random), angle = 6.2832f * share(random);
      wave = {6.2832f / length * std::cos(angle), 6.2832f / length * std::sin(angle), 6.2832f * share(random)};
    }
  }
  float at(float x, float y) const {
    float sum = 0;
    for (const Wave& wave : waves_) sum += std::sin(wave.x * x + wave.y * y + wave.phase);
    return 127 + 12 * sum;
  }

 private:
  struct Wave {
    float x, y, phase;
  };
  std::array<Wave, 12> waves_;
};

template <typename Value>
Plane drawn(int width, int height, Value value) {
  Plane plane(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) plane.at(x, y) = value(float(x), float(y));
  return plane;
}

TEST(OpticalFlow, FollowsATextureThatIsShifted) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> shift(-4, 4);
  for (std::uint32_t seed = 0; seed < 12; ++seed) {
    const Texture texture(seed);
    const float dx = shift(random), dy = shift(random);
    const Plane from = drawn(96, 64, [&](float x, float y) { return texture.at(x, y); });
    const Plane to = drawn(96, 64, [&](float x, float y) { return texture.at(x - dx, y - dy); });
    const Flow flow = optical_flow(from, to);
    double error = 0, pixels = 0;
    for (int y = 12; y < 52; ++y)
      for (int x = 12; x < 84; ++x, ++pixels) error += std::hypot(flow.x.at(x, y) - dx, flow.y.at(x, y) - dy);
    EXPECT_LT(error / pixels, 0.1) << "shift " << dx << ", " << dy;  // the border comes in by the smoothing
  }
}

TEST(OpticalFlow, IsZeroWhereNothingMovesOrNothingIsSeen) {
  const Texture texture(3);
  for (const auto& [width, height] : {std::pair{1, 1}, {2, 1}, {15, 40}, {33, 17}}) {
    const Plane picture = drawn(width, height, [&](float x, float y) { return texture.at(x, y); });
    const Flow still = optical_flow(picture, picture), blank = optical_flow(Plane(width, height), Plane(width, height));
    for (const Flow& flow : {still, blank})
      for (std::size_t i = 0; i < flow.x.values.size(); ++i)
        EXPECT_EQ(std::hypot(flow.x.values[i], flow.y.values[i]), 0) << width << "x" << height;
  }
}

TEST(MotionContrast, IsOneWhereNothingMovesForItself) {
  const Flow still{Plane(40, 30), Plane(40, 30)};
  for (const float value : motion_contrast(still).values) EXPECT_FLOAT_EQ(value, 1);
  // A camera that pans, zooms and turns.
  const Flow camera{drawn(40, 30, [](float x, float y) { return 3 + 0.02f * x - 0.05f * y; }),
                    drawn(40, 30, [](float x, float y) { return -2 + 0.05f * x + 0.02f * y; })};
  for (const float value : motion_contrast(camera).values) EXPECT_NEAR(value, 1, 1e-3);
}

TEST(MotionContrast, SeesWhatMovesAgainstACameraThatMovesToo) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> pan(-3, 3), place(20, 60), angle(0, 6.28f);
  for (std::uint32_t seed = 0; seed < 10; ++seed) {
    const Texture ground(seed), thing(seed + 100);
    const float dx = pan(random), dy = pan(random), zoom = 1 + 0.01f * pan(random), left = place(random),
                direction = angle(random);
    const float own_x = dx + 2 * std::cos(direction), own_y = dy + 2 * std::sin(direction);
    const auto inside = [&](float x, float y) { return x >= left && x < left + 24 && y >= 20 && y < 40; };
    const Plane from =
        drawn(128, 72, [&](float x, float y) { return inside(x, y) ? thing.at(x, y) : ground.at(x, y); });
    const Plane to = drawn(128, 72, [&](float x, float y) {
      return inside(x - own_x, y - own_y) ? thing.at(x - own_x, y - own_y)
                                          : ground.at((x - dx) * zoom, (y - dy) * zoom);
    });
    const Plane contrast = motion_contrast(optical_flow(from, to));
    double in = 0, ins = 0, out = 0, outs = 0;
    for (int y = 0; y < 72; ++y)
      for (int x = 0; x < 128; ++x) (inside(float(x), float(y)) ? (++ins, in) : (++outs, out)) += contrast.at(x, y);
    EXPECT_GT(in / ins, 2) << seed;
    EXPECT_LT(out / outs, 1) << seed;
  }
}

}  // namespace
}  // namespace vcl
