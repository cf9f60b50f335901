// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/images/image_progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "support/time_left.hpp"

namespace vcl {

ImageProgress::ImageProgress(std::size_t images, bool quiet)
    : images_(images), quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {}

void ImageProgress::count_done(std::size_t masks) {
  ++done_;
  masks_ += masks;
}

double ImageProgress::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void ImageProgress::print_line() const {
  const std::size_t passed = done_ + failures_.size();
  if (quiet_ || !terminal_ || passed == 0) return;
  fmt::print(stderr, "\r\033[K{} images, {:.2f} images/s, {}", passed, double(passed) / seconds(),
             time_left(double(passed) / double(images_), seconds()));
  std::fflush(stderr);
}

void ImageProgress::print_summary() const {
  if (!quiet_ && terminal_) fmt::print(stderr, "\r\033[K");
  if (!quiet_)
    for (const std::string& note : notes_) fmt::print(stderr, "note: {}\n", note);
  for (const std::string& failure : failures_) fmt::print(stderr, "failed: {}\n", failure);
  if (!quiet_)
    fmt::print(stderr, "{} images, {} masks, {:.1f} s, {:.2f} images/s\n", done_, masks_, seconds(),
               double(done_) / seconds());
}

}  // namespace vcl
