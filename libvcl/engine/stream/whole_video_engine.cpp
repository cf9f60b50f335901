// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/whole_video_engine.hpp"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <map>

#include "libvcl/engine/device.hpp"
#include "libvcl/engine/stream/frame_motion.hpp"
#include "libvcl/engine/stream/score_priors.hpp"
#include "libvcl/engine/stream/select_instances.hpp"
#include "libvcl/engine/torch_errors.hpp"
#include "libvcl/engine/video/clip_instances.hpp"
#include "libvcl/engine/video/long_clip.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

// Where decoding a shot and weighing its objects end, as shares of its time; masks of the frames are the rest.
constexpr double kDecoded = 0.6, kWeighed = 0.75;

constexpr std::int64_t kChunk = 4;  // frames whose masks and keys are in memory together

/// Returns the indices of the scores that reach the threshold, best first.
std::vector<std::int64_t> best_first(const at::Tensor& scores, double threshold) {
  std::vector<std::int64_t> queries;
  const float* values = scores.const_data_ptr<float>();
  for (std::int64_t q = 0; q < scores.numel(); ++q)
    if (values[q] >= threshold) queries.push_back(q);
  std::ranges::stable_sort(queries, std::greater<>{}, [values](std::int64_t q) { return values[q]; });
  return queries;
}

}  // namespace

std::vector<FrameResult> WholeVideoEngine::push(const FrameView& frame, std::int64_t pts, bool infer) {
  if (results_.empty())
    letterbox_ = letterbox_fit(frame.size, model_.canvas_pixels, model_.config.min_stride);
  else if (frame.size != letterbox_.source)
    throw Error(ErrorKind::Invalid, "the frame size changed in the middle of a stream; drain the engine first");
  try {
    translated([&] {
      const c10::InferenceMode no_gradients;
      use_threads(model_.threads);
      if (infer) motion_input_.push(results_.size(), SegmentationModel::canvas_of(frame, letterbox_), letterbox_, pts);
      results_.push_back({.frame = frames_before_ + results_.size(),
                          .pts = pts,
                          .size = frame.size,
                          .stale = !infer,
                          .instances = {}});
      while (const auto next = motion_input_.next(false)) see(*next);
    });
  } catch (...) {
    reset();
    throw;
  }
  return {};
}

std::vector<FrameResult> WholeVideoEngine::drain() {
  try {
    translated([&] {
      const c10::InferenceMode no_gradients;
      use_threads(model_.threads);
      while (const auto next = motion_input_.next(true)) see(*next);
      finish_shot();
    });
    repeat_where_stale();
    std::vector<FrameResult> results = std::move(results_);
    end_tracks();
    frames_before_ += results.size();
    return results;
  } catch (...) {
    reset();
    throw;
  }
}

void WholeVideoEngine::reset() {
  end_tracks();
  frames_before_ = 0;
}

void WholeVideoEngine::end_tracks() {
  motion_input_.clear();
  frames_.reset();
  moves_.clear();
  shot_ = 0;
  results_.clear();
}

void WholeVideoEngine::see(const MotionInput::Frame& frame) {
  check_cancelled(watcher_.get());
  if (frame.cut) {
    finish_shot();
    shot_ = frame.number;
  }
  if (!frames_) frames_.emplace(feature_memory_);
  const FrameFeatures features = model_.features_of(frame.canvas, frame.planes);
  moves_.push_back(frame.planes.defined() ? (moves_of(features, letterbox_).nan_to_num(0) * 255).round().to(at::kByte)
                                          : at::Tensor());
  frames_->append(features, model_.color_refinement || model_.motion_prior ? frame.canvas : at::Tensor());
}

void WholeVideoEngine::finish_shot() {
  if (!frames_) return;
  Watcher* const watcher = watcher_.get();
  Steps decoding(watcher, 0, kDecoded);
  const LongClip clip =
      decode_long_clip(*frames_, model_.weights, model_.config, kChunk, [&](double share) { decoding.reach(share); });
  const at::Tensor scores = clip.classes.softmax(-1).select(1, 0).to(at::kCPU, at::kFloat).contiguous();
  const at::Tensor known = weighed(scores, clip.embedding, Steps(watcher, kDecoded, kWeighed));
  report(clip.embedding, model_.calibration.expected_iou(known), Steps(watcher, kWeighed, 1));
  frames_.reset();
  moves_.clear();
}

MovingParts WholeVideoEngine::moving_parts(std::int64_t first, std::int64_t count) const {
  std::vector<at::Tensor> moves;
  for (std::int64_t frame = first; frame < first + count; ++frame) {
    const at::Tensor& bytes = moves_[std::size_t(frame)];
    moves.push_back(bytes.defined() ? bytes.to(at::kFloat) / 255 : at::Tensor());
  }
  return MovingParts(moves);
}

at::Tensor WholeVideoEngine::weighed(const at::Tensor& scores, const at::Tensor& embedding, Steps steps) const {
  const bool motion_known = std::ranges::any_of(moves_, [](const at::Tensor& moves) { return moves.defined(); });
  if (!model_.border_prior && !model_.motion_prior && model_.typical_share <= 0 && !motion_known) return scores;
  ScorePriors priors(model_.border_prior, model_.typical_share);
  FrameMotion frame_motion;
  const Size cells = mask_cells(letterbox_, model_.mask_stride);
  for (std::int64_t first = 0; first < frames_->frames(); first += kChunk) {
    const auto count = std::min(kChunk, frames_->frames() - first);
    std::vector<at::Tensor> motion;
    for (std::int64_t frame = first; model_.motion_prior && frame < first + count; ++frame)
      motion.push_back(frame_motion.next(frames_->canvas(frame), letterbox_, cells));
    const at::Tensor masks = long_clip_masks(embedding, *frames_, first, count, model_.weights)
                                 .gt(0)
                                 .slice(2, 0, cells.height)
                                 .slice(3, 0, cells.width)
                                 .cpu();
    priors.add(masks, motion.empty() ? at::Tensor() : at::stack(motion), moving_parts(first, count).overlap(masks));
    steps.reach(double(first + count) / double(frames_->frames()));
  }
  return priors.weigh(scores);
}

void WholeVideoEngine::report(const at::Tensor& embedding, const at::Tensor& scores, Steps steps) {
  const double threshold = filters_.threshold < 0 ? model_.threshold : filters_.threshold;
  const std::vector<std::int64_t> queries = best_first(scores, threshold);
  if (queries.empty()) return steps.reach(1);
  const at::Tensor chosen = embedding.index_select(0, at::tensor(queries).to(embedding.device()));
  std::map<std::size_t, std::uint64_t> ids;  // of the objects that were reported
  const auto identify = [&](std::size_t index) {
    const auto [entry, is_new] = ids.try_emplace(index, ids_ + 1);
    if (is_new) ++ids_;
    Instance instance;
    instance.track_id = entry->second;
    instance.is_new = is_new;
    return instance;
  };
  const Size cells = mask_cells(letterbox_, model_.mask_stride);
  std::int64_t frame = 0;
  for (std::size_t i = shot_; frame < frames_->frames(); ++i) {
    FrameResult& result = results_[i];
    if (result.stale) continue;
    const at::Tensor masks = long_clip_masks(chosen, *frames_, frame, 1, model_.weights).to(at::kCPU, at::kFloat);
    at::Tensor content = masks.slice(2, 0, cells.height).slice(3, 0, cells.width);
    const MovingParts moving = moving_parts(frame, 1);
    moving.join(content, MovingParts::explained_by(moving.overlap(content.gt(0))));
    std::optional<ColorRefinement> colors;
    if (model_.color_refinement) colors.emplace(frames_->canvas(frame).const_data_ptr<float>(), letterbox_);
    ++frame;
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < queries.size(); ++i)
      candidates.push_back({masks[std::int64_t(i)][0], scores[queries[i]].item<double>()});
    result.instances =
        select_instances(candidates, letterbox_, filters_, {model_.duplicate_iou, model_.overlap}, colors, identify);
    steps.reach(double(frame) / double(frames_->frames()));
  }
}

void WholeVideoEngine::repeat_where_stale() {
  const std::vector<Instance>* latest = nullptr;
  for (FrameResult& result : results_) {
    if (!result.stale) {
      latest = &result.instances;
    } else if (latest) {
      result.instances = *latest;
      for (Instance& instance : result.instances) instance.is_new = false;
    }
  }
}

}  // namespace vcl
