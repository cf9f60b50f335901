// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace vcl {

/// Tells people on standard error how a run over images goes, and in the end which failed.
class ImageProgress {
 public:
  ImageProgress(std::size_t images, bool quiet);
  void count_done(std::size_t masks);
  void count_failed(const std::string& why) { failures_.push_back(why); }
  /// Said of an image that did not fail.
  void note(const std::string& what) { notes_.push_back(what); }
  std::size_t done() const { return done_; }
  std::size_t failed() const { return failures_.size(); }
  /// One line that overwrites itself, on a terminal.
  void print_line() const;
  /// Notes, failures and totals.
  void print_summary() const;

 private:
  double seconds() const;

  const std::size_t images_;
  const bool quiet_, terminal_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::size_t done_ = 0, masks_ = 0;
  std::vector<std::string> failures_, notes_;
};

}  // namespace vcl
