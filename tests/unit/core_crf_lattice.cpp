// SPDX-License-Identifier: LGPL-2.1-or-later
// The CRF's inside: the lattice as a Gaussian filter, the one-channel mean field, the threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>

#include "core_random.hpp"
#include "libvcl/crf/lattice_filter.hpp"
#include "libvcl/crf/mean_field.hpp"

namespace vcl {
namespace {

using test::Rng;
using test::uniform;

template <int D>
struct Cloud {
  std::vector<std::array<float, D>> points;
  float largest;
};

/// Points in a cube, some of them the same or on the lattice's own planes.
template <int D>
Cloud<D> random_cloud(Rng& rng, int count, float largest) {
  Cloud<D> cloud{{}, largest};
  std::uniform_real_distribution<float> value(0, largest);
  for (int p = 0; p < count; ++p) {
    cloud.points.emplace_back();
    for (float& feature : cloud.points.back()) feature = uniform(rng, 0, 9) ? value(rng) : float(int(value(rng)));
    if (p > 0 && uniform(rng, 0, 9) == 0) cloud.points.back() = cloud.points[std::size_t(uniform(rng, 0, p - 1))];
  }
  return cloud;
}

template <int D>
PermutohedralLattice<D> lattice_of(const Cloud<D>& cloud, ThreadTeam& team) {
  std::array<float, D> largest;
  largest.fill(cloud.largest);
  const auto features = [&](std::size_t first, std::size_t count, auto& block) {
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t d = 0; d < D; ++d) block[d][i] = cloud.points[first + i][d];
  };
  return {cloud.points.size(), largest, features, team};
}

template <int D>
std::vector<float> filtered(const PermutohedralLattice<D>& lattice, const std::vector<float>& values,
                            ThreadTeam& team) {
  VertexValues<1> vertices(lattice.vertices());
  splat<1>(lattice, values.data(), vertices, team);
  blur<1>(lattice, vertices, team);
  std::vector<float> out(values.size());
  for (std::size_t p = 0; p < out.size(); ++p) out[p] = lattice.kAlpha * slice<1>(lattice, vertices.current.data(), p);
  return out;
}

/// The sum over all pairs that the lattice stands for.
template <int D>
std::vector<double> gaussian(const Cloud<D>& cloud, const std::vector<float>& values) {
  std::vector<double> out(values.size(), 0.0);
  for (std::size_t a = 0; a < out.size(); ++a) {
    for (std::size_t b = 0; b < out.size(); ++b) {
      double square = 0;
      for (std::size_t d = 0; d < D; ++d) {
        const double apart = double(cloud.points[a][d]) - cloud.points[b][d];
        square += apart * apart;
      }
      out[a] += std::exp(-square / 2) * values[b];
    }
  }
  return out;
}

/// Weighted means, which is what a CRF uses of a kernel: root mean square and largest difference from the Gaussian's.
template <int D>
std::pair<double, double> difference_from_gaussian(Rng& rng, int count, float largest) {
  ThreadTeam team(1);
  const Cloud<D> cloud = random_cloud<D>(rng, count, largest);
  const PermutohedralLattice<D> lattice = lattice_of(cloud, team);
  std::vector<float> values;  // smooth, so that means differ from place to place
  for (const auto& point : cloud.points) values.push_back(0.5f + 0.5f * std::sin(2 * point[0]) * std::cos(point[1]));
  const std::vector<float> ones(values.size(), 1.0f);
  const std::vector<float> sums = filtered(lattice, values, team), weights = filtered(lattice, ones, team);
  const std::vector<double> true_sums = gaussian(cloud, values), true_weights = gaussian(cloud, ones);
  double squares = 0, worst = 0;
  for (std::size_t p = 0; p < values.size(); ++p) {
    const double error = std::abs(double(sums[p]) / weights[p] - true_sums[p] / true_weights[p]);
    squares += error * error;
    worst = std::max(worst, error);
  }
  return {std::sqrt(squares / double(values.size())), worst};
}

// The lattice's kernel is a piecewise linear bump of bounded support that depends on where in a simplex a point lies
// and follows exp(-d^2/2) to some hundredths of its peak: so far may means of values in [0, 1] differ. A kernel that is
// wider or narrower by a quarter misses these bounds.
TEST(Lattice, FiltersAboutLikeAGaussian) {
  Rng rng(1);
  for (int round = 0; round < 12; ++round) {
    const auto [mean2, worst2] = difference_from_gaussian<2>(rng, uniform(rng, 300, 700), 5);
    const auto [mean5, worst5] = difference_from_gaussian<5>(rng, uniform(rng, 300, 700), 3);
    EXPECT_LT(mean2, 0.013);
    EXPECT_LT(worst2, 0.04);
    EXPECT_LT(mean5, 0.017);
    EXPECT_LT(worst5, 0.07);
  }
}

template <int D>
void expect_sound(Rng& rng) {
  ThreadTeam team(2);
  const Cloud<D> cloud = random_cloud<D>(rng, uniform(rng, 1, 400), float(uniform(rng, 0, 60)));
  const PermutohedralLattice<D> lattice = lattice_of(cloud, team);
  const auto vertices = std::uint32_t(lattice.vertices());
  ASSERT_EQ(lattice.points(), cloud.points.size());
  std::set<std::uint32_t> used;
  for (std::size_t p = 0; p < lattice.points(); ++p) {
    std::set<std::uint32_t> own;
    float sum = 0;
    for (int r = 0; r <= D; ++r) {
      const auto corner = lattice.corners(p)[r];
      own.insert(corner.vertex);
      sum += corner.weight;
      EXPECT_GE(corner.weight, -1e-4f);
    }
    EXPECT_EQ(own.size(), std::size_t(D + 1));
    EXPECT_NEAR(sum, 1, 1e-4);
    used.insert(own.begin(), own.end());
  }
  EXPECT_EQ(used.size(), vertices);
  EXPECT_EQ(*used.begin(), 1u);
  EXPECT_EQ(*used.rbegin(), vertices);
  // The members of the vertices are the corners of the points.
  std::size_t members = 0;
  for (std::uint32_t v = 1; v <= vertices; ++v) {
    for (const auto* member = lattice.members_begin(v); member != lattice.members_end(v); ++member, ++members) {
      const auto* const corners = lattice.corners(member->point);
      EXPECT_TRUE(std::any_of(corners, corners + D + 1, [&](const auto& corner) {
        return corner.vertex == v && corner.weight == member->weight;
      }));
    }
  }
  EXPECT_EQ(members, lattice.points() * (D + 1));
  for (int direction = 0; direction <= D; ++direction) {
    const auto* const neighbours = lattice.neighbours(direction);
    EXPECT_EQ(neighbours[0].before + neighbours[0].after, 0u);
    for (std::uint32_t v = 1; v <= vertices; ++v) {
      if (neighbours[v].after != 0) {
        EXPECT_EQ(neighbours[neighbours[v].after].before, v);
      }
      if (neighbours[v].before != 0) {
        EXPECT_EQ(neighbours[neighbours[v].before].after, v);
      }
    }
  }
  // One simplex: its corners are joined one to the next, in a ring of all D+1 directions.
  if (vertices == D + 1) {
    int joined = 0;
    for (int direction = 0; direction <= D; ++direction)
      for (std::uint32_t v = 1; v <= vertices; ++v) joined += lattice.neighbours(direction)[v].after != 0;
    EXPECT_EQ(joined, D + 1);
  }
}

TEST(Lattice, IsSound) {
  Rng rng(2);
  for (int round = 0; round < 60; ++round) {
    expect_sound<2>(rng);
    expect_sound<5>(rng);
  }
}

/// The textbook form: two labels, a channel each, sums in double but for the filters.
std::vector<double> two_channel_mean_field(const CrfKernels& kernels, const std::vector<float>& bias, int steps) {
  ThreadTeam team(1);
  const std::size_t count = bias.size();
  std::array<std::vector<float>, 2> q{std::vector<float>(count), std::vector<float>(count)};
  std::vector<double> foreground(count);
  std::array<std::vector<double>, 2> logits{std::vector<double>(count), std::vector<double>(count)};
  for (int step = 0; step <= steps; ++step) {
    for (std::size_t label = 0; label < 2; ++label) {
      for (std::size_t p = 0; p < count; ++p) logits[label][p] = label == 1 ? bias[p] : 0;
      if (step == 0) continue;
      const auto near = filtered(kernels.position, q[label], team),
                 alike = filtered(kernels.appearance, q[label], team);
      for (std::size_t p = 0; p < count; ++p)
        logits[label][p] += double(kernels.position_weight) * near[p] + double(kernels.appearance_weight) * alike[p];
    }
    for (std::size_t p = 0; p < count; ++p) {
      const double most = std::max(logits[0][p], logits[1][p]);
      const double back = std::exp(logits[0][p] - most), front = std::exp(logits[1][p] - most);
      foreground[p] = front / (back + front);
      q[0][p] = float(back / (back + front)), q[1][p] = float(foreground[p]);
    }
  }
  return foreground;
}

// One channel is exact in real numbers. In float a step leaves up to 1e-6 in a probability; where a pixel is torn
// between its sides, weights of 7 and 10 amplify that step by step, here to below 1e-4 over four steps.
TEST(MeanField, OneChannelIsTwo) {
  Rng rng(3);
  double worst = 0;
  for (int round = 0; round < 10; ++round) {
    ThreadTeam team(1);
    const Size size{uniform(rng, 1, 30), uniform(rng, 1, 30)};
    const std::size_t pixels = std::size_t(size.width) * size.height;
    std::vector<std::uint8_t> rgb(3 * pixels);
    for (std::uint8_t& value : rgb) value = std::uint8_t(uniform(rng, 100, 140));
    std::vector<float> bias(pixels);
    for (float& value : bias) value = float(uniform(rng, -200, 200)) / 100;
    CrfKernels kernels{position_lattice(size, 3, team), appearance_lattice(rgb.data(), size, 50, 5, team), 7, 10};
    normalise(kernels.position, team);
    normalise(kernels.appearance, team);
    for (int steps = 0; steps <= 4; ++steps) {
      const std::vector<float> field = mean_field<1>(kernels, bias, steps, team);
      const std::vector<double> expected = two_channel_mean_field(kernels, bias, steps);
      for (std::size_t p = 0; p < pixels; ++p) worst = std::max(worst, std::abs(0.5 + 0.5 * field[p] - expected[p]));
    }
  }
  EXPECT_LT(worst, 1e-4);
}

TEST(ThreadTeam, CoversEveryIndexOnce) {
  Rng rng(4);
  for (int round = 0; round < 40; ++round) {
    ThreadTeam team(uniform(rng, 1, 5));
    for (int loop = 0; loop < 5; ++loop) {
      std::vector<std::atomic<int>> visits(std::size_t(uniform(rng, 0, 300)));
      team.run(visits.size(), std::size_t(uniform(rng, 1, 50)), [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) ++visits[i];
      });
      EXPECT_TRUE(std::ranges::all_of(visits, [](const auto& count) { return count == 1; }));
    }
  }
}

}  // namespace
}  // namespace vcl
