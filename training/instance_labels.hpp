// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "training/labelled_photos.hpp"
#include "training/verbs.hpp"

namespace vcl::train {

struct InstanceMap {
  std::vector<std::uint8_t> ids;  ///< [height, width]: instance 1, 2, ...; 0 background
  float weight = 0;               ///< how much the photo counts when photos are drawn; 0: not used
};

/// Labels every photo of options.images with `label` and writes options.out ("ids/<id>", "weight/<id>"), the
/// settings beside it and, with OpenCV, the sheet. Shows progress; a run that was killed goes on from its journal.
/// `method` names what the labels depend on beside the photos: a journal of another method is refused.
void write_instance_labels(const PseudoLabelOptions& options, const std::string& source, const std::string& method,
                           const std::function<InstanceMap(const Photo&)>& label);

}  // namespace vcl::train
