// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <exception>
#include <string>

#include "vcl/engine.hpp"
#include "vcl/error.hpp"
#include "vcl/vcl.h"

namespace vcl {

/// Cancels calls if any thread, or the caller's function, asks for it. It stays cancelled until go_on().
class CallbackWatcher final : public Watcher {
 public:
  CallbackWatcher(VclProgress callback, void* data) : callback_(callback), data_(data) {}

  void cancel() noexcept { cancelled_ = true; }
  void go_on() noexcept { cancelled_ = false; }

  bool cancelled() override { return cancelled_; }

  void progress(double share) override {
    if (callback_ == nullptr) return;
    try {
      if (callback_(share, data_) != 0) cancel();
    } catch (const std::exception& error) {
      cancel();
      throw Error(ErrorKind::Cancelled, std::string("the VclProgress threw an exception: ") + error.what());
    } catch (...) {
      cancel();
      throw Error(ErrorKind::Cancelled, "the VclProgress threw an exception of an unknown type");
    }
  }

 private:
  const VclProgress callback_;
  void* const data_;
  std::atomic<bool> cancelled_ = false;
  static_assert(std::atomic<bool>::is_always_lock_free, "signal handlers cancel");
};

}  // namespace vcl
