// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "vcl/vcl.h"

namespace vcl {

/// Stores the text of the exception being handled as the thread's message, and returns its status.
VclStatus note_current_exception() noexcept;

/// Runs the work of a C function and turns exceptions into a status.
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
