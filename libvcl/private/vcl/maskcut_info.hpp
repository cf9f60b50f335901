// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "vcl/coco.hpp"
#include "vcl/maskcut.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// Returns what an annotation file states about masks that were made with these settings: the settings, named like the
/// options of the command line, and the hash of the file `from` that the features come from (a model, or features
/// themselves). `input` and `precision` are those of FeatureOptions. Throws Error(NotFound | Unreadable) for that file.
CocoInfo maskcut_info(const MaskCutOptions& cuts, bool crf, Size input, Precision precision, const std::string& from);

}  // namespace vcl
