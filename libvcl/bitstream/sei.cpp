// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/sei.hpp"

#include <algorithm>

namespace vcl {
namespace {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

constexpr std::size_t kUserDataUnregistered = 5;

struct Nal {
  std::size_t start = 0;  ///< of its start code or length
  View bytes;             ///< header and content, with emulation prevention
};

/// Returns the position of the next 00 00 01, or the size if there is none.
std::size_t find_start_code(View bytes, std::size_t from) {
  static constexpr std::array<std::uint8_t, 3> code = {0, 0, 1};
  const auto found = std::search(bytes.begin() + std::ptrdiff_t(from), bytes.end(), code.begin(), code.end());
  return std::size_t(found - bytes.begin());
}

/// Calls see(nal) for each NAL unit until it returns false.
template <typename See>
void for_each_start_code(View unit, See see) {
  std::size_t code = find_start_code(unit, 0);
  while (code < unit.size()) {
    const std::size_t begin = code + 3;
    const std::size_t next = find_start_code(unit, begin);
    std::size_t end = next;
    while (end > begin && unit[end - 1] == 0) --end;  // zeros behind a NAL unit belong to none
    const bool long_code = code > 0 && unit[code - 1] == 0;
    if (end > begin && !see(Nal{code - std::size_t(long_code), unit.subspan(begin, end - begin)})) return;
    code = next;
  }
}

template <typename See>
void for_each_length(View unit, std::size_t length_bytes, See see) {
  std::size_t at = 0;
  while (unit.size() - at > length_bytes) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) size = size << 8U | unit[at + i];
    if (size > unit.size() - at - length_bytes) return;
    if (size > 0 && !see(Nal{at, unit.subspan(at + length_bytes, size)})) return;
    at += length_bytes + size;
  }
}

template <typename See>
void for_each_nal(View unit, NalFormat format, See see) {
  if (format.length_bytes == 0)
    for_each_start_code(unit, see);
  else
    for_each_length(unit, std::size_t(format.length_bytes), see);
}

std::size_t header_size(VideoCodec codec) {
  return codec == VideoCodec::H264 ? 1 : 2;
}

unsigned nal_type(VideoCodec codec, View nal) {
  return codec == VideoCodec::H264 ? nal[0] & 0x1fU : nal[0] >> 1U & 0x3fU;
}

bool is_sei(VideoCodec codec, View nal) {
  return nal_type(codec, nal) == (codec == VideoCodec::H264 ? 6 : 39);  // H.265: prefix SEI
}

/// Returns whether no SEI of the access unit may follow: a slice, or the prefix of one (14) in H.264.
bool is_slice(VideoCodec codec, View nal) {
  const unsigned type = nal_type(codec, nal);
  return codec == VideoCodec::H264 ? (type >= 1 && type <= 5) || type == 14 : type < 32;
}

/// Returns the content of a NAL unit without header and emulation prevention.
Bytes plain(View content) {
  Bytes bytes;
  bytes.reserve(content.size());
  int zeros = 0;
  for (const std::uint8_t byte : content) {
    const bool prevents = zeros >= 2 && byte == 3;
    if (!prevents) bytes.push_back(byte);
    zeros = byte == 0 ? zeros + 1 : 0;
  }
  return bytes;
}

void add_with_prevention(Bytes& nal, View content) {
  int zeros = 0;
  for (const std::uint8_t byte : content) {
    if (zeros >= 2 && byte <= 3) {
      nal.push_back(3);
      zeros = 0;
    }
    nal.push_back(byte);
    zeros = byte == 0 ? zeros + 1 : 0;
  }
}

Bytes message(const Uuid& uuid, View payload) {
  Bytes bytes{std::uint8_t(kUserDataUnregistered)};
  std::size_t size = uuid.size() + payload.size();
  for (; size >= 0xff; size -= 0xff) bytes.push_back(0xff);
  bytes.push_back(std::uint8_t(size));
  bytes.insert(bytes.end(), uuid.begin(), uuid.end());
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  bytes.push_back(0x80);  // the stop bit
  return bytes;
}

/// Reads a number that is the sum of bytes up to the first that is not 255. Returns nothing at the end of the bytes.
std::optional<std::size_t> sum_of_bytes(View& bytes) {
  std::size_t sum = 0;
  while (!bytes.empty()) {
    const std::uint8_t byte = bytes.front();
    bytes = bytes.subspan(1);
    sum += byte;
    if (byte != 0xff) return sum;
  }
  return {};
}

template <typename See>
void for_each_message(View content, See see) {
  while (content.size() > 2) {  // the stop bit alone is no message
    const std::optional<std::size_t> type = sum_of_bytes(content);
    const std::optional<std::size_t> size = sum_of_bytes(content);
    if (!type || !size || *size > content.size()) return;
    see(*type, content.first(*size));
    content = content.subspan(*size);
  }
}

}  // namespace

std::optional<int> nal_length_bytes(VideoCodec codec, View record) {
  const std::size_t at = codec == VideoCodec::H264 ? 4 : 21;
  if (record.size() <= at) return {};
  return (record[at] & 3) + 1;
}

std::optional<SeiInsertion> insert_user_data(View access_unit, NalFormat format, const Uuid& uuid, View payload) {
  const std::size_t header = header_size(format.codec);
  std::optional<Nal> slice;
  for_each_nal(access_unit, format, [&](const Nal& nal) {
    if (nal.bytes.size() > header && is_slice(format.codec, nal.bytes)) slice = nal;
    return !slice;
  });
  if (!slice) return {};
  Bytes nal{6};
  if (format.codec == VideoCodec::H265)  // of the layer and the temporal level of the slice
    nal = {std::uint8_t(39U << 1U | (slice->bytes[0] & 1U)), slice->bytes[1]};
  add_with_prevention(nal, message(uuid, payload));

  Bytes prefix{0, 0, 0, 1};
  if (format.length_bytes > 0) {
    if (format.length_bytes < 4 && nal.size() >> (8U * unsigned(format.length_bytes)) != 0) return {};
    prefix.clear();
    for (int i = format.length_bytes - 1; i >= 0; --i) prefix.push_back(std::uint8_t(nal.size() >> (8U * unsigned(i))));
  }
  prefix.insert(prefix.end(), nal.begin(), nal.end());
  return SeiInsertion{slice->start, std::move(prefix)};
}

void read_user_data(View access_unit, NalFormat format, const Uuid& uuid, const std::function<void(View)>& see) {
  const std::size_t header = header_size(format.codec);
  for_each_nal(access_unit, format, [&](const Nal& nal) {
    if (nal.bytes.size() <= header || !is_sei(format.codec, nal.bytes)) return true;
    const Bytes content = plain(nal.bytes.subspan(header));
    for_each_message(View(content), [&](std::size_t type, View data) {
      const bool ours = type == kUserDataUnregistered && data.size() >= uuid.size() &&
                        std::ranges::equal(data.first(uuid.size()), uuid);
      if (ours) see(data.subspan(uuid.size()));
    });
    return true;
  });
}

}  // namespace vcl
