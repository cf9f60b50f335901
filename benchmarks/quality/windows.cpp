// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Effect of window and stride: how well tracks fit and keep their ids, and how fast the engine is.
//
//   windows DATA [WINDOW/STRIDE ...]
//
// DATA/davis16 (sequences with one true object), DATA/instances (photos with several objects, over which a camera pans
// and back) and DATA/clips (no ground truth). All tracks count, whatever their scores. For several true objects the
// values are means (J) or sums (switches).
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <map>
#include <string>

#include "benchmarks/quality/track_quality.hpp"
#include "benchmarks/quality/truth_clips.hpp"
#include "evaluation/track_consistency.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"

namespace {

namespace fs = std::filesystem;
using vcl::benchmark::TruthClip;

constexpr std::size_t kPhotos = 12;
constexpr int kPanFrames = 48;

struct Setting {
  int window, stride;
};

struct Figures {
  double best = 0, first = 0;  // sums of J: best track over objects, first-ranked track over clips
  std::size_t objects = 0, clips = 0, tracks = 0, frames = 0, track_frames = 0;
  vcl::TrackConsistency consistency;
  double seconds = 0;  // CPU time in the engine
};

std::vector<vcl::FrameResult> run(vcl::Engine& engine, const TruthClip& clip, double& seconds) {
  const std::clock_t start = std::clock();
  std::vector<vcl::FrameResult> results;
  const auto take = [&](std::vector<vcl::FrameResult> some) { std::ranges::move(some, std::back_inserter(results)); };
  for (const cv::Mat& picture : clip.frames) {
    vcl::FrameView frame;
    frame.size = {picture.cols, picture.rows};
    frame.planes[0] = picture.data;
    frame.strides[0] = std::ptrdiff_t(picture.step[0]);
    take(engine.push(frame, -1));
  }
  take(engine.drain());
  seconds += double(std::clock() - start) / CLOCKS_PER_SEC;
  return results;
}

void add_quality(Figures& figures, const TruthClip& clip, const std::vector<vcl::FrameResult>& results) {
  const std::vector<vcl::MaskTrack> tracks = vcl::benchmark::ranked_tracks(results);
  double first = 0;
  for (const vcl::MaskTrack& object : clip.truth) {
    double best = 0;
    for (const vcl::MaskTrack& track : tracks) best = std::max(best, vcl::benchmark::mean_j(object, track));
    figures.best += best;
    if (!tracks.empty()) first = std::max(first, vcl::benchmark::mean_j(object, tracks.front()));
  }
  figures.first += first;
  figures.objects += clip.truth.size();
  figures.consistency.add(vcl::track_consistency(clip.truth, tracks));
}

Figures measure(const std::vector<TruthClip>& clips, const Setting& setting) {
  const auto engine = vcl::open_engine({.model = {}, .window = setting.window, .stride = setting.stride});
  engine->set_filters({.threshold = 0, .max_instances = 1000});
  Figures figures;
  for (const TruthClip& clip : clips) {
    const std::vector<vcl::FrameResult> results = run(*engine, clip, figures.seconds);
    if (!clip.truth.empty()) add_quality(figures, clip, results);
    std::map<std::uint64_t, std::size_t> frames_of;
    for (const vcl::FrameResult& result : results)
      for (const vcl::Instance& instance : result.instances) ++frames_of[instance.track_id];
    ++figures.clips;
    figures.frames += results.size();
    figures.tracks += frames_of.size();
    for (const auto& [id, frames] : frames_of) figures.track_frames += frames;
  }
  return figures;
}

void print(const std::string& name, const Setting& setting, const Figures& f) {
  fmt::print("{:<8} {:>6} {:>6}", name, setting.window, setting.stride);
  if (f.objects == 0)
    fmt::print(" {:>6} {:>6} {:>8} {:>8} {:>10}", "", "", "", "", "");
  else
    fmt::print(" {:>6.3f} {:>6.3f} {:>8.3f} {:>8} {:>10}", f.best / double(f.objects), f.first / double(f.clips),
               double(f.consistency.matched) / double(f.consistency.visible), f.consistency.switches,
               f.consistency.fragmentations);
  fmt::print(" {:>7.1f} {:>7.1f} {:>9.1f}\n", double(f.tracks) / double(f.clips),
             double(f.track_frames) / double(f.tracks), double(f.frames) / f.seconds);
  std::fflush(stdout);
}

std::vector<Setting> parse_settings(int count, char** texts) {
  std::vector<Setting> settings;
  for (int i = 0; i < count; ++i) {
    Setting& setting = settings.emplace_back();
    if (std::sscanf(texts[i], "%d/%d", &setting.window, &setting.stride) != 2)
      throw vcl::Error(vcl::ErrorKind::Invalid, "write settings as WINDOW/STRIDE, such as 3/1");
  }
  if (settings.empty()) return {{1, 1}, {2, 1}, {3, 1}, {3, 2}, {3, 3}, {5, 1}, {5, 5}};
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: windows DATA [WINDOW/STRIDE ...]\n");
    return 2;
  }
  try {
    const fs::path data = argv[1];
    const std::vector<Setting> settings = parse_settings(argc - 2, argv + 2);
    const std::vector<std::pair<std::string, std::vector<TruthClip>>> sets = {
        {"davis16", vcl::benchmark::read_davis(data / "davis16")},
        {"panned", vcl::benchmark::panned_photos(data / "instances/instances.json", kPhotos, kPanFrames)},
        {"clips", vcl::benchmark::read_clips(data / "clips")}};
    fmt::print("{:<8} {:>6} {:>6} {:>6} {:>6} {:>8} {:>8} {:>10} {:>7} {:>7} {:>9}\n", "", "window", "stride", "best",
               "first", "matched", "switches", "fragments", "tracks", "length", "frames/s");
    for (const Setting& setting : settings)
      for (const auto& [name, clips] : sets) print(name, setting, measure(clips, setting));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "windows: {}\n", error.what());
    return 1;
  }
}
