// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace vcl::train {

/// The location of an encoded photo: a file, or a member of a tar archive that is read in place.
struct PhotoFile {
  std::string name;  ///< "<source>/<file>": the tensor's name in a pack without its "image/"
  std::string path;
  std::uint64_t offset = 0;  ///< in a tar archive; 0: a separate file
  std::uint64_t bytes = 0;   ///< of the member; for a file only known after reading

  /// Returns the place for messages: the file, or the archive and its member.
  std::string place() const { return offset > 0 ? path + ": " + name : path; }
};

struct Skipped {
  std::string name;
  std::string why;
};

struct PhotoFiles {
  std::vector<PhotoFile> found;  ///< in the order of the inputs, folders sorted by name
  /// Damaged archives (what precedes the damage is found), folders that may not be read, names met twice.
  std::vector<Skipped> skipped;
};

/// Lists photos: by their file name endings in folders (searched with subfolders, links to folders are not followed)
/// and tar archives; single files; and what text files (.txt) name, one a line, relative to the text file. A name is
/// the path within folder, archive or the list's folder; a bare file name has the name of that before it.
/// Throws Error(NotFound) for an input that does not exist, Error(Unreadable) for a list that is no text, or where
/// nothing could be read.
PhotoFiles find_photos(const std::vector<std::string>& inputs);

/// Returns the bytes of one photo. Throws Error(Unreadable).
std::vector<unsigned char> read_photo(const PhotoFile& photo);

/// Returns the photo as 8-bit BGR, rotated by its EXIF orientation. Gray, palettes, 16 bits, CMYK and transparency are
/// converted. Throws Error(Unreadable).
cv::Mat decode_photo(const PhotoFile& photo);

}  // namespace vcl::train
