// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libvcl/engine/weights.hpp"
#include "training/photos/labelled_photos.hpp"
#include "training/report/plots.hpp"

/// Measures, during training, how well an encoder's features separate objects from their surroundings.
namespace vcl::train {

struct FeatureQuality {
  int photos = 0;
  double cut_iou = 0;         ///< mean IoU of MaskCut's first cut with the photo's pseudo mask
  double cut_iou_either = 0;  ///< the same for the cut or its complement, whichever is better
  double patch_knn = 0;       ///< label_transfer() of the patches

  /// Returns the criterion for the best encoder: patch_knn, which depends less on which side of a cut counts as object.
  /// Returns cut_iou if patch_knn is not finite.
  double rank() const;
  /// Returns the entries for the log. A patch_knn that is not finite is left out.
  nlohmann::json to_json() const;
};

/// Photos that are not trained on, with their pseudo masks: soft labels thresholded at one half, or the union of all
/// instances.
class FeatureProbe {
 public:
  /// Uses up to 64 of the held-out photos of LabelledPhotos. Throws Error that names the file if it does not fit or no
  /// held-out photo in it has a mask.
  FeatureProbe(const std::string& images, const std::string& labels);

  /// Measures features computed as for `pseudo-label --source maskcut`. If `pictures` is not null, appends pictures of
  /// a few photos: pseudo mask, cut, features.
  FeatureQuality measure(const Model& encoder, std::vector<Picture>* pictures) const;

 private:
  LabelledPhotos photos_;
  std::vector<std::size_t> shown_;                ///< indices into photos_.photos
  std::vector<std::vector<std::uint8_t>> masks_;  ///< one per photo, 0 and 1, [height, width]
};

}  // namespace vcl::train
