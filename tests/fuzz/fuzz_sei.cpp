// SPDX-License-Identifier: LGPL-2.1-or-later
// The input is a format (1 byte: codec and bytes of a length) and an access unit. User data that is inserted is read
// back behind that which was there, and the rest of the access unit stays.
#include <vector>

#include "fuzz.hpp"
#include "vcl/packed_frame.hpp"
#include "vcl/sei.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;

std::vector<Bytes> user_data(const Bytes& unit, vcl::NalFormat format) {
  std::vector<Bytes> found;
  vcl::read_user_data(unit, format, vcl::kResultsUuid,
                      [&](std::span<const std::uint8_t> data) { found.emplace_back(data.begin(), data.end()); });
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using vcl::fuzz::require;
  if (size < 1) return 0;
  const vcl::NalFormat format{(data[0] & 0x10) != 0 ? vcl::VideoCodec::H265 : vcl::VideoCodec::H264,
                              std::min(data[0] & 0xf, 4)};
  const Bytes unit(data + 1, data + size);
  vcl::nal_length_bytes(format.codec, unit);
  const std::vector<Bytes> before = user_data(unit, format);
  for (const Bytes& found : before) {
    require(found.size() < size, "user data is part of the access unit");
    vcl::unpack_frame(found, {8, 6});
  }
  const Bytes payload(unit.begin(), unit.begin() + std::ptrdiff_t(std::min<std::size_t>(unit.size(), 1000)));
  const auto sei = vcl::insert_user_data(unit, format, vcl::kResultsUuid, payload);
  if (!sei) return 0;
  require(sei->position <= unit.size(), "the place lies in the access unit");
  Bytes longer = unit;
  longer.insert(longer.begin() + std::ptrdiff_t(sei->position), sei->bytes.begin(), sei->bytes.end());
  const std::vector<Bytes> after = user_data(longer, format);
  require(after.size() == before.size() + 1, "one message was added");
  require(std::ranges::count(after, payload) > std::ranges::count(before, payload), "user data is read as written");
  return 0;
}
