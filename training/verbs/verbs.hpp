// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "training/clips/clip_options.hpp"
#include "vcl/maskcut.hpp"

namespace CLI {
class App;
}

/// The verbs of vcl-train: each adds its subcommand to `app`, with a callback that runs it and throws
/// vcl::Error (exit status 1). Wrong usage is CLI11's to report (exit status 2).
namespace vcl::train {

void add_pack(CLI::App& app);
void add_pretrain(CLI::App& app);
void add_pseudo_label(CLI::App& app);
void add_merge(CLI::App& app);
void add_synthesize(CLI::App& app);
void add_refine(CLI::App& app);
void add_fit(CLI::App& app);

/// The options of natural clips, the same for all verbs that make clips. `options` must outlive `verb`.
void add_clip_options(CLI::App& verb, ClipOptions& options);

/// What every source of pseudo labels of a pack is told.
struct PseudoLabelOptions {
  std::string images;  ///< pack of photos
  std::string labels;  ///< source model: the classical soft labels to combine with
  std::string model;   ///< source model and maskcut: the network
  std::string out;     ///< labels written here, safetensors
  std::string sheet;   ///< PNG of examples; empty: none
  bool crf = false;    ///< source maskcut: sharpen the masks along the photo's edges
  int threads = 1;
  int limit = 0;  ///< label only so many photos; 0: all
};

void label_by_saliency(const PseudoLabelOptions& options);
void label_by_maskcut(const PseudoLabelOptions& options);
void label_by_model(const PseudoLabelOptions& options);

/// A round of self-training: `pack.labels` are the present ones (may be empty), `pack.model` is a video network.
struct RefineOptions {
  PseudoLabelOptions pack;
  float least_score = 0.7F;  ///< of a prediction that becomes a label, 0..1
};
/// Writes new labels of the pack and prints what has changed. A run that was killed goes on from its journal.
void refine(const RefineOptions& options);

/// A share of a list: part `index` of `count`, from 1.
struct Shard {
  int index = 1, count = 1;
};
/// The first and the end of its photos: shards are even to one photo, and follow each other.
std::pair<std::size_t, std::size_t> shard_range(std::size_t photos, const Shard& shard);

/// MaskCut's annotations of photos that are no pack.
struct AnnotateOptions {
  std::vector<std::string> inputs;  ///< as of find_photos
  std::string model;                ///< the network
  std::string json;                 ///< COCO annotations written here
  std::string sheet;                ///< PNG of examples; empty: none
  MaskCutOptions cuts;
  bool crf = true;
  Size input{};  ///< as in FeatureOptions
  Precision precision = Precision::Fp32;
  Shard shard;
  int threads = 1;  ///< photos at a time
  int limit = 0;    ///< only the first so many photos; 0: all
};

/// Writes options.json, its settings and its list of errors beside it. A run that was killed or stopped goes on from
/// its journal. Throws Error: also when it was asked to stop, or when no photo could be used.
void annotate_photos(const AnnotateOptions& options);

/// Joins annotation files of the same settings into `out`, images in the order of the inputs. Throws Error(Invalid)
/// for other settings or an image that two files have, Error as read_coco and CocoWriter.
void merge_annotations(const std::vector<std::string>& inputs, const std::string& out);

}  // namespace vcl::train
