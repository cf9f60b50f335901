// SPDX-License-Identifier: LGPL-2.1-or-later
#include "maskcut_scenes.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace vcl::test {
namespace {

using Random = std::mt19937_64;

int uniform(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

double uniform(Random& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}

at::Tensor noise(Random& random, at::IntArrayRef shape, double deviation) {
  std::normal_distribution<float> normal(0, float(deviation));
  at::Tensor values = at::empty(shape, at::kFloat);
  for (std::int64_t i = 0; i < values.numel(); ++i) values.data_ptr<float>()[i] = normal(random);
  return values;
}

struct Grid {
  int rows, columns;
};

Grid random_grid(Random& random, int least, int most) {
  for (;;) {
    const double patches = std::exp(uniform(random, std::log(double(least)), std::log(double(most))));
    const double shape = uniform(random, 0, 3) == 0 ? 1 : std::exp(uniform(random, -1.2, 1.2));
    const Grid grid{std::max(1, int(std::lround(std::sqrt(patches * shape)))),
                    std::max(1, int(std::lround(std::sqrt(patches / shape))))};
    if (grid.rows * grid.columns >= least && grid.rows * grid.columns <= most) return grid;
  }
}

/// Patches of `f` from row y, column x take direction `channel`.
void put(at::Tensor& f, int channel, int y, int x, int height, int width, double strength = 2) {
  at::Tensor part = f.narrow(1, y, height).narrow(2, x, width);
  part.zero_();
  part[channel].fill_(strength);
}

at::Tensor background(Grid grid, int channels) {
  at::Tensor f = at::zeros({channels, grid.rows, grid.columns});
  f[0].fill_(2);
  return f;
}

void put_objects(at::Tensor& f, Random& random, int count) {
  const int rows = int(f.size(1)), columns = int(f.size(2));
  int y = 0, x = 0, width = 1;
  for (int i = 1; i <= count; ++i) {
    const bool touches = i > 1 && uniform(random, 0, 3) == 0 && x + width < columns;
    x = touches ? x + width : uniform(random, 0, columns - 1);
    if (!touches) y = uniform(random, 0, rows - 1);
    width = uniform(random, 1, std::max(1, std::min(columns - x, columns / 2)));
    const int height = uniform(random, 1, std::max(1, std::min(rows - y, rows / 2)));
    put(f, i, y, x, height, width);
  }
}

at::Tensor objects(Random& random, Grid grid) {
  const int count = uniform(random, 1, 5);
  at::Tensor f = background(grid, 8);
  put_objects(f, random, count);
  return f + noise(random, f.sizes(), uniform(random, 0.02, 0.35));
}

at::Tensor frame(Random& random, Grid grid) {
  // The border is the small side and so holds the peak: the corner rule turns it over.
  at::Tensor f = background(grid, 8);
  const int border = 1 + uniform(random, 0, std::min(grid.rows, grid.columns) / 10);
  put(f, 1, 0, 0, border, grid.columns);
  put(f, 1, 0, 0, grid.rows, border);
  if (uniform(random, 0, 1)) put(f, 1, grid.rows - border, 0, border, grid.columns);
  if (uniform(random, 0, 1)) put(f, 2, grid.rows / 2, grid.columns / 2, 1, std::max(1, grid.columns / 4));
  return f + noise(random, f.sizes(), uniform(random, 0.02, 0.25));
}

at::Tensor specks(Random& random, Grid grid) {
  at::Tensor f = background(grid, 12);
  put_objects(f, random, uniform(random, 0, 2));
  for (int i = 0; i < uniform(random, 1, 3); ++i)
    put(f, 8 + i, uniform(random, 0, grid.rows - 1), uniform(random, 0, grid.columns - 1), 1, 1);
  return f + noise(random, f.sizes(), uniform(random, 0.0, 0.2));
}

at::Tensor isolated(Random& random, Grid grid) {
  at::Tensor f = background(grid, 8);
  for (int i = 1; i < uniform(random, 3, 7); ++i)
    put(f, i, uniform(random, 0, grid.rows - 1), uniform(random, 0, grid.columns - 1), 1, 1);
  return f;
}

at::Tensor alike(Random& random, Grid grid) {
  at::Tensor f = background(grid, 3);
  f *= noise(random, {1, grid.rows, grid.columns}, 1).abs() + 0.1;
  return f;
}

at::Tensor holes(Random& random, Grid grid) {
  at::Tensor f = objects(random, grid);
  const at::Tensor dropped = noise(random, {1, grid.rows, grid.columns}, 1) > uniform(random, -1.0, 2.0);
  f.masked_fill_(dropped, 0);
  if (uniform(random, 0, 9) == 0) f.zero_();
  return f;
}

at::Tensor duplicates(Random& random, Grid grid) {
  const int count = uniform(random, 2, 6), channels = 6;
  const at::Tensor vectors = noise(random, {channels, count}, 1) + 0.3;
  std::vector<std::int64_t> which;
  for (int i = 0; i < grid.rows * grid.columns; ++i)
    which.push_back(i % grid.columns != 0 && uniform(random, 0, 2) ? which.back() : uniform(random, 0, count - 1));
  return vectors.index_select(1, at::tensor(which)).view({channels, grid.rows, grid.columns});
}

// Axes have length 1, sums of four axes length 2: all similarities are 0, 1/4, 1/2, 3/4 or 1.
at::Tensor exact(Random& random, Grid grid) {
  at::Tensor f = at::zeros({8, grid.rows * grid.columns});
  for (int i = 0; i < grid.rows * grid.columns; ++i) {
    const int first = uniform(random, 0, 4);
    if (uniform(random, 0, 1))
      f[uniform(random, 0, 7)][i] = 1;
    else
      f.select(1, i).narrow(0, first, 4).fill_(1);
  }
  return f.view({8, grid.rows, grid.columns});
}

// The middle of the widest gap between similarities near a drawn value, but 0 stays 0 if it may.
double clear_of_similarities(const at::Tensor& features, Random& random) {
  const at::Tensor f = features.flatten(1).to(at::kDouble), unit = f / f.norm(2, {0}, true).clamp_min(1e-12);
  const at::Tensor similarities = std::get<0>(unit.t().mm(unit).flatten().sort());
  const double* first = similarities.const_data_ptr<double>();
  std::vector<double> values(first, first + similarities.numel());
  const auto near = [&](double tau) {
    return std::ranges::any_of(values, [tau](double s) { return s != 0 && std::abs(s - tau) < 1e-5; });
  };
  if (uniform(random, 0, 9) == 0 && !near(0)) return 0;
  const double drawn = uniform(random, 0, 3) ? uniform(random, 0.05, 0.6) : uniform(random, 0.0, 0.97);
  double tau = drawn, widest = 0;
  values.insert(values.end(), {drawn, drawn + 0.02});
  std::ranges::sort(values);
  for (std::size_t i = 1; i < values.size(); ++i)
    if (values[i - 1] >= drawn && values[i] <= drawn + 0.02 && values[i] - values[i - 1] > widest) {
      widest = values[i] - values[i - 1];
      tau = (values[i] + values[i - 1]) / 2;
    }
  return tau;
}

at::Tensor random_features(SceneKind kind, Random& random, Grid grid) {
  switch (kind) {
    case SceneKind::Noise:
      return noise(random, {uniform(random, 2, 8), grid.rows, grid.columns}, 1) + uniform(random, 0.0, 0.6);
    case SceneKind::Frame:
      return frame(random, grid);
    case SceneKind::Specks:
      return specks(random, grid);
    case SceneKind::Isolated:
      return isolated(random, grid);
    case SceneKind::Alike:
      return alike(random, grid);
    case SceneKind::Holes:
      return holes(random, grid);
    case SceneKind::Duplicates:
      return duplicates(random, grid);
    case SceneKind::Exact:
      return exact(random, grid);
    case SceneKind::Objects:
    case SceneKind::Tiny:
      break;
  }
  return objects(random, grid);
}

}  // namespace

Scene random_scene(SceneKind kind, Random& random) {
  const bool tiny = kind == SceneKind::Tiny, specks = kind == SceneKind::Specks;
  Scene scene;
  scene.kind = kind;
  scene.features = random_features(kind, random, random_grid(random, specks ? 100 : 4, tiny ? 9 : 400));
  scene.tau = kind == SceneKind::Exact ? 0.25 * uniform(random, 0, 3) : clear_of_similarities(scene.features, random);
  scene.iterations = tiny ? 8 : uniform(random, 1, 8);
  return scene;
}

}  // namespace vcl::test
