// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "vcl/frame.hpp"
#include "vcl/precision.hpp"
#include "vcl/result.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// How much of a video the decoder sees at once.
enum class DecodeMode {
  Window,  ///< windows of a few frames, joined into tracks: results come as it goes
  Whole,   ///< all frames, as in the paper: a query is one object throughout; results come at the end, from drain()
};

/// Whether the network sees how frames move.
enum class Motion {
  Auto,  ///< as the model was trained
  Off,   ///< each frame by itself, as if nothing were known of its neighbours
};

/// Whether a pixel may belong to several instances of a frame.
enum class Overlap {
  Auto,    ///< as the model's file says
  Allow,   ///< as in the paper
  Forbid,  ///< it belongs to the best scored one that claims it; what is mostly another's, and crumbs, are left out
};

/// Fixed for the life of an engine.
struct EngineOptions {
  std::string model;  ///< path of a .safetensors model; empty: the embedded default model
  /// auto (cuda where there is one), cpu, cuda or cuda:N; a missing device is an error, never a fallback.
  std::string device = "auto";
  int threads = 0;                        ///< CPU threads of the network; 0: as the model says, else all usable ones
  Precision precision = Precision::Fp32;  ///< of the network's part for single frames; the decoder is float32
  DecodeMode mode = DecodeMode::Window;
  int window = 0;  ///< frames decoded together; 0: as the model says
  int stride = 0;  ///< frames between windows, 1..window; 0: as the model says
  /// One copy of the weights in memory for all engines that have the same file and device open with this.
  bool model_cache = true;
  /// Bytes of frame features that mode Whole keeps in memory; the rest is in a temporary file ($TMPDIR).
  std::uint64_t feature_memory = std::uint64_t(2) << 30;
  Motion motion = Motion::Auto;  ///< Off: also without the frames of delay that it costs
  /// Mode Window: holds back one frame more where the network sees motion, so that a frame's motion is found on another
  /// processor while the network runs on the frame before. Same results, sooner done: for files.
  bool pipelined = false;
  bool operator==(const EngineOptions&) const = default;
};

/// May change between any two frames.
struct Filters {
  float threshold = -1;        ///< least score of a track to start with, 0..1; it lasts down to half; below 0: model's
  int max_instances = 10;      ///< most instances a frame, best scores first
  std::uint64_t min_area = 0;  ///< least mask pixels (source) that are reported
  /// Most frames that an object may be missing and still have its id when it comes back; 0: it must never be missing.
  /// Of mode Window.
  std::uint32_t max_age = 30;
  Overlap overlap = Overlap::Auto;
};

inline constexpr int kUnboundedLatency = -1;

/// Streaming video instance segmentation: frames in, one result a frame out, in order, at bounded
/// memory. The decoder runs over windows of `window` frames, `stride` apart, joined into tracks, or over the whole
/// video; what it needs of each frame is computed once.
///
/// Threads: one engine serves one stream, calls must not overlap. Any number of engines may live in
/// a process. Errors: vcl::Error; the engine stays usable after one, as if reset.
class Engine {
 public:
  virtual ~Engine() = default;

  virtual void set_filters(const Filters& filters) = 0;

  /// Most inferred frames that are held back before their result comes out: window - 1, and those after it that the
  /// model looks at to see motion; kUnboundedLatency: all, until drain().
  virtual int latency_frames() const = 0;

  /// Takes one frame (read only during the call) and returns the results that became ready: none or
  /// several, for frames pushed before or this one. With `infer` false no inference runs for this
  /// frame: its result repeats the latest masks and is marked stale. A frame of another size than
  /// the one before is refused with Error(Invalid): drain first.
  virtual std::vector<FrameResult> push(const FrameView& frame, std::int64_t pts, bool infer = true) = 0;

  /// The results of all frames still held back. All tracks end; what is pushed next starts new ones. Frames and ids go
  /// on counting, so that a video whose frames change their size, or that has a hole in time, is numbered throughout.
  virtual std::vector<FrameResult> drain() = 0;

  /// Drops all frames held back and ends all tracks (flush, seek, another video): `frame` starts at 0 again, ids go on
  /// counting.
  virtual void reset() = 0;
};

/// Opens the engine module (LibTorch inside) on first use and an engine in it. The module is
/// $VCL_ENGINE_MODULE, else the installed or built libvcl-engine. Errors: Library (module or LibTorch missing or
/// broken), NotFound/Unreadable/Unsupported (model), Invalid (options).
std::unique_ptr<Engine> open_engine(const EngineOptions& options);

/// What open_engine looks up in the module: extern "C", throws vcl::Error.
using OpenEngineFunction = Engine* (*)(const EngineOptions& options);
inline constexpr const char* kOpenEngineSymbol = "vcl_engine_open";

/// Path of the embedded default model: in $VCL_MODEL_DIR, else in models/ of the build folder that libvcl is run from,
/// else where it was installed. The file need not be there.
std::string default_model_path();

}  // namespace vcl
