// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "tools/media/file_bytes.hpp"

namespace vcl {

/// What the container of a media file says of the file's end.
enum class FileEnd {
  Unknown,  ///< nothing that could be proven
  Whole,    ///< all bytes that it announces are there
  Cut,      ///< it announces more bytes than there are
  Torn,     ///< MPEG-TS, which announces nothing, ends inside a packet
};

/// Looks at the sizes of MP4/MOV boxes, EBML elements, RIFF chunks, FLV tags, ASF objects, Ogg pages, IVF frames, GIF
/// blocks and TS packets. Bytes that belong to no container, behind one that is complete, prove nothing: cameras and
/// tools append their own. Reads headers alone, and a bounded number of them; never throws.
FileEnd find_file_end(const std::string& path);

/// The same of Matroska and WebM alone.
FileEnd find_matroska_end(const FileBytes& file);

/// Of one file at most so many headers are read.
constexpr int kMostHeaders = 5'000'000;

}  // namespace vcl
