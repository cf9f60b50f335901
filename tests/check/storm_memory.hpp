// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

namespace check {

/// Memory that cannot be mapped, as that of a device that is gone.
GstMemory* memory_without_access(gsize size);

}  // namespace check
