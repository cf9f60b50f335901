// SPDX-License-Identifier: LGPL-2.1-or-later
#include <CLI/CLI.hpp>
#include <memory>

#include "training/fit.hpp"
#include "training/verbs.hpp"

namespace vcl::train {

void add_fit(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("fit", "Trains a network on a pack of photos and labels made by pseudo-label");
  auto o = std::make_shared<FitOptions>();
  verb->add_option("--stage", o->stage, "dense (saliency network), image (video network on photos) or video (on clips)")
      ->required()
      ->check(CLI::IsMember({"dense", "image", "video"}));
  verb->add_option("--images", o->images, "Packs of photos (vcl-train pack)")->required();
  verb->add_option("--labels", o->labels, "Label file of each pack (vcl-train pseudo-label)")->required();
  verb->add_option("--out", o->out,
                   "Folder for model, checkpoint, log and pictures; training goes on from a checkpoint in it")
      ->required();
  verb->add_option("--init", o->init, "Model to start from");
  verb->add_option("--name", o->name, "Name kept in the model");
  auto* minutes = verb->add_option("--minutes", o->minutes, "Training time")->check(CLI::PositiveNumber);
  verb->add_option("--steps", o->steps, "Number of batches, instead of a time")
      ->check(CLI::PositiveNumber)
      ->excludes(minutes);
  verb->add_option("--batch", o->batch, "Clips in a batch [dense 32, image 16, video 8]")->check(CLI::Range(1, 4096));
  verb->add_option("--frames", o->frames, "Frames in a clip [dense 1, image 1, video 3]")->check(CLI::Range(1, 64));
  verb->add_option("--lr", o->learning_rate, "Highest learning rate [dense 2e-3, image 1e-3, video 7e-4]")
      ->check(CLI::PositiveNumber);
  verb->add_option("--seed", o->seed, "Of everything random")->capture_default_str();
  verb->add_option("--threads", o->threads, "Threads of the arithmetic")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  verb->add_option("--workers", o->workers, "Threads that make clips")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  verb->add_option("--precision", o->precision, "fp32, bf16, or auto: bf16 where the processor has it")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "fp32", "bf16"}));
  verb->add_option("--canvas", o->canvas_pixels, "Most pixels of the network's input [15360 = 160x96]")
      ->check(CLI::Range(1024, 1 << 22));
  verb->add_option("--without-paste", o->without_paste, "Share of clips that show one photo only")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  verb->add_option("--without-object", o->without_object, "Share of clips without any object")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 0.9));
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
  verb->add_option("--worker-timeout", o->worker_timeout,
                   "Of several processes (torchrun, srun, mpirun): seconds until one that is silent is given up")
      ->capture_default_str()
      ->check(CLI::Range(1.0, 86400.0));
  verb->callback([o] {
    if (o->minutes <= 0 && o->steps <= 0) throw CLI::RequiredError("--minutes or --steps");
    fit(*o);
  });
}

}  // namespace vcl::train
