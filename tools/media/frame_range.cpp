// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/frame_range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "vcl/error.hpp"

namespace vcl {
namespace {

GstClockTime nanoseconds(double seconds) {
  return GstClockTime(std::llround(seconds * double(GST_SECOND)));
}

std::optional<std::uint64_t> number_from_text(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

}  // namespace

std::string FrameRange::describe() const {
  if (by_number) return fmt::format("--frames {}:{}", first, last ? std::to_string(*last) : "");
  return duration ? fmt::format("--start {} --duration {}", start, *duration) : fmt::format("--start {}", start);
}

bool FrameRange::begins_behind(std::uint64_t frame, GstClockTime time) const {
  return by_number ? frame < first : time < nanoseconds(start);
}

bool FrameRange::ends_before(std::uint64_t frame, GstClockTime time) const {
  if (by_number) return last && frame >= *last;
  return duration && time >= nanoseconds(start + *duration);
}

bool FrameRange::asks_for_more(std::uint64_t frames, GstClockTime end) const {
  if (by_number) return last && frames < *last;
  return duration && end + GST_MSECOND < nanoseconds(start + *duration);
}

FrameRange frames_from_text(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string from = text.substr(0, colon), to = colon == text.npos ? "" : text.substr(colon + 1);
  const auto first = from.empty() ? 0 : number_from_text(from);
  const auto last = number_from_text(to);
  if (colon == text.npos || !first || (!last && !to.empty()))
    throw Error(ErrorKind::Invalid, fmt::format("'{}' is no range of frames; write A:B for the frames A to B - 1, "
                                                "where the first frame of the input is 0",
                                                text));
  if (last && *last <= *first)
    throw Error(ErrorKind::Invalid, fmt::format("'{}' holds no frame: B must be more than A", text));
  return {.by_number = true, .first = *first, .last = last};
}

GstSegment begin_at(GstSegment segment, GstClockTime time) {
  if (segment.base >= time) {
    segment.base -= time;
    return segment;
  }
  const GstClockTime left = time - segment.base;
  segment.base = 0;
  segment.start += left;
  segment.time += left;
  segment.position = std::max(segment.position, segment.start);
  return segment;
}

void fail_behind_end(const FrameRange& range, const std::string& name, std::uint64_t frames, GstClockTime end) {
  throw Error(ErrorKind::Invalid, fmt::format("'{}' has {} frames and ends after {:.3f} s; '{}' begins behind that",
                                              name, frames, double(end) / GST_SECOND, range.describe()));
}

void fail_empty_range(const FrameRange& range, const std::string& name) {
  throw Error(ErrorKind::Invalid,
              fmt::format("no frame of '{}' begins in '{}'; make it longer", name, range.describe()));
}

ImageRange images_in(const FrameRange& range, const std::vector<std::string>& images, const std::string& name,
                     double fps) {
  const auto time_of = [fps](std::size_t i) {
    return GstClockTime(std::llround(double(i) / fps * double(GST_SECOND)));
  };
  std::size_t first = 0;
  while (first < images.size() && range.begins_behind(first, time_of(first))) ++first;
  std::size_t last = first;
  while (last < images.size() && !range.ends_before(last, time_of(last))) ++last;
  if (first == images.size()) fail_behind_end(range, name, images.size(), time_of(images.size()));
  if (first == last) fail_empty_range(range, name);
  const bool ends_early = range.asks_for_more(images.size(), time_of(images.size()));
  return {{images.begin() + std::ptrdiff_t(first), images.begin() + std::ptrdiff_t(last)}, first, ends_early};
}

}  // namespace vcl
