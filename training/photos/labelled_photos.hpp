// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "support/random.hpp"
#include "vcl/geometry.hpp"
#include "vcl/safetensors.hpp"

namespace vcl::train {

/// A photo of a pack with its label map. The bytes belong to the mapped files.
struct Photo {
  std::string id;
  Size size;
  const std::uint8_t* rgb = nullptr;     ///< [height, width, 3]
  const std::uint8_t* labels = nullptr;  ///< [height, width]: soft target (0..255) or instance ids; null: no label
  float weight = 0;                      ///< weight for drawing the photo
};

enum class LabelKind {
  Soft,       ///< tensors "soft/<id>": saliency, 0..255
  Instances,  ///< tensors "ids/<id>": instance number of each pixel, 0 background
};

/// Packs of photos ("image/<id>", uint8 [H, W, 3]), each joined by id with its label file ("weight/<id>": one float32,
/// and the label maps). Photos are sorted by id within a pack. `training` and `held_out` are indices into `photos`,
/// only of weights above 0. A twentieth of each pack, at most 256 photos, is held out. It is chosen by the hash of the
/// id, so it does not depend on the labels.
struct LabelledPhotos {
  LabelledPhotos() = default;  ///< no photos
  /// There must be one label file per pack, in the same order. Throws Error that names the file that does not fit.
  LabelledPhotos(const std::vector<std::string>& images, const std::vector<std::string>& labels, LabelKind kind);

  std::vector<Photo> photos;
  std::vector<std::size_t> training;
  std::vector<std::size_t> held_out;

 private:
  void add(const std::string& images, const std::string& labels, LabelKind kind);
  std::vector<SafetensorsFile> files_;  // keep the bytes of `photos` mapped
};

/// Returns all photos of a pack, without labels.
std::vector<Photo> pack_photos(const SafetensorsFile& pack, const std::string& path);

/// Returns the ids of the held-out photos of one pack, whatever their weights.
std::set<std::string> held_out_ids(const std::vector<Photo>& photos);

/// Returns up to `most` indices, evenly spread over `count`.
std::vector<std::size_t> spread(std::size_t count, std::size_t most);

/// Draws photos in proportion to their weights.
class WeightedSampler {
 public:
  WeightedSampler(const std::vector<Photo>& photos, const std::vector<std::size_t>& among);
  std::size_t draw(Random& random) const;

 private:
  std::vector<std::size_t> among_;
  std::vector<double> cumulative_;
};

}  // namespace vcl::train
