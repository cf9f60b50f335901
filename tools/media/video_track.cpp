// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/video_track.hpp"

#include <fmt/format.h>
#include <gst/video/video.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <mutex>
#include <string_view>
#include <vector>

#include "plugins/base/c_callback.hpp"
#include "tools/media/track_preference.hpp"

namespace vcl {
namespace {

struct Track {
  std::string description;  // as 'track 2 (h264, 160x120)'
  bool still = false;
  int preference = 0;

  bool better_than(const Track& other) const { return still != other.still ? !still : preference > other.preference; }
};

/// What is known of coded video before it is decoded.
struct Coded {
  std::string codec;
  bool still;
};

struct Choice {
  GstPad* sink;
  std::string name;
  bool quiet;
  std::mutex mutex = {};
  std::map<std::string, Coded> coded = {};  // by the id of the stream
  std::vector<Track> tracks = {};
  std::size_t chosen = 0;
  std::string undecodable = {};

  ~Choice() { gst_object_unref(sink); }
};

constexpr const char* kChoice = "vcl-video-track";

Choice& choice_of(GstElement* source) {
  return *static_cast<Choice*>(g_object_get_data(G_OBJECT(source), kChoice));
}

std::string_view type_of(const GstCaps* caps) {
  return gst_structure_get_name(gst_caps_get_structure(caps, 0));
}

bool is_video(std::string_view type) {
  return type.starts_with("video/") || type.starts_with("image/");
}

/// Pictures in a track of their own: of single ones the caps have no frame rate, or a slow one.
bool is_still(const GstCaps* caps) {
  gint numerator = 0, denominator = 1;
  gst_structure_get_fraction(gst_caps_get_structure(caps, 0), "framerate", &numerator, &denominator);
  return type_of(caps).starts_with("image/") && numerator <= denominator;
}

std::string codec_name(std::string_view type) {
  type.remove_prefix(type.find('/') + 1);
  return std::string(type.starts_with("x-") ? type.substr(2) : type);
}

std::string stream_id(GstPad* pad) {
  g_autofree char* id = gst_pad_get_stream_id(pad);
  return id ? id : "";
}

gboolean continues(GstElement* source, GstPad* pad, GstCaps* caps, gpointer) {
  const std::string_view type = type_of(caps);
  if (is_video(type)) {
    Choice& choice = choice_of(source);
    const std::lock_guard lock(choice.mutex);
    choice.coded[stream_id(pad)] = {codec_name(type), is_still(caps)};
  }
  static constexpr std::array kOthers = {"audio/", "text/", "subpicture/", "closedcaption/", "meta/"};
  return std::ranges::none_of(kOthers, [type](const char* other) { return type.starts_with(other); });
}

void note_undecodable(GstElement* source, GstPad*, GstCaps* caps, gpointer) {
  if (!is_video(type_of(caps))) return;
  Choice& choice = choice_of(source);
  const std::lock_guard lock(choice.mutex);
  choice.undecodable = codec_name(type_of(caps));
}

Track describe(const Choice& choice, GstPad* pad, const GstCaps* caps) {
  Track track;
  const auto coded = choice.coded.find(stream_id(pad));
  const std::string codec = coded == choice.coded.end() ? "raw" : coded->second.codec;
  track.still = coded != choice.coded.end() && coded->second.still;
  int width = 0, height = 0;
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  gst_structure_get_int(structure, "width", &width);
  gst_structure_get_int(structure, "height", &height);
  track.description = fmt::format("track {} ({}, {}x{})", choice.tracks.size() + 1, codec, width, height);
  track.preference = preference_of(pad);
  return track;
}

/// All tracks of a file are there before the first frame flows, so that a better one can take the place of an earlier.
void add_track(GstElement* source, GstPad* pad, gpointer) {
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
  if (!caps)
    caps = gst_pad_query_caps(pad, nullptr);  // devices that need no decoder state no size before they are read
  if (gst_caps_is_any(caps) || gst_caps_is_empty(caps) || type_of(caps) != "video/x-raw") return;
  Choice& choice = choice_of(source);
  const std::lock_guard lock(choice.mutex);
  choice.tracks.push_back(describe(choice, pad, caps));
  g_autoptr(GstPad) linked = gst_pad_get_peer(choice.sink);
  if (linked && !choice.tracks.back().better_than(choice.tracks[choice.chosen])) return;
  if (linked) gst_pad_unlink(linked, choice.sink);
  gst_pad_link(pad, choice.sink);
  choice.chosen = choice.tracks.size() - 1;
}

void finish_choice(GstElement* source, gpointer) {
  Choice& choice = choice_of(source);
  const std::lock_guard lock(choice.mutex);
  if (choice.tracks.empty() && !choice.undecodable.empty())
    GST_ELEMENT_ERROR(source, STREAM, CODEC_NOT_FOUND,
                      ("no decoder for its video (%s) is installed", choice.undecodable.c_str()), (nullptr));
  else if (choice.tracks.empty())
    GST_ELEMENT_ERROR(source, STREAM, WRONG_TYPE, ("there is no video in it, only sound or data"), (nullptr));
  if (choice.quiet || choice.tracks.size() < 2) return;
  std::string others;
  for (std::size_t i = 0; i < choice.tracks.size(); ++i)
    if (i != choice.chosen) others += (others.empty() ? "" : ", ") + choice.tracks[i].description;
  fmt::print(stderr, "note: '{}' holds {} tracks of video: {} is done, left out: {}\n", choice.name,
             choice.tracks.size(), choice.tracks[choice.chosen].description, others);
}

}  // namespace

void link_video_track(GstElement* source, GstElement* head, const std::string& name, bool quiet) {
  auto* choice = new Choice{.sink = gst_element_get_static_pad(head, "sink"), .name = name, .quiet = quiet};
  g_object_set_data_full(G_OBJECT(source), kChoice, choice, [](gpointer data) { delete static_cast<Choice*>(data); });
  // Behind the handlers of others, who want to see the streams that this one ends.
  g_signal_connect_after(source, "autoplug-continue", G_CALLBACK(gstvcl::c_callback<continues>), nullptr);
  g_signal_connect(source, "unknown-type", G_CALLBACK(gstvcl::c_callback<note_undecodable>), nullptr);
  g_signal_connect(source, "pad-added", G_CALLBACK(gstvcl::c_callback<add_track>), nullptr);
  g_signal_connect(source, "no-more-pads", G_CALLBACK(gstvcl::c_callback<finish_choice>), nullptr);
}

void forget_tracks(GstElement* source) {
  Choice& choice = choice_of(source);
  const std::lock_guard lock(choice.mutex);
  choice.coded.clear();
  choice.tracks.clear();
  choice.chosen = 0;
  choice.undecodable.clear();
  choice.quiet = true;
}

}  // namespace vcl
