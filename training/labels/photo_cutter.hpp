// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "vcl/maskcut.hpp"

namespace vcl::train {

/// MaskCut with one network on one thread. Copies share the weights: make one copy per thread.
class PhotoCutter {
 public:
  /// `input` is as in FeatureOptions. Throws Error(NotFound | Unreadable | Unsupported) that names the model.
  PhotoCutter(const std::string& model, Precision precision, Size input, const MaskCutOptions& cuts, bool crf);
  PhotoCutter(const PhotoCutter& other);
  ~PhotoCutter();

  /// Returns the size that photos must be scaled to.
  Size input() const;
  /// Returns the masks of a photo of that size, one per cut; a mask may be empty. `rgb` is bytes [height, width, 3].
  /// Throws Error.
  std::vector<Mask> cut(const std::uint8_t* rgb);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcl::train
