// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libvcl/engine/weights.hpp"
#include "training/photos/labelled_photos.hpp"
#include "training/report/plots.hpp"

/// How well an encoder's features tell objects from their surroundings, while it is trained.
namespace vcl::train {

struct FeatureQuality {
  int photos = 0;
  double cut_iou = 0;         ///< mean IoU of MaskCut's first cut with the photo's pseudo mask
  double cut_iou_either = 0;  ///< the same of the cut or its complement, whichever is better
  double patch_knn = 0;       ///< label_transfer() of the patches

  /// What the best encoder is chosen by: patch_knn, which depends less on which side of a cut is taken for the object;
  /// cut_iou where there is none.
  double rank() const;
  /// As the log has it: what is no number is left out.
  nlohmann::json to_json() const;
};

/// Photos that are not trained on, with their pseudo masks: soft labels cut at one half, or all instances together.
class FeatureProbe {
 public:
  /// Up to 64 of the held-out photos of LabelledPhotos. Throws Error naming the file that does not fit, or in which no
  /// held-out photo has a mask.
  FeatureProbe(const std::string& images, const std::string& labels);

  /// Features as `pseudo-label --source maskcut` cuts them. `pictures`, where given, become those of a few photos:
  /// pseudo mask, cut, features.
  FeatureQuality measure(const Model& encoder, std::vector<Picture>* pictures) const;

 private:
  LabelledPhotos photos_;
  std::vector<std::size_t> shown_;                ///< indices of photos_.photos
  std::vector<std::vector<std::uint8_t>> masks_;  ///< of each of them, 0 and 1 [height, width]
};

}  // namespace vcl::train
