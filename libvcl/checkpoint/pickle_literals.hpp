// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>

#include "libvcl/checkpoint/byte_reader.hpp"
#include "libvcl/checkpoint/pickle_opcodes.hpp"
#include "libvcl/checkpoint/pickle_value.hpp"

namespace vcl::pickle {

/// Reads the value of an opcode that is a literal: None, numbers, texts, bytes. Returns nothing for other opcodes.
std::optional<Value> read_literal(Op op, ByteReader& reader);

}  // namespace vcl::pickle
