// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <span>
#include <string_view>

#include "libvcl/files/mapped_file.hpp"

namespace vcl {

/// Returns the entries of a zip archive of torch.save. They are stored without compression, so each is a range of the
/// file. Zip64 is supported. The central directory is authoritative. A local header that contradicts it is refused, as
/// are entries that overlap, lie outside, are compressed or encrypted, or have the same name. Checksums are not
/// compared: torch.save can leave them out, and torch.load ignores them, too. The names and bytes live as long as
/// `file`.
std::map<std::string_view, std::span<const std::byte>> read_zip(const MappedFile& file);

}  // namespace vcl
