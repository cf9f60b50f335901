// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace vcl {

/// The values of one pixel or vertex for several masks, side by side. Indices and weights, which are most of the memory
/// traffic of the filter, are then read once for all masks. It is a vector type, because compilers vectorize loops over
/// four values badly.
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
