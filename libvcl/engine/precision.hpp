// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/autocast_mode.h>

#include <string>

#include "vcl/precision.hpp"

namespace vcl {

/// Parses fp32, bf16 or auto. auto selects bf16 if the device has instructions for it. Throws Error(Invalid) for other
/// names.
Precision precision_of(const std::string& name, const at::Device& device);

/// Sets the precision of matrix products in this thread on `device` for its lifetime. Bf16 uses LibTorch's autocast:
/// bfloat16 where that is safe, float32 for sums and norms.
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
