// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace vcl {

/// Prints the progress of a run over images to standard error, and at the end the images that failed.
class ImageProgress {
 public:
  ImageProgress(std::size_t images, bool quiet);
  void count_done(std::size_t masks);
  void count_failed(const std::string& why) { failures_.push_back(why); }
  /// Adds a note about an image that did not fail. The summary prints it.
  void note(const std::string& what) { notes_.push_back(what); }
  std::size_t done() const { return done_; }
  std::size_t failed() const { return failures_.size(); }
  /// Prints one line that overwrites itself, on a terminal only.
  void print_line() const;
  /// Prints notes, failures and totals.
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
