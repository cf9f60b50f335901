// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "plugins/base/output_file.hpp"
#include "plugins/export/line_output.hpp"
#include "plugins/export/numbered_path.hpp"

namespace gstvcl {

/// When a new file begins. 0: no limit.
struct FileLimits {
  std::uint64_t duration = 0;  ///< nanoseconds from the first frame of a file to the first of the next one
  std::uint64_t bytes = 0;     ///< per file, unless a single line has more
  unsigned files = 0;          ///< that this run keeps
};

/// One file for all lines.
class LineFile : public LineOutput {
 public:
  explicit LineFile(const std::string& path) : file_(path) {}
  void write(const std::string& line, const LineTimes&) override { file_.write(line); }

 private:
  OutputFile file_;
};

/// Numbered files of whole lines. An earlier file is never touched: numbers go on behind the highest one that is there.
/// Each complete file is told by an element message `vcl-file-complete`.
class NumberedLineFiles : public LineOutput {
 public:
  /// Makes the first file.
  NumberedLineFiles(GstElement* element, const std::string& pattern, const FileLimits& limits);
  ~NumberedLineFiles() override;
  void write(const std::string& line, const LineTimes& times) override;
  void finish() override;

 private:
  void open();
  bool is_complete(const std::string& line, const LineTimes& times) const;
  void post_complete(const OutputFile& file) const;
  void remove_oldest();

  GstElement* element_;
  NumberedPath path_;
  FileLimits limits_;
  std::uint64_t number_;
  std::unique_ptr<OutputFile> file_;  // null between the end of the stream and the next line
  std::deque<std::string> written_;   // complete files, oldest first
  std::uint64_t lines_ = 0;           // of the file
  LineTimes first_, last_;
  std::int64_t first_arrival_ = 0;
};

}  // namespace gstvcl
