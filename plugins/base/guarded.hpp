// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <mutex>

namespace gstvcl {

/// What several threads use, under a mutex. A streaming thread takes a copy per frame.
template <typename T>
class Guarded {
 public:
  using Value = T;

  T get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  /// Returns what `change`, which gets the value itself, returns.
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
