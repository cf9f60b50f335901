// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <csignal>

namespace vcl::train {

/// While it lives, Ctrl-C and SIGTERM only ask for an end, so that training stops as if its time were spent and its
/// files are complete.
class StopOnSignal {
 public:
  StopOnSignal() : interrupt_(std::signal(SIGINT, request)), terminate_(std::signal(SIGTERM, request)) {
    requested_ = 0;
  }
  ~StopOnSignal() {
    std::signal(SIGINT, interrupt_);
    std::signal(SIGTERM, terminate_);
  }
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  static bool requested() { return requested_ != 0; }

 private:
  static void request(int) { requested_ = 1; }
  inline static volatile std::sig_atomic_t requested_ = 0;
  void (*interrupt_)(int);
  void (*terminate_)(int);
};

}  // namespace vcl::train
