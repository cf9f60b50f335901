// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

#include "core/c_api/status.hpp"
#include "vcl/error.hpp"

namespace vcl {

/// No struct of the C API will ever be larger: what says so was never initialised.
inline constexpr std::size_t kMaxStructSize = 4096;

/// Bytes of a caller's struct: at least those of the first release of the API, in which T had all it has now.
template <typename T>
std::size_t caller_size(const T* given, const char* name) {
  require(given, name);
  if (given->struct_size < sizeof(T) || given->struct_size > kMaxStructSize)
    throw Error(ErrorKind::Invalid, "struct_size of " + std::string(name) + " is not the size of the struct");
  return given->struct_size;
}

/// A copy of the caller's struct, who may have been compiled with a newer header. Throws Error(Invalid) for null or
/// a wrong size, Error(Unsupported) where a field is set that is not known here.
template <typename T>
T read_struct(const T* given, const char* name) {
  const std::size_t size = caller_size(given, name);
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  if (std::any_of(bytes + sizeof(T), bytes + size, [](unsigned char byte) { return byte != 0; }))
    throw Error(ErrorKind::Unsupported,
                std::string(name) + " has a field set that libvcl " VCL_VERSION " does not know: install a newer one");
  return *given;
}

/// Fills the caller's struct; what only the caller knows becomes zero. Throws as above.
template <typename T>
void write_struct(T value, T* given, const char* name) {
  const std::size_t size = caller_size(given, name);
  value.struct_size = size;
  *given = value;
  std::memset(reinterpret_cast<unsigned char*>(given) + sizeof(T), 0, size - sizeof(T));
}

}  // namespace vcl
