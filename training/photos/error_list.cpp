// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/photos/error_list.hpp"

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr int kShown = 10;

}  // namespace

ErrorList::ErrorList(const std::string& path, bool writes) : path_(path), writes_(writes) {
  std::ifstream old(path);
  for (std::string text; std::getline(old, text);) {
    const nlohmann::json line = nlohmann::json::parse(text, nullptr, false);
    if (line.is_object() && line.contains("input") && line["input"].is_string()) inputs_.insert(line["input"]);
  }
}

void ErrorList::add(const std::string& input, const std::string& error) {
  const std::lock_guard lock(mutex_);
  if (!inputs_.insert(input).second || !writes_) return;
  std::ofstream file(path_, std::ios::app);
  const nlohmann::ordered_json line = {{"input", input}, {"error", error}};
  file << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
  if (!file)
    throw Error(ErrorKind::Resource, "cannot write " + path_ + ": is the folder writable and the disk not full?");
  if (shown_ < kShown) std::fprintf(stderr, "skipped %s: %s\n", input.c_str(), error.c_str());
  if (++shown_ == kShown) std::fprintf(stderr, "more that is skipped is listed in %s\n", path_.c_str());
}

std::size_t ErrorList::count() const {
  const std::lock_guard lock(mutex_);
  return inputs_.size();
}

}  // namespace vcl::train
