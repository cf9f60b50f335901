// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/fit/batches.hpp"

#include <algorithm>
#include <array>

namespace vcl::train {
namespace {

constexpr std::size_t kHeldOutClips = 64;
constexpr int kStride = 32;

}  // namespace

BatchMaker::BatchMaker(const FitOptions& options, bool dense, const LabelledPhotos& photos,
                       const LabelledVideos* videos, int most_objects, Share share)
    : options_(options),
      dense_(dense),
      photos_(photos),
      videos_(videos),
      most_objects_(most_objects),
      share_(share),
      sampler_(photos.photos, photos.training) {
  if (!dense) source_.emplace(photos.photos, photos.training);
}

Batch BatchMaker::operator()(std::uint64_t index) const {
  Batch batch = draw(index);
  if (!dense_)
    for (Clip& clip : batch) keep_largest(clip, most_objects_);
  return batch;
}

Batch BatchMaker::draw(std::uint64_t index) const {
  Random shape(options_.seed, index, ~std::uint64_t(0));
  const Size canvas = draw_canvas(shape, options_.canvas_pixels, kStride);
  if (videos_ && shape.chance(options_.labelled_share)) return labelled_batch(index, videos_->draw_canvas(shape));
  if (!dense_ && paste_mode(options_.mode)) return paper_batch(index, canvas);
  Batch batch;
  for (int i = share_.first; i < share_.end(); ++i) {
    Random random(options_.seed, index, std::uint64_t(i));
    batch.push_back(dense_ ? make_view(photos_.photos[sampler_.draw(random)], canvas, random)
                           : make_clip(*source_, canvas, options_.frames, options_.clips, random, options_.neighbours));
  }
  return batch;
}

Batch BatchMaker::labelled_batch(std::uint64_t index, Size canvas) const {
  Batch batch;
  for (int i = share_.first; i < share_.end(); ++i) {
    Random random(options_.seed, index, std::uint64_t(i));
    batch.push_back(videos_->draw(canvas, options_.frames, random));
  }
  return batch;
}

Batch BatchMaker::paper_batch(std::uint64_t index, Size canvas) const {
  const PasteMode mode = *paste_mode(options_.mode);
  Batch batch;
  for (int pair = share_.first & ~1; pair < share_.end(); pair += 2) {
    Random random(options_.seed, index, std::uint64_t(pair));
    int i = pair;
    for (Clip& clip : make_paper_clips(*source_, canvas, options_.frames, mode, random)) {
      if (share_.first <= i && i < share_.end()) batch.push_back(std::move(clip));
      ++i;
    }
  }
  return batch;
}

void keep_largest(Clip& clip, int most) {
  if (clip.instances <= most) return;
  std::array<int, 256> area{};
  for (const std::uint8_t id : clip.labels) ++area[id];
  std::vector<int> order;
  for (int id = 1; id <= clip.instances; ++id) order.push_back(id);
  std::ranges::stable_sort(order, std::greater(), [&](int id) { return area[std::size_t(id)]; });
  order.resize(std::size_t(most));
  std::array<std::uint8_t, 256> number{};
  number[kUnlabelled] = kUnlabelled;
  for (std::size_t k = 0; k < order.size(); ++k) number[std::size_t(order[k])] = std::uint8_t(k + 1);
  for (std::uint8_t& id : clip.labels) id = number[id];
  clip.instances = most;
}

std::vector<Clip> held_out_clips(const LabelledPhotos& photos, const FitOptions& options, const ClipOptions& kind) {
  std::vector<Clip> clips;
  if (photos.held_out.empty()) return clips;
  const ClipSource source(photos.photos, photos.held_out);
  for (std::size_t i = 0; i < kHeldOutClips; ++i) {
    Random random(0, i, 0);
    const Size canvas = draw_canvas(random, options.canvas_pixels, kStride);
    clips.push_back(make_clip(source, canvas, options.frames, kind, random, options.neighbours));
  }
  return clips;
}

}  // namespace vcl::train
