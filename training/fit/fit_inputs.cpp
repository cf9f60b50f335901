// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/fit/fit_inputs.hpp"

#include <cmath>
#include <cstdio>
#include <filesystem>

#include "training/clips/read_picture.hpp"
#include "training/labels/coco_labels.hpp"
#include "training/photos/pack_folder.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

#ifndef VCL_HAVE_OPENCV
[[noreturn]] void refuse(const std::string& path) {
  throw Error(ErrorKind::Library, path + ": reading pictures needs a build with OpenCV; use packs of photos");
}
#endif

/// Returns the side of packed photos: a fifth more than the longer side of the canvas, for views that are enlarged.
[[maybe_unused]] int side_for(std::int64_t canvas_pixels) {
  return int(std::lround(1.2 * std::sqrt(double(canvas_pixels) * 5 / 3)));
}

/// Returns the pack itself, or one made of the photos.
std::string pack_of(const std::string& images, [[maybe_unused]] const FitOptions& options,
                    [[maybe_unused]] std::size_t number, [[maybe_unused]] ErrorList& errors) {
  const bool photos = std::filesystem::is_directory(images) || images.ends_with(".tar") || images.ends_with(".txt");
  if (!photos) return images;
#ifdef VCL_HAVE_OPENCV
  const std::string pack = options.out + "/photos-" + std::to_string(number) + ".safetensors";
  pack_folder(images, pack, side_for(options.canvas_pixels), options.workers, errors);
  return pack;
#else
  refuse(images);
#endif
}

std::string labels_of(const std::string& labels, const std::string& pack, LabelKind kind, const FitOptions& options,
                      std::size_t number, ErrorList& errors) {
  if (!labels.ends_with(".json")) return labels;
  std::string file = options.out + "/labels-" + std::to_string(number) + ".safetensors";
  write_coco_labels(labels, pack, kind, file, errors);
  return file;
}

}  // namespace

LabelledPhotos open_photos(const FitOptions& options, LabelKind kind, ErrorList& errors) {
  if (options.images.empty()) return {};
  std::vector<std::string> packs, labels;
  for (std::size_t i = 0; i < options.images.size(); ++i) {
    packs.push_back(pack_of(options.images[i], options, i, errors));
    if (i < options.labels.size()) labels.push_back(labels_of(options.labels[i], packs[i], kind, options, i, errors));
  }
  return LabelledPhotos(packs, labels, kind);
}

std::optional<LabelledVideos> open_videos(const FitOptions& options, [[maybe_unused]] ErrorList& errors) {
  if (options.videos.empty()) return std::nullopt;
#ifdef VCL_HAVE_OPENCV
  std::optional<LabelledVideos> videos(std::in_place, options.videos, options.video_frames, options.canvas_pixels,
                                       read_picture, errors);
  std::fprintf(stderr, "%s: %zu videos to train on\n", options.videos.c_str(), videos->count());
  return videos;
#else
  refuse(options.videos);
#endif
}

}  // namespace vcl::train
