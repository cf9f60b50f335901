// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

namespace vcl {

/// How far the container wants this track to be played: 1 as its default, -1 only when asked for, else 0.
int preference_of(GstPad* track);

}  // namespace vcl
