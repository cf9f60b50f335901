// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/images/batch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "support/time_left.hpp"
#include "vcl/threads.hpp"

namespace vcl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kClearLine = "\r\033[K";

bool on_terminal() {
  return isatty(STDERR_FILENO) != 0;
}

/// Prints the progress of a batch. Calls must not overlap.
class BatchProgress {
 public:
  BatchProgress(std::size_t count, const std::string& unit) : count_(count), unit_(unit) {}
  ~BatchProgress() {
    if (terminal_) fmt::print(stderr, "{}", kClearLine);
  }

  void count_done() {
    ++done_;
    const Clock::time_point now = Clock::now();
    if (!terminal_ && now - said_ < std::chrono::minutes(1)) return;
    said_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    fmt::print(stderr, "{}{} of {} {}s, {}{}", terminal_ ? kClearLine : "", done_, count_, unit_,
               time_left(double(done_) / double(count_), seconds), terminal_ ? "" : "\n");
    std::fflush(stderr);
  }

 private:
  const std::size_t count_;
  const std::string unit_;
  const bool terminal_ = on_terminal();
  const Clock::time_point start_ = Clock::now();
  Clock::time_point said_ = start_;
  std::size_t done_ = 0;
};

}  // namespace

void run_batch(std::size_t count, const std::string& unit, const std::function<void(std::size_t)>& work) {
  BatchProgress progress(count, unit);
  std::atomic<std::size_t> next = 0;
  std::exception_ptr error;
  std::mutex mutex;  // protects progress and error
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) try {
        work(i);
        const std::lock_guard lock(mutex);
        progress.count_done();
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!error) error = std::current_exception();
        next = count;
      }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 1; i < usable_processors(); ++i) threads.emplace_back(run);
    run();
  }
  if (error) std::rethrow_exception(error);
}

ReadingLine::ReadingLine(const std::string& path) {
  if (!on_terminal()) return;
  fmt::print(stderr, "{}reading {}", kClearLine, path);
  std::fflush(stderr);
}

ReadingLine::~ReadingLine() {
  if (on_terminal()) fmt::print(stderr, "{}", kClearLine);
}

}  // namespace vcl
