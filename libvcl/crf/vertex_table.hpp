// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vcl {

/// Numbers keys 1, 2, ... in the order in which they first appear. 0 means that a key is not present. Open addressing
/// with linear probing, at most half full.
class VertexTable {
 public:
  VertexTable() : slots_(std::size_t(1) << kFirstBits), shift_(64 - kFirstBits) {}

  std::uint32_t insert(std::uint64_t key) {
    Slot& slot = slots_[locate(key)];
    if (slot.number != 0) return slot.number;
    keys_.push_back(key);
    const auto number = static_cast<std::uint32_t>(keys_.size());
    slot = {key, number};
    if (2 * keys_.size() > slots_.size()) grow();
    return number;
  }

  std::uint32_t find(std::uint64_t key) const { return slots_[locate(key)].number; }

  /// keys()[i] has the number i + 1.
  const std::vector<std::uint64_t>& keys() const { return keys_; }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t number = 0;
  };
  static constexpr int kFirstBits = 14;

  /// Returns the slot that holds the key, or the free slot where it belongs.
  std::size_t locate(std::uint64_t key) const {
    // Multiplying by 2^64 / golden ratio spreads neighboring keys over the upper bits.
    std::size_t at = (key * 0x9E3779B97F4A7C15u) >> shift_;
    while (slots_[at].number != 0 && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  void grow() {
    slots_.assign(4 * slots_.size(), {});
    shift_ -= 2;
    for (std::size_t i = 0; i < keys_.size(); ++i)
      slots_[locate(keys_[i])] = {keys_[i], static_cast<std::uint32_t>(i + 1)};
  }

  std::vector<Slot> slots_;
  std::vector<std::uint64_t> keys_;
  int shift_;
};

}  // namespace vcl
