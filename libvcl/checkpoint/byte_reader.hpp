// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "libvcl/files/mapped_file.hpp"

namespace vcl {

inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Returns the little-endian number in at most eight bytes.
inline std::uint64_t little_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  return value;
}

/// Reads a part of a file from front to back. Reading past its end throws Error(Unreadable).
class ByteReader {
 public:
  /// `part` completes the message "is truncated inside `part`".
  ByteReader(const MappedFile& file, std::span<const std::byte> bytes, std::string part)
      : file_(file), bytes_(bytes), part_(std::move(part)) {}

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }

  std::span<const std::byte> take(std::uint64_t count) {
    if (count > left()) refuse("is truncated inside " + part_);
    const auto taken = bytes_.subspan(position_, count);
    position_ += count;
    return taken;
  }
  std::string_view text(std::uint64_t count) { return as_text(take(count)); }
  template <std::integral T>
  T number() {
    return static_cast<T>(little_endian(take(sizeof(T))));
  }
  /// Returns the text up to the next line feed, which is consumed but not returned.
  std::string_view line() {
    const std::string_view rest = as_text(bytes_.subspan(position_));
    const std::size_t length = rest.find('\n');
    if (length == std::string_view::npos) refuse("is truncated inside " + part_);
    position_ += length + 1;
    return rest.substr(0, length);
  }
  [[noreturn]] void refuse(const std::string& why) const { file_.refuse(why); }
  [[noreturn]] void unsupported(const std::string& why) const { file_.unsupported(why); }

 private:
  const MappedFile& file_;
  std::span<const std::byte> bytes_;
  std::string part_;
  std::size_t position_ = 0;
};

}  // namespace vcl
