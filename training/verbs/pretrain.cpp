// SPDX-License-Identifier: LGPL-2.1-or-later
#include <CLI/CLI.hpp>
#include <memory>

#include "training/pretrain/pretrain.hpp"
#include "training/verbs/add_training.hpp"
#include "training/verbs/verbs.hpp"

namespace vcl::train {

void add_pretrain(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("pretrain", "Trains an encoder on photos alone (DINO), for MaskCut or as a start for fit");
  auto o = std::make_shared<PretrainOptions>();
  verb->add_option("--images", o->images, "Pack of photos (vcl-train pack)")->required();
  verb->add_option("--labels", o->labels,
                   "Labels of the pack (vcl-train pseudo-label), to measure the features on a twentieth of the photos, "
                   "which is then not trained on");
  verb->add_option("--out", o->out,
                   "Folder for model, checkpoint, log and plot; training continues from a checkpoint in it")
      ->required();
  verb->add_option("--arch", o->network.arch, "Architecture of the encoder")
      ->capture_default_str()
      ->check(CLI::IsMember({"vit-tiny", "vit-small", "resnet-tiny"}));
  verb->add_option("--batch", o->batch, "Photos per batch")->capture_default_str()->check(CLI::Range(2, 65536));
  verb->add_option("--global", o->views.global_side, "Side of the two large views in pixels")
      ->capture_default_str()
      ->check(CLI::Range(32, 1024));
  verb->add_option("--local", o->views.local_side, "Side of the small views in pixels")
      ->capture_default_str()
      ->check(CLI::Range(32, 1024));
  verb->add_option("--locals", o->views.locals, "Small views per photo")
      ->capture_default_str()
      ->check(CLI::Range(0, 32));
  verb->add_option("--prototypes", o->network.prototypes, "Outputs of the projection head")
      ->capture_default_str()
      ->check(CLI::Range(16, 1 << 20));
  verb->add_option("--lr", o->learning_rate, "Highest learning rate")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  verb->add_option("--momentum", o->momentum, "Momentum of the teacher at the start, which rises to 1")
      ->capture_default_str()
      ->check(CLI::Range(0.5, 0.9999));
  verb->add_option("--probes", o->probes, "Maximum number of measurements with --labels in the whole training")
      ->capture_default_str()
      ->check(CLI::Range(0, 10000));
  add_training(*verb, o, pretrain);
}

}  // namespace vcl::train
