// SPDX-License-Identifier: LGPL-2.1-or-later
#include "blob_model.hpp"

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "vcl/error.hpp"

BlobModel::BlobModel(const std::string& named) {
  const char* standard = std::getenv("BLOB_DEFAULT_MODEL");
  const std::string model = named.empty() && standard ? standard : named;
  if (!model.starts_with("blob:")) return;
  std::istringstream text(model.substr(5));
  for (std::string item; std::getline(text, item, ',');) {
    const auto equals = item.find('=');
    if (equals == std::string::npos) throw vcl::Error(vcl::ErrorKind::Invalid, "bad blob setting " + item);
    settings_[item.substr(0, equals)] = item.substr(equals + 1);
  }
  const auto error = settings_.find("open-error");
  if (error == settings_.end()) return;
  static const std::map<std::string, vcl::ErrorKind> kinds = {{"not-found", vcl::ErrorKind::NotFound},
                                                              {"unreadable", vcl::ErrorKind::Unreadable},
                                                              {"library", vcl::ErrorKind::Library},
                                                              {"unsupported", vcl::ErrorKind::Unsupported}};
  throw vcl::Error(kinds.at(error->second), "blob error: " + error->second);
}

int BlobModel::number(const std::string& key, int otherwise) const {
  const auto found = settings_.find(key);
  return found == settings_.end() ? otherwise : std::stoi(found->second);
}

void BlobModel::count_call() {
  if (++calls_ != number("fail-at")) return;
  if (settings_["fail-with"] == "int") throw 42;
  throw std::runtime_error("blob engine fails as it was told");
}

void BlobModel::sleep() const {
  std::this_thread::sleep_for(std::chrono::milliseconds(number("sleep-ms")));
}

vcl::Mask bright_pixels(const vcl::FrameView& frame) {
  const std::size_t pixels = std::size_t(frame.size.width) * std::size_t(frame.size.height);
  std::vector<float> rgb(3 * pixels);
  vcl::frame_to_canvas(frame, {frame.size, frame.size, frame.size}, {0, 0, 0}, rgb.data());
  vcl::Mask bright(frame.size.width, frame.size.height);
  for (std::size_t i = 0; i < pixels; ++i) bright.pixels[i] = rgb[i] + rgb[i + pixels] + rgb[i + 2 * pixels] > 3 * 127;
  return bright;
}

vcl::Mask take_blob(vcl::Mask& bright, int x, int y) {
  vcl::Mask blob(bright.width, bright.height);
  std::vector<std::pair<int, int>> open = {{x, y}};
  while (!open.empty()) {
    const auto [px, py] = open.back();
    open.pop_back();
    if (px < 0 || py < 0 || px >= bright.width || py >= bright.height || !bright.at(px, py)) continue;
    bright.at(px, py) = 0;
    blob.at(px, py) = 1;
    for (const auto& [dx, dy] : {std::pair{1, 0}, {-1, 0}, {0, 1}, {0, -1}}) open.emplace_back(px + dx, py + dy);
  }
  return blob;
}
