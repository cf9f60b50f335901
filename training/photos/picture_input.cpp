// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/photos/picture_input.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <opencv2/imgproc.hpp>

#include "training/photos/pack.hpp"
#include "vcl/error.hpp"

namespace vcl::train {

ClipFrame read_picture(const std::string& path) {
  const cv::Mat bgr = decode_photo({path, path}, false);
  ClipFrame frame{{bgr.cols, bgr.rows}, std::vector<std::uint8_t>(3 * bgr.total()), {}, {}};
  std::vector<cv::Mat> planes;
  for (std::size_t channel : {2, 1, 0})
    planes.emplace_back(bgr.rows, bgr.cols, CV_8U, frame.rgb.data() + channel * bgr.total());
  cv::split(bgr, planes);
  return frame;
}

void pack_folder(const std::string& folder, const std::string& out, int side, int threads, ErrorList& errors) {
  const std::string note = out + ".origin", origin = folder + " side " + std::to_string(side);
  std::ifstream old(note);
  const std::string made_of{std::istreambuf_iterator<char>(old), {}};
  if (std::filesystem::exists(out) && made_of == origin) return;
  const PackResult result = pack_photos({folder}, out, side, threads);
  for (const Skipped& photo : result.skipped) errors.add(photo.name, photo.why);
  std::ofstream file(note);
  if (!(file << origin).flush()) throw Error(ErrorKind::Resource, "cannot write " + note + ": is the disk full?");
}

}  // namespace vcl::train
