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

/// A label made without any annotation, to train on.
struct SaliencyLabel {
  cv::Mat1b soft;    ///< [H,W]: how many of the segmentations call the pixel object, 0..255
  float weight = 0;  ///< 0..1, how far to trust it: the agreement of the three maps
};

/// Takes RGB, 8 bit, at least 16 pixels a side (Error(Invalid) otherwise); made for about 200 pixels a
/// side. These functions are deterministic and may run in several threads at once.
SaliencyMaps saliency_maps(const cv::Mat3b& rgb);

/// 1 where the map lies above its Otsu threshold.
cv::Mat1b otsu_mask(const cv::Mat1f& map);

/// GrabCut (Rother et al. 2004) started from the map: its extremes are fixed, the rest is free. 0 and 1.
cv::Mat1b grabcut_mask(const cv::Mat3b& rgb, const cv::Mat1f& map);

SaliencyLabel saliency_label(const cv::Mat3b& rgb);

/// Intersection over union of two 0/1 masks; 0 when both are empty.
float mask_iou(const cv::Mat1b& a, const cv::Mat1b& b);

}  // namespace vcl::saliency
