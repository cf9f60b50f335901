// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

#include "vcl/error.hpp"
#include "vcl/vcl.h"

namespace vcl {

/// Upper limit for structs of the C API, now and later. A larger struct_size was never initialized.
inline constexpr std::size_t kMaxStructSize = 4096;

/// The size of T in the first release that had it. Specialize it when T grows, so that callers of that release still
/// work.
template <typename T>
inline constexpr std::size_t kFirstSize = sizeof(T);

template <>
inline constexpr std::size_t kFirstSize<VclEngineOptions> = offsetof(VclEngineOptions, shared);

/// Throws Error(Invalid), which names the argument, if it is null.
inline void require(const void* argument, const char* name) {
  if (argument == nullptr) throw Error(ErrorKind::Invalid, std::string(name) + " is NULL");
}

/// Returns the size of the caller's struct. Throws Error(Invalid) if it is null or its struct_size is impossible.
template <typename T>
std::size_t caller_size(const T* given, const char* name) {
  require(given, name);
  if (given->struct_size < kFirstSize<T> || given->struct_size > kMaxStructSize)
    throw Error(ErrorKind::Invalid, "struct_size of " + std::string(name) + " is not the size of the struct");
  return given->struct_size;
}

/// Returns a copy of the caller's struct. The caller may have been compiled with an older header (missing fields become
/// zero) or a newer one. Throws Error(Invalid) if it is null or has a wrong size, and Error(Unsupported) if a field is
/// set that this version does not know.
template <typename T>
T read_struct(const T* given, const char* name) {
  const std::size_t size = caller_size(given, name);
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  if (std::any_of(bytes + std::min(size, sizeof(T)), bytes + size, [](unsigned char byte) { return byte != 0; }))
    throw Error(ErrorKind::Unsupported, std::string(name) + " has a field set that libvcl " + vcl_version() +
                                            " does not know: install a newer one");
  T known{};
  std::memcpy(&known, given, std::min(size, sizeof(T)));
  return known;
}

/// Fills such a struct. Fields that only the caller knows become zero. Throws Error(Invalid) as above.
template <typename T>
void write_struct(T value, T* given, const char* name) {
  const std::size_t size = caller_size(given, name), known = std::min(size, sizeof(T));
  value.struct_size = size;
  std::memcpy(given, &value, known);
  std::memset(reinterpret_cast<unsigned char*>(given) + known, 0, size - known);
}

}  // namespace vcl
