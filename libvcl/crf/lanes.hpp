// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace vcl {

/// The values of one pixel or vertex for several masks, side by side: indices and weights, which are most of what the
/// filter reads, are then read once for all. A vector type, because compilers vectorise loops over four badly.
template <int kCount>
struct LanesOf;
template <>
struct LanesOf<1> {
  using Type = float;
};
template <>
struct LanesOf<4> {
  using Type [[gnu::vector_size(16)]] = float;
};

template <int kCount>
using Lanes = typename LanesOf<kCount>::Type;

}  // namespace vcl
