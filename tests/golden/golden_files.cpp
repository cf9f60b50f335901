// SPDX-License-Identifier: LGPL-2.1-or-later
#include "golden_files.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace vcl::golden {

namespace fs = std::filesystem;

namespace {

/// The first of the places that may hold the reference numbers in which `name` exists.
fs::path find(const std::string& name) {
  std::vector<fs::path> roots;
  if (const char* given = std::getenv("VCL_GOLDEN_DIR")) {
    roots = {given};
  } else {
    const fs::path project = VCL_PROJECT_ROOT;
    roots = {project / "tests/golden/data", project / "../shared/golden"};
  }
  for (const fs::path& root : roots) {
    if (fs::exists(root / name)) return root / name;
  }
  return {};
}

}  // namespace

std::string folder(const std::string& name) {
  const fs::path found = find(name);
  if (found.empty() && std::getenv("VCL_GOLDEN_DIR") == nullptr)
    throw std::runtime_error("no folder tests/golden/data/" + name + ": get the whole source tree");
  return found.string();
}

std::string find_folder(const std::string& name) {
  return find(name).string();
}

std::string seed() {
  std::ifstream file(find("seed"));
  std::string text;
  if (!std::getline(file, text)) throw std::runtime_error("the golden folder has no seed");
  return text;
}

std::string device() {
  const char* given = std::getenv("VCL_TEST_DEVICE");
  return given == nullptr ? "cpu" : given;
}

nlohmann::json read_json(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  return nlohmann::json::parse(file);
}

}  // namespace vcl::golden
