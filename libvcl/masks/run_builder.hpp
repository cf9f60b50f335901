// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace vcl {

/// Collects runs in order and keeps them canonical: adjacent runs of the same kind are merged, and empty runs are
/// dropped.
class RunBuilder {
 public:
  void add(bool foreground, std::uint32_t count) {
    if (count == 0) return;
    const bool last = runs_.size() % 2 == 0;  // runs alternate, starting with background
    if (!runs_.empty() && last == foreground) {
      runs_.back() += count;
    } else {
      if (runs_.empty() && foreground) runs_.push_back(0);
      runs_.push_back(count);
    }
  }
  std::vector<std::uint32_t> take() { return std::move(runs_); }

 private:
  std::vector<std::uint32_t> runs_;
};

}  // namespace vcl
