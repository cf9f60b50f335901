// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <stdexcept>
#include <string>

namespace [[gnu::visibility("default")]] vcl {

/// What kind of failure it is: callers map it to exit statuses and GStreamer error codes.
enum class ErrorKind {
  NotFound,     ///< a file or device that is not there
  Unreadable,   ///< a file that is there but is corrupt, truncated or not permitted
  Unsupported,  ///< well formed, but not something this build or model can do
  Invalid,      ///< an argument or setting outside its range
  Library,      ///< a library (LibTorch, CUDA) that is missing or broken
  Resource,     ///< disk full, out of memory
};

/// The one exception type that libvcl throws on purpose. `what()` is one sentence that names the
/// file or setting and the cure; it is shown to people unchanged.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace vcl
