// SPDX-License-Identifier: LGPL-2.1-or-later
// Tracks of random worlds, seen by a network that makes no mistakes or nothing but mistakes: what must hold of their
// ids whatever the window and the stride.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <set>

#include "libvcl/engine/stream/window_tracks.hpp"

namespace vcl {
namespace {

constexpr int kSide = 32, kObjects = 4, kKinds = 16;

using Random = std::mt19937;

int uniform(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

/// Windows over a video of `frames` frames as StreamingEngine takes them.
struct Span {
  int first, count, shared;
};

std::vector<Span> windows_of(int frames, int window, int stride) {
  std::vector<Span> spans;
  int seen = 0;
  for (int end = std::min(window, frames); seen < frames; end = std::min(end + stride, frames)) {
    const int first = std::max(0, end - window);
    spans.push_back({first, end - first, seen - first});
    seen = end;
  }
  return spans;
}

/// Objects that sway, each in its own lane, go away and come back.
struct World {
  World(Random& random, int frames) : visible(kObjects, std::vector<bool>(frames, true)) {
    at::manual_seed(random());
    kinds = at::randn({kObjects, kKinds});
  }
  /// Takes the object away for a while.
  void hide(int object, int first, int count) {
    std::fill_n(visible[object].begin() + first, std::min<int>(count, int(visible[object].size()) - first), false);
  }
  at::Tensor logits(int object, int frame) const {
    at::Tensor picture = at::full({kSide, kSide}, -4.0);
    const int sway = std::abs(frame % 8 - 4);
    if (visible[object][frame]) picture.narrow(0, 8 * object, 7).narrow(1, 8 + sway, 8).fill_(4);
    return picture;
  }
  std::vector<std::vector<bool>> visible;  // [object][frame]
  at::Tensor kinds;                        // embeddings
};

/// What the network says of a window: `order` maps each of the objects to its query.
WindowQueries look(const World& world, const Span& span, const std::vector<int>& order) {
  WindowQueries window;
  window.logits = at::empty({kObjects, span.count, kSide, kSide});
  window.scores = at::empty({kObjects});
  window.embeddings = at::empty({kObjects, kKinds});
  for (int object = 0; object < kObjects; ++object) {
    const int query = order[object];
    for (int t = 0; t < span.count; ++t) window.logits[query][t] = world.logits(object, span.first + t);
    window.scores[query] = 0.9 - 0.1 * object;
    window.embeddings[query] = world.kinds[object];
  }
  for (int t = 0; t < span.count; ++t) window.frames.push_back(std::uint64_t(span.first + t));
  window.shared = span.shared;
  return window;
}

/// The reported id of each lane in a frame of the newest window, 0: none; and no id twice.
std::vector<std::uint64_t> ids_in(WindowTracks& tracks, int frame) {
  std::vector<std::pair<double, std::uint64_t>> best_first;
  for (const auto& [key, track] : tracks.alive())
    if (track.seen[frame] > 0) best_first.emplace_back(-track.score, key);
  std::ranges::sort(best_first);
  std::vector<std::uint64_t> ids(kObjects, 0);
  std::set<std::uint64_t> all;
  for (const auto& [score, key] : best_first) {
    const at::Tensor mask = tracks.alive().at(key).logits[frame].gt(0);
    if (!mask.any().item<bool>()) continue;
    const std::uint64_t id = tracks.report(key);
    EXPECT_TRUE(all.insert(id).second) << "an id twice in a frame";
    for (int lane = 0; lane < kObjects; ++lane)
      if (mask.narrow(0, 8 * lane, 8).any().item<bool>()) ids[lane] = id;
  }
  return ids;
}

/// Ids of all objects in all frames.
using Ids = std::vector<std::vector<std::uint64_t>>;

/// Watches the world; the queries come in another order each time if `random` is given.
Ids watch(WindowTracks& tracks, const World& world, int window, int stride, std::uint64_t max_age, Random* random) {
  const int frames = int(world.visible[0].size());
  Ids ids;
  std::vector<int> order(kObjects);
  std::iota(order.begin(), order.end(), 0);
  const std::vector<Span> spans = windows_of(frames, window, stride);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (random) std::ranges::shuffle(order, *random);
    tracks.update(look(world, spans[i], order), max_age);
    const int final = i + 1 == spans.size() ? frames : spans[i].first + stride;  // later windows see the others again
    while (int(ids.size()) < final) ids.push_back(ids_in(tracks, int(ids.size()) - spans[i].first));
  }
  return ids;
}

struct Setting {
  int window, stride, max_age;
};

Setting random_setting(Random& random) {
  const int window = uniform(random, 1, 5);
  return {window, uniform(random, 1, window), uniform(random, 0, 12)};
}

TEST(TrackWorlds, AnObjectHasOneIdUntilItIsMissingForTooLong) {
  Random random(1);
  for (int trial = 0; trial < 30; ++trial) {
    const auto [window, stride, max_age] = random_setting(random);
    const int frames = 45;
    World world(random, frames);
    for (int object = 0; object < kObjects; ++object)
      for (int first = uniform(random, 0, 15); first < frames; first += 30)
        // Holes inside of one window are the network's own affair: those that end a track are longer.
        world.hide(object, first,
                   uniform(random, 0, 1) ? max_age : std::max(max_age + 1, window) + uniform(random, 0, 3));
    SCOPED_TRACE(testing::Message() << trial << ": window " << window << " stride " << stride << " age " << max_age);
    WindowTracks tracks;
    const Ids ids = watch(tracks, world, window, stride, std::uint64_t(max_age), &random);
    std::set<std::uint64_t> of_others;
    for (int object = 0; object < kObjects; ++object) {
      std::set<std::uint64_t> earlier;
      std::uint64_t id = 0;
      int missing = 0;
      for (int frame = 0; frame < frames; ++frame) {
        ASSERT_EQ(ids[frame][object] != 0, world.visible[object][frame]);
        if (ids[frame][object] == 0) {
          ++missing;
          continue;
        }
        if (id == 0 || missing > max_age) {
          EXPECT_FALSE(earlier.contains(ids[frame][object]) || of_others.contains(ids[frame][object]));
          id = ids[frame][object];
          earlier.insert(id);
        }
        ASSERT_EQ(ids[frame][object], id) << "object " << object << " frame " << frame << " after " << missing;
        missing = 0;
      }
      of_others.merge(earlier);
    }
  }
}

TEST(TrackWorlds, TheOrderOfTheQueriesDoesNotMatter) {
  Random random(2);
  for (int trial = 0; trial < 10; ++trial) {
    const auto [window, stride, max_age] = random_setting(random);
    World world(random, 30);
    for (int object = 0; object < kObjects; ++object) world.hide(object, uniform(random, 0, 29), uniform(random, 0, 9));
    WindowTracks one, other;
    EXPECT_EQ(watch(one, world, window, stride, std::uint64_t(max_age), nullptr),
              watch(other, world, window, stride, std::uint64_t(max_age), &random));
  }
}

/// Windows of noise: blobs anywhere, of kinds that change.
WindowQueries noise(Random& random, int first, int count, int shared) {
  const int queries = uniform(random, 1, 8);
  WindowQueries window;
  window.logits = at::full({queries, count, kSide, kSide}, -4.0);
  for (int query = 0; query < queries; ++query)
    for (int t = 0; t < count; ++t)
      if (uniform(random, 0, 3))
        window.logits[query][t].narrow(0, uniform(random, 0, 20), 12).narrow(1, uniform(random, 0, 20), 12).fill_(3);
  window.scores = at::rand({queries});
  window.embeddings = at::rand({queries, 3});  // no two pairs alike: ties may go either way
  for (int t = 0; t < count; ++t) window.frames.push_back(std::uint64_t(first + t));
  window.shared = shared;
  return window;
}

WindowQueries shuffled(const WindowQueries& window, Random& random) {
  std::vector<std::int64_t> order(std::size_t(window.scores.size(0)));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::shuffle(order, random);
  WindowQueries other = window;
  for (at::Tensor* part : {&other.logits, &other.scores, &other.embeddings})
    *part = part->index_select(0, at::tensor(order));
  return other;
}

/// Tracks by their scores, as they are reported: ids and masks.
std::vector<std::pair<std::uint64_t, at::Tensor>> reported(WindowTracks& tracks) {
  std::vector<std::pair<double, std::uint64_t>> best_first;
  for (const auto& [key, track] : tracks.alive())
    if (track.present() && track.counts(0.4)) best_first.emplace_back(-track.score, key);
  std::ranges::sort(best_first);
  std::vector<std::pair<std::uint64_t, at::Tensor>> all;
  for (const auto& [score, key] : best_first) {
    const std::uint64_t id = tracks.report(key);
    all.emplace_back(id, tracks.alive().at(key).logits);
  }
  return all;
}

TEST(TrackWorlds, NoiseGetsIdsThatAreUniqueNeverReusedAndTheSameInAnyOrder) {
  Random random(3);
  at::manual_seed(3);
  for (int trial = 0; trial < 15; ++trial) {
    const auto [window, stride, max_age] = random_setting(random);
    WindowTracks tracks, others;
    std::map<std::uint64_t, int> last_seen;  // frame of each id
    std::uint64_t largest = 0, before_clear = 0;
    int shared = 0, first = 0;
    for (int i = 0; i < 40; ++i) {
      const WindowQueries seen = noise(random, first, window, shared);
      tracks.update(seen, std::uint64_t(max_age));
      others.update(shuffled(seen, random), std::uint64_t(max_age));
      const auto ids = reported(tracks), same = reported(others);
      ASSERT_EQ(ids.size(), same.size());
      std::set<std::uint64_t> distinct;
      for (std::size_t k = 0; k < ids.size(); ++k) {
        const std::uint64_t id = ids[k].first;
        EXPECT_EQ(id, same[k].first);
        EXPECT_TRUE(at::allclose(ids[k].second, same[k].second));
        EXPECT_TRUE(distinct.insert(id).second);
        EXPECT_GT(id, before_clear);
        if (!last_seen.contains(id))
          EXPECT_GT(id, largest) << "an id that was given to another before";
        else
          EXPECT_LE(first - last_seen[id], max_age + window) << "an id that came back from too long ago";
        last_seen[id] = first + window - 1;
        largest = std::max(largest, id);
      }
      const bool clear = uniform(random, 0, 9) == 0;  // drain, flush or seek
      if (clear) {
        tracks.clear();
        others.clear();
        last_seen.clear();
        before_clear = largest;
      }
      shared = clear ? 0 : window - stride;
      first += clear ? window : stride;
    }
  }
}

}  // namespace
}  // namespace vcl
