// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/journal.hpp"
#include "training/labels/pseudo_label.hpp"
#include "training/photos/labelled_photos.hpp"
#include "vcl/mask.hpp"

namespace vcl::train {

struct InstanceMap {
  std::vector<std::uint8_t> ids;  ///< [height, width]: instance 1, 2, ...; 0 background
  float weight = 0;               ///< how much the photo counts when photos are drawn; 0: not used
  int predicted = 0;  ///< so many instances, the first ones, are a network's own predictions (vcl-train refine)
};

/// What the labels of a pack depend on beside its photos and the files that the options name.
struct Labelling {
  std::string command, source;
  std::string method;  ///< a journal of another method is refused
};

/// Labels of a pack while they are made: a journal, so that a run that was killed goes on, then the label file.
/// All methods throw Error naming the file.
class InstanceLabels {
 public:
  InstanceLabels(const PseudoLabelOptions& options, Labelling labelling);

  const std::vector<Photo>& photos() const { return photos_; }
  /// Labels the photos that have no label yet. Shows progress.
  void make(const std::function<InstanceMap(const Photo&)>& label);
  /// The label of photo `i`, once made.
  InstanceMap read(std::size_t i) const;
  /// Writes options.out ("ids/<id>", "weight/<id>") and, with `figures`, the settings beside it. The journal goes.
  void finish(const nlohmann::ordered_json& figures);

 private:
  void write_labels() const;
  void write_settings(const nlohmann::ordered_json& figures) const;

  const PseudoLabelOptions options_;
  const Labelling labelling_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  SafetensorsFile pack_;
  std::vector<Photo> photos_;
  Journal journal_;
  const std::size_t resumed_;
};

/// Labels every photo of options.images with `label`, with a sheet of examples in builds with OpenCV.
void write_instance_labels(const PseudoLabelOptions& options, const Labelling& labelling,
                           const std::function<InstanceMap(const Photo&)>& label);

/// Numbers them from 1; a pixel of several is the first one's.
std::vector<std::uint8_t> number_instances(const std::vector<Mask>& masks, std::size_t pixels);

}  // namespace vcl::train
