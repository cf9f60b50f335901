// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/motion/scene_motion.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace vcl {
namespace {

constexpr int kFits = 8;
constexpr float kLeastScale = 0.02f;  // pixels: no fit is better than this
constexpr double kLeastPivot = 1e-9;  // smaller pivots occur only if the frame is too small for a fit

using Vector = std::array<double, 3>;
using Matrix = std::array<Vector, 3>;

Vector basis(const Plane& plane, int x, int y) {
  return {1, double(x) / plane.width - 0.5, double(y) / plane.height - 0.5};
}

double dot(const Vector& a, const Vector& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/// Solves m x = b for a symmetric positive definite m. Undetermined unknowns are 0.
Vector solve(Matrix m, Vector b) {
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t row = i + 1; row < 3; ++row) {
      const double factor = m[i][i] > kLeastPivot ? m[row][i] / m[i][i] : 0;
      for (std::size_t k = i; k < 3; ++k) m[row][k] -= factor * m[i][k];
      b[row] -= factor * b[i];
    }
  Vector x{};
  for (std::size_t i = 3; i-- > 0;) {
    for (std::size_t k = i + 1; k < 3; ++k) b[i] -= m[i][k] * x[k];
    x[i] = m[i][i] > kLeastPivot ? b[i] / m[i][i] : 0;
  }
  return x;
}

float speed_of(const std::array<double, 2>& motion) {
  return float(std::hypot(motion[0], motion[1]));
}

float median(std::vector<float> values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

std::array<double, 2> SceneMotion::residual(const Flow& flow, int column, int row) const {
  const Vector place = basis(flow.x, column, row);
  return {flow.x.at(column, row) - dot(x, place), flow.y.at(column, row) - dot(y, place)};
}

SceneMotion fit_scene(const Flow& flow, int apart) {
  SceneMotion scene;
  std::vector<float> speeds;  // empty in the first round: all pixels have equal weights
  for (int fit = 0; fit < kFits; ++fit) {
    const double scale = speeds.empty() ? 1 : median(speeds) + kLeastScale;
    Matrix matrix{};
    Vector to_x{}, to_y{};
    std::size_t i = 0;
    for (int y = 0; y < flow.x.height; y += apart)
      for (int x = 0; x < flow.x.width; x += apart, ++i) {
        const double off = speeds.empty() ? 0 : speeds[i] / scale, weight = 1 / (1 + off * off);
        const Vector place = basis(flow.x, x, y);
        for (std::size_t r = 0; r < 3; ++r) {
          for (std::size_t c = 0; c < 3; ++c) matrix[r][c] += weight * place[r] * place[c];
          to_x[r] += weight * place[r] * flow.x.at(x, y);
          to_y[r] += weight * place[r] * flow.y.at(x, y);
        }
      }
    scene = {solve(matrix, to_x), solve(matrix, to_y)};
    speeds.clear();
    for (int y = 0; y < flow.x.height; y += apart)
      for (int x = 0; x < flow.x.width; x += apart) speeds.push_back(speed_of(scene.residual(flow, x, y)));
  }
  return scene;
}

}  // namespace vcl
