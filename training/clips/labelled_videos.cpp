// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/labelled_videos.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "evaluation/ytvis_files.hpp"
#include "training/clips/augmentation.hpp"
#include "training/clips/frame_steps.hpp"
#include "training/clips/paper_clips.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr std::size_t kOneHeldOutOf = 20, kMostObjects = 255;
constexpr int kReach = 20;  // distance in frames from the frame that is drawn first
constexpr int kStride = 32, kMostAttempts = 100;
constexpr double kLeastCrop = 600.0 / 720;  // of a side: the paper's crops for the most common size of its videos

bool lies(Size size) {
  return size.width > size.height;
}

/// Returns sorted frame numbers around a random one. A frame may occur several times.
std::vector<int> draw_frames(int length, int count, Random& random) {
  std::vector<int> frames{int(random.below(std::size_t(length)))};
  const int reference = frames[0], first = std::max(0, reference - kReach),
            end = std::min(length, reference + kReach + 1);
  while (int(frames.size()) < count) {
    if (end - first == 1) {
      frames.push_back(reference);
      continue;
    }
    const int other = first + int(random.below(std::size_t(end - first - 1)));
    frames.push_back(other + (other >= reference));
  }
  std::ranges::sort(frames);
  return frames;
}

/// Returns a random part of the same aspect ratio, so that all frames of a clip have one size.
ClipFrame draw_crop(const ClipFrame& frame, Random& random) {
  const double share = random.uniform(kLeastCrop, 1);
  const Size size{std::max(1, int(share * frame.size.width)), std::max(1, int(share * frame.size.height))};
  const int x = int(random.below(std::size_t(frame.size.width - size.width + 1)));
  const int y = int(random.below(std::size_t(frame.size.height - size.height + 1)));
  return cropped(frame, x, y, size);
}

FrameClip augmented(FrameClip frames, Size canvas, Random& random) {
  for (ClipFrame& frame : frames) frame = draw_crop(frame, random);
  RandomDraws draws(random);
  return augmented_clip(frames, augmentation_for(frames[0].size, canvas), draws);
}

FrameClip fitted(FrameClip frames, Size canvas) {
  const Augmentation sizes = augmentation_for(frames[0].size, canvas);
  for (ClipFrame& frame : frames)
    frame = resized(frame, resized_sides(frame.size, sizes.short_edges.back(), sizes.longest));
  return frames;
}

std::string missing_frame(const std::vector<std::string>& frames) {
  std::error_code ignored;
  for (const std::string& frame : frames)
    if (!std::filesystem::is_regular_file(frame, ignored)) return frame;
  return "";
}

}  // namespace

LabelledVideos::LabelledVideos(const std::string& annotations, const std::string& frames, std::int64_t pixels,
                               ReadPicture read, ErrorList& errors)
    : read_(std::move(read)), errors_(&errors) {
  const YtvisTruths truths = read_ytvis_truths(annotations);
  std::map<std::int64_t, std::vector<Track>> tracks;
  for (const YtvisTruth& truth : truths.truths) {
    if (truth.crowd || tracks[truth.video].size() == kMostObjects) continue;
    const MaskTrack masks = unpack(truth.masks);
    if (total_area(masks) == 0) continue;
    Track& track = tracks[truth.video].emplace_back();
    for (const std::optional<Rle>& mask : masks) track.runs.push_back(mask ? mask->runs : std::vector<std::uint32_t>{});
  }
  const std::size_t before = errors_->count();
  for (const auto& [id, video] : truths.videos) {
    if (!tracks.contains(id) || video.frames.empty()) continue;
    Video& added = videos_.emplace_back(
        Video{video.size, letterbox_fit(video.size, pixels, kStride).canvas, {}, std::move(tracks[id])});
    for (const std::string& name : video.frames) {
      const auto parts = std::filesystem::path(name);
      if (parts.is_absolute() || std::ranges::find(parts, "..") != parts.end())
        throw Error(ErrorKind::Unreadable,
                    annotations + ": the frame '" + name + "' lies outside of the folder of frames; correct the name");
      added.frames.push_back(frames + "/" + name);
    }
    const std::string missing = missing_frame(added.frames);
    if (missing.empty()) continue;
    errors_->add(annotations + ": video " + std::to_string(id), "there is no file " + missing);
    videos_.pop_back();
  }
  if (videos_.empty())
    throw Error(ErrorKind::Unreadable,
                annotations + " has no video with objects whose frames are all in " + frames + "; " +
                    (errors_->count() > before ? errors_->path() + " says which are missing" : "it marks no object"));
  for (std::size_t i = 0; i < videos_.size(); ++i)
    (i % kOneHeldOutOf == kOneHeldOutOf - 1 ? held_out_ : training_).push_back(i);
}

ClipFrame LabelledVideos::read_frame(const Video& video, int frame) const {
  const std::string& path = video.frames[std::size_t(frame)];
  ClipFrame picture;
  try {
    picture = read_(path);
    if (picture.size != video.size) throw Error(ErrorKind::Unreadable, "has another size than its video's annotations");
  } catch (const Error& error) {
    errors_->add(path, error.what());
    throw;
  }
  for (std::size_t row = 0; row < video.tracks.size(); ++row) {
    const std::vector<std::uint32_t>& runs = video.tracks[row].runs[std::size_t(frame)];
    const bool there = !runs.empty();
    Mask mask =
        there ? rle_decode({video.size.width, video.size.height, runs}) : Mask(video.size.width, video.size.height);
    picture.masks.push_back(std::move(mask.pixels));
    picture.ids.push_back(there ? std::int64_t(row) : -1);
  }
  return picture;
}

FrameClip LabelledVideos::read(const Video& video, const std::vector<int>& frames) const {
  FrameClip clip;
  for (std::size_t i = 0; i < frames.size(); ++i)
    clip.push_back(i > 0 && frames[i] == frames[i - 1] ? clip.back() : read_frame(video, frames[i]));
  return clip;
}

std::optional<Clip> LabelledVideos::draw_clip(const std::vector<std::size_t>& videos, int frames, Size canvas,
                                              bool augment, Random& random) const {
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const Video& video = videos_[videos[random.below(videos.size())]];
    try {
      FrameClip clip = read(video, draw_frames(int(video.frames.size()), frames, random));
      return on_canvas(augment ? augmented(std::move(clip), canvas, random) : fitted(std::move(clip), canvas), canvas);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::Unreadable) throw;
    }
  }
  return std::nullopt;
}

Size LabelledVideos::draw_canvas(Random& random) const {
  return videos_[training_[random.below(training_.size())]].canvas;
}

Clip LabelledVideos::draw(Size canvas, int frames, Random& random) const {
  std::vector<std::size_t> alike;
  for (const std::size_t i : training_)
    if (lies(videos_[i].canvas) == lies(canvas)) alike.push_back(i);
  std::optional<Clip> clip = draw_clip(alike, frames, canvas, true, random);
  if (clip) return std::move(*clip);
  throw Error(ErrorKind::Unreadable, "one video after the other cannot be read; " + errors_->path() + " says why");
}

std::vector<Clip> LabelledVideos::held_out(int clips, int frames) const {
  std::vector<Clip> drawn;
  for (int i = 0; i < clips && !held_out_.empty(); ++i) {
    Random random(0, std::uint64_t(i), 0);
    const std::size_t video = held_out_[std::size_t(i) % held_out_.size()];
    if (std::optional<Clip> clip = draw_clip({video}, frames, videos_[video].canvas, false, random))
      drawn.push_back(std::move(*clip));
  }
  return drawn;
}

}  // namespace vcl::train
