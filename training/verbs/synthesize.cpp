// SPDX-License-Identifier: LGPL-2.1-or-later
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "libvcl/engine/motion/motion_planes.hpp"
#include "support/json_text.hpp"
#include "training/clips/paper_clips.hpp"
#include "training/clips/ytvis_set.hpp"
#include "training/report/flow_colours.hpp"
#include "training/report/plots.hpp"
#include "training/verbs/verbs.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr int kMostShown = 24;                                   // number of clips in sheet and video
constexpr int kNeighbours[] = {-1, 1};                           // as with fit --motion
constexpr std::int64_t kMostShownBytes = std::int64_t{1} << 28;  // limit of the memory for their pictures; reduces the
                                                                 // number of large clips

struct SynthesizeOptions {
  std::vector<std::string> images, labels;
  std::string out, ytvis;
  int count = 16, frames = 3, workers = 1;
  std::uint64_t seed = 1;
  std::int64_t canvas_pixels = 15360;
  ClipOptions clips;
  std::string mode = "natural";
  bool held_out = false;
};

Picture picture_of(const Clip& clip, int number, int frame) {
  Picture picture{clip.canvas,
                  std::vector<std::uint8_t>(3 * clip.pixels()),
                  {clip.label(frame), clip.label(frame) + clip.pixels()},
                  {}};
  std::ranges::replace(picture.ids, kUnlabelled, std::uint8_t(0));
  for (std::size_t i = 0; i < clip.pixels(); ++i)
    for (int c = 0; c < 3; ++c) picture.rgb[3 * i + c] = clip.image(frame)[c * clip.pixels() + i];
  picture.caption = "clip " + std::to_string(number) + " frame " + std::to_string(frame) + ": " +
                    std::to_string(clip.instances) + " objects";
  return picture;
}

/// Draws the motion input of a frame: its motion relative to the scene, towards the next frame.
Picture flow_picture(const Clip& clip, int frame) {
  Picture picture{clip.canvas, std::vector<std::uint8_t>(3 * clip.pixels()), {}, "motion"};
  if (clip.motion.empty()) return picture;
  const std::size_t neighbours = std::size(kNeighbours);
  const float* x = &clip.motion[(std::size_t(frame) * neighbours + neighbours - 1) * kMotionPlanes * clip.pixels()];
  for (std::size_t i = 0; i < clip.pixels(); ++i)
    std::ranges::copy(flow_colour(x[i] / 2, x[clip.pixels() + i] / 2), &picture.rgb[3 * i]);
  return picture;
}

/// Draws moving pixels white, others black, unknown ones gray.
Picture moves_picture(const Clip& clip, int frame) {
  Picture picture{clip.canvas, {}, {}, "what moves"};
  for (std::size_t i = 0; i < clip.pixels(); ++i) {
    const std::uint8_t moves = clip.moves.empty() ? kUnknown : clip.moves[std::size_t(frame) * clip.pixels() + i];
    picture.rgb.insert(picture.rgb.end(), 3, moves == kMoves ? 255 : moves == kStays ? 0 : 128);
  }
  return picture;
}

/// Makes the first clip of the batch that fit makes with the same seed and number, with motion to `neighbours`.
Clip synthetic_clip(const ClipSource& source, const SynthesizeOptions& options, std::uint64_t number,
                    std::span<const int> neighbours) {
  Random shape(options.seed, number, ~std::uint64_t(0)), random(options.seed, number, 0);
  const Size canvas = draw_canvas(shape, options.canvas_pixels, 32);
  const std::optional<PasteMode> paste = paste_mode(options.mode);
  return paste ? make_paper_clips(source, canvas, options.frames, *paste, random)[0]
               : make_clip(source, canvas, options.frames, options.clips, random, neighbours);
}

/// Writes one row of pictures per clip: as the network sees it, and with its objects marked. If scenes move, another
/// row shows their motion and what moves.
void show_clips(const ClipSource& source, const SynthesizeOptions& options) {
  const std::int64_t bytes = 2 * 4 * options.canvas_pixels * options.frames;  // of the pictures of a clip
  const int count = std::min({options.count, kMostShown, 1 + int(kMostShownBytes / bytes)});
  std::error_code failure;  // a failure shows when the sheet is written
  std::filesystem::create_directories(options.out, failure);
  std::vector<Picture> pictures, sheet;
  for (int i = 0; i < count; ++i) {
    const Clip clip = synthetic_clip(source, options, std::uint64_t(i), kNeighbours);
    for (const bool marked : {false, true})
      for (int t = 0; t < options.frames; ++t) {
        pictures.push_back(picture_of(clip, i, t));
        if (!marked) pictures.back().ids.clear();
      }
    sheet.insert(sheet.end(), pictures.end() - 2 * options.frames, pictures.end());
    if (options.clips.moving == 0) continue;
    for (int t = 0; t < options.frames; ++t) sheet.push_back(flow_picture(clip, t));
    for (int t = 0; t < options.frames; ++t) sheet.push_back(moves_picture(clip, t));
  }
  write_contact_sheet(options.out + "/clips.png", sheet, 2 * options.frames);
  write_clip_video(options.out + "/clips.mp4", pictures, options.frames);
  std::fprintf(stderr, "%s/clips.png, clips.mp4: %d clips\n", options.out.c_str(), count);
}

/// Returns a text of everything that the clips depend on, for the Journal.
std::string fingerprint_of(const LabelledPhotos& photos, const SynthesizeOptions& options) {
  nlohmann::json settings = settings_of(options.clips);
  settings.update({{"mode", options.mode},
                   {"clips", options.count},
                   {"frames", options.frames},
                   {"seed", options.seed},
                   {"canvas", options.canvas_pixels}});
  if (options.held_out) settings["held out"] = true;
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const Photo& photo : photos.photos)
    for (const char c : photo.id + " " + std::to_string(photo.weight)) hash = (hash ^ std::uint8_t(c)) * 0x100000001B3;
  std::string text = "clips by synthesize 1";
  for (const auto& [name, value] : settings.items()) text += "; " + name + " " + json_text(value);
  return text + "; hash of " + std::to_string(photos.photos.size()) + " photos and weights " + std::to_string(hash);
}

void synthesize(const SynthesizeOptions& options) {
  check_mode(options.mode, options.frames, options.clips);
  const LabelledPhotos photos(options.images, options.labels, LabelKind::Instances);
  const std::vector<std::size_t>& among = options.held_out ? photos.held_out : photos.training;
  if (among.empty())
    throw Error(ErrorKind::Invalid, "--held-out: no photo with a label is kept apart; pack more photos");
  const ClipSource source(photos.photos, among);
  std::fprintf(stderr, "%zu photos, %zu cut-outs\n", among.size(), source.cutouts().size());
  if (!options.out.empty()) show_clips(source, options);
  if (options.ytvis.empty()) return;
  write_ytvis_set({options.ytvis, fingerprint_of(photos, options), options.count, options.workers},
                  [&](std::uint64_t number) { return synthetic_clip(source, options, number, {}); });
}

}  // namespace

void add_synthesize(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("synthesize", "Makes the same training clips as fit, to look at or to keep");
  auto o = std::make_shared<SynthesizeOptions>();
  verb->add_option("--images", o->images, "Packs of photos (vcl-train pack)")->required();
  verb->add_option("--labels", o->labels, "Label file of each pack (vcl-train pseudo-label)")->required();
  verb->add_option("--out", o->out, "Folder for clips.png and clips.mp4, which show the first clips");
  verb->add_option("--ytvis", o->ytvis, "Folder for all clips in YouTube-VIS format (JPEGImages, instances.json)");
  verb->add_option("--count", o->count, "Number of clips")->capture_default_str()->check(CLI::Range(1, 1000000));
  verb->add_option("--frames", o->frames, "Frames per clip")->capture_default_str()->check(CLI::Range(1, 64));
  verb->add_option("--seed", o->seed, "Seed of all random draws")->capture_default_str();
  verb->add_option("--workers", o->workers, "Threads that make clips")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  verb->add_option("--canvas", o->canvas_pixels, "Maximum number of pixels of a frame")
      ->capture_default_str()
      ->check(CLI::Range(1024, 1 << 22));
  verb->add_option("--mode", o->mode, "natural (the default), corrected or reference, as for fit")
      ->check(CLI::IsMember({"natural", "corrected", "reference"}));
  verb->add_flag("--held-out", o->held_out, "Make the clips from photos that fit does not train on");
  add_clip_options(*verb, o->clips);
  verb->callback([o] {
    if (o->out.empty() && o->ytvis.empty()) throw CLI::RequiredError("--out or --ytvis");
    synthesize(*o);
  });
}

}  // namespace vcl::train
