// SPDX-License-Identifier: LGPL-2.1-or-later
#include <CLI/CLI.hpp>
#include <memory>

#include "training/fit/fit.hpp"
#include "training/verbs/add_training.hpp"
#include "training/verbs/verbs.hpp"

namespace vcl::train {

void add_fit(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("fit", "Trains a network on photos with labels made by pseudo-label, or on labelled videos");
  auto o = std::make_shared<FitOptions>();
  verb->add_option("--stage", o->stage, "dense (saliency network), image (video network on photos) or video (on clips)")
      ->required()
      ->check(CLI::IsMember({"dense", "image", "video"}));
  auto* images = verb->add_option("--images", o->images, "Packs of photos (vcl-train pack), or folders of photos");
  auto* labels = verb->add_option("--labels", o->labels,
                                  "Labels of each: a file of vcl-train pseudo-label, or COCO annotations (.json)");
  images->needs(labels);
  labels->needs(images);
  auto* videos = verb->add_option("--videos", o->videos,
                                  "YouTube-VIS annotations (.json) of videos, to fine-tune on, alone or beside photos");
  auto* video_frames = verb->add_option("--video-frames", o->video_frames, "Folder of their frames");
  videos->needs(video_frames);
  video_frames->needs(videos);
  verb->add_option("--labelled-share", o->labelled_share, "Share of batches from --videos where there are photos too")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0))
      ->needs(videos);
  verb->add_option("--out", o->out,
                   "Folder for model, checkpoint, log and pictures; training goes on from a checkpoint in it")
      ->required();
  verb->add_option("--init", o->init,
                   "Model to start from: a file of vcl-train, or the authors' (.pth, .pkl); its sizes are kept");
  verb->add_option("--name", o->name, "Name kept in the model");
  verb->add_option("--batch", o->batch, "Clips in a batch [dense 32, image 16, video 8, paper 16]; the last one counts")
      ->take_last()
      ->check(CLI::Range(1, 4096));
  verb->add_option("--accumulate", o->accumulate, "Batches of an update: what does not fit into memory at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 4096));
  verb->add_option("--frames", o->frames, "Frames in a clip [dense 1, image 1, video 3]")->check(CLI::Range(1, 64));
  verb->add_option("--lr", o->learning_rate, "Highest learning rate [dense 2e-3, image 1e-3, video 7e-4, paper 5e-6]")
      ->check(CLI::PositiveNumber);
  verb->add_option("--schedule", o->schedule.kind,
                   "Of the learning rate: cosine (down to 0), step (a tenth at each of --drops) or constant [recipe "
                   "cosine, paper step]")
      ->check(CLI::IsMember({"cosine", "step", "constant"}));
  verb->add_option("--drops", o->schedule.drops, "Shares of the training after which --schedule step drops the rate")
      ->check(CLI::Range(0.0, 1.0));
  verb->add_option("--warm-up", o->schedule.warm_up, "Updates over which the rate rises [recipe 100, paper 0]")
      ->check(CLI::Range(0, 1 << 20));
  verb->add_option("--precision", o->precision, "fp32, bf16, or auto: bf16 where the device has it")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "fp32", "bf16"}));
  verb->add_option("--canvas", o->canvas_pixels, "Most pixels of the network's input [of --init, or 15360 = 160x96]")
      ->check(CLI::Range(1024, 1 << 22));
  auto* neighbours =
      verb->add_option("--neighbours", o->neighbours,
                       "Lets the network see its motion to these frames, as -2,-1; one that sees motion keeps its own")
          ->delimiter(',');
  verb->add_flag_callback(
          "--motion",
          [o] {
            o->neighbours = {-1, 1};
          },
          "Lets the network see motion: --neighbours -1,1")
      ->excludes(neighbours);
  verb->add_flag("--fine-masks", o->fine_masks, "Masks of stride 2 in place of 4: one more FPN step, down to the stem");
  verb->add_option("--moves-weight", o->moves_weight, "Of the loss of what moves, in networks that see motion")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100.0));
  verb->add_option("--no-object", o->no_object, "Weight of a query without object in the loss of scores [recipe]")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 1.0));
  verb->add_flag("--drop-loss", o->drop_loss, "No loss for a prediction that overlaps no label [recipe]");
  add_clip_options(*verb, o->clips);
  verb->add_option("--mode", o->mode,
                   "How clips are made: natural (the default): scenes and objects move; corrected: the paper's "
                   "copy-paste; reference: with the authors' faults")
      ->check(CLI::IsMember({"natural", "corrected", "reference"}));
  verb->add_option("--objective", o->objective,
                   "recipe (the default): all pixels, scores that rank; paper: the authors' losses at sampled points, "
                   "parameter groups and clipping")
      ->check(CLI::IsMember({"recipe", "paper"}));
  verb->add_option("--validate", o->validate_minutes, "Minutes between looks at the held-out photos")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  add_training(*verb, o, fit);
}

}  // namespace vcl::train
