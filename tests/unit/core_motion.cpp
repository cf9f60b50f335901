// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "libvcl/engine/motion/inverse_search.hpp"
#include "libvcl/engine/motion/motion_contrast.hpp"
#include "libvcl/engine/motion/motion_planes.hpp"

namespace vcl {
namespace {

/// A texture that is known everywhere: waves of 12 pixels and more in all directions.
class Texture {
 public:
  explicit Texture(std::uint32_t seed, float range = 24) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> share(0, 1);
    for (Wave& wave : waves_) {
      const float length = 12 + range * share(random), angle = 6.2832f * share(random);
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

/// Mean distance of a flow from what it should be, off the border.
template <typename Truth>
double flow_error(const Flow& flow, int border, Truth truth) {
  double error = 0, pixels = 0;
  for (int y = border; y < flow.x.height - border; ++y)
    for (int x = border; x < flow.x.width - border; ++x, ++pixels) {
      const auto [dx, dy] = truth(float(x), float(y));
      error += std::hypot(flow.x.at(x, y) - dx, flow.y.at(x, y) - dy);
    }
  return error / pixels;
}

TEST(InverseSearch, FollowsWhatIsShiftedFarWhateverTheLight) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> shift(-16, 16), light(-40, 40);
  for (std::uint32_t seed = 0; seed < 12; ++seed) {
    const Texture texture(seed, 120);
    const float dx = shift(random), dy = shift(random) / 2, brighter = light(random);
    const Plane from = drawn(160, 96, [&](float x, float y) { return texture.at(x, y); });
    const Plane to = drawn(160, 96, [&](float x, float y) { return texture.at(x - dx, y - dy) + brighter; });
    EXPECT_LT(flow_error(inverse_search(from, to), 20, [&](float, float) { return std::pair(dx, dy); }), 0.1)
        << "shift " << dx << ", " << dy;
  }
}

TEST(InverseSearch, FollowsACameraThatPansZoomsAndTurns) {
  std::mt19937 random(2);
  std::uniform_real_distribution<float> pan(-5, 5), change(-0.04f, 0.04f);
  for (std::uint32_t seed = 0; seed < 12; ++seed) {
    const Texture texture(seed);
    const float dx = pan(random), dy = pan(random), zoom = change(random), turn = change(random);
    const auto moved = [&](float x, float y) {
      return std::pair(dx + zoom * (x - 80) - turn * (y - 48), dy + turn * (x - 80) + zoom * (y - 48));
    };
    const Plane to = drawn(160, 96, [&](float x, float y) { return texture.at(x, y); });
    const Plane from = drawn(160, 96, [&](float x, float y) {
      const auto [right, down] = moved(x, y);
      return texture.at(x + right, y + down);
    });
    EXPECT_LT(flow_error(inverse_search(from, to), 12, moved), 0.15) << seed;
  }
}

/// Pictures of all kinds that a camera does not give.
std::vector<Plane> odd_pictures(int width, int height, std::mt19937& random) {
  std::uniform_real_distribution<float> value(0, 255);
  std::vector<Plane> pictures(1, Plane(width, height));
  pictures.push_back(drawn(width, height, [](float, float) { return 255; }));
  pictures.push_back(drawn(width, height, [&](float, float) { return value(random); }));
  pictures.push_back(drawn(width, height, [&](float, float) { return value(random); }));
  pictures.push_back(drawn(width, height, [](float x, float y) { return int(x + y) % 2 == 0 ? 0.0f : 255.0f; }));
  pictures.push_back(drawn(width, height, [](float x, float) { return x < 3 ? 255.0f : 0.0f; }));
  return pictures;
}

constexpr std::array<std::pair<int, int>, 11> kOddSizes = {
    {{1, 1}, {2, 2}, {40, 1}, {1, 40}, {7, 7}, {8, 8}, {9, 15}, {33, 17}, {8, 200}, {61, 97}, {160, 96}}};

TEST(InverseSearch, IsZeroWhereNothingMovesOrNothingIsSeen) {
  std::mt19937 random(3);
  for (const auto& [width, height] : kOddSizes)
    for (const Plane& picture : odd_pictures(width, height, random))
      for (const Flow& flow :
           {inverse_search(picture, picture),
            inverse_search(Plane(width, height), drawn(width, height, [](float, float) { return 90; }))})
        for (std::size_t i = 0; i < flow.x.values.size(); ++i)
          ASSERT_EQ(std::hypot(flow.x.values[i], flow.y.values[i]), 0) << width << "x" << height;
}

/// The planes in memory that held anything but numbers.
struct Planes {
  Planes(const Plane& frame, const Plane& neighbour, Size canvas_size)
      : canvas(canvas_size), values(std::size_t(kMotionPlanes) * canvas.width * canvas.height, std::nanf("")) {
    known = motion_planes(frame, neighbour, canvas, values.data());
  }
  float at(int plane, int x, int y) const {
    return values[(std::size_t(plane) * canvas.height + y) * canvas.width + x];
  }
  double speed(int x, int y) const { return std::hypot(at(0, x, y), at(1, x, y)); }

  Size canvas;
  std::vector<float> values;
  bool known = false;
};

TEST(MotionPlanes, AreNumbersInBoundsAndZeroBesideThePicture) {
  std::mt19937 random(4);
  int known = 0, unknown = 0;
  for (const auto& [width, height] : kOddSizes) {
    const std::vector<Plane> pictures = odd_pictures(width, height, random);
    for (const Plane& frame : pictures)
      for (const Plane& neighbour : pictures) {
        const Planes planes(frame, neighbour, {width + 5, height + 3});
        EXPECT_EQ(neighbour_explains(frame, neighbour), planes.known);
        ++(planes.known ? known : unknown);
        for (int k = 0; k < kMotionPlanes; ++k)
          for (int y = 0; y < height + 3; ++y)
            for (int x = 0; x < width + 5; ++x) {
              const bool there = planes.known && x < width && y < height;
              const float value = planes.at(k, x, y);
              ASSERT_TRUE(there ? std::abs(value) <= 3 : value == 0) << k << ": " << x << ", " << y;
              ASSERT_TRUE(!there || k < kMotionPlanes - 1 || value == 1);
            }
      }
  }
  EXPECT_GT(known, 0);
  EXPECT_GT(unknown, 0);
}

TEST(MotionPlanes, ShowWhatMovesForItselfAndNotTheCamera) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> pan(-4, 4), place(30, 100), angle(0, 6.28f);
  for (std::uint32_t seed = 0; seed < 10; ++seed) {
    const Texture ground(seed), thing(seed + 100);
    const float dx = pan(random), dy = pan(random), zoom = 1 + 0.01f * pan(random), left = place(random),
                direction = angle(random);
    const float own_x = dx + 3 * std::cos(direction), own_y = dy + 3 * std::sin(direction);
    const auto inside = [&](float x, float y) { return x >= left && x < left + 28 && y >= 30 && y < 60; };
    const auto scene = [&](bool with_thing, float t) {
      return drawn(160, 96, [&](float x, float y) {
        return with_thing && inside(x - t * own_x, y - t * own_y)
                   ? thing.at(x - t * own_x, y - t * own_y)
                   : ground.at((x - t * dx) * (t > 0 ? zoom : 1), (y - t * dy) * (t > 0 ? zoom : 1));
      });
    };
    const Planes camera(scene(false, 0), scene(false, 1), {160, 96}), both(scene(true, 0), scene(true, 1), {160, 96});
    ASSERT_TRUE(camera.known && both.known);
    double still = 0, in = 0, ins = 0, out = 0, outs = 0;
    for (int y = 10; y < 86; ++y)
      for (int x = 10; x < 150; ++x) {
        still += camera.speed(x, y) / (76 * 140);
        (inside(float(x), float(y)) ? (++ins, in) : (++outs, out)) += both.speed(x, y);
      }
    EXPECT_LT(still, 0.3) << seed;  // of half a pixel
    EXPECT_GT(in / ins, 4 * out / outs) << seed;
  }
}

TEST(MotionPlanes, AreNotKnownOverACut) {
  for (std::uint32_t seed = 0; seed < 10; ++seed) {
    const Texture texture(seed);
    const Plane frame = drawn(160, 96, [&](float x, float y) { return texture.at(x, y); });
    const Plane other = drawn(160, 96, [&](float x, float y) { return x < 80 ? 10 : y < 48 ? 240 : 120; });
    for (const auto& [a, b] : {std::pair(&frame, &other), {&other, &frame}}) {
      const Planes planes(*a, *b, {160, 96});
      EXPECT_FALSE(planes.known) << seed;
      for (const float value : planes.values) ASSERT_EQ(value, 0);
    }
  }
}

}  // namespace
}  // namespace vcl
