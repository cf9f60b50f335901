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
  Window,  ///< windows of a few frames, whose objects are associated into tracks; results come while the video runs
  Whole,   ///< all frames, as in the paper: a query is one object throughout; results come at the end, from drain()
};

/// Whether the network sees how frames move.
enum class Motion {
  Auto,  ///< as the model was trained
  Off,   ///< each frame by itself, as if nothing were known of its neighbors
};

/// Whether a pixel may belong to several instances of a frame.
enum class Overlap {
  Auto,   ///< the setting in the model file
  Allow,  ///< as in the paper
  /// A pixel belongs to the instance with the best score that claims it. Instances that mostly repeat others and small
  /// stray parts are left out.
  Forbid,
};

/// Follows the long calls of an engine, and may end them. Its functions are called by the thread whose call runs. What
/// they throw ends the call and is passed on. They may open models and engines, and must not wait for other threads
/// that do: these may wait for the model that the call loads.
class Watcher {
 public:
  virtual ~Watcher() = default;
  /// Called between the steps of a call: each network run, each few frames of mode Whole, each tensor of a model. If it
  /// returns true, the call throws Error(Cancelled).
  virtual bool cancelled() = 0;
  /// Called as the long calls proceed: open_model(), open_engine(), and each shot that mode Whole decodes (a video
  /// without cuts is one shot). `share` of the work is done. It rises from above 0 to 1, and starts again for each.
  virtual void progress(double share) = 0;
};

/// A model in memory, from open_model(). It never changes: any number of engines in any threads may use it at once.
class LoadedModel {
 public:
  virtual ~LoadedModel() = default;
};

/// Options that are fixed for the life of an engine.
struct EngineOptions {
  std::string model;  ///< path of a .safetensors model; empty: the embedded default model
  /// auto (cuda if present), cpu, cuda or cuda:N. If the device is not present open_engine() throws. It does not fall
  /// back to the CPU.
  std::string device = "auto";
  int threads = 0;  ///< CPU threads of the network; 0: the model's number, or all usable ones if it has none
  /// Arithmetic of the network's part that sees single frames; the decoder is always float32.
  Precision precision = Precision::Fp32;
  DecodeMode mode = DecodeMode::Window;
  int window = 0;  ///< frames decoded together; 0: the model's number
  int stride = 0;  ///< frames from one window to the next, 1 to window; 0: the model's number
  /// Whether to share one copy of the weights with all engines that have this set, the same file and the same device.
  bool model_cache = true;
  /// Bytes of frame features that mode Whole keeps in memory. The rest goes to a temporary file in $TMPDIR.
  std::uint64_t feature_memory = std::uint64_t(2) << 30;
  Motion motion = Motion::Auto;  ///< Off also removes the frames of latency that looking ahead adds
  /// In mode Window and if the network sees motion: wait for one more frame, so that another processor finds the motion
  /// of a frame while the network runs on the frame before. The results are the same. Use it for files.
  bool pipelined = false;
  /// From open_model(); used in place of `model`, `device` and `precision` if it is set. Others are Error(Invalid).
  std::shared_ptr<const LoadedModel> loaded = {};
  std::shared_ptr<Watcher> watcher = {};  ///< of all calls of the engine; may be null
  bool operator==(const EngineOptions&) const = default;
};

/// Settings that may change between any two frames.
struct Filters {
  /// Minimum score for a track to be reported, 0 to 1. A reported track stays down to half of it. Below 0: the model's
  /// threshold.
  float threshold = -1;
  int max_instances = 10;      ///< maximum number of instances per frame, best scores first
  std::uint64_t min_area = 0;  ///< minimum mask area to be reported, in pixels of the source
  /// Number of frames that an object may be missing and keep its id when it returns. 0: it always gets a new id. Used
  /// in mode Window only.
  std::uint32_t max_age = 30;
  Overlap overlap = Overlap::Auto;
  /// Mode Window: number of later frames, inferred or not, after which a frame gets the masks that are known by then.
  /// 0: it always waits for all windows that see it.
  int max_wait = 0;
};

/// Value of Engine::latency_frames() if results come only from drain().
inline constexpr int kUnboundedLatency = -1;

/// Streaming video instance segmentation. Frames go in, and one result per frame comes out, in order, with bounded
/// memory. The decoder runs over windows of `window` frames, `stride` frames apart, whose objects are associated into
/// tracks, or over the whole video. What it needs of each frame is computed once.
///
/// Threads: one engine serves one stream, and its calls must not overlap. A process may have any number of engines.
/// All engines share LibTorch's threads of the process: `threads` of the engine whose call began last counts for all.
///
/// Errors: all functions throw vcl::Error, and the engine stays usable. A refused frame of another size changes
/// nothing. After any other error the engine is in the state after reset().
class Engine {
 public:
  virtual ~Engine() = default;

  virtual void set_filters(const Filters& filters) = 0;

  /// Returns the maximum number of inferred frames that wait for their result: window - 1, plus the frames that the
  /// model looks ahead to see motion. Returns kUnboundedLatency if all frames wait for drain().
  virtual int latency_frames() const = 0;

  /// Takes one frame, which is read only during the call. Returns the results that became ready: none, one or several,
  /// of this frame or earlier ones. `pts` is in nanoseconds; -1: unknown. If `infer` is false, no inference runs for
  /// this frame: its result repeats the latest masks and is marked stale. Throws Error(Invalid) if the frame has
  /// another size than the one before: call drain() first.
  virtual std::vector<FrameResult> push(const FrameView& frame, std::int64_t pts, bool infer = true) = 0;

  /// Returns the results of all frames that still wait. All tracks end, and frames pushed later start new ones. Frame
  /// numbers and ids continue, so a video whose frames change size, or that has a hole in time, is numbered throughout.
  virtual std::vector<FrameResult> drain() = 0;

  /// Drops all frames that wait and ends all tracks (flush, seek, another video). `frame` starts at 0 again; ids
  /// continue.
  virtual void reset() = 0;
};

/// Loads `model` of the options for their `device` and `precision`; `watcher` follows it, and other options have no
/// effect. The model stays in memory until the last of its pointers and engines is gone, whatever becomes of the file.
/// Any thread may call. Errors are those of open_engine().
std::shared_ptr<const LoadedModel> open_model(const EngineOptions& options);

/// Opens an engine. The first call loads the engine module, which contains LibTorch. The module is $VCL_ENGINE_MODULE,
/// or else the installed or built libvcl-engine. Throws Error(Library) if the module or LibTorch is missing or broken,
/// Error(NotFound | Unreadable | Unsupported) for the model, and Error(Invalid) for the options.
std::unique_ptr<Engine> open_engine(const EngineOptions& options);

/// Returns the path of the default model: in $VCL_MODEL_DIR, or else in models/ of the build folder from which libvcl
/// runs, or else where it was installed. The file need not exist.
std::string default_model_path();

/// Returns the folder of the user's models, which `vcl model get` and `vcl model add` fill: $XDG_DATA_HOME/vcl/models,
/// or else ~/.local/share/vcl/models. Empty if there is no home folder. The folder need not exist.
std::string model_folder();

/// Returns the file of a model. All functions and properties that name a model call it. An empty name means the default
/// model; a file, or a name with a slash or a dot, means itself. Other names are of models in model_folder() and beside
/// the default model: "dino-s16" is dino-s16.safetensors, .pth or .pkl there. Throws Error(NotFound) if there is none.
std::string model_path(const std::string& model);

}  // namespace vcl
