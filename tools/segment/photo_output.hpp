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

/// Writes the results of `vcl segment` on photos: a JSON line, an index PNG and a painted picture per photo, and one
/// sheet.
class PhotoOutput {
 public:
  /// Checks all outputs before any work is done. Throws the errors of Outputs, and Error(Invalid) if two photos would
  /// have the same name or an option has no meaning for photos.
  PhotoOutput(const SegmentOptions& options, const std::vector<std::string>& photos);

  /// Opens the JSON file. This and the other methods throw Error(Resource). add() also throws the error of the photo
  /// before.
  void start();
  /// Paints into the picture if painted ones are wanted; throws Error(Unsupported) if it is too large. The rest is
  /// written while the caller continues. The JSON line is written last, so everything that it describes exists.
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
  std::future<void> written_;  // writing of the latest photo; declared last, so that it ends first
};

}  // namespace vcl
