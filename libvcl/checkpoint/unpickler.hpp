// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/checkpoint/byte_reader.hpp"
#include "libvcl/checkpoint/pickle_value.hpp"

namespace vcl::pickle {

/// Reads one pickle (protocol 2 to 5) up to its STOP and returns its value. It runs no code: calls are looked up by
/// name among the few that checkpoints need (pickle_classes.hpp). Throws Error(Unreadable) for a broken pickle, and
/// Error(Unsupported) that names an opcode or class that is not supported.
Ref unpickle(Heap& heap, ByteReader& reader);

}  // namespace vcl::pickle
