// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <span>
#include <vector>

#include "vcl/crf.hpp"

/// The parts of a CRF that all implementations share.
namespace vcl {

/// Throws Error(Invalid) under the same conditions as DenseCrf's constructor.
void check_crf_input(std::span<const std::uint8_t> rgb, Size size, const CrfSettings& settings);

/// Fills the holes of masks that a CRF made from MaskCut's cuts, and empties those whose IoU with their cut is below
/// 1/2.
std::vector<Mask> keep_alike(std::vector<Mask> refined, std::span<const Mask> cuts);

}  // namespace vcl
