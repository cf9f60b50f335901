// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "plugins/base/output_file.hpp"
#include "plugins/export/numbered_path.hpp"
#include "vcl/json.hpp"
#include "vcl/result.hpp"

namespace gstvcl {

/// The destinations of results. Empty: not written.
struct Locations {
  std::string json, ytvis, masks;
};

/// Writes the results of one stream. Throws WriteError and vcl::Error.
class Exporter {
 public:
  /// Opens or creates the outputs, so that an unwritable location is reported before the first frame.
  explicit Exporter(const Locations& locations);

  void add(const vcl::FrameResult& frame);
  /// Writes the outputs that are complete only at the end, unless nothing was added since they were last written.
  void finish();

  /// Returns why the YouTube-VIS results, which have one size per video, have no masks after some frame. Empty if they
  /// are complete.
  const std::string& ytvis_end() const { return ytvis_end_; }

 private:
  void add_to_ytvis(const vcl::FrameResult& frame);

  Locations locations_;
  std::optional<OutputFile> json_;
  std::optional<NumberedPath> masks_;
  vcl::YtvisResults ytvis_;
  bool ytvis_written_ = false;  // or there is an earlier file, which only frames replace
  vcl::Size ytvis_size_;
  std::string ytvis_end_;
  std::uint64_t frames_ = 0;
};

}  // namespace gstvcl
