// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "tools/evaluate/evaluation.hpp"

namespace vcl {

/// One frame of an exhibit as two pictures (JPEG) of the same size.
struct FramePictures {
  std::size_t frame = 0;
  std::vector<unsigned char> truth, result;
  Size size;
  int objects = 0, found = 0;  ///< in view
  double iou = 0;  ///< mean over the objects in view of that with the result of their colour; NaN: none in view
};

struct ExhibitPictures {
  std::vector<FramePictures> frames;
  std::string note;  ///< for people: what could not be shown, and why
};

/// Up to four frames, evenly spread over those in which anything is. An object and the result that has most of it, over
/// the whole video and one to one, share a colour; results that have none are gray, and beyond the ten best left out.
ExhibitPictures draw(const Exhibit& exhibit);

}  // namespace vcl
