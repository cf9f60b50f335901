// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <future>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <vector>

#include "plugins/base/output_file.hpp"
#include "support/outputs.hpp"
#include "tools/segment/contact_sheet.hpp"
#include "tools/segment/segment_pipeline.hpp"
#include "vcl/result.hpp"

namespace vcl {

/// Writes what `vcl segment` finds in photos: a JSON line, an index PNG and a painted picture each, and one sheet.
class PhotoOutput {
 public:
  /// Checks all that will be written, before any work is done. Throws Error as Outputs does, and Error(Invalid) where
  /// two photos would have one name, or an option has no meaning for photos.
  PhotoOutput(const SegmentOptions& options, const std::vector<std::string>& photos);

  /// Opens what grows. The methods throw Error(Resource), add() also that of the photo before.
  void start();
  /// Paints into the picture where painted ones are wanted; Error(Unsupported) where it is too large. The rest is
  /// written while the caller goes on. The JSON line comes last: what it tells of is there.
  void add(const std::string& photo, cv::Mat picture, FrameResult result);
  /// Waits until everything is written.
  void finish();

 private:
  void write(const std::string& photo, const cv::Mat& picture, const FrameResult& result);
  void wait();

  const SegmentOptions& options_;
  Outputs outputs_;
  std::optional<gstvcl::OutputFile> json_;
  ContactSheet sheet_;
  std::future<void> written_;  // of the latest photo; last, so that it ends first
};

}  // namespace vcl
