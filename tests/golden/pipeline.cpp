// SPDX-License-Identifier: LGPL-2.1-or-later
// From image files to annotations against the authors' whole program (tests/golden/data/pipeline/README.md), through
// the public API alone: pattern model, features, cuts, CRF, resizing, JSON.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <stdexcept>

#include "golden_files.hpp"
#include "picture.hpp"
#include "vcl/coco.hpp"
#include "vcl/features.hpp"
#include "vcl/maskcut.hpp"
#include "vcl/model.hpp"
#include "vcl/safetensors.hpp"

namespace vcl {
namespace {

using nlohmann::json;

constexpr double kLeastIou = 0.998, kAreaError = 0.003;  // pixels of the CRF that lie on the fence

/// The pattern network of a case, in a file that goes with it.
class PatternModel {
 public:
  PatternModel(const std::string& architecture, const std::string& rule)
      : path_((std::filesystem::temp_directory_path() / "vcl-golden-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary folder at " + path_);
    write_pattern_model(file(), architecture, golden::seed(), rule.at(0));
  }
  ~PatternModel() { std::filesystem::remove_all(path_); }
  PatternModel(const PatternModel&) = delete;
  PatternModel& operator=(const PatternModel&) = delete;
  std::string file() const { return path_ + "/pattern.safetensors"; }

 private:
  std::string path_;
};

/// One patch of each mask may differ where two patches are as alike as tau but for rounding.
void expect_cuts(const std::vector<CutStep>& steps, const SafetensorsFile& file, const std::string& image,
                 const json& info) {
  const bool fragile = std::ranges::any_of(info["S_within_1e5"], [](const json& pairs) { return pairs != 0; });
  ASSERT_EQ(steps.size(), info["stages"].size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const TensorView& grid = file.at(image + "." + std::to_string(i) + ".bip_grid");
    ASSERT_EQ(grid.bytes.size(), steps[i].output.size());
    int differing = 0;
    for (std::size_t p = 0; p < grid.bytes.size(); ++p) differing += int(grid.bytes[p]) != steps[i].output[p];
    EXPECT_LE(differing, fragile ? 1 : 0) << image << ", cut " << i;
  }
}

Rle mask_of(const json& annotation) {
  const json& size = annotation["segmentation"]["size"];
  return rle_from_string(annotation["segmentation"]["counts"].get<std::string>(), size[1], size[0]);
}

void expect_annotations(const json& got, const json& expected) {
  ASSERT_EQ(got["images"].size(), expected["images"].size());
  for (std::size_t i = 0; i < got["images"].size(); ++i) {
    const json &image = got["images"][i], &authors = expected["images"][i];
    for (const char* key : {"id", "file_name", "license", "coco_url", "flickr_url"})
      EXPECT_EQ(image[key], authors[key]);
    EXPECT_EQ(image["width"], authors["height"]) << "the authors write the two the wrong way round";
    EXPECT_EQ(image["height"], authors["width"]);
  }
  EXPECT_EQ(got["categories"], expected["categories"]);
  ASSERT_EQ(got["annotations"].size(), expected["annotations"].size());
  std::size_t identical = 0;
  double least = 1;
  for (std::size_t i = 0; i < got["annotations"].size(); ++i) {
    const json &annotation = got["annotations"][i], &authors = expected["annotations"][i];
    for (const char* key : {"id", "image_id", "category_id", "iscrowd", "width", "height"})
      EXPECT_EQ(annotation[key], authors[key]);
    const double iou = rle_iou(mask_of(annotation), mask_of(authors)), area = authors["area"].get<double>();
    EXPECT_GE(iou, kLeastIou) << "annotation " << i;
    EXPECT_NEAR(annotation["area"].get<double>(), area, kAreaError * area);
    least = std::min(least, iou);
    identical += annotation == authors;
  }
  std::cout << identical << " of " << got["annotations"].size() << " annotations identical, least IoU " << least
            << '\n';
}

void expect_case(const std::string& folder, const std::string& name, const json& info) {
  const SafetensorsFile file(folder + "/" + name + ".safetensors");
  const PatternModel model(info["arch"], info["rule"]);
  const int side = info["fixed_size"].get<int>();
  const auto extractor = open_features({.model = model.file(), .device = golden::device(), .input = {side, side}});
  const std::string written = std::filesystem::path(model.file()).replace_filename("authors.json");
  CocoWriter annotations(written);
  for (const json& image : info["authors_json"]["images"]) {
    const std::string file_name = image["file_name"];
    const std::filesystem::path path =
        std::filesystem::path(folder) / "../images" / std::filesystem::path(file_name).filename();
    const golden::Picture picture = golden::read_rgb(path.string());
    const FeatureMap features = extractor->extract(picture.view());
    const std::vector<CutStep> steps =
        maskcut(features, {info["tau"].get<double>(), info["N"].get<int>()}, 0, golden::device());
    const std::string stem = path.stem().string();
    expect_cuts(steps, file, stem, info["images"][stem]);
    std::vector<Rle> masks;
    for (const Mask& mask :
         finish_cuts(steps, features.grid, features.input, picture.view(), {.device = golden::device()}))
      masks.push_back(rle_encode(mask));
    annotations.add(file_name, picture.size, masks);
  }
  annotations.finish({});
  expect_annotations(golden::read_json(written), info["authors_json"]);
}

TEST(GoldenPipeline, AllCases) {
  VCL_GOLDEN_FOLDER(folder, "pipeline");
  const json cases = golden::read_json(folder + "/cases.json");
  ASSERT_FALSE(cases.empty());
  for (const auto& [name, info] : cases.items()) {
    SCOPED_TRACE(name);
    expect_case(folder, name, info);
  }
}

}  // namespace
}  // namespace vcl
