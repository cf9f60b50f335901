// SPDX-License-Identifier: LGPL-2.1-or-later
// A round of self-training: the rule for one photo, and whole packs with a network whose masks are known.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "training/labels/instance_labels.hpp"
#include "training/labels/refine.hpp"
#include "training/labels/refine_label.hpp"
#include "training_fixture.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr Size kSize{60, 40};

Mask box(int x, int y, int width, int height) {
  Mask mask(kSize.width, kSize.height);
  for (int j = y; j < y + height; ++j)
    for (int i = x; i < x + width; ++i) mask.at(i, j) = 1;
  return mask;
}

std::vector<std::uint8_t> ids_of(const std::vector<Mask>& masks) {
  std::vector<std::uint8_t> ids(std::size_t(kSize.width) * kSize.height);
  for (std::size_t k = 0; k < masks.size(); ++k)
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (masks[k].pixels[i] != 0) ids[i] = std::uint8_t(k + 1);
  return ids;
}

RefinedLabel refined(std::vector<ScoredMask> predictions, const std::vector<std::uint8_t>& ids, float weight = 0.5F) {
  return refine_label(std::move(predictions), {ids.data(), weight}, kSize, 0.7F);
}

TEST(RefineLabel, ConfidentMasksComeFirstAndUncoveredOnesStay) {
  // IoU of the present masks with the prediction: 0.8, 0.4, 0.
  const auto ids = ids_of({box(0, 0, 16, 10), box(0, 10, 16, 10), box(40, 20, 10, 10)});
  const RefinedLabel label = refined({{box(0, 0, 20, 10), 0.9F}, {box(0, 10, 7, 10), 0.8F}}, ids);
  ASSERT_EQ(label.instances.size(), 4U);
  EXPECT_EQ(label.predicted, 2);
  EXPECT_EQ(label.instances[0].pixels, box(0, 0, 20, 10).pixels) << "covers the first present one, IoU 0.8";
  EXPECT_EQ(label.instances[1].pixels, box(0, 10, 7, 10).pixels);
  EXPECT_EQ(label.instances[2].pixels, box(7, 10, 9, 10).pixels) << "IoU 0.4375: stays, without what was taken";
  EXPECT_EQ(label.instances[3].pixels, box(40, 20, 10, 10).pixels);
  EXPECT_FLOAT_EQ(label.weight, 0.9F);
  // Just at one half the present one goes.
  EXPECT_EQ(refined({{box(0, 0, 15, 20), 0.9F}}, ids_of({box(5, 0, 15, 20)})).instances.size(), 1U);
}

TEST(RefineLabel, WithoutConfidentMasksNothingChanges) {
  const auto ids = ids_of({box(0, 0, 10, 10), box(30, 5, 10, 10)});
  const RefinedLabel label = refined({{box(0, 0, 30, 30), 0.69F}}, ids);
  EXPECT_EQ(label.predicted, 0);
  EXPECT_EQ(ids_of(label.instances), ids);
  EXPECT_FLOAT_EQ(label.weight, 0.5F);
  EXPECT_TRUE(refined({}, ids, 0).instances.empty()) << "a label of weight 0 is not to be used";
  EXPECT_EQ(refined({}, ids, 0).weight, 0);
  EXPECT_TRUE(refine_label({}, {}, kSize, 0.7F).instances.empty());
  std::vector<std::uint8_t> gaps = ids;
  std::ranges::replace(gaps, std::uint8_t{2}, std::uint8_t{255});
  EXPECT_EQ(ids_of(refined({}, gaps).instances), ids) << "numbers are given anew";
  EXPECT_EQ(count_instances({gaps.data(), 0.5F}, kSize), 2);
  EXPECT_EQ(count_instances({ids.data(), 0}, kSize), 0);
}

TEST(RefineLabel, OfTwoMasksOfOneObjectTheBetterIsTaken) {
  const RefinedLabel label = refined({{box(0, 0, 20, 20), 0.75F}, {box(0, 0, 20, 18), 0.95F}}, ids_of({}));
  ASSERT_EQ(label.instances.size(), 1U);
  EXPECT_EQ(label.instances[0].pixels, box(0, 0, 20, 18).pixels);
  EXPECT_FLOAT_EQ(label.weight, 0.95F);
}

TEST(RefineLabel, SpecksHolesAndWholePhotosGo) {
  Mask untidy = box(0, 0, 20, 20);
  untidy.at(10, 10) = 0;                // a hole
  untidy.at(50, 30) = 1;                // a speck
  const Mask small = box(40, 0, 4, 5);  // 20 of 2,400 pixels
  const RefinedLabel label = refined({{untidy, 0.8F}, {small, 0.9F}, {box(0, 0, 60, 33), 0.99F}}, ids_of({}));
  ASSERT_EQ(label.instances.size(), 1U);
  EXPECT_EQ(label.instances[0].pixels, box(0, 0, 20, 20).pixels);
  EXPECT_FLOAT_EQ(label.weight, 0.8F) << "of what became a label";
  // What a better mask leaves of a present one may be too little.
  EXPECT_EQ(refined({{box(0, 0, 20, 20), 0.8F}}, ids_of({box(0, 0, 21, 1)})).instances.size(), 1U);
}

nlohmann::json figures_of(const std::string& labels) {
  std::ifstream file(labels + ".json");
  return nlohmann::json::parse(file);
}

RefineOptions options_of(const MadeUpPhotos& files, const std::string& out, float least_score) {
  RefineOptions options;
  options.pack.images = files.images_path();
  options.pack.labels = files.labels_path();
  options.pack.model = VCL_DEFAULT_MODEL;
  options.pack.out = files.path(out);
  options.least_score = least_score;
  return options;
}

TEST(Refine, WithoutAConfidentMaskLabelsAreTheSameFile) {
  const MadeUpPhotos files(6, 7);
  RefineOptions options = options_of(files, "same.safetensors", 1);
  options.pack.sheet = files.path("sheet.png");
  refine(options);
  const SafetensorsFile before(files.labels_path()), after(options.pack.out);
  for (const auto& [name, tensor] : after.tensors())
    EXPECT_TRUE(std::ranges::equal(tensor.bytes, before.at(name).bytes)) << name;
  const auto figures = figures_of(options.pack.out);
  EXPECT_EQ(figures["instances_before"], 6);
  EXPECT_EQ(figures["instances_kept"], 6);
  EXPECT_EQ(figures["instances_predicted"], 0);
  EXPECT_EQ(figures["command"], "refine");
}

TEST(Refine, ARoundReplacesWhatTheNetworkSeesAndCountsIt) {
  const MadeUpPhotos files(8, 8);
  RefineOptions options = options_of(files, "next.safetensors", 0.3F);
  refine(options);
  const auto figures = figures_of(options.pack.out);
  EXPECT_GE(figures["instances_predicted"].get<int>(), 4) << "a bright disc is what the default model finds";
  EXPECT_EQ(figures["instances_kept"].get<int>() + figures["instances_replaced"].get<int>(), 8);
  const LabelledPhotos next({options.pack.images}, {options.pack.out}, LabelKind::Instances);
  int instances = 0;
  for (const Photo& photo : next.photos)
    instances += *std::max_element(photo.labels, photo.labels + std::size_t(photo.size.width) * photo.size.height);
  EXPECT_EQ(instances, figures["instances_predicted"].get<int>() + figures["instances_kept"].get<int>());
  // Without present labels the network's masks are all there is.
  options.pack.labels.clear();
  options.pack.out = files.path("first.safetensors");
  refine(options);
  EXPECT_EQ(figures_of(options.pack.out)["instances_before"], 0);
  EXPECT_EQ(figures_of(options.pack.out)["instances_predicted"], figures["instances_predicted"]);
}

TEST(InstanceLabels, GoOnWhereTheyWereStopped) {
  const MadeUpPhotos files(8, 11);
  const auto label = [](const Photo& photo) {
    InstanceMap map{std::vector<std::uint8_t>(std::size_t(photo.size.width) * photo.size.height), 0.25F, 0};
    map.ids.back() = std::uint8_t(photo.size.width);  // another for each photo, in its last pixel
    return map;
  };
  PseudoLabelOptions options;
  options.images = files.images_path();
  options.out = files.path("whole.safetensors");
  write_instance_labels(options, {"a command", "a source", "a method"}, label);

  options.out = files.path("parts.safetensors");
  int calls = 0;
  const auto until_third = [&](const Photo& photo) {
    if (++calls == 4) throw Error(ErrorKind::Resource, "stopped");
    return label(photo);
  };
  EXPECT_THROW(write_instance_labels(options, {"a command", "a source", "a method"}, until_third), Error);
  EXPECT_FALSE(std::filesystem::exists(options.out));
  EXPECT_THROW(write_instance_labels(options, {"a command", "a source", "another method"}, label), Error);
  calls = 10;
  write_instance_labels(options, {"a command", "a source", "a method"}, until_third);
  EXPECT_EQ(calls, 10 + 8 - 3) << "three photos were done";
  const SafetensorsFile whole(files.path("whole.safetensors")), parts(options.out);
  ASSERT_EQ(whole.tensors().size(), 16U);
  for (const auto& [name, tensor] : whole.tensors())
    EXPECT_TRUE(std::ranges::equal(tensor.bytes, parts.at(name).bytes)) << name;
}

TEST(Refine, RefusesWhatDoesNotFit) {
  const MadeUpPhotos files(2, 9), others(2, 10);
  const RefineOptions good = options_of(files, "out.safetensors", 0.7F);
  for (const std::string& labels : {others.labels_path(), files.images_path(), files.path("missing")}) {
    RefineOptions bad = good;
    bad.pack.labels = labels;
    EXPECT_THROW(refine(bad), Error) << labels;
  }
  RefineOptions bad = good;
  bad.pack.model = files.images_path();
  EXPECT_THROW(refine(bad), Error);
  std::filesystem::remove(files.path("out.safetensors.journal"));
  refine(good);
}

}  // namespace
}  // namespace vcl::train
