// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vcl::train {

/// Where the bytes of one encoded photo lie: a file, or a member of a tar archive that stays in place.
struct PhotoFile {
  std::string name;  ///< "<source>/<file>": the tensor's name in a pack without its "image/"
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

struct Skipped {
  std::string name;
  std::string why;
};

struct PhotoFiles {
  std::vector<PhotoFile> found;  ///< in the order of the inputs, folders sorted by name
  std::vector<Skipped> skipped;  ///< damaged archives (what precedes the damage is found), names met twice
};

/// Lists photos by their file name endings in folders (searched with subfolders), USTAR archives and
/// single files. Throws Error(NotFound) for an input that does not exist.
PhotoFiles find_photos(const std::vector<std::string>& inputs);

/// The bytes of one photo. Throws Error(Unreadable).
std::vector<unsigned char> read_photo(const PhotoFile& photo);

}  // namespace vcl::train
