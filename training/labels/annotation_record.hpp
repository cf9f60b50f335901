// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "support/journal.hpp"
#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

namespace vcl::train {

/// The journal's record of a photo: its size and masks, or why there are none.
struct AnnotationRecord {
  Size size{};
  std::vector<Rle> masks{};  ///< of that size, never empty
  std::string error{};       ///< if not empty, the photo could not be used
};

std::string to_text(const AnnotationRecord& record);
/// Throws Error(Unreadable) if the journal holds something else.
AnnotationRecord read_record(const Journal& journal, std::size_t photo);

}  // namespace vcl::train
