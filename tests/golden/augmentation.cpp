// SPDX-License-Identifier: LGPL-2.1-or-later
// tests/golden/data/imagecut2video/augment: every step and whole clips with the recorded draws, exact.
#include "training/clips/augmentation.hpp"

#include <algorithm>
#include <deque>
#include <stdexcept>

#include "golden_files.hpp"
#include "tensor_bytes.hpp"
#include "training/clips/frame_steps.hpp"

namespace vcl::train {
namespace {

using golden::bytes;
using nlohmann::json;

/// Plays back what the authors' program drew, and checks that the same is asked for.
class RecordedDraws : public Draws {
 public:
  explicit RecordedDraws(const json& frames) {
    for (const json& frame : frames) draws_.insert(draws_.end(), frame["draws"].begin(), frame["draws"].end());
  }
  double uniform(double low, double high) override {
    const json draw = next("uniform");
    EXPECT_EQ(draw["args"], json({low, high}));
    return draw["value"];
  }
  int integer(int low, int high) override {
    const json draw = next("randint");
    EXPECT_EQ(draw["args"].back(), high + 1);
    EXPECT_EQ(draw["args"].size() == 2 ? draw["args"][0].get<int>() : 0, low);
    return draw["value"];
  }
  std::vector<int> choice(int of, int count) override {
    const json draw = next("choice");
    EXPECT_EQ(int(draw["args"].size()), of);
    EXPECT_EQ(count, 1);
    return {int(std::find(draw["args"].begin(), draw["args"].end(), draw["value"]) - draw["args"].begin())};
  }
  bool all_used() const { return draws_.empty(); }

 private:
  json next(const std::string& kind) {
    if (draws_.empty()) throw std::runtime_error("more is drawn than the authors' program draws");
    json draw = draws_.front();
    draws_.pop_front();
    EXPECT_EQ(draw["kind"], kind);
    return draw;
  }
  std::deque<json> draws_;
};

/// [height, width, 3] to planes.
std::vector<std::uint8_t> planes(const std::vector<std::uint8_t>& interleaved) {
  std::vector<std::uint8_t> out;
  for (std::size_t channel = 0; channel < 3; ++channel)
    for (std::size_t i = channel; i < interleaved.size(); i += 3) out.push_back(interleaved[i]);
  return out;
}

ClipFrame read_photo(const SafetensorsFile& file) {
  const TensorView& image = file.at("in/image");
  return {{int(image.shape[1]), int(image.shape[0])},
          planes(bytes(image)),
          {bytes(file.at("in/mask0")), bytes(file.at("in/mask1"))},
          {1, 2}};
}

void expect_frame(const ClipFrame& got, const SafetensorsFile& file, const std::string& at) {
  SCOPED_TRACE(at);
  EXPECT_EQ(got.rgb, planes(bytes(file.at(at + "/image"))));
  for (std::size_t row = 0; row < got.masks.size(); ++row) {
    const std::string mask = at + "/mask" + std::to_string(row);
    if (file.tensors().contains(mask)) {
      EXPECT_EQ(got.masks[row], bytes(file.at(mask)));
    }
  }
}

/// Each step from what the step before gave in the authors' program.
void expect_steps(const json& stages, const SafetensorsFile& file) {
  ClipFrame frame = read_photo(file);
  for (const json& stage : stages) {
    const std::string name = stage["stage"];
    if (name == "crop") frame = cropped(frame, stage["x0"], stage["y0"], {stage["w"], stage["h"]});
    if (name == "resize") frame = resized(frame, {stage["new_w"], stage["new_h"]});
    if (name == "flip") frame = mirrored(frame);
    if (name == "contrast") {
      EXPECT_NEAR(mean_value(frame), stage["src"].get<double>(), 1e-9);
    }
    if (name == "brightness" || name == "contrast")
      blend(frame, float(stage["w"].get<double>()),
            float(stage["src_weight"].get<double>() * stage["src"].get<double>()));
    if (name == "rotation") frame = rotated(frame, stage["angle"], stage["center"][0], stage["center"][1]);
    if (file.tensors().contains(name + "/image")) expect_frame(frame, file, name);
  }
}

TEST(GoldenAugmentation, AllCases) {
  VCL_GOLDEN_FOLDER(folder, "imagecut2video");
  const json cases = golden::read_json(folder + "/augment/cases.json");
  ASSERT_GT(cases.size(), 0U);
  for (const json& expected : cases) {
    const std::string name = expected["name"];
    SCOPED_TRACE(name);
    const SafetensorsFile file(folder + "/augment/" + name + ".safetensors");
    const int frames = expected["clip_frames"];
    if (frames == 1) expect_steps(expected["frames"][0]["stages"], file);
    const json& crop = expected["crop_range"];
    RecordedDraws draws(expected["frames"]);
    const FrameClip clip = augmented_clip(read_photo(file), frames,
                                          {.least_crop = crop.is_null() ? 0 : crop[0].get<int>(),
                                           .most_crop = crop.is_null() ? 0 : crop[1].get<int>(),
                                           .short_edges = expected["short_edge_choices"],
                                           .longest = expected["max_size"]},
                                          draws);
    EXPECT_TRUE(draws.all_used());
    for (int t = 0; t < frames; ++t)
      expect_frame(clip[std::size_t(t)], file, frames == 1 ? "rotation" : "out/" + std::to_string(t));
  }
}

TEST(GoldenAugmentation, Sides) {
  VCL_GOLDEN_FOLDER(folder, "imagecut2video");
  const json expected = golden::read_json(folder + "/augment/resize_shapes.json");
  ASSERT_GT(expected["rows"].size(), 0U);
  for (const json& row : expected["rows"])
    EXPECT_EQ(resized_sides({row[1], row[0]}, row[2], row[3]), (Size{row[5], row[4]})) << row;
}

}  // namespace
}  // namespace vcl::train
