// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "training/photos/labelled_photos.hpp"

namespace vcl::train {

/// A pack of made-up photos, each with one bright disc on a dark texture, in a folder that goes when the test ends.
class MadeUpPhotos {
 public:
  MadeUpPhotos(int count, std::uint64_t seed)
      : folder_(std::filesystem::temp_directory_path() /
                ("vcl-unit-training-" + std::to_string(getpid()) + "-" + std::to_string(seed))) {
    std::filesystem::create_directories(folder_);
    Random random(seed);
    for (int k = 0; k < count; ++k) add("p" + std::to_string(k), random);
    std::map<std::string, TensorView> images, labels;
    for (const auto& [name, data] : bytes_) {
      const bool image = name.starts_with("image/");
      std::vector<std::int64_t> shape = shapes_.at(name.substr(name.find('/') + 1));
      if (image) shape.push_back(3);
      (image ? images : labels)[name] = {
          DType::U8, shape, {reinterpret_cast<const std::byte*>(data.data()), data.size()}};
    }
    for (const auto& [id, shape] : shapes_)
      labels["weight/" + id] = {DType::F32, {}, {reinterpret_cast<const std::byte*>(&kWeight), sizeof kWeight}};
    write_safetensors(images_path(), images, {});
    write_safetensors(labels_path(), labels, {});
  }
  ~MadeUpPhotos() { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string images_path() const { return path("photos.safetensors"); }
  std::string labels_path() const { return path("labels.safetensors"); }

 private:
  static constexpr float kWeight = 1;

  void add(const std::string& id, Random& random) {
    const int width = 90 + int(random.below(60)), height = 70 + int(random.below(60));
    const double x0 = random.uniform(0.35, 0.65) * width, y0 = random.uniform(0.35, 0.65) * height,
                 radius = random.uniform(12, 20);
    std::vector<std::uint8_t> image, soft, ids;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        const bool inside = (x - x0) * (x - x0) + (y - y0) * (y - y0) < radius * radius;
        for (int c = 0; c < 3; ++c) image.push_back(std::uint8_t((inside ? 180 : 40) + random.below(30)));
        soft.push_back(inside ? 255 : 0);
        ids.push_back(inside);
      }
    bytes_["image/" + id] = image;
    bytes_["soft/" + id] = soft;
    bytes_["ids/" + id] = ids;
    shapes_[id] = {height, width};
  }

  std::filesystem::path folder_;
  std::map<std::string, std::vector<std::uint8_t>> bytes_;
  std::map<std::string, std::vector<std::int64_t>> shapes_;
};

}  // namespace vcl::train
