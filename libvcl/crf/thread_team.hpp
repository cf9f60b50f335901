// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace vcl {

/// A few threads that share loops. A team of one starts no thread. If the system grants fewer threads than requested,
/// the team is smaller. The results of a loop must not depend on the number of threads.
class ThreadTeam {
 public:
  using Body = std::function<void(std::size_t begin, std::size_t end)>;

  explicit ThreadTeam(int threads);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  /// Calls body(begin, end) for chunks of at most `grain` that cover [0, count), on all threads at once, and waits. The
  /// body must not throw. Only one loop may run at a time.
  void run(std::size_t count, std::size_t grain, const Body& body);

 private:
  void help();
  void take_chunks();

  std::vector<std::thread> helpers_;
  std::mutex mutex_;
  std::condition_variable start_, done_;
  std::uint64_t loop_ = 0;  ///< number of the current loop
  std::size_t busy_ = 0;    ///< helpers that have not finished it
  bool stop_ = false;

  std::size_t next_ = 0, count_ = 0, grain_ = 1;
  const Body* body_ = nullptr;
};

}  // namespace vcl
