// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace vcl {

/// Returns JSON as text. Bytes that are not UTF-8 are replaced: a file name may contain any bytes.
template <typename Json>
std::string json_text(const Json& value, int indent = -1) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace vcl
