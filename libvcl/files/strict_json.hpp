// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace vcl {

/// What a document that nobody vouches for may hold, checked while it is parsed.
struct JsonLimits {
  int depth = 8;                        ///< objects and arrays inside each other
  std::size_t array = std::size_t(-1);  ///< values of one array
};

/// Takes an element of the list that is the document's member `list`; "": of the list that is the document itself.
using TakeElement = std::function<void(const std::string& list, const nlohmann::json& element)>;

/// Parses a whole document; refuses duplicate keys, which parsers disagree about. Throws Error(Unreadable)
/// that begins with `what`, for example "model.safetensors: header". With `take`, elements of the document's lists go
/// there as they come instead of into the result, so that memory does not grow with them.
nlohmann::json parse_strict_json(std::string_view text, const std::string& what, const JsonLimits& limits,
                                 const TakeElement& take = {});

/// Untrusted text as it may stand in an error message: quoted, escaped, cut after 80 bytes.
std::string in_quotes(std::string_view text);

}  // namespace vcl
