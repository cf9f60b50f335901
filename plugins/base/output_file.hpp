// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gstvcl {

/// A file that could not be written; the text names path, cause and cure, the code is the fitting one.
class WriteError : public std::runtime_error {
 public:
  WriteError(const std::string& path, GstResourceError operation, int error_number);
  GstResourceError code() const { return code_; }

 private:
  GstResourceError code_;
};

/// A file being written, unbuffered; "-" is standard output. What it held before goes with the first write, so that a
/// run that fails before leaves it alone. Throws WriteError.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view bytes);
  /// Closes the file and reports what only closing shows.
  void close();

 private:
  std::string path_;
  int fd_;
  bool has_written_ = false;
};

/// Whether write_whole_file would replace the file at once: it is a regular file or does not exist.
bool is_replaceable(const std::string& path);

/// Throws WriteError if write_whole_file could not begin to replace the file. Leaves it as it is.
void check_replaceable(const std::string& path);

/// Replaces the whole file at once: readers see the old content or the new. What is not
/// replaceable ("-", a pipe, a device) is written directly. `produce` gives the content, piece by piece, to what it is
/// called with. Throws WriteError, and what `produce` throws.
void write_whole_file(const std::string& path,
                      const std::function<void(const std::function<void(std::string_view)>&)>& produce);

}  // namespace gstvcl
