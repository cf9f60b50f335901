// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>

/// Measures how long work takes on a device, and the best that the device can do.
namespace vcl {

/// Waits for all work queued on the device's current stream.
void wait_for(at::Device device);

/// Returns the seconds per call: the smallest mean of three rounds after a warm-up. Each round takes about `seconds`,
/// or one call.
double seconds_of(at::Device device, double seconds, const std::function<void()>& work);

/// Measured rates, from which minimum times are computed.
struct Floor {
  double fp32, tf32, bf16;  ///< FLOP/s of a square matrix product
  double bytes;             ///< bytes/s, read and written, of a copy
};

/// `side` is the side of the matrices, a multiple of 64; the copy moves four times as many floats. On the CPU, tf32 is
/// fp32.
Floor measure_floor(at::Device device, std::int64_t side, double seconds);

}  // namespace vcl
