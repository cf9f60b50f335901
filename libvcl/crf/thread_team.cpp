// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/crf/thread_team.hpp"

#include <algorithm>
#include <system_error>

namespace vcl {

ThreadTeam::ThreadTeam(int threads) {
  try {
    for (int i = 1; i < threads; ++i) helpers_.emplace_back([this] { help(); });
  } catch (const std::system_error&) {
    // The threads that did start are enough.
  }
}

ThreadTeam::~ThreadTeam() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  start_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void ThreadTeam::run(std::size_t count, std::size_t grain, const Body& body) {
  if (helpers_.empty() || count <= grain) {
    if (count > 0) body(0, count);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    next_ = 0, count_ = count, grain_ = std::max<std::size_t>(grain, 1), body_ = &body;
    busy_ = helpers_.size();
    ++loop_;
  }
  start_.notify_all();
  take_chunks();
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return busy_ == 0; });
}

void ThreadTeam::help() {
  std::uint64_t finished = 0;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      start_.wait(lock, [&] { return stop_ || loop_ != finished; });
      if (stop_) return;
      finished = loop_;
    }
    take_chunks();
    const std::lock_guard lock(mutex_);
    if (--busy_ == 0) done_.notify_one();
  }
}

void ThreadTeam::take_chunks() {
  for (;;) {
    std::size_t begin = 0, end = 0;
    {
      const std::lock_guard lock(mutex_);
      begin = next_;
      end = next_ = begin + std::min(grain_, count_ - begin);
    }
    if (begin == end) return;
    (*body_)(begin, end);
  }
}

}  // namespace vcl
