// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

namespace vcl::train {

/// Options of all sources of pseudo labels for a pack.
struct PseudoLabelOptions {
  std::string images;  ///< pack of photos
  std::string labels;  ///< source model: classical soft labels to combine with
  std::string model;   ///< source model and maskcut: the network
  std::string out;     ///< label file to write, safetensors
  std::string sheet;   ///< PNG with examples; empty: none
  bool crf = false;    ///< source maskcut: sharpen the masks along edges of the photo
  int threads = 1;
  int limit = 0;  ///< maximum number of photos to label; 0: all
};

void label_by_saliency(const PseudoLabelOptions& options);
void label_by_maskcut(const PseudoLabelOptions& options);
void label_by_model(const PseudoLabelOptions& options);

}  // namespace vcl::train
