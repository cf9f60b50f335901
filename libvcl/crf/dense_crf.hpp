// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <span>
#include <vector>

#include "vcl/crf.hpp"

/// What a CRF has in common wherever it is computed.
namespace vcl {

/// Throws Error(Invalid) as DenseCrf's constructor does.
void check_crf_input(std::span<const std::uint8_t> rgb, Size size, const CrfSettings& settings);

/// What MaskCut makes of the masks that a CRF made of its cuts: holes filled, and those that overlap their cut by an
/// IoU below 1/2 made empty.
std::vector<Mask> keep_alike(std::vector<Mask> refined, std::span<const Mask> cuts);

}  // namespace vcl
