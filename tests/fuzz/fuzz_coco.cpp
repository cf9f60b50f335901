// SPDX-License-Identifier: LGPL-2.1-or-later
// The input is a JSON file of COCO or YouTube-VIS: annotations, and what an evaluation reads, ground truth and results.
#include "evaluation/coco_files.hpp"
#include "evaluation/ytvis_files.hpp"
#include "fuzz.hpp"
#include "vcl/coco.hpp"

namespace {

using vcl::fuzz::accepts;
using vcl::fuzz::require;

void check(const vcl::Rle& mask) {
  require(mask.width > 0 && mask.height > 0 && std::int64_t(mask.width) * mask.height <= vcl::kMaxMaskPixels,
          "a mask has a size within the limits");
  require(vcl::rle_area(mask) <= std::uint64_t(mask.width) * std::uint64_t(mask.height), "a mask fits its size");
}

/// Images of the sizes that the corpus has.
vcl::CocoTruths two_images() {
  vcl::CocoTruths truths;
  truths.images[1] = {1, "a.png", {8, 6}};
  truths.images[2] = {2, "b.png", {1, 1}};
  return truths;
}

void check(const vcl::PackedTrack& track) {
  for (const auto& mask : vcl::unpack(track))
    if (mask) check(*mask);
}

/// A video of two frames of a size that the corpus has.
vcl::YtvisTruths one_video() {
  vcl::YtvisTruths truths;
  truths.videos[1] = {{"0.jpg", "1.jpg"}, {8, 6}};
  truths.categories = {1};
  return truths;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const vcl::test::MemoryFile file(vcl::fuzz::text_of(data, size));
  accepts([&] {
    vcl::read_coco(
        file.path(), [](const vcl::CocoImage& image) { require(image.size.width > 0, "an image has a size"); },
        [](const vcl::CocoAnnotation& annotation) { check(annotation.mask); });
  });
  accepts([&] {
    for (const vcl::CocoTruth& truth : vcl::read_coco_truths(file.path()).truths) check(truth.mask);
  });
  accepts([&] {
    for (const vcl::CocoResult& result : vcl::read_coco_results(file.path(), two_images())) check(result.mask);
  });
  accepts([&] {
    for (const vcl::YtvisTruth& truth : vcl::read_ytvis_truths(file.path()).truths) check(truth.masks);
  });
  accepts([&] {
    for (const vcl::YtvisResult& result : vcl::read_ytvis_results(file.path(), one_video())) check(result.masks);
  });
  return 0;
}
