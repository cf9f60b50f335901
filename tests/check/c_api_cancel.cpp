// SPDX-License-Identifier: LGPL-2.1-or-later
// The C API's cancel, progress and shared models. C++ for the callbacks that throw.
#include <pthread.h>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

extern "C" {
#include "c_api.h"
}

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// What a progress callback heard, and from which share on it wants to end the call.
struct Log {
  std::vector<double> shares;
  double end_at = kNever;
  double throw_at = kNever;
  bool throw_int = false;
  std::thread::id thread = std::this_thread::get_id();
  VclEngine* engine = nullptr;  ///< the callback calls its functions
};

int note(double share, void* data) {
  Log& log = *static_cast<Log*>(data);
  CHECK(std::this_thread::get_id() == log.thread);
  CHECK(share > 0 && share <= 1);
  log.shares.push_back(share);
  if (log.engine != nullptr) {
    VclResult* result = nullptr;
    CHECK_FAILS(vcl_engine_drain(log.engine), VCL_INVALID, "another call");
    CHECK_FAILS(vcl_engine_take(log.engine, &result), VCL_INVALID, "another call");
    CHECK_FAILS(vcl_engine_reset(log.engine), VCL_INVALID, "another call");
    CHECK_FAILS(vcl_engine_set_max_age(log.engine, 1), VCL_INVALID, "another call");
  }
  if (share >= log.throw_at && log.throw_int) throw 42;
  if (share >= log.throw_at) throw std::runtime_error("thrown by the test");
  return share >= log.end_at;
}

void check_rises_to_one(const Log& log) {
  CHECK(!log.shares.empty() && log.shares.back() == 1);
  for (std::size_t i = 1; i < log.shares.size(); ++i) CHECK(log.shares[i] >= log.shares[i - 1]);
}

VclEngineOptions options_of(const char* model, int mode, Log* log) {
  VclEngineOptions options{};
  options.struct_size = sizeof options;
  options.model = model;
  options.mode = mode;
  if (log != nullptr) options.progress = note;
  options.progress_data = log;
  return options;
}

VclEngine* open(const VclEngineOptions& options) {
  VclEngine* engine = nullptr;
  CHECK_OK(vcl_engine_new(&options, &engine));
  return engine;
}

void push(VclEngine* engine, int frames) {
  unsigned char pixels[kWidth * kHeight];
  const VclFrame frame = picture(pixels, 0);
  for (int i = 0; i < frames; ++i) CHECK_OK(vcl_engine_push(engine, &frame, i, 1));
}

std::size_t results_of(VclEngine* engine) {
  std::size_t count = 0;
  for (VclResult* result = nullptr;; ++count) {
    CHECK_OK(vcl_engine_take(engine, &result));
    if (result == nullptr) return count;
    vcl_result_free(result);
  }
}

/// It takes a video from its first frame on, as if new.
void check_usable(VclEngine* engine) {
  VclResultInfo info{};
  info.struct_size = sizeof info;
  push(engine, 3);
  CHECK_OK(vcl_engine_drain(engine));
  VclResult* result = take(engine);
  CHECK_OK(vcl_result_info(result, &info));
  CHECK(info.frame == 0 && info.instances == 2);
  vcl_result_free(result);
  CHECK(results_of(engine) == 2);
}

void test_progress_rises_to_one_in_each_long_call() {
  Log log;
  VclEngine* engine = open(options_of(nullptr, VCL_DECODE_WHOLE, &log));
  check_rises_to_one(log);
  log.shares.clear();
  push(engine, 10);
  CHECK(log.shares.empty());
  log.engine = engine;
  CHECK_OK(vcl_engine_drain(engine));
  check_rises_to_one(log);
  CHECK(log.shares.size() == 10 && results_of(engine) == 10);
  vcl_engine_free(engine);
}

void test_a_callback_ends_a_call() {
  for (const double end_at : {0.0, 0.5, 1.0}) {
    Log log;
    VclEngine* engine = open(options_of(nullptr, VCL_DECODE_WHOLE, &log));
    push(engine, 10);
    log.end_at = end_at;
    CHECK_FAILS(vcl_engine_drain(engine), VCL_CANCELLED, "cancelled");
    CHECK(results_of(engine) == 0);
    CHECK_FAILS(vcl_engine_drain(engine), VCL_CANCELLED, "vcl_engine_reset()");
    log.end_at = kNever;
    CHECK_OK(vcl_engine_reset(engine));
    check_usable(engine);
    vcl_engine_free(engine);
  }
}

void test_a_callback_that_throws_ends_a_call() {
  for (const bool throws_int : {false, true}) {
    Log log;
    VclEngine* engine = open(options_of(nullptr, VCL_DECODE_WHOLE, &log));
    push(engine, 4);
    log.throw_at = 0.5;
    log.throw_int = throws_int;
    CHECK_FAILS(vcl_engine_drain(engine), VCL_CANCELLED, throws_int ? "unknown type" : "thrown by the test");
    log.throw_at = kNever;
    CHECK_OK(vcl_engine_reset(engine));
    check_usable(engine);
    vcl_engine_free(engine);
  }
}

void test_opening_can_be_ended() {
  for (const char* model : {static_cast<const char*>(nullptr), "blob:open-endless=1"}) {
    for (const bool throws : {false, true}) {
      Log log;
      (throws ? log.throw_at : log.end_at) = 0.2;
      const VclEngineOptions options = options_of(model, VCL_DECODE_WINDOW, &log);
      VclEngine* engine = reinterpret_cast<VclEngine*>(&log);
      VclModel* shared = reinterpret_cast<VclModel*>(&log);
      CHECK_FAILS(vcl_engine_new(&options, &engine), VCL_CANCELLED, throws ? "thrown by the test" : "cancelled");
      CHECK_FAILS(vcl_model_new(&options, &shared), VCL_CANCELLED, throws ? "thrown by the test" : "cancelled");
      CHECK(engine == nullptr && shared == nullptr && log.shares.size() == 2);
    }
  }
}

void test_cancel_before_a_call_holds_until_reset() {
  VclEngine* engine = open(options_of(nullptr, VCL_DECODE_WINDOW, nullptr));
  unsigned char pixels[kWidth * kHeight];
  const VclFrame frame = picture(pixels, 0);
  push(engine, 5);
  CHECK_OK(vcl_engine_cancel(engine));
  CHECK_OK(vcl_engine_cancel(engine));  // twice is as once
  CHECK_FAILS(vcl_engine_push(engine, &frame, 9, 1), VCL_CANCELLED, "vcl_engine_reset()");
  CHECK_FAILS(vcl_engine_push(engine, &frame, 9, 0), VCL_CANCELLED, "vcl_engine_reset()");
  CHECK_FAILS(vcl_engine_drain(engine), VCL_CANCELLED, "vcl_engine_reset()");
  CHECK(results_of(engine) == 3);  // were ready; two more waited
  CHECK_OK(vcl_engine_reset(engine));
  check_usable(engine);
  CHECK_OK(vcl_engine_cancel(engine));  // after the last call
  vcl_engine_free(engine);
  CHECK_FAILS(vcl_engine_cancel(nullptr), VCL_INVALID, "engine");
}

/// The drain would not end by itself.
void test_another_thread_ends_a_running_call() {
  VclEngine* engine = open(options_of("blob:drain-endless=1", VCL_DECODE_WHOLE, nullptr));
  VclEngine* other = open(options_of(nullptr, VCL_DECODE_WHOLE, nullptr));
  for (int i = 0; i < 20; ++i) {
    push(engine, 2);
    std::thread canceller([&] {
      if (i % 2 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(i));
      CHECK_OK(vcl_engine_cancel(engine));
    });
    CHECK(vcl_engine_drain(engine) == VCL_CANCELLED);
    canceller.join();
    CHECK(results_of(engine) == 0);
    check_usable(other);
    CHECK_OK(vcl_engine_reset(other));
    CHECK_OK(vcl_engine_reset(engine));
  }
  vcl_engine_free(engine);
  vcl_engine_free(other);
}

VclEngine* interrupted = nullptr;
void interrupt(int) {
  vcl_engine_cancel(interrupted);
}

void test_a_signal_handler_may_cancel() {
  interrupted = open(options_of("blob:drain-endless=1", VCL_DECODE_WHOLE, nullptr));
  push(interrupted, 2);
  std::signal(SIGALRM, interrupt);
  std::thread sender([thread = pthread_self()] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    pthread_kill(thread, SIGALRM);
  });
  CHECK(vcl_engine_drain(interrupted) == VCL_CANCELLED);
  sender.join();
  std::signal(SIGALRM, SIG_DFL);
  vcl_engine_free(interrupted);
}

void test_an_overlapping_call_of_another_thread_is_refused() {
  VclEngine* engine = open(options_of("blob:drain-endless=1", VCL_DECODE_WHOLE, nullptr));
  push(engine, 2);
  std::thread drain([&] { CHECK(vcl_engine_drain(engine) == VCL_CANCELLED); });
  int latency = 0;
  while (vcl_engine_set_max_age(engine, 3) == VCL_OK) std::this_thread::yield();
  CHECK_FAILS(vcl_engine_set_max_age(engine, 3), VCL_INVALID, "another call");
  CHECK_OK(vcl_engine_latency(engine, &latency));
  CHECK_OK(vcl_engine_cancel(engine));
  drain.join();
  CHECK_OK(vcl_engine_reset(engine));
  vcl_engine_free(engine);
}

VclModel* load(const char* name) {
  VclModel* model = nullptr;
  const VclEngineOptions options = options_of(name, VCL_DECODE_WINDOW, nullptr);
  CHECK_OK(vcl_model_new(&options, &model));
  CHECK(model != nullptr);
  return model;
}

/// The shared model fails at its second frame, which shows that it is the one in use.
void test_engines_use_the_shared_model_in_any_threads_and_outlive_it() {
  VclModel* model = load("blob:fail-at=2");
  VclEngineOptions options = options_of("blob:open-error=unreadable", VCL_DECODE_WINDOW, nullptr);
  options.shared = model;
  options.window = 1;
  std::vector<VclEngine*> engines;
  for (int i = 0; i < 4; ++i) engines.push_back(open(options));
  vcl_engine_free(engines.back());  // before the model
  engines.pop_back();
  vcl_model_free(model);
  std::vector<std::thread> threads;
  for (VclEngine* engine : engines)
    threads.emplace_back([engine] {
      unsigned char pixels[kWidth * kHeight];
      const VclFrame frame = picture(pixels, 0);
      push(engine, 1);
      CHECK_FAILS(vcl_engine_push(engine, &frame, 1, 1), VCL_INTERNAL, "as it was told");
      CHECK(results_of(engine) == 1);
    });
  for (std::thread& thread : threads) thread.join();
  for (VclEngine* engine : engines) vcl_engine_free(engine);
}

void test_bad_models() {
  VclEngineOptions options = options_of("blob:open-error=not-found", VCL_DECODE_WINDOW, nullptr);
  VclModel* model = reinterpret_cast<VclModel*>(&options);
  CHECK_FAILS(vcl_model_new(&options, nullptr), VCL_INVALID, "model");
  CHECK_FAILS(vcl_model_new(&options, &model), VCL_NOT_FOUND, "not-found");
  CHECK(model == nullptr);
  options.struct_size = 1;
  CHECK_FAILS(vcl_model_new(&options, &model), VCL_INVALID, "struct_size");
  vcl_model_free(nullptr);
}

/// Compiled with the first header, whose struct ended before these fields: what lies behind it is not read.
void test_callers_of_the_first_release() {
  VclEngineOptions options = options_of(nullptr, VCL_DECODE_WINDOW, nullptr);
  options.struct_size = offsetof(VclEngineOptions, shared);
  options.shared = reinterpret_cast<const VclModel*>(&options);
  options.progress = [](double, void*) { return 1; };
  VclEngine* engine = open(options);
  check_usable(engine);
  vcl_engine_free(engine);
}

}  // namespace

int main() {
  test_progress_rises_to_one_in_each_long_call();
  test_a_callback_ends_a_call();
  test_a_callback_that_throws_ends_a_call();
  test_opening_can_be_ended();
  test_cancel_before_a_call_holds_until_reset();
  test_another_thread_ends_a_running_call();
  test_a_signal_handler_may_cancel();
  test_an_overlapping_call_of_another_thread_is_refused();
  test_engines_use_the_shared_model_in_any_threads_and_outlive_it();
  test_bad_models();
  test_callers_of_the_first_release();
  return 0;
}
