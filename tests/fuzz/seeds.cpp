// SPDX-License-Identifier: LGPL-2.1-or-later
// seeds FOLDER: writes the good files that the fuzzers began with, FOLDER/<fuzzer>/<name>. The corpus has what they
// found.
#include <cstring>
#include <filesystem>
#include <span>

#include "support/journal.hpp"
#include "tests/unit/core_checkpoint_files.hpp"
#include "tests/unit/core_random.hpp"
#include "tests/unit/media_files.hpp"
#include "vcl/coco.hpp"
#include "vcl/json.hpp"
#include "vcl/packed_frame.hpp"
#include "vcl/safetensors.hpp"
#include "vcl/sei.hpp"

namespace {

using vcl::test::write_file;

/// As small as a vision transformer can be named.
vcl::TensorView tensor(std::vector<std::int64_t> shape, const std::string& bytes) {
  return {vcl::DType::F32, std::move(shape), std::as_bytes(std::span(bytes))};
}

void write_safetensors(const std::string& path) {
  const std::string one(4, '\0');
  vcl::write_safetensors(path,
                         {{"cls_token", tensor({1, 1, 1}, one)},
                          {"pos_embed", tensor({1, 2, 1}, one + one)},
                          {"patch_embed.proj.weight", tensor({1, 1, 1, 1}, one)},
                          {"blocks.0.norm1.weight", tensor({1}, one)},
                          {"blocks.0.mlp.fc1.weight", tensor({1, 1}, one)}},
                         {{"vcl", R"({"architecture":"dino_vit"})"}});
}

vcl::FrameResult frame() {
  vcl::Mask mask(8, 6);
  for (int y = 1; y < 4; ++y)
    for (int x = 2; x < 7; ++x) mask.at(x, y) = 1;
  vcl::Instance instance;
  instance.track_id = 1;
  instance.score = 0.9f;
  instance.mask = vcl::rle_encode(mask);
  instance.box = vcl::rle_box(instance.mask);
  instance.area = vcl::rle_area(instance.mask);
  return {3, 40, {8, 6}, false, {instance}};
}

void write_coco(const std::string& path) {
  vcl::CocoWriter writer(path);
  const vcl::FrameResult found = frame();
  writer.add("a.png", {8, 6}, std::vector{found.instances[0].mask});
  writer.finish({"masks", {{"tau", "0.15"}}});
}

std::string results(const vcl::Rle& mask) {
  return R"([{"image_id":1,"category_id":1,"score":0.5,"segmentation":{"size":[6,8],"counts":")" +
         vcl::rle_to_string(mask) + R"("}},{"image_id":2,"category_id":1,"score":1,"segmentation":{"size":[1,1],)" +
         R"("counts":[0,1]}}])";
}

std::string text_of(const std::vector<std::uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

/// A frame with an exact mask, one of boxes, and access units that carry the first.
void write_packed_frames(const std::string& folder) {
  vcl::FrameResult found = frame();
  const std::vector<std::uint8_t> exact = vcl::pack_frame(found, 1024);
  write_file(folder + "/packed-frame/exact", text_of(exact));
  found.instances.resize(3, found.instances[0]);
  for (std::uint64_t id = 1; id <= 3; ++id) found.instances[id - 1].track_id = id;
  write_file(folder + "/packed-frame/boxes", text_of(vcl::pack_frame(found, vcl::kMinPackedBytes)));
  const auto access_unit = [&](vcl::VideoCodec codec, int length_bytes, std::vector<std::uint8_t> unit) {
    const auto sei = vcl::insert_user_data(unit, {codec, length_bytes}, vcl::kResultsUuid, exact);
    unit.insert(unit.begin() + std::ptrdiff_t(sei->position), sei->bytes.begin(), sei->bytes.end());
    return char(int(codec) << 4 | length_bytes) + text_of(unit);
  };
  write_file(folder + "/sei/h264", access_unit(vcl::VideoCodec::H264, 0, {0, 0, 0, 1, 9, 0x10, 0, 0, 1, 0x65, 0x88}));
  write_file(folder + "/sei/h265", access_unit(vcl::VideoCodec::H265, 4, {0, 0, 0, 3, 0x26, 1, 0x80}));
}

/// One member with a long name in front.
std::string tar() {
  const auto header = [](const std::string& name, const std::string& size, char type) {
    std::string block(512, '\0');
    block.replace(0, name.size(), name);
    block.replace(124, size.size(), size);
    block[156] = type;
    block.replace(257, 5, "ustar");
    return block;
  };
  std::string extension = "15 path=long/a\n", data = "photo";
  extension.resize(512);
  data.resize(512);
  return header("pax", "00000000017", 'x') + extension + header("a.png", "00000000005", '0') + data +
         std::string(512, '\0');
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  for (const char* fuzzer : {"checkpoint", "pickle", "coco", "file-end", "frame-json", "index-png", "journal",
                             "movie-index", "packed-frame", "rle", "sei", "tar"})
    std::filesystem::create_directories(folder + "/" + fuzzer);
  const std::string pickle = vcl::test::small_state(false).stop();
  const std::string legacy = vcl::test::small_state(true).stop();
  const std::vector<std::string> files = vcl::test::small_files();
  write_safetensors(folder + "/checkpoint/vit.safetensors");
  for (std::size_t i = 0; i < files.size(); ++i) write_file(folder + "/checkpoint/" + std::to_string(i), files[i]);
  write_file(folder + "/pickle/torch", pickle);
  write_file(folder + "/pickle/legacy", legacy);
  write_file(folder + "/pickle/numpy", vcl::test::small_numpy());
  const vcl::FrameResult found = frame();
  write_coco(folder + "/coco/masks.json");
  write_file(folder + "/coco/results.json", results(found.instances[0].mask));
  for (const auto& [name, bytes] : vcl::test::whole_media_files())
    write_file(folder + "/file-end/whole." + name, bytes);
  for (const auto& [name, bytes] : vcl::test::unstated_media_files())
    write_file(folder + "/file-end/live." + name, bytes);
  write_file(folder + "/frame-json/frame.json", vcl::frame_to_json(found));
  std::filesystem::remove(folder + "/journal/two");
  vcl::Journal journal(folder + "/journal/two", "fuzz", 8);
  journal.add(5, std::as_bytes(std::span("five", 4)));
  journal.add(0, {});
  write_file(folder + "/movie-index/long", vcl::test::movie_index({20, 1000}, {{20, 600}, {2, 90000}}, 1));
  write_file(folder + "/movie-index/even", vcl::test::movie_index({20, 1000}, {{20, 600}}, 0));
  write_packed_frames(folder);
  write_file(folder + "/rle/box", std::string("\x08\0\x06\0", 4) + vcl::rle_to_string(found.instances[0].mask));
  write_file(folder + "/tar/two.tar", tar());
}
