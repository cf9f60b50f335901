// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

namespace vcl {

/// One object in a list of an untrusted annotation file. All methods throw Error(Unreadable) that begins with `what`.
struct JsonEntry {
  const nlohmann::json& object;
  std::string what;  ///< for messages: "cuts.json: annotations[7]"

  [[noreturn]] void refuse(const std::string& why) const;
  bool has(const char* key) const;
  const nlohmann::json& member(const char* key) const;
  std::int64_t integer(const char* key) const;
  double number(const char* key) const;  ///< finite
  const std::string& text(const char* key) const;
  const nlohmann::json& list(const char* key) const;
  /// Reads "width" and "height", with at most as many pixels as a mask may have.
  Size size() const;
};

/// Reads run lengths, compressed (text) or not (list), with the size that they state. Polygons are refused.
Rle read_rle(const nlohmann::json& segmentation, const std::string& what);
/// Reads run lengths that must have this size.
Rle read_rle(const nlohmann::json& segmentation, Size size, const std::string& what);

/// The functions that read each entry of a document's lists. The key "" is the document itself, if it is a list.
using ListReaders = std::map<std::string, std::function<void(const JsonEntry&)>>;

/// Reads the lists of a file in their order, entry by entry, so memory does not grow with them. Returns the rest of the
/// document. Throws Error(NotFound | Unreadable) that names the file, also if one of the lists is missing.
nlohmann::json read_lists(const std::string& path, const ListReaders& readers);

}  // namespace vcl
