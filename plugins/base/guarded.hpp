// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <mutex>

namespace gstvcl {

/// A value that several threads use, protected by a mutex. A streaming thread takes one copy per frame.
template <typename T>
class Guarded {
 public:
  using Value = T;

  T get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  /// Calls `change` with a reference to the value, and returns its result.
  template <typename Change>
  auto change(Change change) {
    const std::lock_guard lock(mutex_);
    return change(value_);
  }

 private:
  mutable std::mutex mutex_;
  T value_;
};

}  // namespace gstvcl
