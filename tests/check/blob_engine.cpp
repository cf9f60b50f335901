// SPDX-License-Identifier: LGPL-2.1-or-later
// An engine module for the element tests, without LibTorch: connected bright blobs are the tracks. It is set
// up through the model name: "blob:KEY=VALUE,..." with sleep-ms (for each inference), fail-at (push
// number, from 1), fail-with (error | int) and open-error (not-found | unreadable | library | unsupported).
#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "vcl/engine.hpp"
#include "vcl/error.hpp"

namespace {

using vcl::Mask;

std::map<std::string, std::string> parse(const std::string& model) {
  std::map<std::string, std::string> settings;
  if (!model.starts_with("blob:")) return settings;
  std::istringstream text(model.substr(5));
  for (std::string item; std::getline(text, item, ',');) {
    const auto equals = item.find('=');
    if (equals == std::string::npos) throw vcl::Error(vcl::ErrorKind::Invalid, "bad blob setting " + item);
    settings[item.substr(0, equals)] = item.substr(equals + 1);
  }
  return settings;
}

int number(const std::map<std::string, std::string>& settings, const std::string& key, int otherwise) {
  const auto found = settings.find(key);
  return found == settings.end() ? otherwise : std::stoi(found->second);
}

// Through the library's own reader, so that every pixel format and stride is really read.
Mask bright_pixels(const vcl::FrameView& frame) {
  const std::size_t pixels = std::size_t(frame.size.width) * std::size_t(frame.size.height);
  std::vector<float> rgb(3 * pixels);
  vcl::frame_to_canvas(frame, {frame.size, frame.size, frame.size}, {0, 0, 0}, rgb.data());
  Mask bright(frame.size.width, frame.size.height);
  for (std::size_t i = 0; i < pixels; ++i) bright.pixels[i] = rgb[i] + rgb[i + pixels] + rgb[i + 2 * pixels] > 3 * 127;
  return bright;
}

// Takes the blob that holds (x, y) out of `bright`.
Mask take_blob(Mask& bright, int x, int y) {
  Mask blob(bright.width, bright.height);
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

class BlobEngine : public vcl::Engine {
 public:
  explicit BlobEngine(const vcl::EngineOptions& options)
      : settings_(parse(options.model)), window_(options.window ? options.window : 3) {
    const auto error = settings_.find("open-error");
    if (error == settings_.end()) return;
    static const std::map<std::string, vcl::ErrorKind> kinds = {{"not-found", vcl::ErrorKind::NotFound},
                                                                {"unreadable", vcl::ErrorKind::Unreadable},
                                                                {"library", vcl::ErrorKind::Library},
                                                                {"unsupported", vcl::ErrorKind::Unsupported}};
    throw vcl::Error(kinds.at(error->second), "blob error: " + error->second);
  }

  void set_filters(const vcl::Filters& filters) override { filters_ = filters; }
  int latency_frames() const override { return window_ - 1; }

  std::vector<vcl::FrameResult> push(const vcl::FrameView& frame, std::int64_t pts, bool infer) override {
    if (++pushes_ == number(settings_, "fail-at", 0)) {
      if (settings_["fail-with"] == "int") throw 42;
      throw std::runtime_error("blob engine fails as it was told");
    }
    if (!held_.empty() && held_.back().size != frame.size)
      throw vcl::Error(vcl::ErrorKind::Invalid, "frame size changed without a drain");
    vcl::FrameResult result{frame_++, pts, frame.size, !infer, {}};
    if (infer) {
      std::this_thread::sleep_for(std::chrono::milliseconds(number(settings_, "sleep-ms", 0)));
      latest_ = find(frame);
    } else {
      for (vcl::Instance& instance : latest_) instance.is_new = false;
    }
    if (!latest_.empty() && vcl::Size{latest_[0].mask.width, latest_[0].mask.height} != frame.size) latest_.clear();
    result.instances = latest_;
    held_.push_back(std::move(result));
    return release(std::size_t(window_ - 1));
  }

  std::vector<vcl::FrameResult> drain() override {
    latest_.clear();
    return release(0);
  }

  void reset() override {
    held_.clear();
    latest_.clear();
    frame_ = 0;
  }

 private:
  std::vector<vcl::Instance> find(const vcl::FrameView& frame) {
    std::vector<vcl::Instance> found;
    Mask bright = bright_pixels(frame);
    for (int y = 0; y < bright.height; ++y)
      for (int x = 0; x < bright.width; ++x) {
        if (!bright.at(x, y)) continue;
        vcl::Instance instance;
        instance.mask = vcl::rle_encode(take_blob(bright, x, y));
        instance.box = vcl::rle_box(instance.mask);
        instance.area = vcl::rle_area(instance.mask);
        instance.score = 0.9f;
        if (instance.area < filters_.min_area || instance.score < filters_.threshold) continue;
        const auto same = std::ranges::find_if(latest_, [&](const vcl::Instance& old) {
          return vcl::Size{old.mask.width, old.mask.height} == frame.size && vcl::rle_iou(old.mask, instance.mask) > 0;
        });
        instance.is_new = same == latest_.end();
        instance.track_id = instance.is_new ? ++last_id_ : same->track_id;
        found.push_back(std::move(instance));
        if (int(found.size()) == filters_.max_instances) return found;
      }
    return found;
  }

  std::vector<vcl::FrameResult> release(std::size_t keep) {
    std::vector<vcl::FrameResult> ready;
    while (held_.size() > keep) {
      ready.push_back(std::move(held_.front()));
      held_.pop_front();
    }
    return ready;
  }

  std::map<std::string, std::string> settings_;
  int window_;
  vcl::Filters filters_;
  std::deque<vcl::FrameResult> held_;
  std::vector<vcl::Instance> latest_;
  std::uint64_t frame_ = 0, last_id_ = 0;
  int pushes_ = 0;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) vcl::Engine* vcl_engine_open(const vcl::EngineOptions& options) {
  return new BlobEngine(options);
}
