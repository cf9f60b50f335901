// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "vcl/vcl.h"

namespace vcl {

/// The status of the exception being handled, whose text becomes the thread's message.
VclStatus note_current_exception() noexcept;

/// Does the work of a C function; what it throws ends here.
template <typename Work>
VclStatus guarded(Work work) noexcept {
  try {
    work();
    return VCL_OK;
  } catch (...) {
    return note_current_exception();
  }
}

}  // namespace vcl
