// SPDX-License-Identifier: LGPL-2.1-or-later
#include "benchmarks/speed/gpu_measure.hpp"

#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <chrono>
#include <limits>

namespace vcl {
namespace {

double product_rate(at::Device device, std::int64_t side, at::ScalarType type, double seconds) {
  const at::Tensor a = at::randn({side, side}, device).to(type), b = at::randn({side, side}, device).to(type);
  at::Tensor c = at::empty_like(a);
  return 2.0 * double(side) * double(side) * double(side) / seconds_of(device, seconds, [&] { at::mm_out(c, a, b); });
}

}  // namespace

void wait_for(at::Device device) {
  if (device.is_cuda()) c10::impl::VirtualGuardImpl(device.type()).getStream(device).synchronize();
}

double seconds_of(at::Device device, double seconds, const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  const auto timed = [&](int calls) {
    wait_for(device);
    const auto start = Clock::now();
    for (int i = 0; i < calls; ++i) work();
    wait_for(device);
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  timed(1);
  const double one = timed(1);
  const int calls = std::clamp(int(seconds / one), 1, 10000);
  double least = std::numeric_limits<double>::infinity();
  for (int round = 0; round < 3; ++round) least = std::min(least, timed(calls) / calls);
  return least;
}

Floor measure_floor(at::Device device, std::int64_t side, double seconds) {
  Floor floor{};
  floor.fp32 = floor.tf32 = product_rate(device, side, at::kFloat, seconds);
  if (device.is_cuda()) {
    at::globalContext().setAllowTF32CuBLAS(true);
    floor.tf32 = product_rate(device, side, at::kFloat, seconds);
    at::globalContext().setAllowTF32CuBLAS(false);
  }
  floor.bf16 = product_rate(device, side, at::kBFloat16, seconds);
  const at::Tensor from = at::rand({4 * side, side}, device);
  at::Tensor to = at::empty_like(from);
  floor.bytes = 2.0 * double(from.nbytes()) / seconds_of(device, seconds, [&] { to.copy_(from); });
  return floor;
}

}  // namespace vcl
