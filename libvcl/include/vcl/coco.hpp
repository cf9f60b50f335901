// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// Collects class-agnostic masks of images into a COCO annotation file, as MaskCut's authors write it (method.md 2.5,
/// docs/formats.md) but with width and height of images the right way round. Ids count from 1.
class CocoAnnotations {
 public:
  explicit CocoAnnotations(std::string description) : description_(std::move(description)) {}
  /// `masks` are of the image's size, else Error(Invalid); empty ones get no annotation.
  void add(const std::string& file_name, Size size, std::span<const Mask> masks);
  /// The whole JSON document.
  std::string to_json() const;

  std::size_t images() const { return images_; }
  std::size_t annotations() const { return annotations_; }

 private:
  std::string description_;
  std::size_t images_ = 0, annotations_ = 0;
  std::string image_list_, annotation_list_;  // JSON objects with commas between them
};

}  // namespace vcl
