// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/models/model_folder.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string_view>

#include "support/outputs.hpp"
#include "support/whole_file.hpp"
#include "tools/output.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kEndings{".safetensors", ".pth",
                                                   ".pkl"};  // those that model_path() looks for

}  // namespace

std::string sha256_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::unique_ptr<GChecksum, decltype(&g_checksum_free)> sum(g_checksum_new(G_CHECKSUM_SHA256), g_checksum_free);
  std::vector<char> part(1 << 20);
  while (file.read(part.data(), std::streamsize(part.size())), file.gcount() > 0)
    g_checksum_update(sum.get(), reinterpret_cast<const guchar*>(part.data()), gssize(file.gcount()));
  if (!file.eof())
    throw Error(ErrorKind::Unreadable, fmt::format("'{}' cannot be read; check its name and its permissions", path));
  return g_checksum_get_string(sum.get());
}

ModelFolder::ModelFolder() : folder_(model_folder()) {
  if (folder_.empty())
    throw Error(ErrorKind::NotFound, "there is no home folder to keep models in; set XDG_DATA_HOME to a folder");
}

void ModelFolder::create() const {
  make_output_folder(folder_);
}

std::string ModelFolder::find(const std::string& name) const {
  for (const std::string_view ending : kEndings)
    if (std::string path = place(name, std::string(ending)); fs::exists(path)) return path;
  return "";
}

std::string ModelFolder::place(const std::string& name, const std::string& file_name) const {
  const std::string ending = ending_of("x" + file_name);  // ".pth" alone would have none
  const bool is_known = std::ranges::find(kEndings, ending) != kEndings.end();
  return (fs::path(folder_) / (name + (is_known ? ending : ".pth"))).string();
}

std::string ModelFolder::known_hash(const std::string& name) const {
  std::ifstream file(fs::path(folder_) / (name + ".sha256"));
  std::string hash;
  file >> hash;
  return hash;
}

void ModelFolder::remember_hash(const std::string& path, const std::string& hash) const {
  const fs::path file(path);
  write_whole_file(fs::path(file).replace_extension(".sha256").string(), hash + "  " + file.filename().string() + "\n");
}

std::vector<std::string> ModelFolder::names() const {
  std::set<std::string> names;
  std::error_code is_missing;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, is_missing))
    if (std::ranges::find(kEndings, entry.path().extension().string()) != kEndings.end())
      names.insert(entry.path().stem());
  return {names.begin(), names.end()};
}

}  // namespace vcl
