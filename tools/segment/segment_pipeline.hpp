// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/images/image_batch.hpp"
#include "tools/media/camera.hpp"
#include "tools/media/frame_range.hpp"
#include "tools/media/input.hpp"
#include "tools/segment/contact_sheet.hpp"
#include "tools/segment/painted_video.hpp"
#include "tools/segment/painting.hpp"
#include "vcl/mask.hpp"
#include "vcl/precision.hpp"

namespace vcl {

constexpr double kImagesPerSecond = 24;

/// The options of `vcl segment`. An output whose name is empty is not written. An option that is not set keeps the
/// element's default.
struct SegmentOptions {
  std::vector<std::string> in;
  std::string overlay, json, ytvis, masks, contact_sheet;
  std::optional<std::string> model, device, motion, overlap, region;
  std::optional<int> threads, window, stride, max_instances, max_age, every;
  std::optional<double> threshold;
  std::optional<std::uint64_t> min_area;
  Precision precision = Precision::Fp32;
  std::string mask;                   ///< picture file that marks what to ignore
  std::shared_ptr<const Mask> shown;  ///< content of `mask`
  std::optional<double> fps;          ///< frame rate of images
  std::string frames;                 ///< a range, as text
  Painting painting;
  FrameRange range;
  CameraPatience camera;
  VideoCoding coding;                                               ///< of the painted video
  std::optional<OnError> on_error;                                  ///< for photos, images and several inputs
  int bits = 16;                                                    ///< used bits of images with 16-bit samples
  std::string out;                                                  ///< folder for the results of all inputs
  std::vector<std::string> results = {"overlay", "json", "sheet"};  ///< kinds of results in `out`
  bool skip_existing = false;
  bool photos = false;
  bool whole = false;
  bool deinterlace = false;   ///< also deinterlace frames that are not flagged as interlaced
  bool system_clock = false;  ///< whether JSON lines have the time of this computer where the stream states none
  bool quiet = false;
};

/// Calls `see` with the element's property and the value of each option that changes results.
template <typename See>
void for_each_setting(const SegmentOptions& options, See see) {
  see("model", options.model);
  see("motion", options.motion);
  see("overlap", options.overlap);
  see("window", options.window);
  see("stride", options.stride);
  see("max-instances", options.max_instances);
  see("min-area", options.min_area);
  see("max-age", options.max_age);
  see("threshold", options.threshold);
  see("interval", options.every);
  see("region", options.region);
}

/// Makes the pipeline source ! queue "input" ! vcl-vis-segment "segment" ! vcl-export "export" ! [vcl-overlay ! video,
/// sheet]. `video` is null if none is wanted; it and the sheet must outlive the pipeline. The images of the input are
/// those to process, and the first one has the number `first_image`. Throws Error. Returns: (transfer full)
GstElement* make_segment_pipeline(const SegmentOptions& options, const Input& input, PaintedVideo* video,
                                  ContactSheet* sheet, std::size_t first_image);

}  // namespace vcl
