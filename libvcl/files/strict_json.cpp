// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/files/strict_json.hpp"

#include <set>
#include <vector>

#include "vcl/error.hpp"

namespace vcl {

using nlohmann::json;

namespace {

/// An object or array that is still open during parsing.
struct Level {
  std::set<std::string> keys;
  std::size_t values = 0;
};

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kShown = 80;
  const std::string shown = json(text.substr(0, kShown)).dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() > kShown ? shown + "..." : shown;
}

json parse_strict_json(std::string_view text, const std::string& what, const JsonLimits& limits,
                       const TakeElement& take) {
  std::vector<Level> levels;
  std::string member;    // last key of the document
  bool in_list = false;  // the value of that key is a list that has not ended
  bool is_list = false;  // the document itself is a list
  const auto refuse = [&](const std::string& why) { throw Error(ErrorKind::Unreadable, what + " " + why); };
  const auto check = [&](int depth, json::parse_event_t event, json& parsed) {
    using Event = json::parse_event_t;
    const bool starts = event == Event::object_start || event == Event::array_start;
    if ((starts || event == Event::value) && depth > 0 && ++levels[depth - 1].values > limits.array) {
      refuse("holds a list that is too long");
    }
    if (starts) {
      if (depth >= limits.depth) refuse("is nested too deeply");
      levels.resize(depth);
      levels.emplace_back();
    } else if (event == Event::key && !levels[depth - 1].keys.insert(parsed.get<std::string>()).second) {
      refuse("has the key " + in_quotes(parsed.get_ref<const std::string&>()) + " twice");
    } else if (event == Event::key) {
      levels[depth - 1].values = 0;  // only arrays are limited in length
    }
    if (!take) return true;
    if (depth == 0) is_list = event == Event::array_start;
    if (depth == 1 && event == Event::key) member = parsed.get<std::string>();
    if (depth == 1) in_list = event == Event::array_start;
    const bool ends = event == Event::object_end || event == Event::array_end || event == Event::value;
    if (!ends || depth != (is_list ? 1 : 2) || !(is_list || in_list)) return true;
    take(member, parsed);
    return false;
  };
  if (text.find('\0') != std::string_view::npos) refuse("holds a zero byte");  // the parser would stop there
  try {
    return json::parse(text, check);
  } catch (const json::parse_error& error) {
    throw Error(ErrorKind::Unreadable, what + " is not valid JSON at byte " + std::to_string(error.byte));
  } catch (const json::exception&) {  // a number beyond the range of double
    throw Error(ErrorKind::Unreadable, what + " holds a number that is out of range");
  }
}

}  // namespace vcl
