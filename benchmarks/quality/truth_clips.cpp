// SPDX-License-Identifier: LGPL-2.1-or-later
#include "benchmarks/quality/truth_clips.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "evaluation/coco_files.hpp"
#include "evaluation/ytvis_files.hpp"
#include "vcl/error.hpp"

namespace vcl::benchmark {
namespace {

namespace fs = std::filesystem;

constexpr double kView = 0.6;         // of each side of a photo
constexpr double kLeastShare = 0.02;  // minimum share of the photo that an object covers

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::vector<fs::path> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) entries.push_back(entry.path());
  std::ranges::sort(entries);
  return entries;
}

cv::Mat read_picture(const fs::path& path, cv::ImreadModes mode) {
  cv::Mat picture = cv::imread(path.string(), mode);
  if (picture.empty()) throw Error(ErrorKind::Unreadable, fmt::format("cannot read '{}'", path.string()));
  if (mode == cv::IMREAD_COLOR) cv::cvtColor(picture, picture, cv::COLOR_BGR2RGB);
  return picture;
}

Rle rle_of(const cv::Mat& picture) {
  Mask mask(picture.cols, picture.rows);
  std::copy(picture.begin<unsigned char>(), picture.end<unsigned char>(), mask.pixels.begin());
  return rle_encode(mask);
}

/// Returns the camera's view of a photo in each frame: smoothly from one end to the other and back.
std::vector<cv::Rect> pan(Size photo, int frames) {
  const cv::Size view(int(kView * photo.width), int(kView * photo.height));
  std::vector<cv::Rect> views;
  for (int frame = 0; frame < frames; ++frame) {
    const double way = (1 - std::cos(2 * std::numbers::pi * frame / frames)) / 2;
    views.emplace_back(cv::Point(int(way * (photo.width - view.width)), (photo.height - view.height) / 2), view);
  }
  return views;
}

TruthClip panned(const cv::Mat& photo, const std::vector<Rle>& objects, int frames) {
  TruthClip clip;
  const std::vector<cv::Rect> views = pan({photo.cols, photo.rows}, frames);
  for (const cv::Rect& view : views) clip.frames.push_back(photo(view).clone());
  for (const Rle& object : objects) {
    Mask mask = rle_decode(object);
    const cv::Mat whole(photo.rows, photo.cols, CV_8U, mask.pixels.data());
    MaskTrack& masks = clip.truth.emplace_back();
    for (const cv::Rect& view : views) masks.push_back(rle_of(whole(view)));
  }
  return clip;
}

}  // namespace

std::vector<TruthClip> read_davis(const fs::path& folder) {
  std::vector<TruthClip> clips;
  for (const fs::path& sequence : sorted_entries(folder)) {
    if (!fs::is_directory(sequence / "masks")) continue;
    TruthClip clip{{}, {{}}};
    for (const fs::path& path : sorted_entries(sequence / "frames"))
      clip.frames.push_back(read_picture(path, cv::IMREAD_COLOR));
    for (const fs::path& path : sorted_entries(sequence / "masks"))
      clip.truth[0].push_back(rle_of(read_picture(path, cv::IMREAD_GRAYSCALE)));
    if (clip.truth[0].size() != clip.frames.size())
      throw Error(ErrorKind::Unreadable, fmt::format("'{}' has not one mask a frame", sequence.string()));
    clips.push_back(std::move(clip));
  }
  if (clips.empty()) throw Error(ErrorKind::NotFound, fmt::format("no */masks folders in '{}'", folder.string()));
  return clips;
}

std::vector<TruthClip> panned_photos(const fs::path& instances, std::size_t most, int frames) {
  const CocoTruths coco = read_coco_truths(instances.string());
  std::map<std::int64_t, std::vector<Rle>> objects;
  for (const CocoTruth& truth : coco.truths) {
    const Size size = coco.images.at(truth.image).size;
    if (!truth.crowd && double(rle_area(truth.mask)) >= kLeastShare * size.width * size.height)
      objects[truth.image].push_back(truth.mask);
  }
  std::vector<TruthClip> clips;
  for (const auto& [image, masks] : objects) {
    if (masks.size() < 2) continue;
    if (clips.size() == most) break;
    const fs::path path = instances.parent_path() / coco.images.at(image).file_name;
    clips.push_back(panned(read_picture(path, cv::IMREAD_COLOR), masks, frames));
  }
  return clips;
}

std::vector<TruthClip> read_ytvis(const fs::path& folder) {
  const YtvisTruths truths = read_ytvis_truths(folder / "instances.json");
  std::map<std::int64_t, TruthClip> clips;
  for (const auto& [id, video] : truths.videos)
    for (const std::string& name : video.frames)
      clips[id].frames.push_back(read_picture(folder / "JPEGImages" / name, cv::IMREAD_COLOR));
  for (const YtvisTruth& truth : truths.truths) clips[truth.video].truth.push_back(unpack(truth.masks));
  std::vector<TruthClip> all;
  for (auto& [id, clip] : clips) all.push_back(std::move(clip));
  return all;
}

std::vector<TruthClip> read_photos(const fs::path& folder) {
  std::vector<TruthClip> clips;
  if (fs::exists(folder / "instances.json")) {
    const CocoTruths coco = read_coco_truths(folder / "instances.json");
    std::map<std::int64_t, TruthClip> photos;
    for (const auto& [id, image] : coco.images)
      photos[id].frames.push_back(read_picture(folder / image.file_name, cv::IMREAD_COLOR));
    for (const CocoTruth& truth : coco.truths)
      if (!truth.crowd) photos.at(truth.image).truth.push_back({truth.mask});
    for (auto& [id, clip] : photos) clips.push_back(std::move(clip));
    return clips;
  }
  for (const fs::path& path : sorted_entries(folder)) {
    const fs::path truth = folder / (path.stem().string() + "_gt.png");
    if (path.extension() == ".jpg" && fs::exists(truth))
      clips.push_back({{read_picture(path, cv::IMREAD_COLOR)}, {{rle_of(read_picture(truth, cv::IMREAD_GRAYSCALE))}}});
  }
  return clips;
}

std::vector<TruthClip> read_clips(const fs::path& folder) {
  std::vector<TruthClip> clips;
  for (const fs::path& clip : sorted_entries(folder)) {
    if (!fs::is_directory(clip)) continue;
    clips.emplace_back();
    for (const fs::path& path : sorted_entries(clip))
      if (path.extension() == ".jpg") clips.back().frames.push_back(read_picture(path, cv::IMREAD_COLOR));
  }
  return clips;
}

}  // namespace vcl::benchmark
