// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/labels/coco_labels.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <vector>

#include "vcl/coco.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr std::size_t kMostObjects = 255;  // limit of a byte

struct Labelled {
  Size photo;
  std::vector<Rle> masks;
};

std::string base_name(const std::string& name) {
  return name.substr(name.rfind('/') + 1);
}

/// Finds photos by their names in annotations.
class PhotoNames {
 public:
  explicit PhotoNames(const std::vector<Photo>& photos) {
    for (const Photo& photo : photos) {
      photos_[photo.id] = &photo;
      const auto [place, fresh] = by_file_.emplace(base_name(photo.id), &photo);
      if (!fresh) place->second = nullptr;  // ambiguous
    }
  }
  const Photo* find(const std::string& name) const {
    if (const auto exact = photos_.find(name); exact != photos_.end()) return exact->second;
    if (name.find('/') != std::string::npos) return nullptr;
    const auto alike = by_file_.find(name);
    return alike == by_file_.end() ? nullptr : alike->second;
  }

 private:
  std::map<std::string, const Photo*> photos_, by_file_;
};

/// Returns whether the aspect ratios are equal up to rounding.
bool same_shape(Size photo, Size annotated) {
  const std::int64_t apart =
      std::int64_t(photo.width) * annotated.height - std::int64_t(photo.height) * annotated.width;
  return std::abs(apart) <= std::max(annotated.width, annotated.height);
}

std::map<std::string, Labelled> read_labels(const std::string& annotations, const std::vector<Photo>& photos,
                                            ErrorList& errors) {
  const PhotoNames names(photos);
  std::map<std::int64_t, const Photo*> images;  // null: not used
  std::map<std::string, Labelled> labels;
  const auto take_image = [&](const CocoImage& image) {
    const Photo* photo = names.find(image.file_name);
    if (!photo) errors.add(annotations + ": " + image.file_name, "the photos have none of this name");
    if (photo && !same_shape(photo->size, image.size)) {
      errors.add(annotations + ": " + image.file_name, "the photo has another shape than the annotation says");
      photo = nullptr;
    }
    images[image.id] = photo;
  };
  const auto take_mask = [&](const CocoAnnotation& annotation) {
    const auto image = images.find(annotation.image_id);
    if (image == images.end())
      errors.add(annotations + ": image " + std::to_string(annotation.image_id), "annotated, but not listed");
    if (image == images.end() || !image->second) return;
    Labelled& labelled = labels[image->second->id];
    labelled.photo = image->second->size;
    if (labelled.masks.size() < kMostObjects) labelled.masks.push_back(annotation.mask);
  };
  // Annotations may precede their images, so the file is read twice.
  read_coco(annotations, take_image, [](const CocoAnnotation&) {});
  read_coco(
      annotations, [](const CocoImage&) {}, take_mask);
  return labels;
}

/// Returns object numbers at the photo's size, or for soft labels 255 in all objects.
std::vector<std::byte> map_of(const Labelled& labelled, LabelKind kind) {
  const Size size = labelled.photo;
  std::vector<std::byte> map(std::size_t(size.width) * std::size_t(size.height));
  for (std::size_t k = 0; k < labelled.masks.size(); ++k) {
    const Mask mask = rle_decode(labelled.masks[k]);
    const std::byte value{kind == LabelKind::Soft ? std::uint8_t(255) : std::uint8_t(k + 1)};
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x) {
        const int from_x = int((2 * std::int64_t(x) + 1) * mask.width / (2 * std::int64_t(size.width)));
        const int from_y = int((2 * std::int64_t(y) + 1) * mask.height / (2 * std::int64_t(size.height)));
        std::byte& pixel = map[std::size_t(y) * std::size_t(size.width) + std::size_t(x)];
        if (pixel == std::byte{0} && mask.at(from_x, from_y)) pixel = value;
      }
  }
  return map;
}

/// Returns the path, size and modification time of a file.
std::string state_of(const std::string& path) {
  std::error_code ignored;
  return path + " " + std::to_string(std::filesystem::file_size(path, ignored)) + " " +
         std::to_string(std::filesystem::last_write_time(path, ignored).time_since_epoch().count());
}

bool is_made_of(const std::string& out, const std::string& origin) {
  if (!std::filesystem::exists(out)) return false;
  try {
    const SafetensorsFile file(out);
    const auto made_of = file.metadata().find("origin");
    return made_of != file.metadata().end() && made_of->second == origin;
  } catch (const Error&) {
    return false;  // is written again
  }
}

}  // namespace

void write_coco_labels(const std::string& annotations, const std::string& pack, LabelKind kind, const std::string& out,
                       ErrorList& errors) {
  const std::string prefix = kind == LabelKind::Soft ? "soft/" : "ids/";
  const std::string origin = "coco 1; " + prefix + "; " + state_of(annotations) + "; " + state_of(pack);
  if (is_made_of(out, origin)) return;
  const SafetensorsFile photos(pack);
  const std::map<std::string, Labelled> labels = read_labels(annotations, pack_photos(photos, pack), errors);
  if (labels.empty())
    throw Error(ErrorKind::Unreadable, annotations + ": no annotated image is among the photos of " + pack + "; " +
                                           errors.path() + " lists the names that were looked for");
  std::vector<SafetensorsWriter::Declaration> declared;
  for (const auto& [id, labelled] : labels) {
    declared.push_back({prefix + id, DType::U8, {labelled.photo.height, labelled.photo.width}});
    declared.push_back({"weight/" + id, DType::F32, {1}});
  }
  SafetensorsWriter writer(out, declared, {{"format", "vcl-labels"}, {"origin", origin}});
  const float weight = 1;
  for (const auto& [id, labelled] : labels) {
    writer.append(map_of(labelled, kind));
    writer.append(std::as_bytes(std::span(&weight, 1)));
  }
  writer.finish();
}

}  // namespace vcl::train
