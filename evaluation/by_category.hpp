// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace vcl {

/// Sorts entries as the authors' evaluations do when categories are pooled: by category, then in the order of addition.
/// This order breaks ties.
template <typename Value>
class ByCategory {
 public:
  void add(std::int64_t category, Value value) { entries_.emplace_back(category, std::move(value)); }

  std::vector<Value> take() {
    std::ranges::stable_sort(entries_, {}, &std::pair<std::int64_t, Value>::first);
    std::vector<Value> values;
    values.reserve(entries_.size());
    for (auto& [category, value] : entries_) values.push_back(std::move(value));
    entries_.clear();
    return values;
  }

 private:
  std::vector<std::pair<std::int64_t, Value>> entries_;
};

}  // namespace vcl
