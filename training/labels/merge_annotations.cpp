// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/labels/merge_annotations.hpp"

#include <filesystem>
#include <unordered_map>

#include "vcl/coco.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

/// Keeps the names and sizes of all images in memory.
class Merger {
 public:
  Merger(const std::vector<std::string>& inputs, const std::string& out) : inputs_(inputs), writer_(out) {}

  void add(std::size_t input) {
    std::unordered_map<std::int64_t, std::uint64_t> ids;  // ids in the file to ids in the merged file
    const std::string& path = inputs_[input];
    const auto image = [&](const CocoImage& image) {
      const auto [seen, is_new] = names_.emplace(image.file_name, input);
      if (!is_new)
        throw Error(ErrorKind::Invalid, path + " and " + inputs_[seen->second] + " both have the image " +
                                            image.file_name + "; name files of different images");
      if (!ids.emplace(image.id, writer_.add_image(image.file_name, image.size)).second)
        throw Error(ErrorKind::Unreadable, path + ": two images have the id " + std::to_string(image.id));
      sizes_.push_back(image.size);
    };
    const auto annotation = [&](const CocoAnnotation& annotation) {
      const auto id = ids.find(annotation.image_id);
      if (id == ids.end())
        throw Error(ErrorKind::Unreadable, path + ": an annotation's image " + std::to_string(annotation.image_id) +
                                               " is not among the images before it");
      if (annotation.category_id != 1)
        throw Error(ErrorKind::Unsupported, path + ": tells categories apart; only files of pseudo labels are merged");
      if (sizes_[id->second - 1] != Size{annotation.mask.width, annotation.mask.height})
        throw Error(ErrorKind::Unreadable,
                    path + ": a mask of image " + std::to_string(annotation.image_id) + " has another size than it");
      writer_.add_annotation(id->second, annotation.mask);
    };
    const CocoInfo info = read_coco(path, image, annotation);
    if (input == 0)
      info_ = info;
    else
      compare(info, path);
  }
  void finish() { writer_.finish(info_); }

 private:
  void compare(const CocoInfo& info, const std::string& path) const {
    if (info.settings == info_.settings) return;
    for (const auto* settings : {&info_.settings, &info.settings})
      for (const auto& [name, ignored] : *settings)
        if (value(info, name) != value(info_, name))
          throw Error(ErrorKind::Invalid, path + " was made with " + name + " " + value(info, name) + ", " +
                                              inputs_[0] + " with " + name + " " + value(info_, name) +
                                              "; only files of the same settings are merged");
  }
  static std::string value(const CocoInfo& info, const std::string& name) {
    const auto found = info.settings.find(name);
    return found == info.settings.end() ? "unknown" : found->second;
  }

  const std::vector<std::string>& inputs_;
  CocoWriter writer_;
  CocoInfo info_;
  std::unordered_map<std::string, std::size_t> names_;  // image to index of the input that has it
  std::vector<Size> sizes_;
};

}  // namespace

void merge_annotations(const std::vector<std::string>& inputs, const std::string& out) {
  for (const std::string& input : inputs)
    if (std::error_code different; std::filesystem::equivalent(input, out, different))
      throw Error(ErrorKind::Invalid, out + " is one of the inputs; choose another name for the output");
  Merger merger(inputs, out);
  for (std::size_t i = 0; i < inputs.size(); ++i) merger.add(i);
  merger.finish();
}

}  // namespace vcl::train
