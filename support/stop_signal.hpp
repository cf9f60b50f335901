// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>

namespace vcl {

/// While this object lives, the first SIGINT (Ctrl-C), SIGTERM or SIGHUP only requests an end, so that work stops in
/// order and its files are complete. Another signal half a second or more later kills the process: `timeout` and
/// closing terminals send two at once. SIGHUP stays ignored if it was ignored before (nohup). Create it in one thread
/// only; nested objects have no effect. requested() may be called in any thread.
class StopOnSignal {
 public:
  StopOnSignal() {
    if (depth_++ > 0) return;
    requested_ = false;
    struct sigaction action {};
    action.sa_handler = request;
    action.sa_flags = SA_RESTART;
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      ::sigaction(kSignals[i], nullptr, &before_[i]);
      if (kSignals[i] != SIGHUP || before_[i].sa_handler != SIG_IGN) ::sigaction(kSignals[i], &action, nullptr);
    }
  }
  ~StopOnSignal() {
    if (--depth_ > 0) return;
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
  }
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  static bool requested() { return requested_; }

 private:
  static constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};

  static void request(int signal) {
    constexpr std::int64_t kOneRequest = 500'000'000;
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    const std::int64_t now = std::int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
    if (!requested_.exchange(true)) requested_at_ = now;
    if (now - requested_at_ < kOneRequest) return;
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }

  inline static int depth_ = 0;
  inline static std::atomic<bool> requested_ = false;
  inline static std::atomic<std::int64_t> requested_at_ = 0;      // in nanoseconds
  static_assert(std::atomic<std::int64_t>::is_always_lock_free);  // they are set in a signal handler
  std::array<struct sigaction, kSignals.size()> before_;
};

}  // namespace vcl
