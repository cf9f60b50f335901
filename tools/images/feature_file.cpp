// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/images/feature_file.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstring>
#include <span>

#include "vcl/error.hpp"
#include "vcl/safetensors.hpp"

namespace vcl {
namespace {

TensorView view_of(const std::vector<float>& values, std::vector<std::int64_t> shape) {
  return {DType::F32, std::move(shape), std::as_bytes(std::span(values))};
}

}  // namespace

void write_features(const std::string& path, const FeatureMap& map, const NetworkInput& input) {
  write_safetensors(path,
                    {{"features", view_of(map.values, {map.channels, map.grid.height, map.grid.width})},
                     {"input", view_of(input.values, {3, input.size.height, input.size.width})}},
                    {{"image_size", fmt::format("{}x{}", map.input.width, map.input.height)},
                     {"stride", std::to_string(map.stride)}});
}

FeatureMap read_features(const std::string& path, Size input) {
  const SafetensorsFile file(path);
  const TensorView& tensor = file.at("features");
  if (tensor.dtype != DType::F32 || tensor.shape.size() != 3 || tensor.bytes.empty() ||
      tensor.bytes.size() / sizeof(float) > std::size_t(INT32_MAX))
    throw Error(ErrorKind::Unreadable, path + ": \"features\" is not a float32 tensor [channels, rows, columns]");
  FeatureMap map;
  map.channels = int(tensor.shape[0]);
  map.grid = {int(tensor.shape[2]), int(tensor.shape[1])};
  map.values.resize(tensor.bytes.size() / sizeof(float));
  std::memcpy(map.values.data(), tensor.bytes.data(), tensor.bytes.size());
  map.input = input;
  if (const auto size = file.metadata().find("image_size"); input == Size{} && size != file.metadata().end())
    if (std::sscanf(size->second.c_str(), "%5dx%5d", &map.input.width, &map.input.height) != 2) map.input = {};
  if (map.input == Size{}) map.input = {480, 480};
  if (map.input.width < 1 || map.input.height < 1 || map.input.width > kMaxInputSide ||
      map.input.height > kMaxInputSide)
    throw Error(ErrorKind::Unreadable, path + ": its \"image_size\" is no size of an image; write the file again");
  map.stride = map.input.width / map.grid.width;
  return map;
}

}  // namespace vcl
