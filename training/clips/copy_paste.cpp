// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/copy_paste.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "vcl/error.hpp"

namespace vcl::train {
namespace {

using Plane = std::vector<std::uint8_t>;

constexpr double kCoveredTooMuch = 0.5;  // share of a target instance in frame 0

/// The place of the source frame in a target frame.
struct Place {
  Size size;
  int x = 0, y = 0;
};

/// The two input samples of one output along an axis: half-pixel centers, no antialiasing, float32.
struct Tap {
  int low, high;
  float weight;  // of `high`
};

std::vector<Tap> bilinear_taps(int from, int to) {
  const float scale = float(from) / float(to);
  std::vector<Tap> taps;
  for (int i = 0; i < to; ++i) {
    const float at = std::max(0.0F, scale * (float(i) + 0.5F) - 0.5F);
    const int low = std::min(int(at), from - 1);
    taps.push_back({low, std::min(low + 1, from - 1), std::clamp(at - float(low), 0.0F, 1.0F)});
  }
  return taps;
}

/// Returns a plane of size `canvas`: zeros, with the resized input at the place. `convert` turns an interpolated value
/// into a byte.
template <typename Convert>
Plane placed(const std::uint8_t* plane, Size from, const Place& place, Size canvas, Convert convert) {
  Plane out(std::size_t(canvas.width) * std::size_t(canvas.height));
  if (place.size.width == 0 || place.size.height == 0) return out;
  const std::vector<Tap> columns = bilinear_taps(from.width, place.size.width);
  const std::vector<Tap> rows = bilinear_taps(from.height, place.size.height);
  for (int y = 0; y < place.size.height; ++y) {
    const Tap& row = rows[std::size_t(y)];
    const std::uint8_t* upper = plane + std::ptrdiff_t(row.low) * from.width;
    const std::uint8_t* lower = plane + std::ptrdiff_t(row.high) * from.width;
    std::uint8_t* target = out.data() + std::ptrdiff_t(place.y + y) * canvas.width + place.x;
    for (int x = 0; x < place.size.width; ++x) {
      const auto& [low, high, weight] = columns[std::size_t(x)];
      const float top = (1 - weight) * float(upper[low]) + weight * float(upper[high]);
      const float bottom = (1 - weight) * float(lower[low]) + weight * float(lower[high]);
      target[x] = convert((1 - row.weight) * top + row.weight * bottom);
    }
  }
  return out;
}

Plane placed_mask(const Plane& mask, Size from, const Place& place, Size canvas) {
  return placed(mask.data(), from, place, canvas, [](float value) { return std::uint8_t(value > 0); });
}

Plane placed_rgb(const ClipFrame& source, const Place& place, Size canvas) {
  const std::size_t pixels = std::size_t(source.size.width) * std::size_t(source.size.height);
  Plane rgb;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const Plane plane = placed(source.rgb.data() + channel * pixels, source.size, place, canvas,
                               [](float value) { return std::uint8_t(value); });
    rgb.insert(rgb.end(), plane.begin(), plane.end());
  }
  return rgb;
}

bool is_empty(const Plane& mask) {
  return std::ranges::none_of(mask, [](std::uint8_t value) { return value != 0; });
}

/// Returns the share of the target instance that the copied one hides, or nullopt if the target instance is absent.
std::optional<double> coverage(const Plane& copied, const Plane& target) {
  std::size_t area = 0, hidden = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    area += target[i];
    hidden += target[i] & copied[i];
  }
  if (area == 0) return std::nullopt;
  return double(hidden) / double(area);
}

/// Returns whether the whole paste is refused: a copied instance hides half of a target instance or more. In the
/// authors' program the share of an absent instance is NaN, which refuses the paste too.
bool is_refused(const std::vector<Plane>& copied, const ClipFrame& target, PasteMode mode) {
  for (const Plane& instance : copied)
    for (const Plane& row : target.masks) {
      const std::optional<double> hidden = coverage(instance, row);
      if (hidden ? *hidden >= kCoveredTooMuch : mode == PasteMode::Reference) return true;
    }
  return false;
}

/// The random values of one clip, in the order in which they are drawn.
struct Plan {
  std::vector<int> rows;  // of the source, in the order in which they are appended
  std::size_t source_frame = 0;
  std::vector<Place> places;  // one per frame
};

std::optional<Plan> draw_plan(const FrameClip& target, const FrameClip& source, const CopyPaste& options,
                              Draws& draws) {
  const double draw = draws.uniform(0, 1);
  const int rows = int(source[0].masks.size());
  if (rows == 0 || draw > options.rate) return std::nullopt;
  Plan plan;
  const int count = options.random_number && rows > 1 ? draws.integer(1, rows - 1) : rows;
  plan.rows = draws.choice(rows, count);
  plan.source_frame = std::size_t(draws.integer(1, int(source.size()) - 1) - 1);
  for (const ClipFrame& frame : target) {
    const double ratio = draws.uniform(options.min_ratio, options.max_ratio);
    Place place{{int(ratio * frame.size.width), int(ratio * frame.size.height)}, 0, 0};
    place.x = draws.integer(0, frame.size.width - place.size.width);
    place.y = draws.integer(0, frame.size.height - place.size.height);
    plan.places.push_back(place);
  }
  return plan;
}

/// Copies the pixels of the copied instances from the source. They hide the target's instances.
void composite(ClipFrame& frame, const Plane& rgb, const std::vector<Plane>& copied,
               const std::vector<std::int64_t>& ids) {
  const std::size_t pixels = std::size_t(frame.size.width) * std::size_t(frame.size.height);
  for (std::size_t i = 0; i < pixels; ++i) {
    if (std::ranges::none_of(copied, [i](const Plane& mask) { return mask[i] != 0; })) continue;
    for (std::size_t channel = 0; channel < 3; ++channel) frame.rgb[channel * pixels + i] = rgb[channel * pixels + i];
    for (Plane& mask : frame.masks) mask[i] = 0;
  }
  frame.masks.insert(frame.masks.end(), copied.begin(), copied.end());
  frame.ids.insert(frame.ids.end(), ids.begin(), ids.end());
}

void remove_rows(ClipFrame& frame, const std::vector<bool>& gone) {
  for (std::size_t row = gone.size(); row-- > 0;) {
    if (!gone[row]) continue;
    frame.masks.erase(frame.masks.begin() + std::ptrdiff_t(row));
    frame.ids.erase(frame.ids.begin() + std::ptrdiff_t(row));
  }
}

/// Returns, for each of the target's own rows, whether it is empty in this frame.
std::vector<bool> empty_rows(const ClipFrame& frame, std::size_t own) {
  std::vector<bool> empty;
  for (std::size_t row = 0; row < own; ++row) empty.push_back(is_empty(frame.masks[row]));
  return empty;
}

/// Finishes a clip as the authors' program does: each frame loses its empty rows. Returns false if the frames then have
/// different numbers of rows; the paste is undone.
bool finish_reference(FrameClip& clip, std::size_t own) {
  for (ClipFrame& frame : clip) remove_rows(frame, empty_rows(frame, own));
  const std::size_t copied = clip[0].masks.size();
  if (own == 0)  // the authors' frames then share one list of masks, the last frame's
    for (ClipFrame& frame : clip) frame.masks = clip.back().masks;
  return std::ranges::all_of(clip, [&](const ClipFrame& frame) { return frame.masks.size() == copied; });
}

/// Finishes a clip so that each row is one object: it keeps its place if it is hidden in some frames, and is removed if
/// it is never visible.
void finish_corrected(FrameClip& clip, std::size_t own) {
  std::vector<bool> never(own, true);
  for (ClipFrame& frame : clip) {
    const std::vector<bool> empty = empty_rows(frame, own);
    for (std::size_t row = 0; row < own; ++row) {
      if (empty[row]) frame.ids[row] = -1;
      never[row] = never[row] && empty[row];
    }
  }
  for (ClipFrame& frame : clip) remove_rows(frame, never);
}

/// Returns the clip with its paste, or nullopt if the paste is refused or undone.
std::optional<FrameClip> pasted(const FrameClip& target, const FrameClip& source, const Plan& plan, PasteMode mode) {
  const ClipFrame& from = source[plan.source_frame];
  std::vector<Plane> masks;
  std::vector<std::int64_t> ids;
  for (const int row : plan.rows) {
    masks.push_back(from.masks[std::size_t(row)]);
    ids.push_back(from.ids[std::size_t(row)]);
  }
  Size mask_size = from.size;
  FrameClip clip = target;
  for (std::size_t f = 0; f < clip.size(); ++f) {
    std::vector<Plane> copied;
    for (const Plane& mask : masks) copied.push_back(placed_mask(mask, mask_size, plan.places[f], clip[f].size));
    const bool tested = f == 0;
    if (tested && is_refused(copied, target[f], mode)) return std::nullopt;
    if (!tested && mode == PasteMode::Reference && !target[f].masks.empty() &&
        std::ranges::any_of(target[f].masks, is_empty))
      return std::nullopt;  // in later frames the authors' test refuses only NaN
    composite(clip[f], placed_rgb(from, plan.places[f], clip[f].size), copied, ids);
    if (mode == PasteMode::Corrected) continue;
    masks = std::move(copied);  // the drift: the next frame transforms this frame's masks
    mask_size = clip[f].size;
  }
  const std::size_t own = target[0].masks.size();
  if (mode == PasteMode::Corrected)
    finish_corrected(clip, own);
  else if (!finish_reference(clip, own))
    return std::nullopt;
  return clip;
}

void check(const FrameClip& clip) {
  if (clip.size() < 2) throw Error(ErrorKind::Invalid, "copy-paste needs clips of two frames or more");
  for (const ClipFrame& frame : clip)
    if (frame.masks.size() != clip[0].masks.size() || frame.ids.size() != frame.masks.size())
      throw Error(ErrorKind::Invalid, "the frames of a clip have different numbers of instance rows");
}

}  // namespace

void copy_and_paste(std::vector<FrameClip>& batch, const CopyPaste& options, Draws& draws) {
  std::ranges::for_each(batch, check);
  const std::vector<FrameClip> before = batch;
  for (std::size_t k = 0; k < batch.size(); ++k) {
    const FrameClip& source = before[before.size() - 1 - k];
    const std::optional<Plan> plan = draw_plan(before[k], source, options, draws);
    if (!plan) continue;
    if (std::optional<FrameClip> clip = pasted(before[k], source, *plan, options.mode)) batch[k] = std::move(*clip);
  }
}

}  // namespace vcl::train
