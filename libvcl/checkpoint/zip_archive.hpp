// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <span>
#include <string_view>

#include "libvcl/files/mapped_file.hpp"

namespace vcl {

/// The entries of a zip archive as torch.save writes it: stored, not compressed, so that each is a range of the file.
/// Zip64 is understood. The central directory is the truth; a local header that contradicts it, entries that overlap,
/// lie outside, are compressed, encrypted or named twice are refused. Checksums are not compared: torch.save can be
/// told to leave them out, and torch.load ignores them as well. The names and bytes live as long as `file`.
std::map<std::string_view, std::span<const std::byte>> read_zip(const MappedFile& file);

}  // namespace vcl
