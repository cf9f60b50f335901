// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <stdexcept>
#include <string>

namespace [[gnu::visibility("default")]] vcl {

/// The kind of a failure. Callers map it to exit statuses and GStreamer error codes.
enum class ErrorKind {
  NotFound,     ///< a file or device does not exist
  Unreadable,   ///< a file exists but is corrupt, truncated or not permitted
  Unsupported,  ///< the input is well formed, but this build or model cannot handle it
  Invalid,      ///< an argument or setting is outside its range
  Library,      ///< a library (LibTorch, CUDA) is missing or broken
  Resource,     ///< the disk is full or memory ran out
  Cancelled,    ///< a Watcher ended the call
};

/// The one exception type that libvcl throws on purpose. `what()` is one sentence that names the file or setting and
/// the cure. It may be shown to users unchanged.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace vcl
