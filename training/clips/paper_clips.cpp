// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/paper_clips.hpp"

#include <algorithm>
#include <numeric>

#include "vcl/error.hpp"

namespace vcl::train {
namespace {

ClipFrame frame_of(const Photo& photo) {
  const std::size_t pixels = std::size_t(photo.size.width) * std::size_t(photo.size.height);
  ClipFrame frame{photo.size, std::vector<std::uint8_t>(3 * pixels), {}, {}};
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t channel = 0; channel < 3; ++channel) frame.rgb[channel * pixels + i] = photo.rgb[3 * i + channel];
  for (int id = 1; id < 256; ++id) {
    std::vector<std::uint8_t> mask(pixels);
    for (std::size_t i = 0; i < pixels; ++i) mask[i] = photo.labels[i] == id;
    if (std::ranges::count(mask, 1) == 0) continue;
    frame.masks.push_back(std::move(mask));
    frame.ids.push_back(id);
  }
  return frame;
}

Size common(Size a, Size b) {
  return {std::min(a.width, b.width), std::min(a.height, b.height)};
}

void draw(const ClipFrame& frame, int t, Clip& clip) {
  const std::size_t pixels = std::size_t(frame.size.width) * std::size_t(frame.size.height);
  const Size seen = common(frame.size, clip.canvas);  // the sides may have been rounded up beyond the canvas
  for (int y = 0; y < seen.height; ++y)
    for (int x = 0; x < seen.width; ++x) {
      const std::size_t from = std::size_t(y) * frame.size.width + std::size_t(x);
      const std::size_t to = std::size_t(y) * clip.canvas.width + std::size_t(x);
      for (std::size_t channel = 0; channel < 3; ++channel)
        clip.image(t)[channel * clip.pixels() + to] = frame.rgb[channel * pixels + from];
      for (std::size_t row = 0; row < frame.masks.size(); ++row)
        if (frame.masks[row][from]) clip.label(t)[to] = std::uint8_t(row + 1);
    }
}

}  // namespace

std::vector<int> RandomDraws::choice(int of, int count) {
  std::vector<int> numbers(std::size_t(of), 0);
  std::iota(numbers.begin(), numbers.end(), 0);
  for (int i = 0; i < count; ++i) std::swap(numbers[std::size_t(i)], numbers[std::size_t(integer(i, of - 1))]);
  numbers.resize(std::size_t(count));
  return numbers;
}

Augmentation augmentation_for(Size photo, Size canvas) {
  const double fit = std::min(double(canvas.width) / photo.width, double(canvas.height) / photo.height);
  const int edge = std::max(1, int(fit * std::min(photo.width, photo.height)));
  return {.least_crop = 0,
          .most_crop = 0,
          .short_edges = {std::max(1, 3 * edge / 4), edge},
          .longest = std::max(canvas.width, canvas.height)};
}

Clip on_canvas(const FrameClip& frames, Size canvas) {
  Clip clip(canvas, int(frames.size()));
  clip.content = common(frames[0].size, canvas);
  for (std::size_t t = 0; t < frames.size(); ++t) draw(frames[t], int(t), clip);
  renumber(clip);
  pad(clip);
  return clip;
}

std::optional<PasteMode> paste_mode(const std::string& mode) {
  if (mode == "natural") return std::nullopt;
  if (mode == "corrected") return PasteMode::Corrected;
  if (mode == "reference") return PasteMode::Reference;
  throw Error(ErrorKind::Invalid, "there is no mode " + mode + "; the modes are natural, corrected and reference");
}

void check_mode(const std::string& mode, int frames, const ClipOptions& options) {
  if (!paste_mode(mode)) return;
  if (frames < 2)
    throw Error(ErrorKind::Invalid,
                "the paper's clips have two frames or more: --mode " + mode + " is for the video stage");
  if (options != ClipOptions{})
    throw Error(ErrorKind::Invalid,
                "--mode " + mode +
                    " makes the paper's clips, which the options of natural clips do not change; leave them away");
}

std::array<Clip, 2> make_paper_clips(const ClipSource& source, Size canvas, int frames, PasteMode mode,
                                     Random& random) {
  RandomDraws draws(random);
  std::vector<FrameClip> pair;
  for (int i = 0; i < 2; ++i) {
    const Photo& photo = source.draw_photo(random);
    pair.push_back(augmented_clip(frame_of(photo), frames, augmentation_for(photo.size, canvas), draws));
  }
  copy_and_paste(pair, {.mode = mode}, draws);
  return {on_canvas(pair[0], canvas), on_canvas(pair[1], canvas)};
}

}  // namespace vcl::train
