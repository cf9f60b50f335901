// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "vcl/maskcut.hpp"

namespace vcl::train {

/// MaskCut with one network on one thread. Copies share the weights: make one for each thread.
class PhotoCutter {
 public:
  /// `input`: as in FeatureOptions. Throws Error(NotFound | Unreadable | Unsupported) naming the model.
  PhotoCutter(const std::string& model, Precision precision, Size input, const MaskCutOptions& cuts, bool crf);
  PhotoCutter(const PhotoCutter& other);
  ~PhotoCutter();

  /// What photos are to be scaled to.
  Size input() const;
  /// Masks of a photo of that size, RGB bytes [height, width, 3]: one a cut, maybe empty. Throws Error.
  std::vector<Mask> cut(const std::uint8_t* rgb);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcl::train
