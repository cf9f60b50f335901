// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/base/network_properties.hpp"

#include "vcl/precision.hpp"

namespace gstvcl {

GType precision_type() {
  static const GEnumValue values[] = {{gint(vcl::Precision::Fp32), "float32", "fp32"},
                                      {gint(vcl::Precision::Bf16), "Products in bfloat16", "bf16"},
                                      {0, nullptr, nullptr}};
  static const GType type = enum_type("GstVclPrecision", values);
  return type;
}

}  // namespace gstvcl
