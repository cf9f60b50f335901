// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <charconv>
#include <cmath>

#include "vcl/error.hpp"

namespace vcl {

/// Returns the double that prints like the float: 0.9, not 0.8999999761581421.
inline double short_double(float value) {
  if (!std::isfinite(value)) throw Error(ErrorKind::Invalid, "a score is not a finite number");
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size() - 1, value).ptr;
  double result = 0;
  std::from_chars(text.data(), end, result);
  return result;
}

}  // namespace vcl
