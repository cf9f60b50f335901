// SPDX-License-Identifier: LGPL-2.1-or-later
#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/maskcut/maskcut.hpp"
#include "engine/maskcut/photo_features.hpp"
#include "training/label_journal.hpp"
#include "training/labelled_photos.hpp"
#include "training/plots.hpp"
#include "training/progress.hpp"
#include "training/verbs.hpp"
#include "vcl/error.hpp"

/// Pseudo instances by MaskCut: three cuts of each photo's features (method.md 2), no threshold but tau.
namespace vcl::train {
namespace {

constexpr MaskCutOptions kCuts{.tau = 0.15, .masks = 3};
constexpr const char* kMethod = "maskcut 1, tau 0.15, 3 masks";  // changes whenever the labels change
constexpr std::size_t kSheetPhotos = 48;

struct InstanceMap {
  std::vector<std::uint8_t> ids;  ///< [height, width]: cut 1, 2, 3; 0 background
  float weight = 0;               ///< 1 where anything was cut out and something is left
};

InstanceMap cut_out(const Photo& photo, FeatureNetwork& network) {
  const at::Tensor features = photo_features(photo.rgb, photo.size, network);
  const at::Tensor masks =
      maskcut_pixels(maskcut(features, kCuts), features.size(2), photo.size.width, photo.size.height);
  const at::Tensor numbers = at::arange(1, masks.size(0) + 1, at::kByte).view({-1, 1, 1});
  const at::Tensor ids = std::get<0>((masks * numbers).max(0)).contiguous();  // cuts are disjoint
  InstanceMap map;
  map.ids.assign(ids.const_data_ptr<std::uint8_t>(), ids.const_data_ptr<std::uint8_t>() + ids.numel());
  const auto background = std::count(map.ids.begin(), map.ids.end(), 0);
  map.weight = background > 0 && background < std::ptrdiff_t(map.ids.size()) ? 1.0F : 0.0F;
  return map;
}

/// What a journal must agree with to be gone on from.
std::string fingerprint_of(const std::vector<Photo>& photos, const std::string& model) {
  std::uint64_t hash = 1469598103934665603;
  for (const Photo& photo : photos)
    for (const char c : photo.id + " " + std::to_string(photo.size.width) + " " + std::to_string(photo.size.height))
      hash = (hash ^ std::uint8_t(c)) * 1099511628211;
  return std::string(kMethod) + ", model " + model + ", " + std::to_string(photos.size()) + " photos, " +
         std::to_string(hash);
}

void write_labels(const std::string& path, const std::vector<Photo>& photos, const LabelJournal& journal,
                  const std::string& model) {
  std::vector<SafetensorsWriter::Declaration> declared;  // weights first: they keep their alignment
  for (const Photo& photo : photos) declared.push_back({"weight/" + photo.id, DType::F32, {}});
  for (const Photo& photo : photos)
    declared.push_back({"ids/" + photo.id, DType::U8, {photo.size.height, photo.size.width}});
  SafetensorsWriter writer(path, declared,
                           {{"format", "vcl-labels"}, {"source", "maskcut"}, {"method", kMethod}, {"model", model}});
  for (std::size_t i = 0; i < photos.size(); ++i) {
    const float weight = journal.weight(i);
    writer.append(std::as_bytes(std::span(&weight, 1)));
  }
  for (std::size_t i = 0; i < photos.size(); ++i) writer.append(journal.map(i));
  writer.finish();
}

#ifdef VCL_HAVE_OPENCV
void write_sheet(const std::string& path, const std::vector<Photo>& photos, const LabelJournal& journal) {
  std::vector<Picture> pictures;
  const std::size_t shown = std::min(kSheetPhotos, photos.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const std::size_t at = i * photos.size() / shown;
    const Photo& photo = photos[at];
    const std::vector<std::byte> map = journal.map(at);
    const auto* ids = reinterpret_cast<const std::uint8_t*>(map.data());
    pictures.push_back({photo.size, {photo.rgb, photo.rgb + 3 * map.size()}, {ids, ids + map.size()}, photo.id});
  }
  write_contact_sheet(path, pictures, 6);
}
#endif

void write_settings(const PseudoLabelOptions& options, const std::vector<Photo>& photos, const LabelJournal& journal,
                    std::size_t resumed, double seconds) {
  std::size_t used = 0;
  for (std::size_t i = 0; i < photos.size(); ++i) used += journal.weight(i) > 0 ? 1 : 0;
  const nlohmann::ordered_json settings = {
      {"command", "pseudo-label"},  {"source", "maskcut"},        {"method", kMethod},
      {"images", options.images},   {"model", options.model},     {"out", options.out},
      {"threads", options.threads}, {"limit", options.limit},     {"photos", photos.size()},
      {"photos_resumed", resumed},  {"photos_with_weight", used}, {"seconds", seconds}};
  std::ofstream file(options.out + ".json");
  file << settings.dump(2) << "\n";
  if (!file.flush()) throw Error(ErrorKind::Resource, options.out + ".json: cannot be written");
}

}  // namespace

void label_by_maskcut(const PseudoLabelOptions& options) {
  at::set_num_threads(options.threads);
  const auto start = std::chrono::steady_clock::now();
  FeatureNetwork network = load_feature_network(options.model);
  const SafetensorsFile pack(options.images);
  std::vector<Photo> photos = pack_photos(pack, options.images);
  if (options.limit > 0 && photos.size() > std::size_t(options.limit)) photos.resize(std::size_t(options.limit));

  LabelJournal journal(options.out + ".journal", fingerprint_of(photos, options.model), photos.size());
  const std::size_t resumed = journal.done();
  {
    Progress progress("cutting photos", photos.size(), resumed);
    for (std::size_t i = 0; i < photos.size(); ++i) {
      if (journal.has(i)) continue;
      const InstanceMap map = cut_out(photos[i], network);
      journal.add(i, std::as_bytes(std::span(map.ids)), map.weight);
      progress.step();
    }
  }
  write_labels(options.out, photos, journal, options.model);
#ifdef VCL_HAVE_OPENCV
  if (!options.sheet.empty()) write_sheet(options.sheet, photos, journal);
#endif
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  write_settings(options, photos, journal, resumed, seconds.count());
  journal.discard();
  std::printf("%s: labels of %zu photos\n", options.out.c_str(), photos.size());
}

}  // namespace vcl::train
