// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>

/// How long work takes on a device, and what the device could do at best.
namespace vcl {

/// Waits for all work queued on the device's current stream.
void wait_for(at::Device device);

/// Seconds a call takes: the least mean of three rounds, each of at least `seconds` or one call, after a warm-up call.
double seconds_of(at::Device device, double seconds, const std::function<void()>& work);

/// The measured rates that floors are told from.
struct Floor {
  double fp32, tf32, bf16;  ///< FLOP/s of a square matrix product
  double bytes;             ///< bytes/s, read and written, of a copy
};

/// `side` of the matrices, a multiple of 64; the copy moves as many floats. On the processor tf32 is fp32.
Floor measure_floor(at::Device device, std::int64_t side, double seconds);

}  // namespace vcl
