// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/sound_comments.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace vcl {
namespace {

using namespace std::string_view_literals;

/// The second header of a codec has the comments: what it is without any, and whether others follow that decode.
struct Comments {
  const char* caps;
  std::string_view none;
  bool others_follow;
};

constexpr std::array<Comments, 4> kComments = {{{"audio/x-vorbis", "\3vorbis\0\0\0\0\0\0\0\0\1"sv, true},
                                                {"audio/x-flac", "\x84\0\0\x8\0\0\0\0\0\0\0\0"sv, false},
                                                {"audio/x-opus", "OpusTags\0\0\0\0\0\0\0\0"sv, false},
                                                {"audio/x-speex", "\0\0\0\0\0\0\0\0"sv, true}}};

void append(GValue* headers, GstBuffer* header) {
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_BUFFER);
  gst_value_take_buffer(&value, header);
  gst_value_array_append_and_take_value(headers, &value);
}

/// FLAC's first header counts those that follow.
GstBuffer* count_one(const GstBuffer* first) {
  GstBuffer* header = gst_buffer_copy_deep(first);
  constexpr guint8 kOne[] = {0, 1};
  gst_buffer_fill(header, 7, kOne, sizeof(kOne));
  return header;
}

}  // namespace

GstCaps* without_comments(const GstCaps* sound) {
  GstCaps* caps = gst_caps_copy(sound);
  GstStructure* structure = gst_caps_get_structure(caps, 0);
  const auto comments = std::ranges::find_if(
      kComments, [structure](const Comments& codec) { return gst_structure_has_name(structure, codec.caps); });
  const GValue* headers = gst_structure_get_value(structure, "streamheader");
  if (comments == kComments.end() || !headers || !GST_VALUE_HOLDS_ARRAY(headers)) return caps;
  GValue kept = G_VALUE_INIT;
  g_value_init(&kept, GST_TYPE_ARRAY);
  for (guint i = 0; i < gst_value_array_get_size(headers); ++i) {
    GstBuffer* header = gst_value_get_buffer(gst_value_array_get_value(headers, i));
    if (i == 1)
      append(&kept, gst_buffer_new_memdup(comments->none.data(), comments->none.size()));
    else if (i == 0 && gst_structure_has_name(structure, "audio/x-flac"))
      append(&kept, count_one(header));
    else if (i == 0 || comments->others_follow)
      append(&kept, gst_buffer_ref(header));
  }
  gst_structure_take_value(structure, "streamheader", &kept);
  return caps;
}

}  // namespace vcl
