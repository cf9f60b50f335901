// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "tools/evaluate/evaluation.hpp"

namespace vcl {

/// One frame of an exhibit as two JPEG pictures of the same size.
struct FramePictures {
  std::size_t frame = 0;
  std::vector<unsigned char> truth, result;
  Size size;
  int objects = 0, found = 0;  ///< number of objects and of results in the frame
  double iou = 0;              ///< mean IoU of the objects with the results of their color; NaN without objects
};

struct ExhibitPictures {
  std::vector<FramePictures> frames;
  std::string note;  ///< for the user: what could not be shown, and why
};

/// Draws up to four frames, spread evenly over those that show an object or a result. Objects and results are matched
/// one-to-one by their IoU over the whole video, and a pair has one color. Unmatched results are gray, and only the
/// best ten of them are drawn.
ExhibitPictures draw(const Exhibit& exhibit);

}  // namespace vcl
