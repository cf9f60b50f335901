// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/labels/instance_labels.hpp"

#include <cstdio>
#include <fstream>
#include <utility>

#include "support/json_text.hpp"
#include "support/whole_file.hpp"
#include "training/labels/label_journal.hpp"
#include "training/report/plots.hpp"
#include "training/report/progress.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

/// Returns the text that a journal must match to be continued.
std::string fingerprint_of(const std::vector<Photo>& photos, const std::string& method) {
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const Photo& photo : photos)
    for (const char c : photo.id + " " + std::to_string(photo.size.width) + " " + std::to_string(photo.size.height))
      hash = (hash ^ std::uint8_t(c)) * 0x100000001B3;
  return "instance labels 2; " + method + "; " + std::to_string(photos.size()) + " photos; hash of their names " +
         std::to_string(hash);
}

/// Returns the photos of a pack, at most options.limit.
std::vector<Photo> photos_of(const SafetensorsFile& pack, const PseudoLabelOptions& options) {
  std::vector<Photo> photos = pack_photos(pack, options.images);
  if (options.limit > 0 && photos.size() > std::size_t(options.limit)) photos.resize(std::size_t(options.limit));
  return photos;
}

#ifdef VCL_HAVE_OPENCV
void write_sheet(const std::string& path, const InstanceLabels& labels) {
  std::vector<Picture> pictures;
  for (const std::size_t i : spread(labels.photos().size(), 48)) {
    const Photo& photo = labels.photos()[i];
    InstanceMap map = labels.read(i);
    char caption[32];
    std::snprintf(caption, sizeof caption, "weight %.2f", double(map.weight));
    pictures.push_back({photo.size, {photo.rgb, photo.rgb + 3 * map.ids.size()}, std::move(map.ids), caption});
  }
  write_contact_sheet(path, pictures, 6);
}
#endif

/// Returns the record sizes: the map, plus one byte with the number of predicted instances.
std::vector<std::size_t> record_sizes(const std::vector<Photo>& photos) {
  std::vector<std::size_t> sizes;
  for (const Photo& photo : photos)
    sizes.push_back(label_record_size(std::size_t(photo.size.width) * photo.size.height + 1));
  return sizes;
}

}  // namespace

InstanceLabels::InstanceLabels(const PseudoLabelOptions& options, Labelling labelling)
    : options_(options),
      labelling_(std::move(labelling)),
      pack_(options.images),
      photos_(photos_of(pack_, options)),
      journal_(options.out + ".journal", fingerprint_of(photos_, labelling_.method), photos_.size(),
               record_sizes(photos_)),
      resumed_(journal_.done()) {}

void InstanceLabels::make(const std::function<InstanceMap(const Photo&)>& label) {
  Progress progress("labelling photos", photos_.size(), resumed_);
  for (std::size_t i = 0; i < photos_.size(); ++i) {
    if (journal_.has(i)) continue;
    InstanceMap map = label(photos_[i]);
    map.ids.push_back(std::uint8_t(map.predicted));
    add_label(journal_, i, std::as_bytes(std::span(map.ids)), map.weight);
    progress.step();
  }
}

InstanceMap InstanceLabels::read(std::size_t i) const {
  const std::vector<std::byte> record = label_map(journal_, i);
  const auto* ids = reinterpret_cast<const std::uint8_t*>(record.data());
  return {{ids, ids + record.size() - 1}, label_weight(journal_, i), std::to_integer<int>(record.back())};
}

void InstanceLabels::finish(const nlohmann::ordered_json& figures) {
  write_labels();
  write_settings(figures);
  journal_.discard();
  std::fprintf(stderr, "%s: labels of %zu photos\n", options_.out.c_str(), photos_.size());
}

void InstanceLabels::write_labels() const {
  std::vector<SafetensorsWriter::Declaration> declared;  // weights first, because they need alignment
  for (const Photo& photo : photos_) declared.push_back({"weight/" + photo.id, DType::F32, {}});
  for (const Photo& photo : photos_)
    declared.push_back({"ids/" + photo.id, DType::U8, {photo.size.height, photo.size.width}});
  SafetensorsWriter writer(options_.out, declared,
                           {{"format", "vcl-labels"}, {"source", labelling_.source}, {"method", labelling_.method}});
  for (std::size_t i = 0; i < photos_.size(); ++i) {
    const float weight = label_weight(journal_, i);
    writer.append(std::as_bytes(std::span(&weight, 1)));
  }
  for (std::size_t i = 0; i < photos_.size(); ++i) {
    const InstanceMap map = read(i);
    writer.append(std::as_bytes(std::span(map.ids)));
  }
  writer.finish();
}

void InstanceLabels::write_settings(const nlohmann::ordered_json& figures) const {
  std::size_t used = 0;
  for (std::size_t i = 0; i < photos_.size(); ++i) used += label_weight(journal_, i) > 0 ? 1 : 0;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
  nlohmann::ordered_json settings = {
      {"command", labelling_.command}, {"source", labelling_.source}, {"method", labelling_.method},
      {"images", options_.images},     {"labels", options_.labels},   {"model", options_.model},
      {"out", options_.out},           {"threads", options_.threads}, {"limit", options_.limit},
      {"photos", photos_.size()},      {"photos_resumed", resumed_},  {"photos_with_weight", used},
      {"seconds", seconds.count()}};
  settings.update(figures);
  write_whole_file(options_.out + ".json", json_text(settings, 2) + "\n");
}

void write_instance_labels(const PseudoLabelOptions& options, const Labelling& labelling,
                           const std::function<InstanceMap(const Photo&)>& label) {
  InstanceLabels labels(options, labelling);
  labels.make(label);
#ifdef VCL_HAVE_OPENCV
  if (!options.sheet.empty()) write_sheet(options.sheet, labels);
#endif
  labels.finish(nlohmann::ordered_json::object());
}

std::vector<std::uint8_t> number_instances(const std::vector<Mask>& masks, std::size_t pixels) {
  constexpr std::size_t kMostIds = 255;
  if (masks.size() > kMostIds)
    throw Error(ErrorKind::Invalid, std::to_string(masks.size()) + " masks in one photo; labels hold 255");
  std::vector<std::uint8_t> ids(pixels);
  for (std::size_t k = 0; k < masks.size(); ++k)
    for (std::size_t i = 0; i < pixels; ++i)
      if (masks[k].pixels[i] && ids[i] == 0) ids[i] = std::uint8_t(k + 1);
  return ids;
}

}  // namespace vcl::train
