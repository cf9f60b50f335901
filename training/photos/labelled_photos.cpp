// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/photos/labelled_photos.hpp"

#include <algorithm>
#include <cstring>

#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr std::size_t kMostHeldOut = 256;

std::uint64_t hash_of(const std::string& id) {
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const char c : id) hash = (hash ^ std::uint8_t(c)) * 0x100000001B3;
  return hash;
}

const std::uint8_t* bytes_of(const TensorView& tensor) {
  return reinterpret_cast<const std::uint8_t*>(tensor.bytes.data());
}

}  // namespace

std::vector<Photo> pack_photos(const SafetensorsFile& pack, const std::string& path) {
  const std::string prefix = "image/";
  std::vector<Photo> photos;
  for (const auto& [name, tensor] : pack.tensors()) {
    if (!name.starts_with(prefix)) continue;
    if (tensor.dtype != DType::U8 || tensor.shape.size() != 3 || tensor.shape[2] != 3 || tensor.bytes.empty())
      throw Error(ErrorKind::Unsupported,
                  path + ": " + name + " is not a uint8 [height, width, 3] image; write the pack with vcl-train pack");
    photos.push_back({name.substr(prefix.size()), {int(tensor.shape[1]), int(tensor.shape[0])}, bytes_of(tensor)});
  }
  if (photos.empty())
    throw Error(ErrorKind::Unsupported, path + " holds no image/... tensors; write the pack with vcl-train pack");
  return photos;
}

LabelledPhotos::LabelledPhotos(const std::vector<std::string>& images, const std::vector<std::string>& labels,
                               LabelKind kind) {
  if (images.size() != labels.size())
    throw Error(ErrorKind::Invalid, "there are " + std::to_string(images.size()) + " packs and " +
                                        std::to_string(labels.size()) + " label files; each pack needs its own");
  for (std::size_t i = 0; i < images.size(); ++i) add(images[i], labels[i], kind);
  if (training.empty())
    throw Error(ErrorKind::Unsupported,
                "no photo has a label of the right kind with a weight above 0 in " + labels.at(0));
}

void LabelledPhotos::add(const std::string& images, const std::string& labels, LabelKind kind) {
  const std::string prefix = kind == LabelKind::Soft ? "soft/" : "ids/";
  const SafetensorsFile& pack = files_.emplace_back(images);
  const std::vector<Photo> added = pack_photos(pack, images);
  const auto& maps = files_.emplace_back(labels).tensors();
  const std::set<std::string> apart = held_out_ids(added);
  for (Photo photo : added) {
    const auto map = maps.find(prefix + photo.id), weight = maps.find("weight/" + photo.id);
    if (map == maps.end() || weight == maps.end()) continue;
    if (map->second.dtype != DType::U8 ||
        map->second.shape != std::vector<std::int64_t>{photo.size.height, photo.size.width} ||
        weight->second.dtype != DType::F32 || weight->second.bytes.size() != sizeof(float))
      throw Error(ErrorKind::Unsupported, labels + ": the label of photo " + photo.id +
                                              " does not fit the photo; make labels from this very pack");
    photo.labels = bytes_of(map->second);
    std::memcpy(&photo.weight, weight->second.bytes.data(), sizeof(float));
    if (!(photo.weight > 0)) continue;
    (apart.contains(photo.id) ? held_out : training).push_back(photos.size());
    photos.push_back(photo);
  }
}

std::set<std::string> held_out_ids(const std::vector<Photo>& photos) {
  std::vector<std::pair<std::uint64_t, std::string>> order;
  for (const Photo& photo : photos) order.emplace_back(Random(hash_of(photo.id)).next(), photo.id);
  std::sort(order.begin(), order.end());
  order.resize(std::min(kMostHeldOut, (order.size() + 19) / 20));
  std::set<std::string> ids;
  for (const auto& [key, id] : order) ids.insert(id);
  return ids;
}

std::vector<std::size_t> spread(std::size_t count, std::size_t most) {
  std::vector<std::size_t> shown(std::min(count, most));
  for (std::size_t i = 0; i < shown.size(); ++i) shown[i] = i * count / shown.size();
  return shown;
}

WeightedSampler::WeightedSampler(const std::vector<Photo>& photos, const std::vector<std::size_t>& among)
    : among_(among) {
  double sum = 0;
  for (const std::size_t i : among) cumulative_.push_back(sum += photos[i].weight);
}

std::size_t WeightedSampler::draw(Random& random) const {
  const double at = random.uniform() * cumulative_.back();
  const auto place = std::upper_bound(cumulative_.begin(), cumulative_.end(), at);
  return among_[std::min<std::size_t>(place - cumulative_.begin(), among_.size() - 1)];
}

}  // namespace vcl::train
