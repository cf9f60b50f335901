// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/motion_input.hpp"

#include <algorithm>
#include <utility>

#include "libvcl/engine/motion/motion_planes.hpp"
#include "libvcl/engine/stream/lightness.hpp"

namespace vcl {
namespace {

constexpr int kFlash = 1;  // maximum number of frames that may differ from all others without being a cut

}  // namespace

int MotionInput::look_ahead() const {
  return neighbours_.empty() ? 0 : std::max(0, std::ranges::max(neighbours_));
}

void MotionInput::push(std::uint64_t number, const at::Tensor& canvas, const Letterbox& letterbox, std::int64_t pts) {
  Entry& entry = entries_.emplace_back();
  entry.frame = {number, canvas, {}, false};
  if (neighbours_.empty()) return;
  entry.lightness = std::make_shared<const Plane>(lightness(canvas, letterbox.content));
  entry.after_hole = ends_hole(pts);
  const int newest = int(entries_.size()) - 1;
  for (std::size_t place = 0; place < neighbours_.size(); ++place)
    search(newest - std::max(0, neighbours_[place]), place);
}

std::optional<MotionInput::Frame> MotionInput::next(bool now) {
  const int waiting = int(entries_.size()) - given_;
  if (waiting <= (now ? 0 : delay())) return {};
  Entry& entry = entries_[std::size_t(given_)];
  bool known = false;
  for (const auto& [distance, explains] : entry.explained) known |= explains.get();
  if (!known) entry.frame.planes.reset();
  entry.frame.cut = begins_shot(given_);
  Frame frame = std::exchange(entry.frame, {});
  ++given_;
  const int looked_back_to = neighbours_.empty() ? 0 : std::max(1 + kFlash, -std::ranges::min(neighbours_));
  for (; given_ > looked_back_to; --given_) entries_.pop_front();
  return frame;
}

void MotionInput::clear() {
  entries_.clear();
  given_ = 0;
  last_pts_ = -1;
  intervals_ = {};
}

/// Returns whether both frames exist and no hole lies between them.
bool MotionInput::in_reach(int frame, int neighbour) const {
  const auto [first, last] = std::minmax(frame, neighbour);
  if (first < 0 || last >= int(entries_.size())) return false;
  return std::none_of(entries_.begin() + first + 1, entries_.begin() + last + 1,
                      [](const Entry& e) { return e.after_hole; });
}

/// Starts to fill the planes of a frame for the neighbor at index `place` of the configuration, if that neighbor
/// exists.
void MotionInput::search(int frame, std::size_t place) {
  const int distance = neighbours_[place];
  if (frame < given_ || !in_reach(frame, frame + distance)) return;
  Entry &from = entries_[std::size_t(frame)], &to = entries_[std::size_t(frame + distance)];
  const Size canvas{int(from.frame.canvas.size(3)), int(from.frame.canvas.size(2))};
  if (!from.frame.planes.defined())
    from.frame.planes =
        at::zeros({1, kMotionPlanes * std::int64_t(neighbours_.size()), canvas.height, canvas.width}, at::kFloat);
  float* const planes = from.frame.planes.mutable_data_ptr<float>() +
                        place * std::size_t(kMotionPlanes) * std::size_t(canvas.width) * std::size_t(canvas.height);
  from.explained[distance] = std::async([own = from.lightness, other = to.lightness, canvas, planes] {
    return motion_planes(*own, *other, canvas, planes);
  });
}

bool MotionInput::explains(int neighbour, int frame) {
  Entry &from = entries_[std::size_t(frame)], &to = entries_[std::size_t(neighbour)];
  auto [found, is_new] = from.explained.try_emplace(neighbour - frame);
  if (is_new)
    found->second =
        std::async(std::launch::deferred, [&] { return neighbour_explains(*from.lightness, *to.lightness); });
  return found->second.get();
}

/// Returns whether one of two frames explains the other.
bool MotionInput::alike(int earlier, int later) {
  return in_reach(earlier, later) && (explains(earlier, later) || explains(later, earlier));
}

bool MotionInput::begins_shot(int frame) {
  if (!in_reach(frame - 1, frame)) return false;
  const bool sees_next = look_ahead() >= kFlash;  // also if the next frame already waits here
  return !neighbours_.empty() && !alike(frame - 1, frame) && !(sees_next && alike(frame - 1, frame + kFlash)) &&
         !alike(frame - 1 - kFlash, frame);
}

bool MotionInput::ends_hole(std::int64_t pts) {
  const std::int64_t before = std::exchange(last_pts_, pts);
  if (before < 0 || pts <= before) return false;
  const double interval = double(pts) - double(before);
  const bool hole = intervals_.is_hole(interval);
  intervals_.add(interval);
  return hole;
}

}  // namespace vcl
