// SPDX-License-Identifier: LGPL-2.1-or-later
#include "evaluation/ytvis_files.hpp"

#include "evaluation/by_category.hpp"
#include "libvcl/results/json_entry.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

using nlohmann::json;

YtvisVideo read_video(const JsonEntry& entry) {
  YtvisVideo video{{}, entry.size()};
  for (const json& name : entry.list("file_names")) {
    if (!name.is_string()) entry.refuse("a file name is no text");
    video.frames.push_back(name);
  }
  return video;
}

const YtvisVideo& video_of(const JsonEntry& entry, const YtvisTruths& truths) {
  const auto found = truths.videos.find(entry.integer("video_id"));
  if (found == truths.videos.end())
    entry.refuse("there is no video " + std::to_string(entry.integer("video_id")) + " in the ground truth");
  return found->second;
}

MaskTrack read_track(const JsonEntry& entry, const YtvisVideo& video) {
  const json& list = entry.list("segmentations");
  if (list.size() != video.frames.size())
    entry.refuse("has segmentations for " + std::to_string(list.size()) + " frames, where the video has " +
                 std::to_string(video.frames.size()));
  MaskTrack track;
  for (const json& segmentation : list) {
    track.emplace_back();
    if (!segmentation.is_null()) track.back() = read_rle(segmentation, video.size, entry.what);
  }
  return track;
}

/// Returns the mean of the annotated areas without nulls and zeros, or the mean area of the masks if no areas are
/// annotated.
double truth_area(const JsonEntry& entry, const MaskTrack& track) {
  if (!entry.has("areas")) return mean_area(track);
  double sum = 0, frames = 0;
  for (const json& area : entry.list("areas")) {
    if (area.is_null()) continue;
    if (!area.is_number()) entry.refuse("an area is no number");
    sum += area.get<double>();
    frames += area.get<double>() != 0;
  }
  return frames == 0 ? 0 : sum / frames;
}

}  // namespace

YtvisTruths read_ytvis_truths(const std::string& path) {
  YtvisTruths truths;
  // Annotations may precede their videos, so the file is read twice.
  read_lists(path, {{"videos",
                     [&](const JsonEntry& entry) {
                       if (!truths.videos.emplace(entry.integer("id"), read_video(entry)).second)
                         entry.refuse("another video has the same id");
                     }},
                    {"categories", [&](const JsonEntry& entry) { truths.categories.insert(entry.integer("id")); }}});
  ByCategory<YtvisTruth> annotations;
  read_lists(path,
             {{"annotations", [&](const JsonEntry& entry) {
                 const MaskTrack track = read_track(entry, video_of(entry, truths));
                 const double area = truth_area(entry, track);
                 const bool crowd = entry.has("iscrowd") && entry.integer("iscrowd") != 0;
                 annotations.add(entry.integer("category_id"), {entry.integer("video_id"), pack(track), area, crowd});
               }}});
  truths.truths = annotations.take();
  return truths;
}

std::vector<YtvisResult> read_ytvis_results(const std::string& path, const YtvisTruths& truths) {
  ByCategory<YtvisResult> results;
  read_lists(path, {{"", [&](const JsonEntry& entry) {
                       const std::int64_t category = entry.integer("category_id");
                       if (!truths.categories.contains(category)) return;
                       results.add(category, {entry.integer("video_id"),
                                              pack(read_track(entry, video_of(entry, truths))), entry.number("score")});
                     }}});
  return results.take();
}

}  // namespace vcl
