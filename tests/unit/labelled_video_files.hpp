// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "temporary_folder.hpp"
#include "training/clips/labelled_videos.hpp"
#include "vcl/error.hpp"
#include "vcl/mask.hpp"

namespace vcl::train {

/// A made-up set of labelled videos in YouTube-VIS's format: a light disc that moves over a dark texture, and a crowd
/// in a corner.
class LabelledVideoFiles {
 public:
  static constexpr int kWidth = 96, kHeight = 64;

  LabelledVideoFiles(int videos, int frames) {
    std::filesystem::create_directories(folder());
    nlohmann::json file = {{"videos", nlohmann::json::array()},
                           {"annotations", nlohmann::json::array()},
                           {"categories", {{{"id", 1}, {"name", "disc"}}}}};
    for (int v = 0; v < videos; ++v) add(v, frames, file);
    std::ofstream(annotations()) << file.dump();
  }

  std::string path(const std::string& name) const { return folder_ / name; }
  std::string annotations() const { return path("instances.json"); }
  std::string folder() const { return path("frames"); }
  std::string frame(int video, int frame) const { return folder() + "/" + name(video, frame); }

 private:
  static std::string name(int video, int frame) { return std::to_string(video) + "-" + std::to_string(frame) + ".ppm"; }

  static nlohmann::json segmentation(const Mask& mask) {
    return {{"size", {kHeight, kWidth}}, {"counts", rle_to_string(rle_encode(mask))}};
  }

  void add(int video, int frames, nlohmann::json& file) {
    Random random(std::uint64_t(video) + 1);
    const double radius = random.uniform(9, 14), y0 = random.uniform(20, 44);
    nlohmann::json names, discs, crowds;
    Mask crowd(kWidth, kHeight);
    for (int y = 0; y < 8; ++y)
      for (int x = 0; x < 20; ++x) crowd.at(x, y) = 1;
    for (int t = 0; t < frames; ++t) {
      const double x0 = 24 + 48.0 * t / frames;
      Mask disc(kWidth, kHeight);
      std::string pixels;
      for (int y = 0; y < kHeight; ++y)
        for (int x = 0; x < kWidth; ++x) {
          disc.at(x, y) = (x - x0) * (x - x0) + (y - y0) * (y - y0) < radius * radius;
          pixels.append(3, char((disc.at(x, y) ? 180 : 40) + int(random.below(30))));
        }
      std::ofstream(frame(video, t), std::ios::binary) << "P6\n" << kWidth << " " << kHeight << "\n255\n" << pixels;
      names.push_back(name(video, t));
      discs.push_back(segmentation(disc));
      crowds.push_back(segmentation(crowd));
    }
    file["videos"].push_back(
        {{"id", video + 1}, {"width", kWidth}, {"height", kHeight}, {"length", frames}, {"file_names", names}});
    for (const bool is_crowd : {false, true})
      file["annotations"].push_back({{"id", 2 * video + is_crowd + 1},
                                     {"video_id", video + 1},
                                     {"category_id", 1},
                                     {"iscrowd", int(is_crowd)},
                                     {"segmentations", is_crowd ? crowds : discs}});
  }

  TemporaryFolder folder_;
};

/// For tests without an image library.
inline ClipFrame read_ppm(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string magic;
  Size size;
  int most = 0;
  file >> magic >> size.width >> size.height >> most;
  file.get();
  if (!file || magic != "P6") throw Error(ErrorKind::Unreadable, path + ": no picture");
  const std::size_t pixels = std::size_t(size.width) * std::size_t(size.height);
  ClipFrame frame{size, std::vector<std::uint8_t>(3 * pixels), {}, {}};
  for (std::size_t i = 0; i < 3 * pixels; ++i) frame.rgb[i % 3 * pixels + i / 3] = std::uint8_t(file.get());
  if (!file) throw Error(ErrorKind::Unreadable, path + ": cut off");
  return frame;
}

}  // namespace vcl::train
