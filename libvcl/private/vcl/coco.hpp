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

/// What an annotation file states about itself.
struct CocoInfo {
  std::string description;
  std::map<std::string, std::string> settings;  ///< what the masks depend on besides the images; may be empty
};

/// Writes class-agnostic masks of images as MaskCut's authors do (method.md 2.5, docs/formats.md), but with width and
/// height of images in the right order. Ids count from 1. The disk needs room for the annotations twice.
///
/// Threads: calls of one object must not overlap. Errors: all methods throw Error(Resource), which names the file.
class CocoWriter {
 public:
  /// The file `path` appears, or changes, only in finish(). "-" is standard output.
  explicit CocoWriter(const std::string& path);
  ~CocoWriter();
  CocoWriter(const CocoWriter&) = delete;
  CocoWriter& operator=(const CocoWriter&) = delete;

  /// Adds the next image and its annotations. Empty masks get no annotation. Bytes of a file name that are not UTF-8
  /// are replaced. Throws Error(Invalid) if a mask does not have the size of the image.
  void add(const std::string& file_name, Size size, std::span<const Rle> masks);
  /// The same in parts: returns the image's id, for its annotations. They may be added at any time.
  std::uint64_t add_image(const std::string& file_name, Size size);
  void add_annotation(std::uint64_t image_id, const Rle& mask);
  /// Writes the file. Nothing may be added afterwards.
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

/// Reads a file and calls the two functions for its images and annotations, in its order. Exceptions of the functions
/// pass through. Throws Error(NotFound | Unreadable), which names the file and what is wrong in it. Polygons are not
/// supported and are an error.
CocoInfo read_coco(const std::string& path, const std::function<void(const CocoImage&)>& image,
                   const std::function<void(const CocoAnnotation&)>& annotation);

}  // namespace vcl
