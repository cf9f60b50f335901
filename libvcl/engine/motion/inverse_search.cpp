// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/motion/inverse_search.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "libvcl/engine/motion/pyramid.hpp"

namespace vcl {
namespace {

constexpr int kPatch = 8, kApart = 4;       // pixels
constexpr int kDescents = 12;               // maximum number of Gauss-Newton steps per search
constexpr int kBorder = 2 * kPatch;         // pixels by which compared patches may leave the second picture
constexpr float kLeastDeterminant = 1e-2f;  // below: the patch has too little texture to be followed
constexpr float kPixels = kPatch * kPatch;

struct Vector {
  float x = 0, y = 0;
};

/// Values that stay constant while a patch searches: the sums of its gradients, and the inverse of its structure
/// tensor.
struct Slopes {
  Vector sum;
  float xx = 0, xy = 0, yy = 0;  ///< the inverse; all 0 if there is no texture
};

/// The search on one level of the pyramid.
class PatchSearch {
 public:
  PatchSearch(const Plane& from, const Plane& to)
      : from_(from),
        slope_x_(from.width, from.height),
        slope_y_(from.width, from.height),
        to_(bordered(to)),
        columns_(places(from.width)),
        rows_(places(from.height)) {
    for (int y = 0; y < from.height; ++y)
      for (int x = 0; x < from.width; ++x) {
        const auto step = [&](int dx, int dy) { return from.nearest(x + dx, y + dy) - from.nearest(x - dx, y - dy); };
        slope_x_.at(x, y) = (2 * step(1, 0) + step(1, 1) + step(1, -1)) / 8;
        slope_y_.at(x, y) = (2 * step(0, 1) + step(1, 1) + step(-1, 1)) / 8;
      }
  }

  /// Returns the flow of all pixels, refined from an initial guess.
  Flow refined(const Flow& guess) const {
    std::vector<Vector> found(std::size_t(columns_) * rows_);
    std::vector<float> errors(found.size());
    std::vector<Slopes> slopes(found.size());
    for (int row = 0; row < rows_; ++row)
      for (int column = 0; column < columns_; ++column) {
        const auto [x, y] = corner(column, row);
        slopes[index(column, row)] = slopes_of(x, y);
        const int middle_x = x + kPatch / 2, middle_y = y + kPatch / 2;
        found[index(column, row)] = {guess.x.at(middle_x, middle_y), guess.y.at(middle_x, middle_y)};
      }
    // A patch takes over the displacement of a neighbor if that fits better. The first pass starts at the upper left,
    // the second at the lower right.
    for (const int step : {1, -1})
      for (int r = 0; r < rows_; ++r)
        for (int c = 0; c < columns_; ++c) {
          const int column = step > 0 ? c : columns_ - 1 - c, row = step > 0 ? r : rows_ - 1 - r;
          const std::size_t here = index(column, row);
          const auto [x, y] = corner(column, row);
          if (step > 0) errors[here] = error_of(x, y, found[here]);
          if (c > 0) take_if_better(x, y, found[index(column - step, row)], found[here], errors[here]);
          if (r > 0) take_if_better(x, y, found[index(column, row - step)], found[here], errors[here]);
          descend(x, y, slopes[here], found[here], errors[here]);
        }
    return blended(found);
  }

 private:
  static int places(int side) { return (side - kPatch + kApart - 1) / kApart + 1; }
  std::size_t index(int column, int row) const { return std::size_t(row) * columns_ + column; }
  /// The last patch of a row or column ends at the border of the picture.
  std::pair<int, int> corner(int column, int row) const {
    return {std::min(column * kApart, from_.width - kPatch), std::min(row * kApart, from_.height - kPatch)};
  }

  static Plane bordered(const Plane& in) {
    Plane out(in.width + 2 * kBorder, in.height + 2 * kBorder);
    for (int y = 0; y < out.height; ++y)
      for (int x = 0; x < out.width; ++x) out.at(x, y) = in.nearest(x - kBorder, y - kBorder);
    return out;
  }

  Slopes slopes_of(int left, int top) const {
    Slopes slopes;
    float xx = 0, xy = 0, yy = 0;
    for (int y = top; y < top + kPatch; ++y)
      for (int x = left; x < left + kPatch; ++x) {
        const float a = slope_x_.at(x, y), b = slope_y_.at(x, y);
        slopes.sum.x += a, slopes.sum.y += b;
        xx += a * a, xy += a * b, yy += b * b;
      }
    // Patches are compared without their means, so a change of light is not motion.
    xx -= slopes.sum.x * slopes.sum.x / kPixels;
    xy -= slopes.sum.x * slopes.sum.y / kPixels;
    yy -= slopes.sum.y * slopes.sum.y / kPixels;
    const float determinant = xx * yy - xy * xy;
    if (determinant > kLeastDeterminant)
      slopes.xx = yy / determinant, slopes.xy = -xy / determinant, slopes.yy = xx / determinant;
    return slopes;
  }

  /// Calls take(row, difference[kPatch]) for each row. The difference is the patch of the second picture at the
  /// displacement minus the patch of the first.
  template <typename Take>
  void compare(int left, int top, Vector flow, Take take) const {
    const float x = std::clamp(float(left) + flow.x + kBorder, 0.0f, float(to_.width - kPatch - 1));
    const float y = std::clamp(float(top) + flow.y + kBorder, 0.0f, float(to_.height - kPatch - 1));
    const int whole_x = int(x), whole_y = int(y);
    const float right = x - float(whole_x), lower = y - float(whole_y);
    const float w00 = (1 - right) * (1 - lower), w01 = right * (1 - lower), w10 = (1 - right) * lower,
                w11 = right * lower;
    for (int row = 0; row < kPatch; ++row) {
      const float* up = &to_.values[std::size_t(whole_y + row) * to_.width + whole_x];
      const float* down = up + to_.width;
      const float* own = &from_.values[std::size_t(top + row) * from_.width + left];
      float difference[kPatch];
      for (int i = 0; i < kPatch; ++i)
        difference[i] = w00 * up[i] + w01 * up[i + 1] + w10 * down[i] + w11 * down[i + 1] - own[i];
      take(row, difference);
    }
  }

  /// Returns the sum of the squared differences after their mean is subtracted.
  float error_of(int left, int top, Vector flow) const {
    float sums[kPatch] = {}, squares[kPatch] = {};
    compare(left, top, flow, [&](int, const float* difference) {
      for (int i = 0; i < kPatch; ++i) sums[i] += difference[i], squares[i] += difference[i] * difference[i];
    });
    float sum = 0, square = 0;
    for (int i = 0; i < kPatch; ++i) sum += sums[i], square += squares[i];
    return square - sum * sum / kPixels;
  }

  void take_if_better(int left, int top, Vector other, Vector& flow, float& error) const {
    const float others = error_of(left, top, other);
    if (others < error) flow = other, error = others;
  }

  /// Runs Gauss-Newton steps with the gradients of the first picture as long as the error falls.
  void descend(int left, int top, const Slopes& slopes, Vector& flow, float& error) const {
    const Vector start = flow;
    Vector next = flow;
    for (int i = 0; i < kDescents; ++i) {
      float sums[kPatch] = {}, squares[kPatch] = {}, along_x[kPatch] = {}, along_y[kPatch] = {};
      compare(left, top, next, [&](int row, const float* difference) {
        const float* a = &slope_x_.values[std::size_t(top + row) * from_.width + left];
        const float* b = &slope_y_.values[std::size_t(top + row) * from_.width + left];
        for (int k = 0; k < kPatch; ++k) {
          sums[k] += difference[k];
          squares[k] += difference[k] * difference[k];
          along_x[k] += difference[k] * a[k];
          along_y[k] += difference[k] * b[k];
        }
      });
      float sum = 0, square = 0, x = 0, y = 0;
      for (int k = 0; k < kPatch; ++k) sum += sums[k], square += squares[k], x += along_x[k], y += along_y[k];
      const float now = square - sum * sum / kPixels;
      if (i > 0 && now >= error) return;
      flow = next, error = now;
      x -= sum * slopes.sum.x / kPixels, y -= sum * slopes.sum.y / kPixels;
      const Vector step{slopes.xx * x + slopes.xy * y, slopes.xy * x + slopes.yy * y};
      next = {next.x - step.x, next.y - step.y};
      if (std::hypot(next.x - start.x, next.y - start.y) > kPatch) return;  // the search has left its patch
      if (step.x * step.x + step.y * step.y < 1e-4f) return;
    }
  }

  Flow blended(const std::vector<Vector>& found) const {
    Flow sum{Plane(from_.width, from_.height), Plane(from_.width, from_.height)};
    Plane weights(from_.width, from_.height);
    for (int row = 0; row < rows_; ++row)
      for (int column = 0; column < columns_; ++column) {
        const auto [left, top] = corner(column, row);
        const Vector flow = found[index(column, row)];
        compare(left, top, flow, [&, left = left, top = top](int r, const float* difference) {
          const std::size_t first = std::size_t(top + r) * from_.width + left;
          for (std::size_t i = 0; i < kPatch; ++i) {
            const float weight = 1 / std::max(1.0f, std::abs(difference[i]));
            sum.x.values[first + i] += weight * flow.x;
            sum.y.values[first + i] += weight * flow.y;
            weights.values[first + i] += weight;
          }
        });
      }
    for (std::size_t i = 0; i < weights.values.size(); ++i) {
      sum.x.values[i] /= weights.values[i];
      sum.y.values[i] /= weights.values[i];
    }
    return sum;
  }

  const Plane& from_;
  Plane slope_x_, slope_y_, to_;
  int columns_, rows_;
};

/// Returns the number of levels for which a patch on the coarsest level is an eighth to a quarter of the longer side.
int levels_of(const Plane& plane) {
  int levels = 1;
  for (int longer = std::max(plane.width, plane.height), shorter = std::min(plane.width, plane.height);
       longer / 2 >= 4 * kPatch && shorter / 2 >= kPatch; longer /= 2, shorter /= 2)
    ++levels;
  return levels;
}

}  // namespace

Flow inverse_search(const Plane& from, const Plane& to) {
  if (std::min(from.width, from.height) < kPatch)
    return {Plane(from.width, from.height), Plane(from.width, from.height)};
  const std::vector<Plane> before = pyramid(from, levels_of(from)), after = pyramid(to, levels_of(from));
  Flow flow{Plane(before.back().width, before.back().height), Plane(before.back().width, before.back().height)};
  for (std::size_t level = before.size(); level-- > 0;) {
    if (level + 1 < before.size()) flow = {doubled(flow.x, before[level]), doubled(flow.y, before[level])};
    flow = PatchSearch(before[level], after[level]).refined(flow);
  }
  return flow;
}

}  // namespace vcl
