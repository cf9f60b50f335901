// SPDX-License-Identifier: LGPL-2.1-or-later
// An engine module for the element tests, without LibTorch: connected bright blobs are the tracks.
#include <algorithm>
#include <chrono>
#include <climits>
#include <deque>
#include <thread>

#include "blob_model.hpp"
#include "libvcl/loader/engine_module.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"

namespace {

using vcl::Mask;

/// A model is its name.
struct LoadedBlob final : vcl::LoadedModel {
  explicit LoadedBlob(const std::string& model) : name(model) {}
  const std::string name;
};

std::string name_of(const vcl::EngineOptions& options) {
  return options.loaded ? static_cast<const LoadedBlob&>(*options.loaded).name : options.model;
}

/// As many steps of work, or one without end.
void work_in_steps(const BlobModel& model, vcl::Watcher* watcher, int steps, bool endless) {
  for (int i = 1; i <= steps && watcher != nullptr; i += !endless) {
    watcher->progress(double(i) / steps);
    if (watcher->cancelled()) throw vcl::Error(vcl::ErrorKind::Cancelled, "the call was cancelled");
    std::this_thread::sleep_for(std::chrono::milliseconds(model.number("step-ms", endless)));
  }
}

class BlobEngine : public vcl::Engine {
 public:
  explicit BlobEngine(const vcl::EngineOptions& options)
      : model_(name_of(options)),
        watcher_(options.watcher),
        window_(options.mode == vcl::DecodeMode::Whole ? INT_MAX
                : options.window                       ? options.window
                                                       : 3) {
    work_in_steps(model_, watcher_.get(), 4, model_.number("open-endless"));
  }

  void set_filters(const vcl::Filters& filters) override { filters_ = filters; }
  int latency_frames() const override { return window_ == INT_MAX ? vcl::kUnboundedLatency : window_ - 1; }

  std::vector<vcl::FrameResult> push(const vcl::FrameView& frame, std::int64_t pts, bool infer) override {
    model_.count_call();
    if (!held_.empty() && held_.back().size != frame.size)
      throw vcl::Error(vcl::ErrorKind::Invalid, "frame size changed without a drain");
    vcl::FrameResult result{frame_++, pts, frame.size, !infer, {}};
    if (infer) {
      model_.sleep();
      latest_ = find(frame);
    } else {
      for (vcl::Instance& instance : latest_) instance.is_new = false;
    }
    if (!latest_.empty() && vcl::Size{latest_[0].mask.width, latest_[0].mask.height} != frame.size) latest_.clear();
    result.instances = latest_;
    held_.push_back(std::move(result));
    inferred_ += infer;
    return release(false);
  }

  std::vector<vcl::FrameResult> drain() override {
    latest_.clear();
    if (window_ == INT_MAX) {
      try {
        work_in_steps(model_, watcher_.get(), int(held_.size()), model_.number("drain-endless"));
      } catch (...) {
        reset();
        throw;
      }
    }
    return release(true);
  }

  void reset() override {
    held_.clear();
    inferred_ = 0;
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

  // As the real engine does.
  bool front_waits() const {
    const bool may_wait = filters_.max_wait == 0 || held_.size() <= std::size_t(filters_.max_wait);
    return !held_.front().stale && inferred_ < window_ && may_wait;
  }

  std::vector<vcl::FrameResult> release(bool all) {
    std::vector<vcl::FrameResult> ready;
    while (!held_.empty() && (all || !front_waits())) {
      inferred_ -= !held_.front().stale;
      ready.push_back(std::move(held_.front()));
      held_.pop_front();
    }
    return ready;
  }

  BlobModel model_;
  std::shared_ptr<vcl::Watcher> watcher_;
  int window_;
  vcl::Filters filters_;
  std::deque<vcl::FrameResult> held_;
  int inferred_ = 0;  // of those held
  std::vector<vcl::Instance> latest_;
  std::uint64_t frame_ = 0, last_id_ = 0;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) std::uint64_t vcl_engine_abi() {
  return vcl::engine_abi();
}

extern "C" __attribute__((visibility("default"))) vcl::LoadedModel* vcl_model_open(const vcl::EngineOptions& options) {
  const BlobModel model(options.model);
  work_in_steps(model, options.watcher.get(), 4, model.number("open-endless"));
  return new LoadedBlob(options.model);
}

extern "C" __attribute__((visibility("default"))) vcl::Engine* vcl_engine_open(const vcl::EngineOptions& options) {
  return new BlobEngine(options);
}
