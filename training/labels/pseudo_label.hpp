// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

namespace vcl::train {

/// What every source of pseudo labels of a pack is told.
struct PseudoLabelOptions {
  std::string images;  ///< pack of photos
  std::string labels;  ///< source model: the classical soft labels to combine with
  std::string model;   ///< source model and maskcut: the network
  std::string out;     ///< labels written here, safetensors
  std::string sheet;   ///< PNG of examples; empty: none
  bool crf = false;    ///< source maskcut: sharpen the masks along the photo's edges
  int threads = 1;
  int limit = 0;  ///< label only so many photos; 0: all
};

void label_by_saliency(const PseudoLabelOptions& options);
void label_by_maskcut(const PseudoLabelOptions& options);
void label_by_model(const PseudoLabelOptions& options);

}  // namespace vcl::train
