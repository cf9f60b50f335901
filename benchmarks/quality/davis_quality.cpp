// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Region similarity J (mean IoU over the frames) of tracks against the single foreground mask of DAVIS-2016-like
// sequences.
//
//   davis_quality DAVIS NAME=RESULTS [NAME=RESULTS ...]
//
// DAVIS/<sequence>/masks/*.png: pixels above 0 are foreground, one file per frame.
// RESULTS/<sequence>.jsonl: the output of `vcl segment --json`, one line per frame.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "benchmarks/quality/track_quality.hpp"
#include "evaluation/track_consistency.hpp"
#include "vcl/error.hpp"
#include "vcl/json.hpp"
#include "vcl/mask.hpp"

namespace {

namespace fs = std::filesystem;
using vcl::MaskTrack;
using vcl::Rle;
using vcl::benchmark::mean_j;

struct Quality {
  double best = 0;      // J of the best track
  double first = 0;     // J of the track with the highest score
  double together = 0;  // J of the union of all tracks
  double box = 0;       // J of a baseline: a centered box of 60 % of each side
  double tracks = 0;    // number of tracks
  double switches = 0;  // as vcl::track_consistency counts them
};

constexpr auto kFields = {&Quality::best, &Quality::first,  &Quality::together,
                          &Quality::box,  &Quality::tracks, &Quality::switches};

std::vector<fs::path> sorted_entries(const fs::path& folder, const std::string& extension) {
  std::vector<fs::path> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == extension) entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

MaskTrack read_truth(const fs::path& folder) {
  MaskTrack truth;
  for (const fs::path& path : sorted_entries(folder, ".png")) {
    const cv::Mat image = cv::imread(path.string(), cv::IMREAD_GRAYSCALE);
    if (image.empty()) throw vcl::Error(vcl::ErrorKind::Unreadable, fmt::format("cannot read '{}'", path.string()));
    vcl::Mask mask(image.cols, image.rows);
    std::copy(image.begin<unsigned char>(), image.end<unsigned char>(), mask.pixels.begin());
    truth.push_back(vcl::rle_encode(mask));
  }
  return truth;
}

std::vector<vcl::FrameResult> read_results(const fs::path& path, std::size_t frames) {
  std::ifstream file(path);
  std::vector<vcl::FrameResult> results;
  for (std::string line; std::getline(file, line);) {
    try {
      results.push_back(vcl::frame_from_json(line));
    } catch (const vcl::Error& error) {
      throw vcl::Error(error.kind(), fmt::format("'{}', line {}: {}", path.string(), results.size() + 1, error.what()));
    }
  }
  if (results.size() != frames)
    throw vcl::Error(vcl::ErrorKind::Unreadable,
                     fmt::format("'{}' has {} frames, the sequence has {}", path.string(), results.size(), frames));
  return results;
}

MaskTrack union_of(const std::vector<MaskTrack>& tracks, std::size_t frames) {
  MaskTrack together(frames);
  for (std::size_t i = 0; i < frames; ++i) {
    std::vector<Rle> masks;
    for (const MaskTrack& track : tracks)
      if (track[i]) masks.push_back(*track[i]);
    if (!masks.empty()) together[i] = vcl::rle_merge(masks);
  }
  return together;
}

Rle centre_box(const Rle& truth) {
  vcl::Mask mask(truth.width, truth.height);
  for (int y = mask.height / 5; y < mask.height - mask.height / 5; ++y)
    for (int x = mask.width / 5; x < mask.width - mask.width / 5; ++x) mask.at(x, y) = 1;
  return vcl::rle_encode(mask);
}

Quality measure(const MaskTrack& truth, const std::vector<vcl::FrameResult>& results) {
  const std::vector<MaskTrack> tracks = vcl::benchmark::ranked_tracks(results);
  Quality quality;
  for (const MaskTrack& track : tracks) quality.best = std::max(quality.best, mean_j(truth, track));
  if (!tracks.empty()) quality.first = mean_j(truth, tracks.front());
  quality.together = mean_j(truth, union_of(tracks, truth.size()));
  quality.box = mean_j(truth, MaskTrack(truth.size(), centre_box(*truth.front())));
  quality.tracks = tracks.size();
  quality.switches = double(vcl::track_consistency({{truth}}, tracks).switches);
  return quality;
}

void print_row(const std::string& name, const Quality& q) {
  fmt::print("{:<16} {:>7.3f} {:>7.3f} {:>7.3f} {:>7.3f} {:>7.1f} {:>9.1f}\n", name, q.best, q.first, q.together, q.box,
             q.tracks, q.switches);
}

void print_table(const std::string& name, const fs::path& results, const std::map<std::string, MaskTrack>& truths) {
  fmt::print("{}\n{:<16} {:>7} {:>7} {:>7} {:>7} {:>7} {:>9}\n", name, "sequence", "best", "first", "union", "box",
             "tracks", "switches");
  Quality mean;
  for (const auto& [sequence, truth] : truths) {
    const Quality quality = measure(truth, read_results(results / (sequence + ".jsonl"), truth.size()));
    print_row(sequence, quality);
    for (const auto field : kFields) mean.*field += quality.*field / truths.size();
  }
  print_row("mean", mean);
  fmt::print("\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: davis_quality DAVIS NAME=RESULTS [NAME=RESULTS ...]\n");
    return 2;
  }
  try {
    std::map<std::string, MaskTrack> truths;
    for (const fs::path& sequence : sorted_entries(argv[1], ""))
      if (fs::is_directory(sequence / "masks")) truths[sequence.filename()] = read_truth(sequence / "masks");
    if (truths.empty()) throw vcl::Error(vcl::ErrorKind::NotFound, fmt::format("no */masks folders in '{}'", argv[1]));
    for (int i = 2; i < argc; ++i) {
      const std::string argument = argv[i];
      const std::size_t equals = argument.find('=');
      if (equals == std::string::npos) throw vcl::Error(vcl::ErrorKind::Invalid, "write result sets as NAME=FOLDER");
      print_table(argument.substr(0, equals), argument.substr(equals + 1), truths);
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "davis_quality: {}\n", error.what());
    return 1;
  }
}
