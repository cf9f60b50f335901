// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <opencv2/core.hpp>

namespace vcl::saliency {

/// The three classical maps and their mean, each [H,W] scaled to 0..1.
struct SaliencyMaps {
  std::array<cv::Mat1f, 3> maps;  ///< background detection, manifold ranking, barrier distance
  cv::Mat1f mean;
};

/// A training label made without annotations.
struct SaliencyLabel {
  cv::Mat1b soft;    ///< [H,W]: share of votes of the segmentations for object, 0..255
  float weight = 0;  ///< 0..1, how reliable it is: the agreement of the three maps
};

/// Takes 8-bit RGB with sides of at least 16 pixels (else Error(Invalid)). Tuned for sides of about 200 pixels. All
/// functions here are deterministic and may run in several threads at once.
SaliencyMaps saliency_maps(const cv::Mat3b& rgb);

/// Returns 1 where the map is above its Otsu threshold, else 0.
cv::Mat1b otsu_mask(const cv::Mat1f& map);

/// Returns the mask (0 and 1) of GrabCut (Rother et al. 2004), initialized from the map: its extremes are fixed, the
/// rest is free.
cv::Mat1b grabcut_mask(const cv::Mat3b& rgb, const cv::Mat1f& map);

SaliencyLabel saliency_label(const cv::Mat3b& rgb);

/// Returns the intersection over union of two 0/1 masks, 0 if both are empty.
float mask_iou(const cv::Mat1b& a, const cv::Mat1b& b);

}  // namespace vcl::saliency
