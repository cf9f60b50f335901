// SPDX-License-Identifier: LGPL-2.1-or-later
// Precompiled: one ATen include costs ten seconds.
#include <ATen/ATen.h>
