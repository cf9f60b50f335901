// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace vcl {

/// Calls work(i) for i = 0 .. count - 1, roughly in this order, on `threads` threads. `work_of()` creates the `work` of
/// each thread in that thread. The first exception stops the loop and is rethrown.
template <typename WorkOf>
void in_parallel(std::size_t count, int threads, WorkOf work_of) {
  std::atomic<std::size_t> next = 0;
  std::mutex failure_mutex;
  std::exception_ptr failure;
  const auto run = [&] {
    try {
      auto work = work_of();
      for (std::size_t i; (i = next++) < count;) work(i);
    } catch (...) {
      next = count;
      const std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads; ++i) workers.emplace_back(run);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace vcl
