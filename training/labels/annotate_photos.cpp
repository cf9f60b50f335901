// SPDX-License-Identifier: LGPL-2.1-or-later
/// MaskCut over any number of photos (method.md 2), into one COCO annotation file. Each worker processes whole photos,
/// from bytes to masks. The results go to a journal at once; the file is made from it in the order of the photos.
#include "training/labels/annotate_photos.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <new>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "support/journal.hpp"
#include "support/json_text.hpp"
#include "support/parallel.hpp"
#include "support/stop_signal.hpp"
#include "support/whole_file.hpp"
#include "training/labels/annotation_record.hpp"
#include "training/labels/annotation_sheet.hpp"
#include "training/labels/photo_cutter.hpp"
#include "training/photos/photo_files.hpp"
#include "training/report/progress.hpp"
#include "vcl/coco.hpp"
#include "vcl/error.hpp"
#include "vcl/maskcut_info.hpp"
#include "vcl/resize.hpp"

namespace vcl::train {
namespace {

constexpr const char* kMethod = "annotations by maskcut 2";  // changes whenever the records or the masks change
constexpr std::int64_t kLargePhoto = std::int64_t{1} << 25;  // pixels; only one at a time is processed, to bound memory
constexpr std::size_t kShownErrors = 20;

/// Returns the photos of the shard in the order of the inputs. Shards are consecutive.
std::vector<PhotoFile> part_of(std::vector<PhotoFile> photos, const AnnotateOptions& options) {
  if (options.limit > 0 && photos.size() > std::size_t(options.limit)) photos.resize(std::size_t(options.limit));
  const auto [first, end] = shard_range(photos.size(), options.shard);
  photos.erase(photos.begin() + std::ptrdiff_t(end), photos.end());
  photos.erase(photos.begin(), photos.begin() + std::ptrdiff_t(first));
  return photos;
}

/// Returns the text that a journal must match to be continued.
std::string fingerprint_of(const std::vector<PhotoFile>& photos, const CocoInfo& info, const Shard& shard) {
  std::string text = kMethod;
  for (const auto& [name, value] : info.settings) text += fmt::format("; {} {}", name, value);
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const PhotoFile& photo : photos)
    for (const char c : fmt::format("{} {} {}\n", photo.name, photo.offset, photo.bytes))
      hash = (hash ^ std::uint8_t(c)) * 0x100000001B3;
  return fmt::format("{}; shard {}/{}; {} photos; hash of their names {:016x}", text, shard.index, shard.count,
                     photos.size(), hash);
}

/// Scales first and reorders the channels afterwards, so that the full size is held only once.
std::vector<std::uint8_t> scaled_rgb(const cv::Mat& bgr, Size to) {
  std::vector<std::uint8_t> pixels = resize_bytes(bgr.data, {bgr.cols, bgr.rows}, 3, to, ResizeFilter::Lanczos);
  for (std::size_t i = 0; i < pixels.size(); i += 3) std::swap(pixels[i], pixels[i + 2]);
  return pixels;
}

class Annotator {
 public:
  explicit Annotator(const PhotoCutter& cutter, std::mutex& large) : cutter_(cutter), large_(large) {}

  /// Returns the record of a photo. If anything is wrong with the photo, the record holds the error.
  AnnotationRecord annotate(const PhotoFile& photo) {
    try {
      return cut(photo);
    } catch (const std::bad_alloc&) {
      return {.error = "needs more memory than there is; make it smaller or give fewer --threads"};
    } catch (const std::exception& error) {
      return {.error = error.what()};
    }
  }

 private:
  AnnotationRecord cut(const PhotoFile& photo) {
    cv::Mat picture = decode_photo(photo);
    const Size size{picture.cols, picture.rows};
    if (std::int64_t(size.width) * size.height > kMaxMaskPixels) throw Error(ErrorKind::Unreadable, "too large");
    std::unique_lock lock(large_, std::defer_lock);
    if (std::int64_t(size.width) * size.height > kLargePhoto) lock.lock();
    const std::vector<std::uint8_t> rgb = scaled_rgb(picture, cutter_.input());
    picture.release();
    AnnotationRecord record{.size = size};
    for (const Mask& mask : cutter_.cut(rgb.data()))
      if (Rle rle = rle_encode(resize_mask(mask, size)); rle_area(rle) > 0) record.masks.push_back(std::move(rle));
    return record;
  }

  PhotoCutter cutter_;
  std::mutex& large_;
};

/// Annotates the photos of `wanted` that are not in the journal, until a signal requests an end.
void annotate_missing(const std::vector<PhotoFile>& photos, const std::vector<std::size_t>& wanted,
                      const PhotoCutter& cutter, int threads, Journal& journal, Progress& progress) {
  std::mutex large;
  in_parallel(wanted.size(), threads, [&] {
    return [&, annotator = Annotator(cutter, large)](std::size_t i) mutable {
      if (StopOnSignal::requested() || journal.has(wanted[i])) return;
      const std::string record = to_text(annotator.annotate(photos[wanted[i]]));
      journal.add(wanted[i], std::as_bytes(std::span(record)));
      progress.step();
    };
  });
}

void annotate_all(const std::vector<PhotoFile>& photos, const AnnotateOptions& options, const PhotoCutter& cutter,
                  Journal& journal) {
  Progress progress("annotating photos", photos.size(), journal.done());
  if (!options.sheet.empty()) {  // these photos come first, so that the sheet can be viewed early
    const std::vector<std::size_t> shown = sheet_photos(photos.size());
    annotate_missing(photos, shown, cutter, options.threads, journal, progress);
    if (!StopOnSignal::requested()) write_annotation_sheet(options.sheet, photos, shown, journal);
  }
  std::vector<std::size_t> all(photos.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  annotate_missing(photos, all, cutter, options.threads, journal, progress);
}

/// The list of photos without annotations, one JSON object per line with the reason. The first ones are also printed to
/// standard error.
class ErrorList {
 public:
  explicit ErrorList(const std::string& path) : path_(path), file_(path, std::ios::binary) {}

  void add(const std::string& photo, const std::string& why) {
    const auto replace = nlohmann::json::error_handler_t::replace;
    const nlohmann::ordered_json line = {{"photo", photo}, {"error", why}};
    file_ << line.dump(-1, ' ', false, replace) << "\n";
    if (++count_ <= kShownErrors)
      fmt::print(stderr, "skipped {}: {}\n", line["photo"].dump(-1, ' ', false, replace), why);
  }
  void finish() {
    if (!file_.flush()) throw Error(ErrorKind::Resource, path_ + ": cannot be written; is the disk full?");
    if (count_ > kShownErrors) fmt::print(stderr, "... and {} more: see {}\n", count_ - kShownErrors, path_);
    if (count_ == 0) std::remove(path_.c_str());
  }

 private:
  const std::string path_;
  std::ofstream file_;
  std::size_t count_ = 0;
};

struct Totals {
  std::size_t annotated = 0, failed = 0, annotations = 0;
};

Totals write_annotations(const std::string& path, const CocoInfo& info, const std::vector<PhotoFile>& photos,
                         const std::vector<Skipped>& skipped, const Journal& journal) {
  CocoWriter writer(path);
  ErrorList errors(path + ".errors.jsonl");
  for (const Skipped& input : skipped) errors.add(input.name, input.why);
  Totals totals;
  for (std::size_t i = 0; i < photos.size(); ++i) {
    const AnnotationRecord record = read_record(journal, i);
    if (record.error.empty()) {
      writer.add(photos[i].name, record.size, record.masks);
      continue;
    }
    errors.add(photos[i].place(), record.error);
    ++totals.failed;
  }
  errors.finish();
  totals.annotated = writer.images();
  totals.annotations = writer.annotations();
  if (totals.annotated > 0 || totals.failed == 0) writer.finish(info);
  return totals;
}

void write_settings(const AnnotateOptions& options, const CocoInfo& info, const Totals& totals, std::size_t resumed,
                    double seconds) {
  const nlohmann::ordered_json settings = {{"command", "pseudo-label"},
                                           {"source", "maskcut"},
                                           {"inputs", options.inputs},
                                           {"model", options.model},
                                           {"json", options.json},
                                           {"settings", info.settings},
                                           {"shard", {options.shard.index, options.shard.count}},
                                           {"threads", options.threads},
                                           {"limit", options.limit},
                                           {"photos", totals.annotated},
                                           {"photos_failed", totals.failed},
                                           {"photos_resumed", resumed},
                                           {"annotations", totals.annotations},
                                           {"seconds", seconds}};
  write_whole_file(options.json + ".settings.json", json_text(settings, 2) + "\n");
}

}  // namespace

std::pair<std::size_t, std::size_t> shard_range(std::size_t photos, const Shard& shard) {
  const auto before = [&](int shards) {  // avoids overflow: counts whole rounds and the rest separately
    const auto n = std::size_t(shard.count), k = std::size_t(shards);
    return photos / n * k + photos % n * k / n;
  };
  return {before(shard.index - 1), before(shard.index)};
}

void annotate_photos(const AnnotateOptions& options) {
  cv::setNumThreads(1);  // photos are processed in parallel instead
  const StopOnSignal stop_on_signal;
  const auto start = std::chrono::steady_clock::now();
  PhotoFiles listed = find_photos(options.inputs);
  if (listed.found.empty()) throw Error(ErrorKind::NotFound, "no photos in " + options.inputs.front());
  const std::vector<PhotoFile> photos = part_of(std::move(listed.found), options);
  const CocoInfo info = maskcut_info(options.cuts, options.crf, options.input, options.precision, options.model);
  Journal journal(options.json + ".journal", fingerprint_of(photos, info, options.shard), photos.size());
  const PhotoCutter cutter(options.model, options.precision, options.input, options.cuts, options.crf);
  const std::size_t resumed = journal.done();
  annotate_all(photos, options, cutter, journal);
  if (const std::size_t done = journal.done(); done < photos.size())
    throw Error(ErrorKind::Unreadable, fmt::format("stopped after {} of {} photos; start the same command again to go "
                                                   "on",
                                                   done, photos.size()));

  const Totals totals = write_annotations(options.json, info, photos, listed.skipped, journal);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  write_settings(options, info, totals, resumed, seconds.count());
  journal.discard();
  if (totals.annotated == 0 && totals.failed > 0)
    throw Error(ErrorKind::Unreadable, fmt::format("none of the {} photos could be used; {}.errors.jsonl says why",
                                                   totals.failed, options.json));
  fmt::print(stderr, "{}: {} photos, {} annotations, {} photos skipped\n", options.json, totals.annotated,
             totals.annotations, totals.failed);
}

}  // namespace vcl::train
