// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/images/image_batch.hpp"
#include "tools/media/input.hpp"
#include "tools/segment/contact_sheet.hpp"
#include "tools/segment/painted_video.hpp"
#include "vcl/precision.hpp"

namespace vcl {

/// What `vcl segment` was asked for; an empty output is not written, an option that is not set is
/// left to the element.
struct SegmentOptions {
  std::vector<std::string> in;
  std::string overlay, json, ytvis, masks, contact_sheet;
  std::optional<std::string> model, device, motion, overlap;
  std::optional<int> threads, window, stride, max_instances, max_age, every;
  std::optional<double> threshold;
  std::optional<std::uint64_t> min_area;
  Precision precision = Precision::Fp32;
  std::optional<double> fps;        ///< of images
  std::optional<OnError> on_error;  ///< of photos and images
  int bits = 16;                    ///< of images whose samples have 16
  bool photos = false;
  bool whole = false;
  bool deinterlace = false;  ///< also frames that are not flagged as interlaced
  bool quiet = false;
};

/// source ! queue "input" ! vcl-vis-segment "segment" ! vcl-export "export" ! [vcl-overlay ! video, sheet].
/// `video` is null where none is asked for; it and the sheet must outlive the pipeline. Throws Error. Returns:
/// (transfer full)
GstElement* make_segment_pipeline(const SegmentOptions& options, const Input& input, PaintedVideo* video,
                                  ContactSheet* sheet);

}  // namespace vcl
