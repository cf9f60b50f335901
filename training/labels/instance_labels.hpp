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
  float weight = 0;               ///< weight for drawing the photo; 0: not used
  int predicted = 0;  ///< number of instances predicted by the network (vcl-train refine); they are the first ones
};

/// What the labels of a pack depend on, besides its photos and the files in the options.
struct Labelling {
  std::string command, source;
  std::string method;  ///< a journal of another method is refused
};

/// The labels of a pack during labeling: a journal, so that an interrupted run can continue, then the label file. All
/// methods throw Error that names the file.
class InstanceLabels {
 public:
  InstanceLabels(const PseudoLabelOptions& options, Labelling labelling);

  const std::vector<Photo>& photos() const { return photos_; }
  /// Labels the photos that have no label yet. Shows progress.
  void make(const std::function<InstanceMap(const Photo&)>& label);
  /// Returns the label of photo `i`, which must exist.
  InstanceMap read(std::size_t i) const;
  /// Writes options.out ("ids/<id>", "weight/<id>") and the settings, with `figures`, beside it. Removes the journal.
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

/// Labels all photos of options.images with `label`. Builds with OpenCV also write a sheet of examples.
void write_instance_labels(const PseudoLabelOptions& options, const Labelling& labelling,
                           const std::function<InstanceMap(const Photo&)>& label);

/// Numbers the masks from 1. A pixel in several masks belongs to the first.
std::vector<std::uint8_t> number_instances(const std::vector<Mask>& masks, std::size_t pixels);

}  // namespace vcl::train
