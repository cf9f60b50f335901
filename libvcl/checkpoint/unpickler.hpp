// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/checkpoint/byte_reader.hpp"
#include "libvcl/checkpoint/pickle_value.hpp"

namespace vcl::pickle {

/// Reads one pickle (protocol 2 to 5) up to its STOP and returns its value. No code runs: what a pickle calls is
/// looked up by name among the few things that checkpoints need (pickle_classes.hpp). Throws Error(Unreadable) for a
/// broken pickle and Error(Unsupported) naming the opcode or class that is not supported.
Ref unpickle(Heap& heap, ByteReader& reader);

}  // namespace vcl::pickle
