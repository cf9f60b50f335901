// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/input.hpp"

#include <fmt/format.h>
#include <glob.h>
#include <gst/gst.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>

#include "support/outputs.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kVideo4Linux = 81;  // the major number of its devices

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_image_name(const fs::path& path) {
  return path.filename().string().front() != '.' && is_picture_name(path.string());
}

/// A picture of a kind that OpenCV does not read here.
bool is_unread_picture(const fs::path& path) {
  static constexpr std::array kExtensions = {".heic", ".heif", ".avif", ".jxl", ".gif",
                                             ".svg",  ".dng",  ".cr2",  ".nef", ".arw"};
  return std::ranges::find(kExtensions, ending_of(path.string())) != kExtensions.end();
}

void refuse_unread_picture(const std::string& path) {
  if (is_unread_picture(path))
    throw Error(ErrorKind::Invalid, fmt::format("'{}' is not read; convert it to JPEG or PNG", path));
}

std::vector<std::string> images_of_folder(const fs::path& folder) {
  std::vector<std::string> images;
  std::map<std::string, int> unread;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    if (is_image_name(entry.path())) images.push_back(entry.path().string());
    if (is_unread_picture(entry.path())) ++unread[ending_of(entry.path().string())];
  }
  for (const auto& [extension, count] : unread)
    fmt::print(stderr, "vcl: {} {} files in '{}' are left out; convert them to JPEG or PNG\n", count, extension,
               folder.string());
  std::sort(images.begin(), images.end(), natural_less);
  if (images.empty())
    throw Error(ErrorKind::NotFound, fmt::format("no images in folder '{}'; JPEG, PNG, BMP, TIFF, WebP and PNM files "
                                                 "directly in it are read",
                                                 folder.string()));
  return images;
}

/// The images that a pattern of the shell like frames/*.jpg names.
std::vector<std::string> images_of_glob(const std::string& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos) return {};
  std::vector<std::string> images = names_of_glob(pattern);
  std::erase_if(images, [](const std::string& name) { return !is_image_name(name); });
  return images;
}

/// Also where nobody may look: reading it then says so.
bool is_there(const std::string& path) {
  std::error_code failure;
  return fs::exists(path, failure) || failure.value() == EACCES;
}

bool is_video_device(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISCHR(info.st_mode) && major(info.st_rdev) == kVideo4Linux;
}

/// Messages and records end up in logs, so they must not hold passwords.
std::string without_password(const std::string& uri) {
  const auto flags = GUriFlags(G_URI_FLAGS_PARSE_RELAXED | G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED);
  g_autoptr(GUri) parsed = g_uri_parse(uri.c_str(), flags, nullptr);
  if (!parsed || !g_uri_get_password(parsed)) return uri;
  g_autofree char* text = g_uri_to_string_partial(parsed, G_URI_HIDE_PASSWORD);
  return text;
}

/// GStreamer 1.22 takes 10 bits (C420p10) for 8 and shows noise.
bool is_deep_yuv4mpeg(const std::string& path) {
  std::string head(256, '\0');
  std::ifstream(path, std::ios::binary).read(head.data(), std::streamsize(head.size()));
  static const std::regex kDeep("YUV4MPEG2 (.* )?C[0-9]+p[0-9]+( .*)?");
  return head.starts_with("YUV4MPEG2 ") && std::regex_match(head.substr(0, head.find('\n')), kDeep);
}

void check_file(const std::string& path) {
  if (!fs::is_regular_file(path)) return;
  if (fs::file_size(path) == 0)
    throw Error(ErrorKind::Unreadable, fmt::format("'{}' is empty (0 bytes); copy or download it again", path));
  if (access(path.c_str(), R_OK) != 0)
    throw Error(ErrorKind::Unreadable, fmt::format("'{}' may not be read by this user; change its permissions", path));
  if (is_deep_yuv4mpeg(path)) throw Error(ErrorKind::Unsupported, refusal_of_yuv4mpeg(path));
}

}  // namespace

std::string refusal_of_yuv4mpeg(const std::string& name) {
  return fmt::format(
      "cannot read '{}': of YUV4MPEG, 8 bits with 4:2:0, 4:2:2 or 4:4:4 are read; convert it to that, or to another "
      "lossless kind such as FFV1",
      name);
}

std::vector<std::string> images_of_pattern(const std::string& pattern) {
  const fs::path path(pattern);
  static const std::regex kNumber("%0?[0-9]*[du]");
  std::smatch number;
  const std::string name = path.filename().string();
  if (!std::regex_search(name, number, kNumber)) return {};
  static const std::regex kSpecial(R"([.^$|()\[\]{}*+?\\])");
  const std::string before = std::regex_replace(number.prefix().str(), kSpecial, R"(\$&)");
  const std::string after = std::regex_replace(number.suffix().str(), kSpecial, R"(\$&)");
  const std::regex wanted(before + "[0-9]+" + after);

  std::vector<std::string> images;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code missing;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, missing))
    if (std::regex_match(entry.path().filename().string(), wanted)) images.push_back(entry.path().string());
  std::sort(images.begin(), images.end(), natural_less);
  return images;
}

std::vector<std::string> names_of_glob(const std::string& pattern) {
  std::vector<std::string> names;
  glob_t found{};
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0)
    names.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  std::ranges::sort(names, natural_less);
  return names;
}

std::vector<std::string> read_list(const std::string& path, const std::string& what) {
  check_file(path);
  std::ifstream file(path, std::ios::binary);
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);) {
    if (names.empty() && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
    if (line.find('\0') != std::string::npos)
      throw Error(ErrorKind::Unreadable,
                  fmt::format("'{0}' is neither an {1} nor a list of {1}s; name one of these or a folder", path, what));
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  if (names.empty())
    throw Error(ErrorKind::NotFound, fmt::format("the list '{}' names no {}; write one file name a line", path, what));
  return names;
}

std::vector<std::string> resolve_images(const std::string& in) {
  if (fs::is_directory(in)) return images_of_folder(in);
  if (!is_there(in))
    throw Error(ErrorKind::NotFound, fmt::format("there is no image, folder or list '{}'; check the name", in));
  check_file(in);
  if (is_image_name(in)) return {in};
  refuse_unread_picture(in);
  return read_list(in, "image");
}

std::vector<std::string> resolve_photos(const std::string& in, bool folders) {
  const bool is_folder = fs::is_directory(in);
  if (is_there(in) && !is_folder) refuse_unread_picture(in);
  if (is_there(in) && !is_folder && is_image_name(in)) {
    if (!fs::is_regular_file(in)) throw Error(ErrorKind::Invalid, fmt::format("'{}' is no file; save it as one", in));
    return {in};
  }
  if (is_folder && !folders)
    throw Error(ErrorKind::Invalid,
                fmt::format("'{}' is a folder; add --photos to segment each of its pictures by itself", in));
  std::vector<std::string> photos = resolve_input(in).images;
  if (photos.empty())
    throw Error(ErrorKind::Invalid, fmt::format("'{}' is no picture; name pictures alone, or a single video", in));
  return photos;
}

bool natural_less(const std::string& a, const std::string& b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (!is_digit(a[i]) || !is_digit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
      continue;
    }
    const auto number = [](const std::string& text, std::size_t& at) {
      while (at < text.size() && text[at] == '0') ++at;
      const std::size_t first = at;
      while (at < text.size() && is_digit(text[at])) ++at;
      return text.substr(first, at - first);
    };
    const std::string x = number(a, i), y = number(b, j);
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
  }
  if (i < a.size() || j < b.size()) return i == a.size();
  return a < b;  // equal but for leading zeros
}

Input resolve_input(const std::string& in) {
  Input input;
  input.name = in;
  if (in == kStandardInput) {
    if (isatty(STDIN_FILENO))
      throw Error(ErrorKind::Invalid, "'-' is standard input, and that is a terminal; pipe a video into it");
    input.name = "standard input";
    input.uri = fmt::format("fd://{}", STDIN_FILENO);
    return input;
  }
  if (is_video_device(in)) {
    input.uri = "v4l2://" + fs::absolute(in).string();
    return input;
  }
  if (!is_there(in) && gst_uri_is_valid(in.c_str())) {
    input.name = without_password(in);
    input.uri = in;
    g_autofree char* path = g_filename_from_uri(in.c_str(), nullptr, nullptr);
    if (path) {
      if (!fs::exists(path))
        throw Error(ErrorKind::NotFound, fmt::format("there is no file '{}'; check the name", path));
      input.path = path;
    }
  } else if (fs::is_directory(in)) {
    input.images = images_of_folder(in);
    return input;
  } else if (is_there(in)) {
    input.path = in;
  } else {
    input.images = images_of_pattern(in);
    if (input.images.empty()) input.images = images_of_glob(in);
    if (!input.images.empty()) return input;
    throw Error(ErrorKind::NotFound,
                fmt::format("there is no file, folder or image sequence '{}'; check the name", in));
  }
  if (input.path.empty()) return input;
  check_file(input.path);
  if (is_image_name(input.path)) {
    input.uri.clear();
    input.images = {input.path};
    return input;
  }
  if (ending_of(input.path) != ".gif") refuse_unread_picture(input.path);  // an animation is a video
  input.end = find_file_end(input.path);
  g_autofree char* uri = gst_filename_to_uri(input.path.c_str(), nullptr);
  input.uri = uri ? uri : "";
  return input;
}

}  // namespace vcl
