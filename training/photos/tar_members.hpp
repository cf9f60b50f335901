// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace vcl::train {

/// A regular file inside a tar archive, which is read in place.
struct TarMember {
  std::string name;
  std::uint64_t offset = 0;  ///< position of its bytes in the archive
  std::uint64_t bytes = 0;
};

/// Finds the members of an uncompressed tar archive: USTAR, with the long names and sizes of POSIX (pax) and GNU tar.
/// Returns what is wrong with the archive, or an empty text. Members before the damage are found.
std::string find_members(const std::string& path, const std::function<void(const TarMember&)>& found);

}  // namespace vcl::train
