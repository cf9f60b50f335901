// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>

namespace vcl::train {

/// A line on stderr with counts, speed and remaining time. It is updated in place on a terminal, and printed every half
/// minute otherwise. step() may be called from several threads.
class Progress {
 public:
  Progress(std::string what, std::size_t total, std::size_t done = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void step();
  double seconds() const;

 private:
  void print(bool last);

  const std::string what_;
  const std::size_t total_;
  const std::size_t at_start_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::size_t done_;
  double printed_ = 0;
};

}  // namespace vcl::train
