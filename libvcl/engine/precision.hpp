// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/autocast_mode.h>

#include <string>

#include "vcl/precision.hpp"

namespace vcl {

/// fp32, bf16, or auto: bf16 where the device has instructions for it. Throws Error(Invalid) on other names.
Precision precision_of(const std::string& name, const at::Device& device);

/// While it lives, this thread multiplies in this precision on `device`: bfloat16 where that is safe (LibTorch's
/// autocast), sums and norms in float32.
class ProductPrecision {
 public:
  ProductPrecision(at::DeviceType device, Precision precision)
      : device_(device), narrow_(precision == Precision::Bf16) {
    if (!narrow_) return;
    at::autocast::set_autocast_dtype(device_, at::kBFloat16);
    at::autocast::set_autocast_enabled(device_, true);
  }
  ~ProductPrecision() {
    if (!narrow_) return;
    at::autocast::set_autocast_enabled(device_, false);
    at::autocast::clear_cache();
  }
  ProductPrecision(const ProductPrecision&) = delete;
  ProductPrecision& operator=(const ProductPrecision&) = delete;

 private:
  const at::DeviceType device_;
  const bool narrow_;
};

}  // namespace vcl
