// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace vcl {

using TensorMap = std::map<std::string, at::Tensor>;

/// A view of named tensors below a prefix: `w / "backbone" / "res2" / 0`, then `["conv1.weight"]`. The names are those
/// of the checkpoint, so the code can be searched for a state-dict name. Copies share the tensors.
class Weights {
 public:
  Weights() : map_(std::make_shared<TensorMap>()) {}
  explicit Weights(TensorMap map) : map_(std::make_shared<TensorMap>(std::move(map))) {}

  Weights operator/(std::string_view child) const;
  Weights operator/(int index) const { return *this / std::to_string(index); }

  /// Returns the tensor prefix.name. Throws Error(Unreadable) with the full name if it is missing.
  const at::Tensor& operator[](std::string_view name) const;
  /// Returns the tensor, or an undefined tensor if it is missing (optional biases).
  at::Tensor find(std::string_view name) const;
  /// Returns whether a tensor of that name or any tensor below it exists.
  bool has(std::string_view name) const;
  /// Returns how many of the subtrees 0, 1, 2 ... exist without a gap.
  int count() const;
  std::string path(std::string_view name) const { return prefix_ + std::string(name); }

  /// All tensors of the tree, whatever the prefix. Who may only read the weights gets no map to change.
  TensorMap& tensors() & { return *map_; }
  const TensorMap& tensors() const& { return *map_; }

 private:
  Weights(std::shared_ptr<TensorMap> map, std::string prefix) : map_(std::move(map)), prefix_(std::move(prefix)) {}
  std::shared_ptr<TensorMap> map_;
  std::string prefix_;  // empty or ends in '.'
};

/// The contents of one model file. `config["architecture"]` names the network. The configuration holds only the
/// settings that the shapes of the tensors do not show.
struct Model {
  nlohmann::json config;
  Weights weights;
};

/// Reads the file that model_path() names: a .safetensors file whose metadata "vcl" is the configuration as JSON, or an
/// official checkpoint in any format of vcl/checkpoint.hpp (of a full one the teacher). fp16 and bf16 tensors are
/// widened to fp32. Throws Error(NotFound | Unreadable | Unsupported) that names the file. `progress` hears of every
/// tensor which share of them has been read, and may throw.
Model load_model(const std::string& name, const std::function<void(double share)>& progress = {});
/// Writes atomically; floating tensors as fp32, or as fp16 where `half` is set. Throws Error(Resource).
void save_model(const std::string& path, const Model& model, bool half = false);

}  // namespace vcl
