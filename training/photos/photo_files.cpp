// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/photos/photo_files.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <set>
#include <string_view>

#include "support/decoded_picture.hpp"
#include "training/photos/tar_members.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestFile = std::uint64_t{256} << 20;  // encoded size; bounds memory

bool is_photo_name(std::string_view name) {
  static const std::set<std::string> endings{".jpg",  ".jpeg", ".jfif", ".png", ".bmp",
                                             ".webp", ".tif",  ".tiff", ".ppm", ".pgm"};
  std::string ending = fs::path(name).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return endings.contains(ending);
}

/// Returns "<folder>/<file>", also for a photo directly in the given folder.
std::string name_in_folder(const fs::path& folder, const fs::path& file) {
  const fs::path relative = file.lexically_relative(folder);
  if (relative.has_parent_path()) return relative.generic_string();
  return (fs::absolute(folder / "x").lexically_normal().parent_path().filename() / relative).generic_string();
}

/// Skips anything that is not a file: reading a pipe would block forever.
bool may_be_photo(const fs::directory_entry& entry) {
  std::error_code failure;
  const fs::file_status status = entry.status(failure);
  const bool dangling = !fs::exists(status) && entry.is_symlink(failure);  // reported when it is read
  return (fs::is_regular_file(status) || dangling) && is_photo_name(entry.path().native());
}

bool is_locked(const fs::path& folder) {
  return access(folder.c_str(), R_OK | X_OK) != 0;
}

void find_in_folder(const fs::path& folder, PhotoFiles& out) {
  constexpr const char* kLocked = "may not be read by this user; change its permissions";
  if (is_locked(folder)) return out.skipped.push_back({folder.string(), kLocked});
  std::vector<std::string> files;
  std::error_code failure, none;
  fs::recursive_directory_iterator entry(folder, failure);
  for (; !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
    if (may_be_photo(*entry)) files.push_back(entry->path().native());
    if (!entry->is_directory(none) || entry->is_symlink(none) || !is_locked(entry->path())) continue;
    out.skipped.push_back({entry->path().string(), kLocked});
    entry.disable_recursion_pending();
  }
  if (failure) out.skipped.push_back({folder.string(), failure.message()});
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) out.found.push_back({name_in_folder(folder, file), file});
}

void find_in_tar(const std::string& path, PhotoFiles& out) {
  const std::string damage = find_members(path, [&](const TarMember& member) {
    if (!is_photo_name(member.name)) return;
    fs::path name = fs::path(member.name).lexically_normal().relative_path();
    if (!name.has_parent_path()) name = fs::path(path).stem() / name;  // other archives may have the same name
    out.found.push_back({name.generic_string(), path, member.offset, member.bytes});
  });
  if (!damage.empty()) out.skipped.push_back({path, damage});
}

void find_in_list(const std::string& path, PhotoFiles& out) {
  const fs::path folder = fs::absolute(path).parent_path();
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const std::size_t before = out.found.size();
  std::ifstream list(path, std::ios::binary);
  for (std::string line; std::getline(list, line);) {
    if (out.found.size() == before && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    if (line.find('\0') != line.npos)
      throw Error(ErrorKind::Unreadable, path + " is no list of photos; write a text file with one file name a line");
    const fs::path file = (folder / line).lexically_normal(), inside = file.lexically_relative(folder);
    const bool apart = inside.empty() || *inside.begin() == "..";
    out.found.push_back({name_in_folder(apart ? file.parent_path() : folder, file), file.string()});
  }
  if (!list.eof()) throw Error(ErrorKind::Unreadable, path + ": the list cannot be read");
}

void drop_repeated_names(PhotoFiles& photos) {
  std::set<std::string> seen;
  std::erase_if(photos.found, [&](const PhotoFile& photo) {
    if (seen.insert(photo.name).second) return false;
    photos.skipped.push_back(
        {photo.path,
         "a photo named " + photo.name + " was met before; name the folder above both, so that their names differ"});
    return true;
  });
}

}  // namespace

PhotoFiles find_photos(const std::vector<std::string>& inputs) {
  PhotoFiles photos;
  for (const std::string& input : inputs) {
    std::error_code failure;
    const fs::file_status status = fs::status(input, failure);
    if (status.type() == fs::file_type::none) throw Error(ErrorKind::Unreadable, input + ": " + failure.message());
    if (!fs::exists(status)) throw Error(ErrorKind::NotFound, input + ": no such file or folder");
    if (fs::is_directory(status)) {
      find_in_folder(input, photos);
    } else if (fs::path(input).extension() == ".tar") {
      find_in_tar(input, photos);
    } else if (fs::path(input).extension() == ".txt") {
      find_in_list(input, photos);
    } else {
      const fs::path file = fs::absolute(input);
      photos.found.push_back({name_in_folder(file.parent_path(), file), input});
    }
  }
  if (photos.found.empty() && !photos.skipped.empty())
    throw Error(ErrorKind::Unreadable, photos.skipped.front().name + ": " + photos.skipped.front().why);
  drop_repeated_names(photos);
  return photos;
}

std::vector<unsigned char> read_photo(const PhotoFile& photo) {
  const auto refuse = [](const std::string& why) { throw Error(ErrorKind::Unreadable, why); };
  std::error_code failure;
  if (!fs::is_regular_file(photo.path, failure)) refuse(failure ? failure.message() : "not a file");
  const std::uint64_t size = photo.offset > 0 ? photo.bytes : fs::file_size(photo.path, failure);
  if (failure) refuse(failure.message());
  if (size == 0) refuse("empty file");
  if (size > kLargestFile) refuse("larger than 256 MiB");
  std::vector<unsigned char> bytes(size);
  std::ifstream file(photo.path, std::ios::binary);
  if (!file.seekg(static_cast<std::streamoff>(photo.offset)) ||
      !file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
    refuse("cannot be read");
  return bytes;
}

cv::Mat decode_photo(const PhotoFile& photo) {
  const std::vector<unsigned char> bytes = read_photo(photo);
  cv::Mat decoded;
  try {
    decoded = decode_picture(bytes).bgr;
  } catch (const cv::Exception&) {  // OpenCV throws for absurd sizes
    throw Error(ErrorKind::Unreadable, "too large or corrupt");
  }
  if (decoded.empty()) throw Error(ErrorKind::Unreadable, "not a readable image");
  return decoded;
}

}  // namespace vcl::train
