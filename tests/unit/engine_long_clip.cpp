// SPDX-License-Identifier: LGPL-2.1-or-later
// The decoder over a whole video, streamed: the same as the plain one, at bounded memory.
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "libvcl/engine/video/long_clip.hpp"
#include "training/learning/initialise.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

Model small_network(int layers = 4) {
  at::manual_seed(13);
  train::NetworkSizes sizes;
  sizes.stem = 8;
  sizes.stages = {8, 16, 16, 32};
  sizes.blocks = 1;
  sizes.hidden = 32;
  sizes.ffn = 32;
  sizes.decoder_layers = layers;
  return train::initialise_network(sizes);
}

FrameFeatures random_features(const Model& model, std::int64_t frames) {
  at::manual_seed(int(frames));
  const VideoConfig config = VideoConfig::from_json(model.config);
  return frame_features(at::randn({frames, 3, 2 * config.min_stride, 3 * config.min_stride}), model.weights, config);
}

FrameFeatures frame_of(const FrameFeatures& all, std::int64_t frame) {
  FrameFeatures one{{}, all.mask_features.narrow(0, frame, 1), {}};
  for (const at::Tensor& level : all.levels) one.levels.push_back(level.narrow(0, frame, 1));
  return one;
}

std::uint64_t bytes_of(const FrameFeatures& frame) {
  std::uint64_t bytes = frame.mask_features.nbytes();
  for (const at::Tensor& level : frame.levels) bytes += level.nbytes();
  return bytes;
}

TEST(StreamedAttention, IsAttentionHoweverItComes) {
  const c10::InferenceMode no_gradients;
  at::manual_seed(2);
  for (const std::int64_t part : {1, 3, 10, 40}) {
    const at::Tensor q = at::randn({2, 5, 8}) * 3, k = at::randn({2, 40, 8}) * 3, v = at::randn({2, 40, 8});
    at::Tensor attend = at::rand({5, 40}) < 0.4;
    attend[3].fill_(false);                   // nowhere at all
    attend[1].narrow(0, 0, 30).fill_(false);  // not in the first parts
    attend[1][35] = true;
    StreamedAttention streamed(q);
    for (std::int64_t first = 0; first < 40; first += part) {
      const auto count = std::min(part, 40 - first);
      streamed.add(k.narrow(1, first, count), v.narrow(1, first, count), attend.narrow(1, first, count));
    }
    const at::Tensor nowhere = streamed.nowhere();
    EXPECT_TRUE(nowhere[3].item<bool>());
    EXPECT_EQ(nowhere.sum().item<int>(), 1);
    at::Tensor free = attend.clone();
    free[3].fill_(true);
    at::Tensor expected = at::scaled_dot_product_attention(q, k, v, free);
    expected.select(1, 3).zero_();
    EXPECT_LE((streamed.result() - expected).abs().max().item<double>(), 1e-5) << part;  // float32 sums of 40 terms
  }
}

TEST(LongClip, IsThePlainDecoderInAnyPieces) {
  const c10::InferenceMode no_gradients;
  const Model model = small_network();
  const VideoConfig config = VideoConfig::from_json(model.config);
  for (const std::int64_t frames : {1, 2, 7, 12}) {
    const FrameFeatures all = random_features(model, frames);
    const Prediction plain = decode_clip(all, 1, model.weights, config).back();
    const std::uint64_t frame_bytes = bytes_of(frame_of(all, 0));
    for (const std::uint64_t budget : {std::uint64_t(0), 3 * frame_bytes, 100 * frame_bytes}) {
      FrameStore store(budget);
      for (std::int64_t t = 0; t < frames; ++t) store.append(frame_of(all, t));
      for (const std::int64_t chunk : {1, 4, 100}) {
        const LongClip clip = decode_long_clip(store, model.weights, config, chunk);
        const at::Tensor masks = long_clip_masks(clip.embedding, store, 0, frames, model.weights);
        // Sums in another order: 1e-6 of the values, grown through the layers.
        EXPECT_LE((clip.classes - plain.classes[0]).abs().max().item<double>(), 1e-4);
        EXPECT_LE((masks - plain.masks[0]).abs().max().item<double>(),
                  1e-4 * (1 + plain.masks.abs().max().item<double>()));
      }
    }
  }
}

TEST(LongClip, LetsQueriesThatMightLookNowhereLookEverywhere) {
  const c10::InferenceMode no_gradients;
  Model model = small_network();
  const VideoConfig config = VideoConfig::from_json(model.config);
  const Weights predictor = model.weights / "sem_seg_head" / "predictor";
  predictor["mask_position.weight"].narrow(0, 0, 1).narrow(1, 5, 1).fill_(-1e4);  // its mask is negative everywhere
  const FrameFeatures all = random_features(model, 5);
  const Prediction plain = decode_clip(all, 1, model.weights, config).back();
  FrameStore store(1 << 30);
  for (std::int64_t t = 0; t < 5; ++t) store.append(frame_of(all, t));
  const LongClip clip = decode_long_clip(store, model.weights, config, 2);
  EXPECT_LT(plain.masks[0][0].max().item<double>(), 0);
  EXPECT_LE((clip.classes - plain.classes[0]).abs().max().item<double>(), 1e-4);
}

TEST(FrameStore, GivesBackWhatItWasGiven) {
  const Model model = small_network(1);
  const FrameFeatures all = random_features(model, 6);
  FrameStore store(2 * bytes_of(frame_of(all, 0)));
  for (std::int64_t t = 0; t < 6; ++t) store.append(frame_of(all, t));
  ASSERT_EQ(store.frames(), 6);
  ASSERT_EQ(store.levels(), all.levels.size());
  for (std::int64_t first = 0; first < 6; ++first)
    for (std::int64_t count = 1; first + count <= 6; ++count) {
      EXPECT_TRUE(at::equal(store.mask_features(first, count), all.mask_features.narrow(0, first, count)));
      for (std::size_t l = 0; l < store.levels(); ++l)
        EXPECT_TRUE(at::equal(store.level(l, first, count), all.levels[l].narrow(0, first, count)));
    }
}

TEST(FrameStore, NamesTheFolderThatHasNoRoom) {
  const Model model = small_network(1);
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before ? before : "";
  setenv("TMPDIR", "/proc", 1);
  FrameStore store(0);
  try {
    store.append(frame_of(random_features(model, 1), 0));
    ADD_FAILURE() << "a file was made in /proc";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Resource);
    EXPECT_NE(std::string(error.what()).find("/proc"), std::string::npos) << error.what();
  }
  before ? setenv("TMPDIR", kept.c_str(), 1) : unsetenv("TMPDIR");
}

}  // namespace
}  // namespace vcl
