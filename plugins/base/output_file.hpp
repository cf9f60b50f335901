// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gstvcl {

/// A failure to write a file. The text names the path, the cause and the cure. code() is the GStreamer error code.
class WriteError : public std::runtime_error {
 public:
  WriteError(const std::string& path, GstResourceError operation, int error_number);
  GstResourceError code() const { return code_; }

 private:
  GstResourceError code_;
};

/// An unbuffered output file; "-" is standard output. The first write erases the old content, so a run that fails
/// earlier leaves the file unchanged. A write that fails leaves of a regular file what was written before it. Throws
/// WriteError.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  /// Makes a new file. Returns null if something of this name exists.
  static std::unique_ptr<OutputFile> create(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view bytes);
  /// Closes the file. Throws for errors that only show when the file is closed.
  void close();
  const std::string& path() const { return path_; }
  std::uint64_t bytes() const { return bytes_; }  ///< written so far

 private:
  OutputFile(const std::string& path, int fd);
  bool is_regular() const;

  std::string path_;
  int fd_;
  std::uint64_t bytes_ = 0;
};

/// Returns whether write_whole_file can replace the file at once: it is a regular file or does not exist.
bool is_replaceable(const std::string& path);

/// Throws WriteError if write_whole_file could not begin to replace the file. Leaves the file as it is.
void check_replaceable(const std::string& path);

/// Replaces the whole file at once, so readers see either the old or the new content. If it cannot be replaced ("-", a
/// pipe, a device), it is written directly. `produce` is called with a function that takes the content piece by piece.
/// Throws WriteError, and what `produce` throws.
void write_whole_file(const std::string& path,
                      const std::function<void(const std::function<void(std::string_view)>&)>& produce);

}  // namespace gstvcl
