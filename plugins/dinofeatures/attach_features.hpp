// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <string>

#include "plugins/base/annotator.hpp"
#include "vcl/features.hpp"

namespace gstvcl {

/// Removes the metas that attach_features adds.
void remove_features(GstBuffer* buffer);

/// Writes features into the metas of their frame: GstVclFeaturesMeta, which shares the values, and its custom twin.
/// They are stale where no inference ran for the frame.
void attach_features(const AnnotatorFrame& frame, const std::shared_ptr<const vcl::FeatureMap>& features,
                     const std::string& model_name);

}  // namespace gstvcl
