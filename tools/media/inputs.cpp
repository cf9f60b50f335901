// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "support/outputs.hpp"
#include "tools/media/input.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code unreadable;
  return fs::is_directory(path, unreadable);
}

bool is_there(const std::string& path) {
  std::error_code unreadable;
  return fs::exists(path, unreadable);
}

bool is_video_file(const std::string& path) {
  static constexpr std::array kEndings = {".mp4",  ".m4v", ".mov",  ".qt",   ".mkv",  ".webm", ".avi", ".divx", ".mpg",
                                          ".mpeg", ".m2v", ".ts",   ".mts",  ".m2ts", ".vob",  ".mxf", ".ogv",  ".ogm",
                                          ".ogg",  ".flv", ".f4v",  ".wmv",  ".asf",  ".3gp",  ".3g2", ".nut",  ".gif",
                                          ".y4m",  ".ivf", ".h264", ".h265", ".264",  ".hevc", ".dv",  ".rmvb", ".rm"};
  return std::ranges::find(kEndings, ending_of(path)) != kEndings.end();
}

std::vector<std::string> files_of_folder(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code unreadable;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, unreadable))
    if (!is_folder(entry.path()) && !entry.path().filename().string().starts_with('.'))
      files.push_back(entry.path().string());
  std::ranges::sort(files, natural_less);
  return files;
}

/// The inputs among the files that `in` holds, or itself where these are the frames of one.
std::vector<std::string> videos_among(std::vector<std::string> names, const std::string& in) {
  const auto is_input = [](const std::string& name) { return is_video_file(name) || is_folder(name); };
  const auto videos = std::ranges::count_if(names, is_input);
  if (std::ranges::any_of(names, is_one_picture)) {
    if (videos > 0)
      fmt::print(stderr, "vcl: '{}' is read as frames, without the {} in it; name {} to segment {}\n", in,
                 videos == 1 ? "video" : fmt::format("{} videos", videos), videos == 1 ? "it" : "them",
                 videos == 1 ? "it" : "them");
    return {in};
  }
  if (videos == 0) return {in};
  if (const auto others = std::ranges::ssize(names) - videos; others > 0)
    fmt::print(stderr, "vcl: '{}' is read without the {} that {} no video by the name; name {} to segment {}\n", in,
               others == 1 ? "file" : fmt::format("{} files", others), others == 1 ? "is" : "are",
               others == 1 ? "it" : "them", others == 1 ? "it" : "them");
  std::erase_if(names, [&](const std::string& name) { return !is_input(name); });
  return names;
}

std::vector<std::string> expand_video(const std::string& in) {
  if (is_folder(in)) return videos_among(files_of_folder(in), in);
  if (is_there(in) || in.find_first_of("*?[") == std::string::npos) return {in};
  return videos_among(names_of_glob(in), in);
}

}  // namespace

bool is_one_picture(const std::string& in) {
  const bool is_pattern = !is_there(in) && in.find_first_of("*?[%") != std::string::npos;
  return is_picture_name(in) && !is_folder(in) && !is_pattern;
}

std::vector<std::string> expand_lists(const std::vector<std::string>& in) {
  std::vector<std::string> names;
  for (const std::string& name : in) {
    std::error_code unreadable;
    if (ending_of(name) == ".txt" && fs::is_regular_file(name, unreadable))
      std::ranges::move(read_list(name, "input"), std::back_inserter(names));
    else
      names.push_back(name);
  }
  return names;
}

std::vector<std::string> expand_videos(const std::vector<std::string>& in) {
  std::vector<std::string> videos;
  for (const std::string& name : in) std::ranges::move(expand_video(name), std::back_inserter(videos));
  return videos;
}

}  // namespace vcl
