// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/module_call.hpp"

#include <bit>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "vcl/error.hpp"

namespace vcl {
namespace {

struct Calls {
  std::mutex mutex;
  std::condition_variable others_ended;
  int running = 0;
  bool ending = false;
  std::uint64_t started = 0, ended = 0;
};

// Never destroyed, because threads use it until the process ends.
Calls& calls() {
  static Calls& calls = *new Calls;
  return calls;
}

thread_local int running_here = 0;  // calls of this thread, one within the other

void wait_for_calls() {
  std::unique_lock lock(calls().mutex);
  if (std::exchange(calls().ending, true)) return;
  calls().others_ended.wait_for(lock, std::chrono::seconds(10), [] { return calls().running == running_here; });
}

}  // namespace

ModuleCall::ModuleCall() {
  const std::lock_guard lock(calls().mutex);
  if (calls().ending) throw Error(ErrorKind::Library, "the process is ending: nothing can be inferred any more");
  if (calls().started++ == 0) std::atexit(wait_for_calls);
  ++calls().running;
  ++running_here;
}

ModuleCall::~ModuleCall() {
  const std::lock_guard lock(calls().mutex);
  --calls().running;
  --running_here;
  calls().others_ended.notify_all();
  // exit() runs the newest handler first, and LibTorch registers more handlers on first uses. So the handler is
  // registered again after calls.
  const std::uint64_t ended = ++calls().ended;
  if ((ended <= 64 || std::has_single_bit(ended)) && !calls().ending) std::atexit(wait_for_calls);
}

}  // namespace vcl
