// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace vcl::train {

/// The samples of a batch that one process computes: first, ..., end() - 1.
struct Share {
  int first = 0, count = 0;
  int end() const { return first + count; }
};

}  // namespace vcl::train
