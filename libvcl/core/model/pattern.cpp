// SPDX-License-Identifier: LGPL-2.1-or-later
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <span>

#include "vcl/error.hpp"
#include "vcl/model.hpp"

namespace vcl {
namespace {

/// Scales by kind of tensor.
struct Rule {
  double token, positions, patch, patch_bias, out, out_bias, in, in_bias, norm, norm_bias;
};
const std::map<char, Rule> kRules = {{'A', {1, 0.5, 1, 0.1, 0.5, 0.1, 1.5, 0.1, 0.25, 0.1}},
                                     {'B', {1, 0.05, 1, 0.02, 0.15, 0.02, 1, 0.02, 0.1, 0.02}},
                                     {'C', {0.01, 0.005, 0.01, 0.001, 0.005, 0.001, 1.5, 0.1, 0.25, 0.1}}};

std::size_t product(const std::vector<std::int64_t>& shape) {
  return std::size_t(std::accumulate(shape.begin(), shape.end(), std::int64_t(1), std::multiplies<>()));
}

bool is_norm(const std::string& name) {
  return name.find("norm") != std::string::npos;
}

double scale_of(const std::string& name, const std::vector<std::int64_t>& shape, const Rule& rule) {
  const bool weight = name.ends_with("weight");
  const double spread = std::sqrt(3 / (double(product(shape)) / double(shape[0])));  // unit variance of a sum of inputs
  if (name == "cls_token") return rule.token;
  if (name == "pos_embed") return rule.positions;
  if (is_norm(name)) return weight ? rule.norm : rule.norm_bias;
  if (name.starts_with("patch_embed")) return weight ? rule.patch * spread : rule.patch_bias;
  if (name.find("attn.proj.") != std::string::npos || name.find("mlp.fc2.") != std::string::npos)
    return weight ? rule.out * spread : rule.out_bias;
  return weight ? rule.in * spread : rule.in_bias;
}

}  // namespace

std::vector<float> pattern_values(const std::string& seed, const std::string& name, std::size_t count) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char c : seed + "/" + name) hash = (hash ^ c) * 0x100000001b3;
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t z = hash + (i + 1) * 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    z ^= z >> 31;
    values[i] = float(double(z >> 40) / (1 << 23) - 1);
  }
  return values;
}

std::vector<float> pattern_tensor(const std::string& seed, const std::string& name,
                                  const std::vector<std::int64_t>& shape, char rule) {
  const auto found = kRules.find(rule);
  if (found == kRules.end())
    throw Error(ErrorKind::Invalid, "there is no pattern rule \"" + std::string(1, rule) + "\"; known are A, B, C");
  std::vector<float> values = pattern_values(seed, name, product(shape));
  const float scale = float(scale_of(name, shape, found->second));
  const bool around_one = is_norm(name) && name.ends_with("weight");
  for (float& value : values) {
    value *= scale;
    if (around_one) value += 1;
  }
  return values;
}

const std::vector<std::string>& pattern_architectures() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> transformers = official_architectures();
    std::erase_if(transformers, [](const std::string& name) { return !official_tensors(name).contains("cls_token"); });
    return transformers;
  }();
  return names;
}

void write_pattern_model(const std::string& path, const std::string& architecture, const std::string& seed, char rule) {
  const TensorShapes shapes = official_tensors(architecture);
  if (!shapes.contains("cls_token"))
    throw Error(ErrorKind::Invalid, "there is no pattern of " + architecture + ", only of vision transformers");
  std::vector<SafetensorsWriter::Declaration> declarations;
  for (const auto& [name, shape] : shapes) declarations.push_back({name, DType::F32, shape});
  SafetensorsWriter writer(path, declarations, {{"format", "pt"}, {"vcl", configuration_of(shapes)}});
  for (const auto& [name, shape] : shapes)
    writer.append(std::as_bytes(std::span<const float>(pattern_tensor(seed, name, shape, rule))));
  writer.finish();
}

}  // namespace vcl
