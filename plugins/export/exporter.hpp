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

/// Where results go; empty: nowhere.
struct Locations {
  std::string json, ytvis, masks;
};

/// Writes the results of one stream. Throws WriteError and vcl::Error.
class Exporter {
 public:
  /// Opens or creates what is to be written, so that an unwritable place shows before the first frame.
  explicit Exporter(const Locations& locations);

  void add(const vcl::FrameResult& frame);
  /// Writes what is only known at the end, unless nothing came since it was last written.
  void finish();

  /// Why the YouTube-VIS results, which have one size per video, have no masks from some frame on; empty: they have.
  const std::string& ytvis_end() const { return ytvis_end_; }

 private:
  void add_to_ytvis(const vcl::FrameResult& frame);

  Locations locations_;
  std::optional<OutputFile> json_;
  std::optional<NumberedPath> masks_;
  vcl::YtvisResults ytvis_;
  bool ytvis_written_ = false;
  vcl::Size ytvis_size_;
  std::string ytvis_end_;
  std::uint64_t frames_ = 0;
};

}  // namespace gstvcl
