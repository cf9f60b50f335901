// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/weights.hpp"

#include <cstring>

#include "vcl/checkpoint.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"
#include "vcl/model.hpp"

namespace vcl {
namespace {

struct ScalarPair {
  DType file;
  at::ScalarType tensor;
};
constexpr ScalarPair kScalars[] = {{DType::U8, at::kByte},   {DType::I8, at::kChar},    {DType::I16, at::kShort},
                                   {DType::I32, at::kInt},   {DType::I64, at::kLong},   {DType::F16, at::kHalf},
                                   {DType::F32, at::kFloat}, {DType::F64, at::kDouble}, {DType::BF16, at::kBFloat16},
                                   {DType::Bool, at::kBool}};

at::ScalarType to_scalar(DType dtype) {
  for (const ScalarPair& pair : kScalars)
    if (pair.file == dtype) return pair.tensor;
  throw Error(ErrorKind::Unsupported, "tensor dtype is not supported");
}

DType to_dtype(at::ScalarType scalar, const std::string& name) {
  for (const ScalarPair& pair : kScalars)
    if (pair.tensor == scalar) return pair.file;
  throw Error(ErrorKind::Unsupported, "tensor " + name + " has a dtype that .safetensors cannot hold");
}

at::Tensor copy_tensor(const TensorView& view) {
  at::Tensor tensor = at::empty(view.shape, to_scalar(view.dtype));
  if (!view.bytes.empty()) std::memcpy(tensor.data_ptr(), view.bytes.data(), view.bytes.size());
  const bool narrow = view.dtype == DType::F16 || view.dtype == DType::BF16;
  return narrow ? tensor.to(at::kFloat) : tensor;
}

}  // namespace

Weights Weights::operator/(std::string_view child) const {
  return Weights(map_, path(child) + ".");
}

const at::Tensor& Weights::operator[](std::string_view name) const {
  const auto found = map_->find(path(name));
  if (found == map_->end()) throw Error(ErrorKind::Unreadable, "tensor " + path(name) + " is missing from the model");
  return found->second;
}

at::Tensor Weights::find(std::string_view name) const {
  const auto found = map_->find(path(name));
  return found == map_->end() ? at::Tensor() : found->second;
}

bool Weights::has(std::string_view name) const {
  const std::string full = path(name);
  const auto next = map_->lower_bound(full);
  if (next != map_->end() && next->first == full) return true;
  const auto below = map_->lower_bound(full + ".");
  return below != map_->end() && below->first.starts_with(full + ".");
}

int Weights::count() const {
  int n = 0;
  while (has(std::to_string(n))) ++n;
  return n;
}

Model load_model(const std::string& name, const std::function<void(double share)>& progress) {
  const std::string path = model_path(name);
  const Checkpoint file = Checkpoint::open(path);
  const auto given = file.metadata().find("vcl");
  const bool ours = given != file.metadata().end();
  const StateDict network = state_dict(file, {.strip = !ours});
  const std::string config = ours ? given->second : configuration_of(tensor_shapes(network.tensors));
  if (config.empty())
    throw Error(
        ErrorKind::Unsupported,
        path + " is no gst-vcl model and no checkpoint of a network that it knows: its metadata has no \"vcl\" entry");
  Model model;
  model.config = nlohmann::json::parse(config, nullptr, false);
  if (!model.config.is_object() || !model.config.contains("architecture") || !model.config["architecture"].is_string())
    throw Error(ErrorKind::Unreadable, path + ": the \"vcl\" metadata names no architecture");
  const std::string architecture = model.config["architecture"];
  TensorMap tensors;
  for (const auto& [name, view] : network.tensors) {
    if (only_training_needs(architecture, name)) continue;
    if (!is_finite(view))
      throw Error(ErrorKind::Unreadable, std::string(path)
                                             .append(": tensor ")
                                             .append(name)
                                             .append(" holds values that are infinite or no numbers: its training "
                                                     "failed, or the file is damaged; get the file again"));
    tensors.emplace(name, copy_tensor(view));
    if (progress) progress(double(tensors.size()) / double(network.tensors.size()));
  }
  model.weights = Weights(std::move(tensors));
  return model;
}

void save_model(const std::string& path, const Model& model, bool half) {
  TensorMap kept;  // keeps the converted tensors alive until the file is written
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : model.weights.tensors()) {
    at::Tensor plain = tensor.detach().to(at::kCPU).contiguous();
    if (plain.is_floating_point()) plain = plain.to(half ? at::kHalf : at::kFloat);
    const auto* data = static_cast<const std::byte*>(plain.data_ptr());
    views[name] = {to_dtype(plain.scalar_type(), name), plain.sizes().vec(), {data, std::size_t(plain.nbytes())}};
    kept.emplace(name, plain);
  }
  write_safetensors(path, views, {{"format", "pt"}, {"vcl", model.config.dump()}});
}

}  // namespace vcl
