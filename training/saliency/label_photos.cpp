// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/core/utility.hpp>

#include "support/json_text.hpp"
#include "support/parallel.hpp"
#include "support/whole_file.hpp"
#include "training/labels/label_journal.hpp"
#include "training/labels/pseudo_label.hpp"
#include "training/report/progress.hpp"
#include "training/saliency/contact_sheet.hpp"
#include "training/saliency/saliency.hpp"
#include "vcl/error.hpp"
#include "vcl/safetensors.hpp"

namespace vcl::train {
namespace {

constexpr std::size_t kSheetPhotos = 40;
constexpr const char* kMethod = "avg3 2";  // changes whenever the labels change; old journals are then refused

struct Photo {
  std::string name;  ///< without "image/"
  cv::Mat3b rgb;     ///< the mapped pixels, read-only
};

std::vector<Photo> photos_of(const SafetensorsFile& file, const PseudoLabelOptions& options) {
  std::vector<Photo> photos;
  for (const auto& [name, tensor] : file.tensors()) {
    if (!name.starts_with("image/")) continue;
    if (tensor.dtype != DType::U8 || tensor.shape.size() != 3 || tensor.shape[2] != 3 || tensor.shape[0] < 1 ||
        tensor.shape[1] < 1 || std::max(tensor.shape[0], tensor.shape[1]) > 16384)
      throw Error(ErrorKind::Unreadable, options.images + ": " + name + " is not a photo [H,W,3] of bytes");
    auto* pixels = const_cast<std::byte*>(tensor.bytes.data());  // cv::Mat has no read-only form
    photos.push_back({name.substr(6), cv::Mat3b(static_cast<int>(tensor.shape[0]), static_cast<int>(tensor.shape[1]),
                                                reinterpret_cast<cv::Vec3b*>(pixels))});
  }
  if (options.limit > 0 && photos.size() > static_cast<std::size_t>(options.limit)) photos.resize(options.limit);
  if (photos.empty())
    throw Error(ErrorKind::Invalid, options.images + ": holds no photos; make it with vcl-train pack");
  return photos;
}

std::string fingerprint_of(const std::vector<Photo>& photos) {
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a: the same with any library
  for (const Photo& photo : photos)
    for (const char c : fmt::format("{} {} {}\n", photo.name, photo.rgb.rows, photo.rgb.cols))
      hash = (hash ^ std::uint8_t(c)) * 0x100000001B3;
  return fmt::format("saliency labels; {}; {} photos; hash of their names {:016x}", kMethod, photos.size(), hash);
}

saliency::SaliencyLabel label_of(const Photo& photo) {
  try {
    return saliency::saliency_label(photo.rgb);
  } catch (const Error&) {  // too small: kept, but never sampled
    return {cv::Mat1b::zeros(photo.rgb.size()), 0};
  }
}

/// Shows photos spread evenly over those that have a label.
void write_sheet(const std::string& path, const std::vector<Photo>& photos, const Journal& journal) {
  std::vector<std::size_t> labelled;
  for (std::size_t i = 0; i < photos.size(); ++i) {
    if (journal.has(i)) labelled.push_back(i);
  }
  std::vector<SheetEntry> entries;
  const std::size_t shown = std::min(kSheetPhotos, labelled.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const std::size_t at = labelled[i * labelled.size() / shown];
    std::vector<std::byte> soft = label_map(journal, at);
    const cv::Mat1b mask(photos[at].rgb.rows, photos[at].rgb.cols, reinterpret_cast<uchar*>(soft.data()));
    entries.push_back({photos[at].rgb, mask.clone(), label_weight(journal, at)});
  }
  write_contact_sheet(path, entries);
}

void label_missing(const std::vector<Photo>& photos, const PseudoLabelOptions& options, Journal& journal) {
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < photos.size(); ++i) {
    if (!journal.has(i)) missing.push_back(i);
  }
  Progress progress("labelling photos", photos.size(), photos.size() - missing.size());
  const auto label = [&](std::size_t i) {
    const saliency::SaliencyLabel label = label_of(photos[missing[i]]);
    add_label(journal, missing[i], std::as_bytes(std::span(label.soft.data, label.soft.total())), label.weight);
    if (i + 1 == kSheetPhotos && !options.sheet.empty()) write_sheet(options.sheet, photos, journal);  // early look
    progress.step();
  };
  in_parallel(missing.size(), options.threads, [&] { return label; });
}

void write_labels(const std::string& path, const std::vector<Photo>& photos, const Journal& journal) {
  std::vector<SafetensorsWriter::Declaration> declared;  // weights first, because they need alignment
  for (const Photo& photo : photos) declared.push_back({"weight/" + photo.name, DType::F32, {}});
  for (const Photo& photo : photos)
    declared.push_back({"soft/" + photo.name, DType::U8, {photo.rgb.rows, photo.rgb.cols}});
  SafetensorsWriter writer(path, declared, {{"format", "vcl-labels"}, {"source", "saliency"}, {"method", kMethod}});
  for (std::size_t i = 0; i < photos.size(); ++i) {
    const float weight = label_weight(journal, i);
    writer.append(std::as_bytes(std::span(&weight, 1)));
  }
  for (std::size_t i = 0; i < photos.size(); ++i) writer.append(label_map(journal, i));
  writer.finish();
}

void write_settings(const PseudoLabelOptions& options, const std::vector<Photo>& photos, const Journal& journal,
                    std::size_t resumed, double seconds) {
  std::size_t used = 0;
  double weight = 0;
  for (std::size_t i = 0; i < photos.size(); ++i) {
    used += label_weight(journal, i) > 0 ? 1 : 0;
    weight += label_weight(journal, i);
  }
  const nlohmann::ordered_json settings = {{"command", "pseudo-label"},
                                           {"source", "saliency"},
                                           {"method", kMethod},
                                           {"images", options.images},
                                           {"out", options.out},
                                           {"threads", options.threads},
                                           {"limit", options.limit},
                                           {"photos", photos.size()},
                                           {"photos_resumed", resumed},
                                           {"photos_with_weight", used},
                                           {"mean_weight", weight / static_cast<double>(photos.size())},
                                           {"seconds", seconds}};
  write_whole_file(options.out + ".json", json_text(settings, 2) + "\n");
}

}  // namespace

void label_by_saliency(const PseudoLabelOptions& options) {
  cv::setNumThreads(1);  // photos are processed in parallel instead
  const auto start = std::chrono::steady_clock::now();
  const SafetensorsFile file(options.images);
  const std::vector<Photo> photos = photos_of(file, options);
  std::vector<std::size_t> sizes;
  for (const Photo& photo : photos) sizes.push_back(label_record_size(photo.rgb.total()));
  Journal journal(options.out + ".journal", fingerprint_of(photos), photos.size(), sizes);
  const std::size_t resumed = journal.done();
  label_missing(photos, options, journal);
  write_labels(options.out, photos, journal);
  if (!options.sheet.empty()) write_sheet(options.sheet, photos, journal);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  write_settings(options, photos, journal, resumed, seconds.count());
  journal.discard();
  fmt::print("{}: labels of {} photos\n", options.out, photos.size());
}

}  // namespace vcl::train
