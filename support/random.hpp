// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace vcl {

/// SplitMix64: small, and the same numbers with every standard library. One stream per clip, keyed by (seed, batch,
/// clip), makes training data independent of the number of worker threads.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  Random(std::uint64_t seed, std::uint64_t a, std::uint64_t b) : state_(seed) {
    state_ = next() ^ (a * 0x9E3779B97F4A7C15);
    state_ = next() ^ (b * 0xD1B54A32D192ED03);
  }

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  double uniform() { return double(next() >> 11) * 0x1p-53; }  ///< [0, 1)
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  double log_uniform(double low, double high) { return low * std::pow(high / low, uniform()); }
  bool chance(double probability) { return uniform() < probability; }
  /// Draws nothing if `share` is 0, so that a disabled option does not change other draws.
  bool happens(double share) { return share > 0 && chance(share); }
  std::size_t below(std::size_t count) { return std::size_t(uniform() * double(count)); }
  double normal(double sigma = 1) {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return sigma * radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  std::uint64_t state_;
};

}  // namespace vcl
