// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

/// Raw formats that the elements read and draw on without conversion; others go through videoconvert.
#define GST_VCL_FORMATS "{ RGB, BGR, RGBA, BGRA, RGBx, BGRx, ARGB, ABGR, xRGB, xBGR, GRAY8, I420, NV12 }"
