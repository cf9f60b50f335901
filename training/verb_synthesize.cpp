// SPDX-License-Identifier: LGPL-2.1-or-later
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "training/paper_clips.hpp"
#include "training/plots.hpp"
#include "training/verbs.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

struct SynthesizeOptions {
  std::vector<std::string> images, labels;
  std::string out;
  int count = 16, frames = 3;
  std::uint64_t seed = 1;
  std::int64_t canvas_pixels = 15360;
  std::string mode = "natural";
};

Picture picture_of(const Clip& clip, int number, int frame) {
  Picture picture{clip.canvas,
                  std::vector<std::uint8_t>(3 * clip.pixels()),
                  {clip.label(frame), clip.label(frame) + clip.pixels()},
                  {}};
  for (std::size_t i = 0; i < clip.pixels(); ++i)
    for (int c = 0; c < 3; ++c) picture.rgb[3 * i + c] = clip.image(frame)[c * clip.pixels() + i];
  picture.caption = "clip " + std::to_string(number) + " frame " + std::to_string(frame) + ": " +
                    std::to_string(clip.instances) + " objects";
  return picture;
}

Clip synthetic_clip(const ClipSource& source, Size canvas, const SynthesizeOptions& options, Random& random) {
  const std::optional<PasteMode> paste = paste_mode(options.mode);
  return paste ? make_paper_clips(source, canvas, options.frames, *paste, random)[0]
               : make_clip(source, canvas, options.frames, {}, random);
}

/// Two rows of pictures for each clip: as the network sees it, and with its objects marked.
void synthesize(const SynthesizeOptions& options) {
  const LabelledPhotos photos(options.images, options.labels, LabelKind::Instances);
  const ClipSource source(photos.photos, photos.training);
  std::error_code failure;
  std::filesystem::create_directories(options.out, failure);
  std::vector<Picture> pictures;
  for (int i = 0; i < options.count; ++i) {
    Random shape(options.seed, std::uint64_t(i), ~std::uint64_t(0)), random(options.seed, std::uint64_t(i), 0);
    const Size canvas = draw_canvas(shape, options.canvas_pixels, 32);
    const Clip clip = synthetic_clip(source, canvas, options, random);
    for (const bool marked : {false, true})
      for (int t = 0; t < options.frames; ++t) {
        pictures.push_back(picture_of(clip, i, t));
        if (!marked) pictures.back().ids.clear();
      }
  }
  const std::string sheet = options.out + "/clips.png";
  write_contact_sheet(sheet, pictures, 2 * options.frames);
  std::fprintf(stderr, "%s: %d clips from %zu photos and %zu cut-outs\n", sheet.c_str(), options.count,
               photos.training.size(), source.cutouts().size());
}

}  // namespace

void add_synthesize(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("synthesize", "Makes training clips as fit does and shows them in a contact sheet");
  auto o = std::make_shared<SynthesizeOptions>();
  verb->add_option("--images", o->images, "Packs of photos (vcl-train pack)")->required();
  verb->add_option("--labels", o->labels, "Instance maps of each pack (vcl-train pseudo-label)")->required();
  verb->add_option("--out", o->out, "Folder for clips.png")->required();
  verb->add_option("--count", o->count, "Number of clips")->capture_default_str()->check(CLI::Range(1, 1000));
  verb->add_option("--frames", o->frames, "Frames in a clip")->capture_default_str()->check(CLI::Range(1, 16));
  verb->add_option("--seed", o->seed, "Of everything random")->capture_default_str();
  verb->add_option("--canvas", o->canvas_pixels, "Most pixels of a frame")
      ->capture_default_str()
      ->check(CLI::Range(1024, 1 << 22));
  verb->add_option("--mode", o->mode, "natural (the default), corrected or reference, as for fit")
      ->check(CLI::IsMember({"natural", "corrected", "reference"}));
  verb->callback([o] {
    if (o->mode != "natural" && o->frames < 2)
      throw CLI::ValidationError("--frames", "the paper's clips have two or more");
    synthesize(*o);
  });
}

}  // namespace vcl::train
