// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/coco.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core_random.hpp"
#include "temporary_folder.hpp"
#include "vcl/error.hpp"
#include "vcl/maskcut_info.hpp"

namespace vcl {
namespace {

using nlohmann::json;
using test::Rng;
using test::uniform;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Pictured {
  std::string name;
  Size size;
  std::vector<Rle> masks;
};

std::vector<Pictured> random_pictures(Rng& rng, int count) {
  std::vector<Pictured> pictures;
  for (int i = 0; i < count; ++i) {
    Pictured picture{"made/" + std::to_string(i) + "\n\"\\ \u00e4.jpg", {uniform(rng, 1, 40), uniform(rng, 1, 40)}, {}};
    for (int k = uniform(rng, 0, 3); k > 0; --k)
      picture.masks.push_back(rle_encode(test::random_mask(rng, picture.size.width, picture.size.height)));
    pictures.push_back(picture);
  }
  return pictures;
}

const CocoInfo kInfo{"made up", {{"tau", "0.15"}, {"n", "3"}}};

void write(const std::string& path, const std::vector<Pictured>& pictures) {
  CocoWriter writer(path);
  for (const Pictured& picture : pictures) writer.add(picture.name, picture.size, picture.masks);
  writer.finish(kInfo);
}

TEST(Coco, GoesThereAndBack) {
  const TemporaryFolder folder;
  Rng rng(3);
  for (int trial = 0; trial < 30; ++trial) {
    const std::vector<Pictured> pictures = random_pictures(rng, uniform(rng, 0, 12));
    write(folder / "a.json", pictures);
    std::vector<Pictured> back;
    const auto image = [&](const CocoImage& image) {
      EXPECT_EQ(image.id, std::int64_t(back.size() + 1));
      back.push_back({image.file_name, image.size, {}});
    };
    const auto annotation = [&](const CocoAnnotation& annotation) {
      EXPECT_EQ(annotation.category_id, 1);
      back.at(annotation.image_id - 1).masks.push_back(annotation.mask);
    };
    const CocoInfo info = read_coco(folder / "a.json", image, annotation);
    EXPECT_EQ(info.description, kInfo.description);
    EXPECT_EQ(info.settings, kInfo.settings);
    ASSERT_EQ(back.size(), pictures.size());
    for (std::size_t i = 0; i < back.size(); ++i) {
      EXPECT_EQ(back[i].name, pictures[i].name);
      EXPECT_EQ(back[i].size, pictures[i].size);
      std::vector<Rle> kept;
      for (const Rle& mask : pictures[i].masks)
        if (rle_area(mask) > 0) kept.push_back(mask);
      EXPECT_EQ(back[i].masks, kept);
    }
  }
}

TEST(Coco, LooksAsDocumented) {
  const TemporaryFolder folder;
  Mask mask(4, 2);
  mask.at(1, 0) = mask.at(2, 1) = 1;
  write(folder / "a.json", {{"cats/1.jpg", {4, 2}, {rle_encode(mask), rle_encode(Mask(4, 2))}}});
  EXPECT_EQ(read_file(folder / "a.json"),
            R"({"info":{"description":"made up","url":"","version":"1.0","year":0,"contributor":"","date_created":"",)"
            R"("settings":{"n":"3","tau":"0.15"}},
"licenses":[{"id":1,"name":"unknown","url":""}],
"categories":[{"id":1,"name":"fg","supercategory":"fg"}],
"images":[{"id":1,"file_name":"cats/1.jpg","width":4,"height":2,"date_captured":"","license":1,"coco_url":"","flickr_url":""}],
"annotations":[{"id":1,"image_id":1,"category_id":1,"iscrowd":0,"area":2,"bbox":[1.0,0.0,2.0,2.0],)"
            R"("segmentation":{"size":[2,4],"counts":"21200"},"width":4,"height":2}]}
)");
}

TEST(Coco, CountsIdsAndReplacesWhatIsNoText) {
  const TemporaryFolder folder;
  Mask mask(4, 3);
  mask.at(1, 1) = mask.at(2, 1) = mask.at(0, 0) = 1;
  CocoWriter writer(folder / "a.json");
  writer.add("f/a.png", {4, 3}, std::vector{rle_encode(mask), rle_encode(Mask(4, 3))});
  writer.add("f/\xff.png", {2, 2}, {});
  writer.add("f/c.png", {4, 3}, std::vector{rle_encode(mask)});
  EXPECT_EQ(writer.images(), 3u);
  EXPECT_EQ(writer.annotations(), 2u);
  writer.finish({});
  const json document = json::parse(read_file(folder / "a.json"));
  EXPECT_FALSE(document["info"].contains("settings"));
  EXPECT_EQ(document["images"][1]["file_name"], "f/\uFFFD.png");
  const json& last = document["annotations"].back();
  EXPECT_EQ(last["id"], 2);
  EXPECT_EQ(last["image_id"], 3);
  EXPECT_EQ(last["area"], 3);
  EXPECT_EQ(last["bbox"], (std::vector<double>{0, 0, 3, 2}));
}

TEST(Coco, AppearsWholeOrNotAtAll) {
  const TemporaryFolder folder;
  const auto left = [&] {
    return std::distance(std::filesystem::directory_iterator(folder / "."), std::filesystem::directory_iterator());
  };
  {
    CocoWriter writer(folder / "a.json");
    writer.add("x/1.jpg", {2, 2}, {});
    EXPECT_EQ(left(), 0) << "work in progress has no name";
  }
  EXPECT_EQ(left(), 0);
  write(folder / "a.json", {});
  std::filesystem::create_symlink("a.json", folder / "link.json");
  write(folder / "link.json", {{"x/1.jpg", {2, 2}, {}}});
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link.json"));
  EXPECT_NE(read_file(folder / "a.json").find("x/1.jpg"), std::string::npos);
  EXPECT_THROW(CocoWriter(folder / "missing/a.json"), Error);
  CocoWriter full("/dev/full");
  full.add("x/1.jpg", {2, 2}, {});
  EXPECT_THROW(full.finish({}), Error);
  CocoWriter writer(folder / "b.json");
  EXPECT_THROW(writer.add("x/1.jpg", {2, 2}, std::vector{rle_encode(Mask(2, 3))}), Error);
}

void read_through(const std::string& path) {
  read_coco(
      path, [](const CocoImage&) {}, [](const CocoAnnotation&) {});
}

TEST(Coco, HostileFilesAreRefused) {
  const TemporaryFolder folder;
  Mask mask(3, 3);
  mask.at(1, 1) = 1;
  write(folder / "good.json", {{"x/1.jpg", {3, 3}, {rle_encode(mask)}}});
  const std::string good = read_file(folder / "good.json");
  const std::vector<std::pair<std::string, json>> changes{
      {"/images", json::object()},
      {"/images", nullptr},
      {"/annotations", 5},
      {"/images/0", nullptr},
      {"/images/0", json::array({1})},
      {"/images/0/width", 0},
      {"/images/0/width", std::int64_t(1) << 40},
      {"/images/0/height", 1 << 30},
      {"/images/0/height", 2.5},
      {"/images/0/id", "1"},
      {"/images/0/id", 1e300},
      {"/images/0/file_name", 7},
      {"/annotations/0/image_id", nullptr},
      {"/annotations/0/category_id", "cat"},
      {"/annotations/0/segmentation", json::array({json::array({1, 2, 3, 4, 5, 6})})},
      {"/annotations/0/segmentation", nullptr},
      {"/annotations/0/segmentation/size", {3}},
      {"/annotations/0/segmentation/size", {-3, 3}},
      {"/annotations/0/segmentation/size", {1 << 30, 1 << 30}},
      {"/annotations/0/segmentation/counts", "4"},
      {"/annotations/0/segmentation/counts", {4, 1, 5}},
      {"/annotations/0/segmentation/counts", {4, -1, 6}},
      {"/annotations/0/segmentation/counts", nullptr},
      {"/info", "text"},
  };
  for (const auto& [pointer, value] : changes) {
    SCOPED_TRACE(pointer + " = " + value.dump());
    json document = json::parse(good);
    document.at(json::json_pointer(pointer)) = value;
    std::ofstream(folder / "bad.json") << document.dump();
    try {
      read_through(folder / "bad.json");
      ADD_FAILURE() << "was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Unreadable);
      EXPECT_NE(std::string(error.what()).find("bad.json"), std::string::npos) << error.what();
    }
  }
  for (const std::string& text : {std::string(), std::string("[]"), std::string("{}"), std::string("null"),
                                  std::string("[[1,2]]"), good.substr(0, good.size() / 2), good + "x",
                                  std::string(1 << 20, '['), "{\"images\":[" + std::string(1 << 16, '[')}) {
    std::ofstream(folder / "bad.json") << text;
    EXPECT_THROW(read_through(folder / "bad.json"), Error) << text.substr(0, 40);
  }
  EXPECT_THROW(read_through(folder / "none.json"), Error);
  Rng rng(4);
  for (int trial = 0; trial < 3000; ++trial) {
    std::ofstream(folder / "bad.json") << test::mutated(rng, good);
    try {
      read_through(folder / "bad.json");
    } catch (const Error&) {
    }
  }
}

TEST(Coco, SettingsOfMaskCutNameWhatMattersAndTheModelsContent) {
  const TemporaryFolder folder;
  std::ofstream(folder / "a") << "one";
  std::ofstream(folder / "b") << "one";
  std::ofstream(folder / "c") << "two";
  const CocoInfo a = maskcut_info({}, true, {}, Precision::Fp32, folder / "a");
  EXPECT_EQ(a.description, "MaskCut pseudo masks, tau 0.15, N 3");
  EXPECT_EQ(a.settings, maskcut_info({}, true, {}, Precision::Fp32, folder / "b").settings);
  EXPECT_NE(a.settings, maskcut_info({}, true, {}, Precision::Fp32, folder / "c").settings);
  EXPECT_NE(a.settings, maskcut_info({}, true, {}, Precision::Bf16, folder / "a").settings);
  EXPECT_NE(a.settings, maskcut_info({}, false, {}, Precision::Fp32, folder / "a").settings);
  EXPECT_NE(a.settings, maskcut_info({}, true, {480, 480}, Precision::Fp32, folder / "a").settings);
  EXPECT_NE(a.settings, maskcut_info({.tau = 0.2}, true, {}, Precision::Fp32, folder / "a").settings);
  EXPECT_NE(a.settings, maskcut_info({.automatic = true}, true, {}, Precision::Fp32, folder / "a").settings);
  EXPECT_THROW(maskcut_info({}, true, {}, Precision::Fp32, folder / "none"), Error);
}

}  // namespace
}  // namespace vcl
