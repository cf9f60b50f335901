// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/checkpoint/pickle_literals.hpp"

#include <bit>

namespace vcl::pickle {

namespace {

/// Reads an integer: two's complement, little-endian, as short as possible.
Value long_of(std::span<const std::byte> bytes) {
  if (bytes.size() > sizeof(std::int64_t)) return LongInt{bytes};
  std::uint64_t value = little_endian(bytes);
  const bool negative = !bytes.empty() && (bytes.back() & std::byte{0x80}) != std::byte{};
  if (negative && bytes.size() < 8) value |= ~std::uint64_t(0) << (8 * bytes.size());
  return static_cast<std::int64_t>(value);
}

}  // namespace

std::optional<Value> read_literal(Op op, ByteReader& reader) {
  const auto take8 = [&] { return reader.take(reader.number<std::uint8_t>()); };
  const auto take32 = [&] { return reader.take(reader.number<std::uint32_t>()); };
  const auto take64 = [&] { return reader.take(reader.number<std::uint64_t>()); };
  switch (op) {
    case Op::None:
      return None{};
    case Op::NewTrue:
      return true;
    case Op::NewFalse:
      return false;
    case Op::BinInt:
      return std::int64_t(reader.number<std::int32_t>());
    case Op::BinInt1:
      return std::int64_t(reader.number<std::uint8_t>());
    case Op::BinInt2:
      return std::int64_t(reader.number<std::uint16_t>());
    case Op::Long1:
      return long_of(take8());
    case Op::Long4:
      return long_of(take32());
    case Op::BinFloat:  // the only big-endian number
      return std::bit_cast<double>(__builtin_bswap64(reader.number<std::uint64_t>()));
    case Op::ShortBinString:
      return OldText{as_text(take8())};
    case Op::BinString:
      return OldText{as_text(take32())};
    case Op::ShortBinUnicode:
      return Text{as_text(take8())};
    case Op::BinUnicode:
      return Text{as_text(take32())};
    case Op::BinUnicode8:
      return Text{as_text(take64())};
    case Op::ShortBinBytes:
      return Bytes{take8()};
    case Op::BinBytes:
      return Bytes{take32()};
    case Op::BinBytes8:
    case Op::ByteArray8:
      return Bytes{take64()};
    default:
      return std::nullopt;
  }
}

}  // namespace vcl::pickle
