// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/ytvis_set.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "support/journal.hpp"
#include "support/json_text.hpp"
#include "support/parallel.hpp"
#include "support/stop_signal.hpp"
#include "training/report/progress.hpp"
#include "vcl/error.hpp"
#include "vcl/mask.hpp"

namespace vcl::train {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr int kJpegQuality = 95;

[[noreturn]] void fail(const std::string& path) {
  throw Error(
      ErrorKind::Resource,
      path + ": cannot be written; is the folder writable and the disk not full? The same command goes on then");
}

void make_folder(const fs::path& path) {
  std::error_code failure;
  fs::create_directories(path, failure);
  if (failure) fail(path.string());
}

/// Throws Error(Invalid) if the folder holds a data set that is finished or has no journal: data sets are never mixed.
void check_folder(const fs::path& folder, const fs::path& journal) {
  std::error_code ignored;
  const bool finished = fs::exists(folder / "instances.json", ignored);
  if (finished || (fs::exists(folder / "JPEGImages", ignored) && !fs::exists(journal, ignored)))
    throw Error(ErrorKind::Invalid, folder.string() + " already holds a data set (" +
                                        (finished ? "instances.json" : "JPEGImages") +
                                        "); name another folder for --ytvis, or remove that one");
}

std::string frame_name(int clip, int frame) {
  return fmt::format("{:06}/{:05}.jpg", clip, frame);
}

void write_jpeg(const std::string& path, const Clip& clip, int frame) {
  cv::Mat bgr(clip.content.height, clip.content.width, CV_8UC3);
  const std::uint8_t* planes = clip.image(frame);
  for (int y = 0; y < bgr.rows; ++y)
    for (int x = 0; x < bgr.cols; ++x)
      for (int c = 0; c < 3; ++c)
        bgr.at<cv::Vec3b>(y, x)[2 - c] = planes[c * clip.pixels() + std::size_t(y) * clip.canvas.width + x];
  std::vector<unsigned char> bytes;
  if (!cv::imencode(".jpg", bgr, bytes, {cv::IMWRITE_JPEG_QUALITY, kJpegQuality})) fail(path);
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
  if (!file.flush()) fail(path);
}

Rle mask_of(const Clip& clip, int frame, int object) {
  Mask mask(clip.content.width, clip.content.height);
  for (int y = 0; y < mask.height; ++y)
    for (int x = 0; x < mask.width; ++x)
      mask.at(x, y) = clip.label(frame)[std::size_t(y) * clip.canvas.width + x] == object;
  return rle_encode(mask);
}

/// Returns one object of a clip, without ids. Frames in which it is not visible are null.
ordered_json annotation_of(const Clip& clip, int object) {
  ordered_json masks = ordered_json::array(), boxes = masks, areas = masks;
  for (int t = 0; t < clip.frames; ++t) {
    const Rle mask = mask_of(clip, t, object);
    const std::uint64_t area = rle_area(mask);
    const Box box = rle_box(mask);
    if (area == 0) {
      for (ordered_json* list : {&masks, &boxes, &areas}) list->push_back(nullptr);
      continue;
    }
    masks.push_back({{"size", {mask.height, mask.width}}, {"counts", rle_to_string(mask)}});
    boxes.push_back({box.x, box.y, box.width, box.height});
    areas.push_back(area);
  }
  return {{"category_id", 1},
          {"iscrowd", 0},
          {"width", clip.content.width},
          {"height", clip.content.height},
          {"length", clip.frames},
          {"segmentations", std::move(masks)},
          {"bboxes", std::move(boxes)},
          {"areas", std::move(areas)}};
}

/// Returns the entries of a clip for instances.json: {"video": …, "annotations": […]}.
std::string record_of(const Clip& clip, int number) {
  ordered_json video = {{"id", number + 1},
                        {"width", clip.content.width},
                        {"height", clip.content.height},
                        {"length", clip.frames},
                        {"file_names", ordered_json::array()}};
  for (int t = 0; t < clip.frames; ++t) video["file_names"].push_back(frame_name(number, t));
  ordered_json annotations = ordered_json::array();
  for (int object = 1; object <= clip.instances; ++object) annotations.push_back(annotation_of(clip, object));
  return json_text(ordered_json{{"video", std::move(video)}, {"annotations", std::move(annotations)}});
}

ordered_json read_record(const Journal& journal, int clip) {
  const std::vector<std::byte> bytes = journal.read(std::size_t(clip));
  return ordered_json::parse(reinterpret_cast<const char*>(bytes.data()),
                             reinterpret_cast<const char*>(bytes.data() + bytes.size()));
}

void make_missing(const YtvisSet& set, const std::function<Clip(std::uint64_t)>& make, Journal& journal) {
  Progress progress("writing clips", std::size_t(set.clips), journal.done());
  const fs::path images = fs::path(set.folder) / "JPEGImages";
  in_parallel(std::size_t(set.clips), set.threads, [&] {
    return [&](std::size_t i) {
      if (StopOnSignal::requested() || journal.has(i)) return;
      const Clip clip = make(i);
      make_folder((images / frame_name(int(i), 0)).parent_path());
      for (int t = 0; t < clip.frames; ++t) write_jpeg((images / frame_name(int(i), t)).string(), clip, t);
      const std::string record = record_of(clip, int(i));
      journal.add(i, std::as_bytes(std::span(record)));
      progress.step();
    };
  });
}

/// Writes one record at a time, so that memory does not grow with the number of clips.
std::size_t compose(std::ostream& file, const YtvisSet& set, const Journal& journal) {
  file << R"({"info":{"description":"clips by vcl-train synthesize"},"licenses":[],)"
       << R"("categories":[{"id":1,"name":"object","supercategory":"object"}],)"
       << "\n\"videos\":[";
  for (int i = 0; i < set.clips; ++i) file << (i > 0 ? ",\n" : "\n") << read_record(journal, i)["video"];
  file << "],\n\"annotations\":[";
  std::size_t annotations = 0;
  for (int i = 0; i < set.clips; ++i) {
    const ordered_json record = read_record(journal, i);
    for (const ordered_json& entry : record["annotations"]) {
      ordered_json annotation = {{"id", ++annotations}, {"video_id", i + 1}};
      annotation.update(entry);
      file << (annotations > 1 ? ",\n" : "\n") << annotation;
    }
  }
  file << "]}\n";
  return annotations;
}

}  // namespace

void write_ytvis_set(const YtvisSet& set, const std::function<Clip(std::uint64_t)>& make) {
  const StopOnSignal stop_on_signal;
  const fs::path folder = set.folder, result = folder / "instances.json";
  const std::string journal_path = result.string() + ".journal", partial = result.string() + ".part";
  check_folder(folder, journal_path);
  make_folder(folder);
  Journal journal(journal_path, set.fingerprint, std::size_t(set.clips));
  make_missing(set, make, journal);
  if (const std::size_t done = journal.done(); done < std::size_t(set.clips))
    throw Error(ErrorKind::Unreadable,
                fmt::format("stopped after {} of {} clips; start the same command again to go on", done, set.clips));
  std::ofstream file(partial);
  const std::size_t annotations = compose(file, set, journal);
  std::error_code failure;
  if (file.close(); file) fs::rename(partial, result, failure);
  if (!file || failure) fail(result.string());
  journal.discard();
  fmt::print(stderr, "{}: {} clips, {} objects\n", result.string(), set.clips, annotations);
}

}  // namespace vcl::train
