// SPDX-License-Identifier: LGPL-2.1-or-later
#include "evaluation/coco_files.hpp"

#include "evaluation/by_category.hpp"
#include "libvcl/results/json_entry.hpp"

namespace vcl {
namespace {

const CocoImage& image_of(const JsonEntry& entry, const CocoTruths& truths) {
  const auto found = truths.images.find(entry.integer("image_id"));
  if (found == truths.images.end())
    entry.refuse("there is no image " + std::to_string(entry.integer("image_id")) + " in the ground truth");
  return found->second;
}

Rle mask_of(const JsonEntry& entry, const CocoTruths& truths) {
  return read_rle(entry.member("segmentation"), image_of(entry, truths).size, entry.what);
}

}  // namespace

CocoTruths read_coco_truths(const std::string& path) {
  CocoTruths truths;
  // Annotations may precede their images, so the file is read twice.
  read_lists(path, {{"images", [&](const JsonEntry& entry) {
                       const std::string name = entry.has("file_name") ? entry.text("file_name") : "";
                       const CocoImage image{entry.integer("id"), name, entry.size()};
                       if (!truths.images.emplace(image.id, image).second)
                         entry.refuse("another image has the same id");
                     }}});
  ByCategory<CocoTruth> annotations;
  read_lists(path, {{"annotations", [&](const JsonEntry& entry) {
                       const bool crowd = entry.has("iscrowd") && entry.integer("iscrowd") != 0;
                       annotations.add(entry.integer("category_id"), {entry.integer("image_id"), mask_of(entry, truths),
                                                                      entry.number("area"), crowd});
                     }}});
  truths.truths = annotations.take();
  return truths;
}

std::vector<CocoResult> read_coco_results(const std::string& path, const CocoTruths& truths) {
  ByCategory<CocoResult> results;
  read_lists(path, {{"", [&](const JsonEntry& entry) {
                       results.add(entry.integer("category_id"),
                                   {entry.integer("image_id"), mask_of(entry, truths), entry.number("score")});
                     }}});
  return results.take();
}

}  // namespace vcl
