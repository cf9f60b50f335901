// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string_view>

namespace gstvcl {

inline constexpr std::string_view kUnixAddress = "unix:", kTcpAddress = "tcp://";

/// Returns whether a location names a socket and no file.
inline bool is_socket_address(std::string_view location) {
  return location.starts_with(kUnixAddress) || location.starts_with(kTcpAddress);
}

}  // namespace gstvcl
