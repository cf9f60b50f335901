// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <glib-object.h>

namespace gstvcl {

/// vcl::Precision as the type of a property.
GType precision_type();

}  // namespace gstvcl
