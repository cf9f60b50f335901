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

/// One object of a list in an annotation file that nobody vouches for. Every method throws Error(Unreadable) that
/// begins with `what`.
struct JsonEntry {
  const nlohmann::json& object;
  std::string what;  ///< for messages: "cuts.json: annotations[7]"

  [[noreturn]] void refuse(const std::string& why) const;
  bool has(const char* key) const;
  const nlohmann::json& member(const char* key) const;
  std::int64_t integer(const char* key) const;
  double number(const char* key) const;  ///< a finite one
  const std::string& text(const char* key) const;
  const nlohmann::json& list(const char* key) const;
  /// "width" and "height", of no more pixels than a mask may have.
  Size size() const;
};

/// Run lengths, compressed (text) or not (list), of the size that they state. Polygons are refused.
Rle read_rle(const nlohmann::json& segmentation, const std::string& what);
/// The same, of `size` and no other.
Rle read_rle(const nlohmann::json& segmentation, Size size, const std::string& what);

/// What to do with each entry of a document's lists; "" is the document where it is a list itself.
using ListReaders = std::map<std::string, std::function<void(const JsonEntry&)>>;

/// Reads the lists of a file in its order, entry by entry, so that memory does not grow with them; returns what else is
/// in the document. Throws Error(NotFound | Unreadable) naming the file: also where one of the lists is missing.
nlohmann::json read_lists(const std::string& path, const ListReaders& readers);

}  // namespace vcl
