// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/instance_labels.hpp"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "training/label_journal.hpp"
#include "training/plots.hpp"
#include "training/progress.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

/// What a journal must agree with to be gone on from.
std::string fingerprint_of(const std::vector<Photo>& photos, const std::string& method) {
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const Photo& photo : photos)
    for (const char c : photo.id + " " + std::to_string(photo.size.width) + " " + std::to_string(photo.size.height))
      hash = (hash ^ std::uint8_t(c)) * 0x100000001B3;
  return method + "; " + std::to_string(photos.size()) + " photos; hash of their names " + std::to_string(hash);
}

void write_labels(const std::string& path, const std::string& source, const std::string& method,
                  const std::vector<Photo>& photos, const Journal& journal) {
  std::vector<SafetensorsWriter::Declaration> declared;  // weights first: they keep their alignment
  for (const Photo& photo : photos) declared.push_back({"weight/" + photo.id, DType::F32, {}});
  for (const Photo& photo : photos)
    declared.push_back({"ids/" + photo.id, DType::U8, {photo.size.height, photo.size.width}});
  SafetensorsWriter writer(path, declared, {{"format", "vcl-labels"}, {"source", source}, {"method", method}});
  for (std::size_t i = 0; i < photos.size(); ++i) {
    const float weight = label_weight(journal, i);
    writer.append(std::as_bytes(std::span(&weight, 1)));
  }
  for (std::size_t i = 0; i < photos.size(); ++i) writer.append(label_map(journal, i));
  writer.finish();
}

#ifdef VCL_HAVE_OPENCV
void write_sheet(const std::string& path, const std::vector<Photo>& photos, const Journal& journal) {
  constexpr std::size_t kMostPictures = 48;
  std::vector<Picture> pictures;
  const std::size_t shown = std::min(kMostPictures, photos.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const std::size_t at = i * photos.size() / shown;
    const Photo& photo = photos[at];
    const std::vector<std::byte> map = label_map(journal, at);
    const auto* ids = reinterpret_cast<const std::uint8_t*>(map.data());
    char caption[32];
    std::snprintf(caption, sizeof caption, "weight %.2f", double(label_weight(journal, at)));
    pictures.push_back({photo.size, {photo.rgb, photo.rgb + 3 * map.size()}, {ids, ids + map.size()}, caption});
  }
  write_contact_sheet(path, pictures, 6);
}
#endif

void write_settings(const PseudoLabelOptions& options, const std::string& source, const std::string& method,
                    const std::vector<Photo>& photos, const Journal& journal, std::size_t resumed, double seconds) {
  std::size_t used = 0;
  for (std::size_t i = 0; i < photos.size(); ++i) used += label_weight(journal, i) > 0 ? 1 : 0;
  const nlohmann::ordered_json settings = {
      {"command", "pseudo-label"}, {"source", source},        {"method", method},          {"images", options.images},
      {"labels", options.labels},  {"model", options.model},  {"out", options.out},        {"threads", options.threads},
      {"limit", options.limit},    {"photos", photos.size()}, {"photos_resumed", resumed}, {"photos_with_weight", used},
      {"seconds", seconds}};
  std::ofstream file(options.out + ".json");
  file << settings.dump(2) << "\n";
  if (!file.flush()) throw Error(ErrorKind::Resource, options.out + ".json: cannot be written");
}

}  // namespace

void write_instance_labels(const PseudoLabelOptions& options, const std::string& source, const std::string& method,
                           const std::function<InstanceMap(const Photo&)>& label) {
  const auto start = std::chrono::steady_clock::now();
  const SafetensorsFile pack(options.images);
  std::vector<Photo> photos = pack_photos(pack, options.images);
  if (options.limit > 0 && photos.size() > std::size_t(options.limit)) photos.resize(std::size_t(options.limit));

  Journal journal(options.out + ".journal", fingerprint_of(photos, method), photos.size());
  const std::size_t resumed = journal.done();
  {
    Progress progress("labelling photos", photos.size(), resumed);
    for (std::size_t i = 0; i < photos.size(); ++i) {
      if (journal.has(i)) continue;
      const InstanceMap map = label(photos[i]);
      add_label(journal, i, std::as_bytes(std::span(map.ids)), map.weight);
      progress.step();
    }
  }
  write_labels(options.out, source, method, photos, journal);
#ifdef VCL_HAVE_OPENCV
  if (!options.sheet.empty()) write_sheet(options.sheet, photos, journal);
#endif
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  write_settings(options, source, method, photos, journal, resumed, seconds.count());
  journal.discard();
  std::fprintf(stderr, "%s: labels of %zu photos\n", options.out.c_str(), photos.size());
}

}  // namespace vcl::train
