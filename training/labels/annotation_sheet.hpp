// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "support/journal.hpp"
#include "training/photos/photo_files.hpp"

namespace vcl::train {

/// Returns the photos for a contact sheet: up to 48, evenly spread.
std::vector<std::size_t> sheet_photos(std::size_t photos);

/// Draws these photos with their masks as a PNG. All of them must be in the journal. Throws Error(Resource).
void write_annotation_sheet(const std::string& path, const std::vector<PhotoFile>& photos,
                            const std::vector<std::size_t>& shown, const Journal& journal);

}  // namespace vcl::train
