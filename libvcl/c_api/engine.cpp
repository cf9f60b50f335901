// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/engine.hpp"

#include <atomic>
#include <deque>
#include <memory>

#include "libvcl/c_api/callback_watcher.hpp"
#include "libvcl/c_api/frame.hpp"
#include "libvcl/c_api/result.hpp"
#include "libvcl/c_api/status.hpp"
#include "libvcl/c_api/structs.hpp"
#include "libvcl/images/frame_check.hpp"
#include "vcl/error.hpp"

struct VclModel {
  std::shared_ptr<const vcl::LoadedModel> loaded;
};

struct VclEngine {
  std::shared_ptr<vcl::CallbackWatcher> watcher;
  std::unique_ptr<vcl::Engine> engine;
  vcl::Filters filters;
  std::deque<vcl::FrameResult> ready;
  std::atomic<bool> busy = false;  ///< whether a call runs

  void keep(std::vector<vcl::FrameResult> results) {
    for (vcl::FrameResult& result : results) ready.push_back(std::move(result));
  }
};

namespace {

constexpr int kMaxThreads = 1024;

static_assert(VCL_DECODE_WINDOW == int(vcl::DecodeMode::Window) && VCL_DECODE_WHOLE == int(vcl::DecodeMode::Whole));

static_assert(VCL_OVERLAP_AUTO == int(vcl::Overlap::Auto) && VCL_OVERLAP_ALLOW == int(vcl::Overlap::Allow) &&
              VCL_OVERLAP_FORBID == int(vcl::Overlap::Forbid));
static_assert(VCL_PRECISION_FP32 == int(vcl::Precision::Fp32) && VCL_PRECISION_BF16 == int(vcl::Precision::Bf16));

static_assert(VCL_MOTION_AUTO == int(vcl::Motion::Auto) && VCL_MOTION_OFF == int(vcl::Motion::Off));

int in_range(int value, int low, int high, const char* name) {
  if (value < low || value > high)
    throw vcl::Error(vcl::ErrorKind::Invalid, std::string(name) + " is " + std::to_string(value) + ", not from " +
                                                  std::to_string(low) + " to " + std::to_string(high));
  return value;
}

vcl::Precision precision_of(int value) {
  if (value != VCL_PRECISION_FP32 && value != VCL_PRECISION_BF16)
    throw vcl::Error(vcl::ErrorKind::Invalid,
                     "precision is " + std::to_string(value) + ", neither VCL_PRECISION_FP32 nor VCL_PRECISION_BF16");
  return vcl::Precision(value);
}

vcl::EngineOptions read_options(const VclEngineOptions* given) {
  vcl::EngineOptions options;
  if (given == nullptr) return options;
  const VclEngineOptions from = vcl::read_struct(given, "options");
  if (from.model != nullptr) options.model = from.model;
  if (from.device != nullptr) options.device = from.device;
  options.threads = in_range(from.threads, 0, kMaxThreads, "threads");
  options.mode = vcl::DecodeMode(in_range(from.mode, VCL_DECODE_WINDOW, VCL_DECODE_WHOLE, "mode"));
  options.window = from.window;
  options.stride = from.stride;
  options.precision = precision_of(from.precision);
  options.motion = vcl::Motion(in_range(from.motion, VCL_MOTION_AUTO, VCL_MOTION_OFF, "motion"));
  options.pipelined = in_range(from.pipelined, 0, 1, "pipelined") == 1;
  if (from.feature_memory != 0) options.feature_memory = from.feature_memory;
  if (from.shared != nullptr) options.loaded = from.shared->loaded;
  return options;
}

std::shared_ptr<vcl::CallbackWatcher> watcher_of(const VclEngineOptions* given) {
  if (given == nullptr) return std::make_shared<vcl::CallbackWatcher>(nullptr, nullptr);
  const VclEngineOptions from = vcl::read_struct(given, "options");
  return std::make_shared<vcl::CallbackWatcher>(from.progress, from.progress_data);
}

/// Marks an engine as busy during a call. The constructor throws Error(Invalid) if another call runs.
class Turn {
 public:
  explicit Turn(VclEngine& engine) : engine_(engine) {
    if (engine.busy.exchange(true))
      throw vcl::Error(vcl::ErrorKind::Invalid,
                       "another call for this engine runs: wait for its end, or use an engine per thread");
  }
  ~Turn() { engine_.busy = false; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  VclEngine& engine_;
};

/// Runs `work` as the only call of the engine.
template <typename Work>
VclStatus in_turn(VclEngine* engine, Work work) {
  return vcl::guarded([&] {
    vcl::require(engine, "engine");
    const Turn turn(*engine);
    work();
  });
}

/// Resets the engine and throws Error(Cancelled) if it was cancelled.
void refuse_cancelled(VclEngine& engine) {
  if (!engine.watcher->cancelled()) return;
  engine.engine->reset();
  throw vcl::Error(vcl::ErrorKind::Cancelled,
                   "the engine was cancelled: call vcl_engine_reset() before it takes frames again");
}

/// Lets `work` change a copy of the filters, which is applied only if nothing throws.
template <typename Work>
VclStatus change_filters(VclEngine* engine, Work work) {
  return in_turn(engine, [&] {
    vcl::Filters filters = engine->filters;
    work(filters);
    engine->engine->set_filters(filters);
    engine->filters = filters;
  });
}

}  // namespace

VclStatus vcl_model_new(const VclEngineOptions* options, VclModel** model) {
  return vcl::guarded([&] {
    vcl::require(model, "model");
    *model = nullptr;
    auto made = std::make_unique<VclModel>();
    vcl::EngineOptions read = read_options(options);
    read.watcher = watcher_of(options);
    made->loaded = vcl::open_model(read);
    *model = made.release();
  });
}

void vcl_model_free(VclModel* model) {
  delete model;
}

VclStatus vcl_engine_new(const VclEngineOptions* options, VclEngine** engine) {
  return vcl::guarded([&] {
    vcl::require(engine, "engine");
    *engine = nullptr;
    auto made = std::make_unique<VclEngine>();
    vcl::EngineOptions read = read_options(options);
    read.watcher = made->watcher = watcher_of(options);
    made->engine = vcl::open_engine(read);
    *engine = made.release();
  });
}

void vcl_engine_free(VclEngine* engine) {
  delete engine;
}

VclStatus vcl_engine_set_threshold(VclEngine* engine, float score) {
  return change_filters(engine, [&](vcl::Filters& filters) {
    if (!(score <= 1)) throw vcl::Error(vcl::ErrorKind::Invalid, "a threshold is at most 1");
    filters.threshold = score;
  });
}

VclStatus vcl_engine_set_max_instances(VclEngine* engine, int instances) {
  return change_filters(engine, [&](vcl::Filters& filters) {
    if (instances < 1) throw vcl::Error(vcl::ErrorKind::Invalid, "the most instances of a frame are 1 or more");
    filters.max_instances = instances;
  });
}

VclStatus vcl_engine_set_min_area(VclEngine* engine, uint64_t pixels) {
  return change_filters(engine, [&](vcl::Filters& filters) { filters.min_area = pixels; });
}

VclStatus vcl_engine_set_max_age(VclEngine* engine, uint32_t frames) {
  return change_filters(engine, [&](vcl::Filters& filters) { filters.max_age = frames; });
}

VclStatus vcl_engine_set_overlap(VclEngine* engine, int overlap) {
  return change_filters(engine, [&](vcl::Filters& filters) {
    if (overlap < VCL_OVERLAP_AUTO || overlap > VCL_OVERLAP_FORBID)
      throw vcl::Error(vcl::ErrorKind::Invalid, "overlap is VCL_OVERLAP_AUTO, VCL_OVERLAP_ALLOW or VCL_OVERLAP_FORBID");
    filters.overlap = vcl::Overlap(overlap);
  });
}

VclStatus vcl_engine_latency(const VclEngine* engine, int* frames) {
  return vcl::guarded([&] {
    vcl::require(engine, "engine");
    vcl::require(frames, "frames");
    *frames = engine->engine->latency_frames();
  });
}

VclStatus vcl_engine_push(VclEngine* engine, const VclFrame* frame, int64_t pts, int infer) {
  return in_turn(engine, [&] {
    refuse_cancelled(*engine);
    const vcl::FrameView view = vcl::frame_view(frame);
    if (infer != 0) vcl::check_frame(view);  // before the engine counts the frame
    engine->keep(engine->engine->push(view, pts, infer != 0));
  });
}

VclStatus vcl_engine_take(VclEngine* engine, VclResult** result) {
  return vcl::guarded([&] {
    vcl::require(result, "result");
    *result = nullptr;
    vcl::require(engine, "engine");
    const Turn turn(*engine);
    if (engine->ready.empty()) return;
    *result = new VclResult(std::move(engine->ready.front()));
    engine->ready.pop_front();
  });
}

VclStatus vcl_engine_drain(VclEngine* engine) {
  return in_turn(engine, [&] {
    refuse_cancelled(*engine);
    engine->keep(engine->engine->drain());
  });
}

VclStatus vcl_engine_reset(VclEngine* engine) {
  return in_turn(engine, [&] {
    engine->ready.clear();
    engine->engine->reset();
    engine->watcher->go_on();
  });
}

VclStatus vcl_engine_cancel(VclEngine* engine) {
  return vcl::guarded([&] {
    vcl::require(engine, "engine");
    engine->watcher->cancel();
  });
}
