// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <cstdint>

#include "vcl/engine.hpp"
#include "vcl/error.hpp"

namespace vcl {

/// Throws Error(Cancelled) if the watcher, which may be null, ends the call.
inline void check_cancelled(Watcher* watcher) {
  if (watcher != nullptr && watcher->cancelled()) throw Error(ErrorKind::Cancelled, "the call was cancelled");
}

/// The steps of a long call, or of the part of it between two shares of the whole, as its watcher follows them.
class Steps {
 public:
  explicit Steps(Watcher* watcher, double from = 0, double to = 1) : watcher_(watcher), from_(from), to_(to) {}

  /// This share of the steps is done, 0 to 1. Throws as check_cancelled().
  void reach(double share) {
    if (watcher_ == nullptr) return;
    watcher_->progress(from_ + (to_ - from_) * std::clamp(share, 0.0, 1.0));
    check_cancelled(watcher_);
  }

 private:
  Watcher* watcher_;
  double from_, to_;
};

}  // namespace vcl
