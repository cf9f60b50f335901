// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/draw/track_history.hpp"

namespace gstvcl {
namespace {

constexpr int kForgetAfter = 60;  // number of frames without the track

}  // namespace

void TrackHistory::add(const vcl::FrameResult& result, GstClockTime running_time) {
  for (auto& [id, track] : tracks_) ++track.missed;
  for (const vcl::Instance& instance : result.instances) {
    const auto [entry, is_first] = tracks_.try_emplace(instance.track_id);
    Track& track = entry->second;
    if (is_first) track.first_seen = running_time;
    if (is_first || !result.stale) track.last_seen = running_time;
    track.missed = 0;
  }
  std::erase_if(tracks_, [](const auto& entry) { return entry.second.missed > kForgetAfter; });
}

}  // namespace gstvcl
