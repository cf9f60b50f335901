// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <array>
#include <random>

/// Random features that lead MaskCut into each of its branches.
namespace vcl::test {

enum class SceneKind {
  Noise,       ///< no objects: independent directions
  Objects,     ///< rectangles before a background, each of its own direction, with noise; some touch
  Frame,       ///< an object that holds the grid's corners
  Specks,      ///< objects of a patch or two, others larger
  Isolated,    ///< patches that are like nothing else, so that several eigenvectors are nearly as good
  Alike,       ///< all patches have one direction
  Holes,       ///< zero vectors among objects
  Duplicates,  ///< a few vectors, each of many patches
  Exact,       ///< vectors whose similarities are exact multiples of 1/4 in any precision: tau falls on them
  Tiny,        ///< 4 to 9 patches: soon all are painted
};
inline constexpr int kSceneKinds = 10;

struct Scene {
  SceneKind kind = SceneKind::Noise;
  at::Tensor features;  ///< float [C, rows, columns], 4 to 400 patches
  double tau = 0;       ///< in [0, 1)
  int iterations = 1;   ///< 1 to 8
};

/// A scene of this kind. `tau` keeps away from all similarities, so that rounding decides about no edge; those of
/// SceneKind::Exact are exact.
Scene random_scene(SceneKind kind, std::mt19937_64& random);

}  // namespace vcl::test
