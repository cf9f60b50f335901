// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

/// COCO annotation files of any size: neither writing nor reading holds them in memory.
namespace [[gnu::visibility("default")]] vcl {

/// What an annotation file says of itself.
struct CocoInfo {
  std::string description;
  std::map<std::string, std::string> settings;  ///< what the masks depend on beside the images; may be empty
};

/// Writes class-agnostic masks of images as MaskCut's authors do (method.md 2.5, docs/formats.md), but with width and
/// height of images the right way round. Ids count from 1. Needs room beside the file for the annotations once more.
/// One thread at a time. All methods throw Error(Resource) naming the file.
class CocoWriter {
 public:
  /// `path`: the file appears, or changes, only when finished; "-" is standard output.
  explicit CocoWriter(const std::string& path);
  ~CocoWriter();
  CocoWriter(const CocoWriter&) = delete;
  CocoWriter& operator=(const CocoWriter&) = delete;

  /// The next image and its annotations. A mask of another size than the image is refused with Error(Invalid); empty
  /// ones get no annotation. A file name that is no UTF-8 is written with replacement characters.
  void add(const std::string& file_name, Size size, std::span<const Rle> masks);
  /// The same in parts: returns the image's id, to be used for its annotations, which may come at any time.
  std::uint64_t add_image(const std::string& file_name, Size size);
  void add_annotation(std::uint64_t image_id, const Rle& mask);
  /// Writes the file; nothing may be added after.
  void finish(const CocoInfo& info);

  std::size_t images() const;
  std::size_t annotations() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct CocoImage {
  std::int64_t id = 0;
  std::string file_name;
  Size size;
};

struct CocoAnnotation {
  std::int64_t image_id = 0;
  std::int64_t category_id = 0;
  Rle mask;
};

/// Reads the images and annotations of a file in its order. Errors of the two functions pass through. Throws
/// Error(NotFound | Unreadable) naming the file and what is wrong in it: also polygons, which are not read.
CocoInfo read_coco(const std::string& path, const std::function<void(const CocoImage&)>& image,
                   const std::function<void(const CocoAnnotation&)>& annotation);

}  // namespace vcl
