// SPDX-License-Identifier: LGPL-2.1-or-later
#include <CLI/CLI.hpp>
#include <memory>

#include "training/fit/fit.hpp"
#include "training/verbs/add_training.hpp"
#include "training/verbs/verbs.hpp"

namespace vcl::train {

void add_fit(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("fit", "Trains a network on photos with labels made by pseudo-label, or on labeled videos");
  auto o = std::make_shared<FitOptions>();
  verb->add_option("--stage", o->stage,
                   "dense (saliency network), image (video network on single frames) or video (video network on clips)")
      ->required()
      ->check(CLI::IsMember({"dense", "image", "video"}));
  auto* images = verb->add_option("--images", o->images, "Packs of photos (vcl-train pack), or folders of photos");
  auto* labels = verb->add_option(
      "--labels", o->labels, "Labels of each: a label file of vcl-train pseudo-label, or COCO annotations (.json)");
  images->needs(labels);
  labels->needs(images);
  auto* videos =
      verb->add_option("--videos", o->videos,
                       "YouTube-VIS annotations (.json) of labeled videos to train on, alone or together with photos");
  auto* video_frames = verb->add_option("--video-frames", o->video_frames, "Folder with the frames of --videos");
  videos->needs(video_frames);
  video_frames->needs(videos);
  verb->add_option("--labelled-share", o->labelled_share, "Share of batches from --videos if there are photos too")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0))
      ->needs(videos);
  verb->add_option("--out", o->out,
                   "Folder for model, checkpoint, log and pictures; training continues from a checkpoint in it")
      ->required();
  verb->add_option("--init", o->init,
                   "Model to start from: a file of vcl-train or of the authors (.pth, .pkl); keeps its sizes");
  verb->add_option("--name", o->name, "Name to store in the model");
  verb->add_option("--batch", o->batch,
                   "Clips per batch [dense 32, image 16, video 8, paper 16]; if given twice, the last value counts")
      ->take_last()
      ->check(CLI::Range(1, 4096));
  verb->add_option("--accumulate", o->accumulate, "Batches per update, if a larger batch does not fit into memory")
      ->capture_default_str()
      ->check(CLI::Range(1, 4096));
  verb->add_option("--frames", o->frames, "Frames per clip [dense 1, image 1, video 3]")->check(CLI::Range(1, 64));
  verb->add_option("--lr", o->learning_rate, "Highest learning rate [dense 2e-3, image 1e-3, video 7e-4, paper 5e-6]")
      ->check(CLI::PositiveNumber);
  verb->add_option("--schedule", o->schedule.kind,
                   "Schedule of the learning rate: cosine (down to 0), step (a tenth at each of --drops) or constant "
                   "[recipe cosine, paper step]")
      ->check(CLI::IsMember({"cosine", "step", "constant"}));
  verb->add_option("--drops", o->schedule.drops,
                   "Shares of the training after which --schedule step divides the rate by ten")
      ->check(CLI::Range(0.0, 1.0));
  verb->add_option("--warm-up", o->schedule.warm_up, "Updates over which the rate rises [recipe 100, paper 0]")
      ->check(CLI::Range(0, 1 << 20));
  verb->add_option("--precision", o->precision, "fp32, bf16, or auto (bf16 if the device has instructions for it)")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "fp32", "bf16"}));
  verb->add_option("--canvas", o->canvas_pixels,
                   "Maximum number of pixels of the network's input [that of --init, or 15360 = 160x96]")
      ->check(CLI::Range(1024, 1 << 22));
  auto* neighbours =
      verb->add_option(
              "--neighbours", o->neighbours,
              "Let the network see motion to these frames, such as -2,-1; a model that sees motion keeps its own")
          ->delimiter(',');
  verb->add_flag_callback(
          "--motion",
          [o] {
            o->neighbours = {-1, 1};
          },
          "Let the network see motion: the same as --neighbours -1,1")
      ->excludes(neighbours);
  verb->add_flag("--fine-masks", o->fine_masks,
                 "Predict masks at stride 2 instead of 4: one more FPN step, down to the stem");
  verb->add_option("--moves-weight", o->moves_weight, "Weight of the loss of what moves, in networks that see motion")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100.0));
  verb->add_option("--no-object", o->no_object, "Weight of a query without object in the class loss [recipe]")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 1.0));
  verb->add_flag("--drop-loss", o->drop_loss, "No class loss for a prediction that overlaps no label [recipe]");
  add_clip_options(*verb, o->clips);
  verb->add_option("--mode", o->mode,
                   "How clips are made: natural (the default; scenes and objects move), corrected (the paper's "
                   "copy-paste) or reference (with the faults of the authors' program)")
      ->check(CLI::IsMember({"natural", "corrected", "reference"}));
  verb->add_option("--objective", o->objective,
                   "Losses: recipe (the default; all pixels, scores that rank) or paper (the authors' losses at "
                   "sampled points, parameter groups and clipping)")
      ->check(CLI::IsMember({"recipe", "paper"}));
  verb->add_option("--validate", o->validate_minutes, "Minutes between validations on the held-out photos")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  add_training(*verb, o, fit);
}

}  // namespace vcl::train
