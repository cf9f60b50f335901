// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "support/journal.hpp"
#include "training/photos/photo_files.hpp"

namespace vcl::train {

/// The photos that a contact sheet shows: up to 48, evenly spread.
std::vector<std::size_t> sheet_photos(std::size_t photos);

/// Draws these photos, all in the journal, with the masks found in them as a PNG. Throws Error(Resource).
void write_annotation_sheet(const std::string& path, const std::vector<PhotoFile>& photos,
                            const std::vector<std::size_t>& shown, const Journal& journal);

}  // namespace vcl::train
