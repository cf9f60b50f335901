// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/photos/pack_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "training/photos/pack.hpp"
#include "vcl/error.hpp"

namespace vcl::train {

namespace {

/// Returns a text that changes when photos are added, removed or changed.
std::string state_of(const std::string& photos) {
  namespace fs = std::filesystem;
  std::uintmax_t files = 0, bytes = 0;
  fs::file_time_type newest = fs::file_time_type::min();
  std::error_code ignored;  // pack_photos reports unreadable entries
  const auto look_at = [&](const fs::path& path) {
    newest = std::max(newest, fs::last_write_time(path, ignored));
    if (!fs::is_regular_file(path, ignored)) return;
    ++files;
    bytes += fs::file_size(path, ignored);
  };
  look_at(photos);
  fs::recursive_directory_iterator entry(photos, fs::directory_options::skip_permission_denied, ignored);
  for (; entry != fs::recursive_directory_iterator(); entry.increment(ignored)) look_at(entry->path());
  return photos + ": " + std::to_string(files) + " files, " + std::to_string(bytes) + " bytes, newest " +
         std::to_string(newest.time_since_epoch().count());
}

}  // namespace

void pack_folder(const std::string& folder, const std::string& out, int side, int threads, ErrorList& errors) {
  const std::string note = out + ".origin", origin = state_of(folder) + " side " + std::to_string(side);
  std::ifstream old(note);
  const std::string made_of{std::istreambuf_iterator<char>(old), {}};
  if (std::filesystem::exists(out) && made_of == origin) return;
  std::filesystem::remove(note);  // before the pack changes
  const PackResult result = pack_photos({folder}, out, side, threads);
  for (const Skipped& photo : result.skipped) errors.add(photo.name, photo.why);
  std::ofstream file(note);
  if (!(file << origin).flush()) throw Error(ErrorKind::Resource, "cannot write " + note + ": is the disk full?");
}

}  // namespace vcl::train
