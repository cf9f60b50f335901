// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/report/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace vcl::train {
namespace {

std::string duration(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole >= 3600) return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
  if (whole >= 60) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole) + " s";
}

}  // namespace

Progress::Progress(std::string what, std::size_t total, std::size_t done)
    : what_(std::move(what)), total_(total), at_start_(done), done_(done) {}

Progress::~Progress() {
  print(true);
}

double Progress::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void Progress::step() {
  const std::lock_guard lock(mutex_);
  ++done_;
  const double interval = isatty(STDERR_FILENO) ? 0.5 : 30;
  if (seconds() - printed_ >= interval) print(false);
}

void Progress::print(bool last) {
  printed_ = seconds();
  const bool terminal = isatty(STDERR_FILENO);
  const double speed = static_cast<double>(done_ - at_start_) / std::max(printed_, 1e-9);
  std::string when = "in " + duration(printed_);
  if (!last) when = speed > 0 ? duration(static_cast<double>(total_ - done_) / speed) + " left" : "";
  std::fprintf(stderr, "%s%s: %zu/%zu, %.1f a second, %s%s%s", terminal ? "\r" : "", what_.c_str(), done_, total_,
               speed, when.c_str(), terminal ? "\033[K" : "", last || !terminal ? "\n" : "");
}

}  // namespace vcl::train
