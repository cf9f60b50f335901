// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/labels/annotation_sheet.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "training/labels/annotation_record.hpp"
#include "training/photos/labelled_photos.hpp"
#include "training/report/plots.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr std::size_t kMostPictures = 48;
constexpr int kColumns = 8, kLongestSide = 320;
constexpr std::size_t kCaption = 34;

/// Draws a photo. It is reduced before it is kept, because photos may have any size.
Picture draw(const PhotoFile& photo, const AnnotationRecord& record) {
  cv::Mat pixels = decode_photo(photo);
  const double scale = std::min(1.0, double(kLongestSide) / std::max(pixels.cols, pixels.rows));
  const cv::Size size(std::max(1, int(pixels.cols * scale)), std::max(1, int(pixels.rows * scale)));
  cv::resize(pixels, pixels, size, 0, 0, cv::INTER_AREA);
  cv::cvtColor(pixels, pixels, cv::COLOR_BGR2RGB);
  Picture picture{{size.width, size.height}, {pixels.data, pixels.data + pixels.total() * 3}, {}, {}};
  picture.ids.resize(pixels.total());
  for (std::size_t k = record.masks.size(); k-- > 0;) {  // the first cut on top
    Mask mask = rle_decode(record.masks[k]);
    cv::Mat small;
    cv::resize(cv::Mat(mask.height, mask.width, CV_8U, mask.pixels.data()), small, size, 0, 0, cv::INTER_NEAREST);
    for (std::size_t i = 0; i < picture.ids.size(); ++i)
      if (small.data[i] != 0) picture.ids[i] = std::uint8_t(k + 1);
  }
  return picture;
}

}  // namespace

std::vector<std::size_t> sheet_photos(std::size_t photos) {
  return spread(photos, kMostPictures);
}

void write_annotation_sheet(const std::string& path, const std::vector<PhotoFile>& photos,
                            const std::vector<std::size_t>& shown, const Journal& journal) {
  std::vector<Picture> pictures;
  for (const std::size_t i : shown) {
    const AnnotationRecord record = read_record(journal, i);
    if (!record.error.empty()) continue;
    try {
      pictures.push_back(draw(photos[i], record));
    } catch (const Error&) {
      continue;  // the photo is gone: its masks are kept, but cannot be shown
    }
    const std::string& name = photos[i].name;
    pictures.back().caption = name.size() > kCaption ? ".." + name.substr(name.size() - kCaption) : name;
  }
  write_contact_sheet(path, pictures, kColumns);
}

}  // namespace vcl::train
