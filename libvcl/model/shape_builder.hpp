// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "vcl/model.hpp"

namespace vcl {

/// Adds shapes below a prefix.
class ShapeBuilder {
 public:
  explicit ShapeBuilder(TensorShapes& shapes, std::string prefix = "") : shapes_(shapes), prefix_(std::move(prefix)) {}
  ShapeBuilder operator/(const std::string& child) const { return ShapeBuilder(shapes_, prefix_ + child + "."); }
  ShapeBuilder operator/(int index) const { return *this / std::to_string(index); }
  void add(const std::string& name, std::vector<std::int64_t> shape) const {
    shapes_[prefix_ + name] = std::move(shape);
  }
  /// Adds a weight and its bias, which has one value per output.
  void pair(const std::vector<std::int64_t>& weight) const {
    add("weight", weight);
    add("bias", {weight[0]});
  }

 private:
  TensorShapes& shapes_;
  std::string prefix_;
};

}  // namespace vcl
