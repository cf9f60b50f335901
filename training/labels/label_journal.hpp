// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstring>

#include "support/journal.hpp"

/// Labels of a pack's photos as journal records: the weight, followed by the bytes of the label map.
namespace vcl::train {

/// Returns the size in bytes of the record of a photo with a map of `map` bytes.
inline std::size_t label_record_size(std::size_t map) {
  return sizeof(float) + map;
}

inline void add_label(Journal& journal, std::size_t photo, std::span<const std::byte> map, float weight) {
  std::vector<std::byte> record(sizeof weight + map.size());
  std::memcpy(record.data(), &weight, sizeof weight);
  if (!map.empty()) std::memcpy(record.data() + sizeof weight, map.data(), map.size());
  journal.add(photo, record);
}

inline float label_weight(const Journal& journal, std::size_t photo) {
  float weight = 0;
  journal.read_start(photo, std::as_writable_bytes(std::span(&weight, 1)));
  return weight;
}

inline std::vector<std::byte> label_map(const Journal& journal, std::size_t photo) {
  std::vector<std::byte> record = journal.read(photo);
  record.erase(record.begin(), record.begin() + sizeof(float));
  return record;
}

}  // namespace vcl::train
