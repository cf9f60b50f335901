// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/streaming_engine.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

#include "libvcl/engine/device.hpp"
#include "libvcl/engine/motion/motion_planes.hpp"
#include "libvcl/engine/stream/moving_parts.hpp"
#include "libvcl/engine/stream/score_priors.hpp"
#include "libvcl/engine/stream/select_instances.hpp"
#include "libvcl/engine/stream/steps.hpp"
#include "libvcl/engine/torch_errors.hpp"
#include "libvcl/engine/video/clip_instances.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

/// Returns the motion of the cells since the previous frame from planes [1, kMotionPlanes * neighbors, H, W], or
/// nothing if that frame is not a neighbor.
CellMotion since_before(const at::Tensor& planes, const std::vector<int>& neighbours, int mask_stride) {
  const auto before = std::ranges::find(neighbours, -1);
  if (before == neighbours.end()) return {};
  const std::int64_t first = kMotionPlanes * (before - neighbours.begin());
  return cell_motion(planes[0].slice(0, first, first + kMotionPlanes), mask_stride);
}

constexpr double kSameThing = 0.5;  // IoU above which masks show one object: the worse one loses most of its pixels

}  // namespace

template <typename Work>
std::vector<FrameResult> StreamingEngine::guarded(Work work) {
  const c10::InferenceMode no_gradients;
  use_threads(model_.threads);
  try {
    return translated(work);
  } catch (...) {
    reset();
    throw;
  }
}

std::vector<FrameResult> StreamingEngine::push(const FrameView& frame, std::int64_t pts, bool infer) {
  if (const bool begins = pending_.empty() && recent_.empty(); !begins && frame.size != letterbox_.source)
    throw Error(ErrorKind::Invalid, "the frame size changed in the middle of a stream; drain the engine first");
  return guarded([&] {
    accept(frame, pts, infer);
    std::vector<FrameResult> results = take_ready();
    while (filters_.max_wait > 0 && pending_.size() > std::size_t(filters_.max_wait)) {
      finish_oldest();
      std::ranges::move(take_ready(), std::back_inserter(results));
    }
    return results;
  });
}

void StreamingEngine::accept(const FrameView& frame, std::int64_t pts, bool infer) {
  if (pending_.empty() && recent_.empty())
    letterbox_ = letterbox_fit(frame.size, model_.canvas_pixels, model_.config.min_stride);

  const std::uint64_t number = frames_++;
  if (infer) motion_input_.push(number, SegmentationModel::canvas_of(frame, letterbox_), letterbox_, pts);
  Pending& pending = pending_.emplace_back();
  pending.result = {.frame = number, .pts = pts, .size = frame.size, .stale = !infer, .instances = {}};
  pending.infer = infer;
  while (const auto next = motion_input_.next(false)) see(*next);
}

void StreamingEngine::see(const MotionInput::Frame& frame) {
  check_cancelled(watcher_.get());
  if (frame.cut) finish_shot();
  pending_[frame.number - pending_.front().result.frame].seen = true;
  const FrameFeatures features = model_.features_of(frame.canvas, frame.planes);
  recent_.push_back({frame.number, frame_memory(features, model_.predictor())});
  if (frame.planes.defined()) {
    recent_.back().moves = moves_of(features, letterbox_);
    recent_.back().since_before = since_before(frame.planes, model_.neighbours, model_.mask_stride);
  }
  if (model_.motion_prior)
    recent_.back().motion = motion_.next(frame.canvas, letterbox_, mask_cells(letterbox_, model_.mask_stride));
  if (model_.color_refinement) recent_.back().colors.emplace(frame.canvas.const_data_ptr<float>(), letterbox_);
  // A frame that was released early leaves fewer waiting, so the window may be full before `stride` frames are fresh.
  if (++fresh_ == (decoded_ ? model_.stride : model_.window) || waiting() == model_.window) {
    decode();
    finish_frames(waiting() - (model_.window - model_.stride));  // later windows contain the others again
  }
}

void StreamingEngine::finish_oldest() {
  if (!pending_.front().seen) see(*motion_input_.next(true));
  if (pending_.front().decoded) return;
  if (fresh_ > 0) decode();
  finish_frames(1);
}

void StreamingEngine::finish_shot() {
  if (fresh_ > 0) decode();
  finish_frames(waiting());
  recent_.clear();
  fresh_ = 0;
  decoded_ = false;
  motion_.clear();
  tracks_.clear();
}

std::vector<FrameResult> StreamingEngine::drain() {
  return guarded([&] {
    while (const auto next = motion_input_.next(true)) see(*next);
    finish_shot();
    std::vector<FrameResult> results = take_ready();
    end_tracks();
    return results;
  });
}

void StreamingEngine::reset() {
  end_tracks();
  frames_ = 0;
}

void StreamingEngine::end_tracks() {
  motion_input_.clear();
  recent_.clear();
  fresh_ = 0;
  decoded_ = false;
  pending_.clear();
  latest_.clear();
  motion_.clear();
  tracks_.clear();
}

void StreamingEngine::decode() {
  check_cancelled(watcher_.get());
  const std::size_t frames = std::max<std::size_t>(model_.window, fresh_);
  while (recent_.size() > frames) recent_.pop_front();
  WindowQueries window;
  window.shared = int(recent_.size()) - fresh_;
  std::vector<const FrameMemory*> memories;
  std::vector<at::Tensor> moves;
  for (Seen& seen : recent_) {
    // Windows join the bases in this memory order. Converting here does it once per frame instead of once per window.
    if (recent_.size() > 1) seen.memory.make_contiguous();
    window.frames.push_back(seen.number);
    memories.push_back(&seen.memory);
    moves.push_back(seen.moves);
  }
  for (std::size_t fresh = std::size_t(window.shared); fresh < recent_.size(); ++fresh)
    window.motion.push_back(recent_[fresh].since_before);
  const Prediction prediction = transformer_decoder(memories, 1, model_.predictor(), model_.config, false).back();
  window.logits = prediction.masks[0].to(at::kCPU, at::kFloat);
  window.embeddings = prediction.queries[0].to(at::kCPU, at::kFloat);
  const Size cells = mask_cells(letterbox_, model_.mask_stride);
  std::vector<at::Tensor> motion;
  for (const Seen& seen : recent_)
    if (seen.motion.defined()) motion.push_back(seen.motion);
  ScorePriors priors(model_.border_prior, model_.typical_share);
  const MovingParts moving(moves);
  at::Tensor content = window.logits.slice(2, 0, cells.height).slice(3, 0, cells.width);
  const at::Tensor masks = content.gt(0), overlap = moving.overlap(masks);
  priors.add(masks, motion.empty() ? at::Tensor() : at::stack(motion), overlap);
  window.scores = model_.calibration.expected_iou(priors.weigh(query_scores(prediction)[0].to(at::kCPU)));
  window.moving = {moving.masks(), MovingParts::explained_by(overlap)};
  moving.join(content, window.moving.query);
  tracks_.update(window, filters_.max_age);
  fresh_ = 0;
  decoded_ = true;
}

int StreamingEngine::waiting() const {
  return int(std::ranges::count_if(pending_, &Pending::waits));
}

void StreamingEngine::finish_frames(int count) {
  int frame = int(recent_.size()) - waiting();  // the frames that wait are the newest of the window
  const int end = frame + count;
  for (Pending& pending : pending_) {
    if (!pending.waits() || frame >= end) continue;
    pending.result.instances = instances_of(frame++);
    pending.decoded = true;
  }
}

std::vector<Instance> StreamingEngine::instances_of(int frame) {
  const double threshold = filters_.threshold < 0 ? model_.threshold : filters_.threshold;
  std::vector<std::pair<std::uint64_t, const Track*>> reported;
  for (const auto& [key, track] : tracks_.alive())
    if (track.seen[frame] > 0 && track.counts(threshold)) reported.emplace_back(key, &track);
  std::ranges::stable_sort(reported, std::greater<>{}, [](const auto& entry) { return entry.second->score; });

  const bool overlap = filters_.overlap == Overlap::Auto ? model_.overlap : filters_.overlap == Overlap::Allow;
  tracks_.begin_frame(frame, overlap ? model_.duplicate_iou : kSameThing);

  std::vector<Candidate> candidates;
  for (const auto& [key, track] : reported) candidates.push_back({track->logits[frame], track->score});
  return select_instances(candidates, letterbox_, filters_, {model_.duplicate_iou, model_.overlap},
                          recent_[frame].colors, [&](std::size_t index) {
                            Instance instance;
                            const std::uint64_t ids = tracks_.ids_given();
                            instance.track_id = tracks_.report(reported[index].first);
                            instance.is_new = tracks_.ids_given() > ids;
                            return instance;
                          });
}

std::vector<FrameResult> StreamingEngine::take_ready() {
  std::vector<FrameResult> results;
  for (; !pending_.empty() && (pending_.front().decoded || !pending_.front().infer); pending_.pop_front()) {
    FrameResult& result = pending_.front().result;
    if (!pending_.front().infer) result.instances = latest_;
    latest_ = result.instances;
    for (Instance& instance : latest_) instance.is_new = false;
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace vcl
