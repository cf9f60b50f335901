// SPDX-License-Identifier: LGPL-2.1-or-later
#include "picture.hpp"

#include <stdexcept>

#ifdef VCL_HAVE_OPENCV
#include <opencv2/imgcodecs.hpp>
#else
#include <cstdlib>
#include <filesystem>
#include <fstream>
#endif

namespace vcl::golden {

#ifdef VCL_HAVE_OPENCV

Picture read_rgb(const std::string& path) {
  const cv::Mat image = cv::imread(path, cv::IMREAD_COLOR);  // BGR
  if (image.empty()) throw std::runtime_error("cannot read " + path);
  Picture picture{{image.cols, image.rows}, std::vector<std::uint8_t>(image.data, image.data + image.total() * 3)};
  for (std::size_t i = 0; i < picture.rgb.size(); i += 3) std::swap(picture.rgb[i], picture.rgb[i + 2]);
  return picture;
}

#else

Picture read_rgb(const std::string& path) {
  const char* folder = std::getenv("VCL_PPM_DIR");
  if (folder == nullptr) throw std::runtime_error("a build without OpenCV reads " + path + " as PPM: set VCL_PPM_DIR");
  const std::string ppm = (std::filesystem::path(folder) / std::filesystem::path(path).stem()).string() + ".ppm";
  std::ifstream file(ppm, std::ios::binary);
  std::string kind;
  Picture picture;
  int levels = 0;
  file >> kind >> picture.size.width >> picture.size.height >> levels;
  file.ignore(1);
  if (kind != "P6" || levels != 255 || picture.size.width < 1 || picture.size.height < 1)
    throw std::runtime_error(ppm + " is no RGB picture of 8 bits");
  picture.rgb.resize(std::size_t(3) * picture.size.width * picture.size.height);
  file.read(reinterpret_cast<char*>(picture.rgb.data()), std::streamsize(picture.rgb.size()));
  if (!file) throw std::runtime_error(ppm + " is too short");
  return picture;
}

#endif

}  // namespace vcl::golden
