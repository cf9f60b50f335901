// SPDX-License-Identifier: LGPL-2.1-or-later
// An engine module without LibTorch, for the test of the loader: it says which model it was given.
#include "vcl/engine.hpp"
#include "vcl/error.hpp"

namespace {

class FakeEngine final : public vcl::Engine {
 public:
  void set_filters(const vcl::Filters&) override {}
  int latency_frames() const override { return 41; }
  std::vector<vcl::FrameResult> push(const vcl::FrameView&, std::int64_t, bool) override { return {}; }
  std::vector<vcl::FrameResult> drain() override { return {}; }
  void reset() override {}
};

}  // namespace

extern "C" [[gnu::visibility("default")]] vcl::Engine* vcl_engine_open(const vcl::EngineOptions& options) {
  if (options.device != "auto") throw vcl::Error(vcl::ErrorKind::NotFound, "model " + options.model);
  return new FakeEngine;
}
