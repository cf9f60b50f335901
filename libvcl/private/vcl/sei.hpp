// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace [[gnu::visibility("default")]] vcl {

/// User data (SEI messages of type 5, "user data unregistered") in access units of H.264 and H.265. Bytes may be
/// foreign: no function throws, but for lack of memory.

using Uuid = std::array<std::uint8_t, 16>;

/// 9d6a5cfe-6c1c-4f0e-9a3b-7a0c52e1d4b8, which marks the results of gst-vcl (docs/sei.md).
inline constexpr Uuid kResultsUuid = {0x9d, 0x6a, 0x5c, 0xfe, 0x6c, 0x1c, 0x4f, 0x0e,
                                      0x9a, 0x3b, 0x7a, 0x0c, 0x52, 0xe1, 0xd4, 0xb8};

enum class VideoCodec { H264, H265 };

/// How the NAL units of an access unit are divided.
struct NalFormat {
  VideoCodec codec = VideoCodec::H264;
  int length_bytes = 0;  ///< bytes of the length before each NAL unit (1 to 4), or 0: start codes (byte-stream)
};

/// Returns the length_bytes that an avcC or hvcC record (the "codec_data" of caps) states, or nothing if it is too
/// short.
std::optional<int> nal_length_bytes(VideoCodec codec, std::span<const std::uint8_t> record);

/// One SEI NAL unit, ready to be inserted, and its place in the access unit: directly before the first slice.
struct SeiInsertion {
  std::size_t position = 0;
  std::vector<std::uint8_t> bytes;
};

/// Returns nothing if the access unit has no slice or cannot be read, or if a NAL unit of this size has no length.
std::optional<SeiInsertion> insert_user_data(std::span<const std::uint8_t> access_unit, NalFormat format,
                                             const Uuid& uuid, std::span<const std::uint8_t> payload);

/// Calls `see` with the payload of each message of this UUID, in order. It is valid during the call only.
void read_user_data(std::span<const std::uint8_t> access_unit, NalFormat format, const Uuid& uuid,
                    const std::function<void(std::span<const std::uint8_t>)>& see);

}  // namespace vcl
