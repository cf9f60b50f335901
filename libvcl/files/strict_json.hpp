// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace vcl {

/// The limits of an untrusted document, checked during parsing.
struct JsonLimits {
  int depth = 8;                        ///< nesting of objects and arrays
  std::size_t array = std::size_t(-1);  ///< number of values in one array
};

/// Takes an element of the list `list`, a member of the document. `list` is "" if the document itself is the list.
using TakeElement = std::function<void(const std::string& list, const nlohmann::json& element)>;

/// Parses a complete document. Refuses duplicate keys, which parsers treat differently. Throws Error(Unreadable) whose
/// message begins with `what`, for example "model.safetensors: header". With `take`, the elements of the document's
/// lists are passed to it as they are parsed and do not appear in the result, so memory does not grow with them.
nlohmann::json parse_strict_json(std::string_view text, const std::string& what, const JsonLimits& limits,
                                 const TakeElement& take = {});

/// Returns untrusted text for an error message: quoted, escaped, truncated after 80 bytes.
std::string in_quotes(std::string_view text);

}  // namespace vcl
