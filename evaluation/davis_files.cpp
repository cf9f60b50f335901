// SPDX-License-Identifier: LGPL-2.1-or-later
#include "evaluation/davis_files.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "evaluation/index_png.hpp"
#include "vcl/error.hpp"
#include "vcl/json.hpp"
#include "vcl/mask_crop.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> pngs_in(const fs::path& folder) {
  std::vector<fs::path> files;
  if (fs::is_directory(folder))
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".png") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

/// Renumbers labels to 1, 2, ... in order if one is too large, as palette indices of track ids may be.
void renumber(LabelVideo& video, const std::string& folder) {
  std::array<bool, 256> used{};
  for (const auto& frame : video.frames)
    for (const std::uint8_t label : frame) used[label] = true;
  if (std::none_of(used.begin() + kMostProposals + 1, used.end() - 1, [](bool is) { return is; })) return;
  std::array<std::uint8_t, 256> number{};
  number[kVoidLabel] = kVoidLabel;
  std::uint8_t count = 0;
  for (std::size_t label = 1; label < kVoidLabel; ++label)
    if (used[label]) number[label] = ++count;
  if (count > kMostProposals)
    throw Error(ErrorKind::Unreadable, folder + ": " + std::to_string(count) + " objects, where at most " +
                                           std::to_string(kMostProposals) +
                                           " may be proposed; give .jsonl results, of which the best are taken");
  for (auto& frame : video.frames)
    for (std::uint8_t& label : frame) label = number[label];
}

void paint(const Rle& mask, std::uint8_t label, std::vector<std::uint8_t>& frame) {
  const Box box = rle_box(mask);
  const Mask crop = rle_crop(mask, box);
  for (int y = 0; y < box.height; ++y)
    for (int x = 0; x < box.width; ++x)
      if (crop.at(x, y)) frame[std::size_t(box.y + y) * std::size_t(mask.width) + std::size_t(box.x + x)] = label;
}

std::string truth_folder(const fs::path& sequence) {
  return fs::is_directory(sequence / "masks") ? sequence / "masks" : sequence;
}

}  // namespace

LabelVideo read_label_folder(const std::string& folder) {
  LabelVideo video;
  for (const fs::path& path : pngs_in(folder)) {
    IndexImage image = read_index_png(path);
    if (!video.frames.empty() && image.size != video.size)
      throw Error(ErrorKind::Unreadable, path.string() + ": has another size than the frames before");
    video.size = image.size;
    video.frames.push_back(std::move(image.labels));
  }
  if (video.frames.empty()) throw Error(ErrorKind::NotFound, folder + ": there are no PNG files in it");
  renumber(video, folder);
  return video;
}

LabelVideo read_label_lines(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Error(ErrorKind::NotFound, path + ": cannot be opened");
  YtvisResults results;
  LabelVideo video;
  for (std::string line; std::getline(file, line);) {
    const std::string where = path + ", line " + std::to_string(results.frames() + 1) + ": ";
    try {
      const FrameResult frame = frame_from_json(line);
      if (results.frames() > 0 && frame.size != video.size)
        throw Error(ErrorKind::Unreadable, "has another size than the frames before");
      video.size = frame.size;
      results.add(frame);
    } catch (const Error& error) {
      throw Error(error.kind(), where + error.what());
    }
  }
  const std::size_t pixels = std::size_t(video.size.width) * std::size_t(video.size.height);
  video.frames.assign(results.frames(), std::vector<std::uint8_t>(pixels));
  const auto tracks = results.ranked();
  for (std::size_t rank = std::min<std::size_t>(tracks.size(), kMostProposals); rank-- > 0;)
    results.for_each_mask(*tracks[rank], [&](std::size_t frame, const Rle& mask) {
      paint(mask, std::uint8_t(rank + 1), video.frames[frame]);
    });
  return video;
}

std::vector<DavisSequence> davis_sequences(const std::string& truth, const std::string& results) {
  if (!fs::is_directory(truth)) throw Error(ErrorKind::NotFound, truth + ": is no folder");
  std::vector<DavisSequence> sequences;
  for (const fs::directory_entry& entry : fs::directory_iterator(truth)) {
    const std::string masks = truth_folder(entry.path()), name = entry.path().filename();
    if (pngs_in(masks).empty()) continue;
    const fs::path folder = fs::path(results) / name, lines = fs::path(results) / (name + ".jsonl");
    if (!fs::is_directory(folder) && !fs::is_regular_file(lines))
      throw Error(ErrorKind::NotFound, results + ": has neither '" + name + ".jsonl' nor a folder '" + name +
                                           "' for the sequence of that name");
    sequences.push_back({name, masks, fs::is_regular_file(lines) ? lines : folder});
  }
  if (sequences.empty())
    throw Error(ErrorKind::NotFound, truth + ": has no folders of PNG masks, one for each sequence");
  std::ranges::sort(sequences, {}, &DavisSequence::name);
  return sequences;
}

}  // namespace vcl
