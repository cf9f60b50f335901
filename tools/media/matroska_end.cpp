// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "tools/media/file_end.hpp"

namespace vcl {
namespace {

constexpr std::uint64_t kSegment = 0x18538067, kCluster = 0x1F43B675;
// The parts of a segment and of a cluster, by Matroska's specification.
constexpr std::array<std::uint64_t, 17> kParts = {
    kCluster, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367, 0xEC,
    0xBF,     0xE7,       0xA0,       0xA3,       0xA7,       0xAB,       0xAF,       0x5854,
};

/// A header; no size: it is not known beforehand, as that of what is recorded live.
struct Element {
  std::uint64_t id;
  std::optional<std::uint64_t> size;
  std::uint64_t content;  // where it begins
};

int length_of(std::string_view bytes) {
  return std::countl_zero(static_cast<unsigned char>(bytes[0])) + 1;
}

std::optional<Element> read_element(const FileBytes& file, std::uint64_t at) {
  constexpr int kLongestId = 4, kLongestSize = 8;
  const std::string bytes = file.text(at, kLongestId + kLongestSize);
  const int id_length = length_of(bytes);
  if (id_length > kLongestId) return {};
  const std::string_view size = std::string_view(bytes).substr(id_length);
  const int size_length = length_of(size);
  if (size_length > kLongestSize) return {};
  const std::uint64_t most = (std::uint64_t(1) << (7 * size_length)) - 1;
  const std::uint64_t value = big_endian(size.substr(0, size_length)) & most;
  return Element{big_endian(std::string_view(bytes).substr(0, id_length)),
                 value == most ? std::nullopt : std::optional(value), at + id_length + size_length};
}

/// Of a segment whose size is not known: its parts, and those of clusters of unknown size, one after the other.
FileEnd end_of_live_segment(const FileBytes& file, std::uint64_t at) {
  for (int i = 0; i < kMostHeaders && at < file.size(); ++i) {
    const std::optional<Element> part = read_element(file, at);
    if (!part || std::ranges::find(kParts, part->id) == kParts.end()) return FileEnd::Unknown;
    if (!part->size && part->id != kCluster) return FileEnd::Unknown;
    if (!file.holds(part->content, part->size.value_or(0))) return FileEnd::Cut;
    at = part->content + part->size.value_or(0);
  }
  return FileEnd::Unknown;
}

}  // namespace

FileEnd find_matroska_end(const FileBytes& file) {
  std::uint64_t at = 0;
  for (int i = 0; i < kMostHeaders && at < file.size(); ++i) {
    const std::optional<Element> element = read_element(file, at);
    if (!element) return FileEnd::Unknown;
    if (element->id == kSegment && !element->size) return end_of_live_segment(file, element->content);
    if (!element->size) return FileEnd::Unknown;
    if (!file.holds(element->content, *element->size)) return FileEnd::Cut;
    if (element->id == kSegment) return FileEnd::Whole;
    at = element->content + *element->size;
  }
  return FileEnd::Unknown;
}

}  // namespace vcl
