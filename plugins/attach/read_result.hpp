// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gst/vcl/gstvclinstancesmeta.h"
#include "vcl/result.hpp"

namespace gstvcl {

/// Converts a meta to a FrameResult. `pts` is that of the meta.
vcl::FrameResult read_result(const GstVclInstancesMeta* meta);

}  // namespace gstvcl
