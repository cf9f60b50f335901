// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/sei/coded_video.hpp"

#include <string>

#include "plugins/meta/mapped_buffer.hpp"

namespace gstvcl {
namespace {

std::optional<int> length_bytes(vcl::VideoCodec codec, const GstStructure* caps) {
  const gchar* format = gst_structure_get_string(caps, "stream-format");
  if (!format) return {};
  if (std::string(format) == "byte-stream") return 0;
  const GValue* record = gst_structure_get_value(caps, "codec_data");
  GstBuffer* buffer = record && GST_VALUE_HOLDS_BUFFER(record) ? gst_value_get_buffer(record) : nullptr;
  if (!buffer) return {};
  const MappedBuffer bytes(buffer, GST_MAP_READ);
  return vcl::nal_length_bytes(codec, {bytes.data(), bytes.size()});
}

}  // namespace

std::optional<CodedVideo> coded_video(const GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  CodedVideo video;
  if (!gst_structure_get_int(structure, "width", &video.size.width) ||
      !gst_structure_get_int(structure, "height", &video.size.height))
    return {};
  if (gst_structure_has_name(structure, "video/x-raw")) return video;
  const auto codec = gst_structure_has_name(structure, "video/x-h264") ? vcl::VideoCodec::H264 : vcl::VideoCodec::H265;
  const std::optional<int> bytes = length_bytes(codec, structure);
  if (!bytes) return {};
  video.format = {codec, *bytes};
  return video;
}

GstFlowReturn share_bytes(GstBaseTransform*, GstBuffer* input, GstBuffer** output) {
  *output = gst_buffer_is_writable(input) ? input : gst_buffer_copy(input);
  return GST_FLOW_OK;
}

}  // namespace gstvcl
