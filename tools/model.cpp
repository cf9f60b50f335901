// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include <memory>

#include "vcl/engine.hpp"
#include "vcl/safetensors.hpp"
#include "verbs.hpp"

namespace vcl {
namespace {

constexpr const char* kDTypeNames[] = {"U8", "I8", "I16", "I32", "I64", "F16", "BF16", "F32", "F64", "BOOL"};

void print_model_info(const std::string& path, bool lists_tensors) {
  const SafetensorsFile file(path);
  std::size_t bytes = 0, values = 0;
  for (const auto& [name, tensor] : file.tensors()) {
    bytes += tensor.bytes.size();
    values += tensor.bytes.size() / dtype_size(tensor.dtype);
  }
  fmt::print("file: {}\ntensors: {}\nvalues: {}\nbytes: {}\n", path, file.tensors().size(), values, bytes);
  for (const auto& [key, value] : file.metadata()) fmt::print("{}: {}\n", key, value);
  if (!lists_tensors) return;
  for (const auto& [name, tensor] : file.tensors())
    fmt::print("{} {} [{}]\n", name, kDTypeNames[int(tensor.dtype)], fmt::join(tensor.shape, ", "));
}

}  // namespace

void add_model(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("model", "Look into model files");
  verb->require_subcommand(1);
  CLI::App* info = verb->add_subcommand("info", "Print what a .safetensors file holds");
  auto path = std::make_shared<std::string>();
  auto lists_tensors = std::make_shared<bool>(false);
  info->add_option("MODEL", *path, "model file; the embedded one by default");
  info->add_flag("--tensors", *lists_tensors, "list every tensor with its type and shape");
  info->callback(
      [path, lists_tensors] { print_model_info(path->empty() ? default_model_path() : *path, *lists_tensors); });
}

}  // namespace vcl
