// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "vcl/maskcut.hpp"

/// MaskCut as method.md 2.2 writes it, without a thought for time: every node stays in the graph, every iteration
/// builds it anew in double precision and solves it by a dense solver. The product shares no code with it.
namespace vcl::test {

/// One iteration. Patches are row-major.
struct ReferenceCut {
  std::vector<bool> painting;  ///< step 1
  std::vector<double> degree;
  double eigenvalue = 0, next_eigenvalue = 0;  ///< step 3; the third is infinite for two patches
  std::vector<double> vector;                  ///< of the chosen sign
  double mean = 0;
  PatchMask above;  ///< step 4
  int extreme = 0;  ///< step 5: the patch of the largest magnitude
  int corners = 0;
  bool reversed = false;
  int seed = 0;
  PatchMask foreground;
  PatchMask component;                       ///< step 6
  float previous_iou = 0;                    ///< step 7; NaN: both are empty
  bool too_small = false, repeated = false;  ///< why the component is rejected; both false: it is accepted
  PatchMask accepted;                        ///< step 8
  at::Tensor output;                         ///< step 9: byte [height, width], 0 or 1
};

/// `features`: float [C, gh, gw]; `size` of the outputs in pixels. Canonical or opposite sign. Where several patches
/// are the peak within 1e-9 of the largest magnitude the first is taken (method.md 2.3).
std::vector<ReferenceCut> reference_maskcut(const at::Tensor& features, double tau, int iterations, CutSign sign,
                                            Size size);

/// Step 2: weights [n, n] of a graph of `columns` [C, n], double.
at::Tensor reference_affinity(const at::Tensor& columns, double tau);

/// Step 6: labels from 1 of the 4-connected parts of `patches`, 0 elsewhere.
std::vector<int> connected_parts(const PatchMask& patches, int width);

/// Where |v|, v or -v is largest, ties as above. `direction`: 0, 1 or -1.
int reference_peak(const std::vector<double>& v, int direction);

}  // namespace vcl::test
