// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <vector>

#include "check_util.hpp"
#include "vcl/mask.hpp"

/// What the tests of vcl-idmap and vcl-overlay share: frames of kWidth x kHeight with instances that they attach
/// themselves.
namespace check {

inline constexpr int kWidth = 41, kHeight = 29;
inline const std::string kCaps = caps_string("RGB", kWidth, kHeight);

struct Object {
  guint64 track_id;
  float score;
  vcl::Mask mask;  ///< of the frame
};

vcl::Mask box_mask(const GstVclBox& box);

void attach(GstBuffer* buffer, const std::vector<Object>& objects, vcl::Size frame = {kWidth, kHeight});

/// The best of the objects at (x, y), of equal scores the first; a score that is no number loses to all others.
const Object* topmost(const std::vector<Object>& objects, int x, int y);

/// Fails the test unless the buffer is a frame of these caps, of one plane, of which each pixel holds what `expected`
/// says of its (x, y): its bytes, the first one lowest.
void assert_pixels(GstBuffer* buffer, const std::string& caps, const std::function<guint64(int, int)>& expected);

/// The map of ids of these objects, GRAY8 or GRAY16_LE.
void assert_ids(GstBuffer* buffer, const std::string& format, const std::vector<Object>& objects);

/// A frame of kWidth x kHeight with objects goes in, what is made of it comes out.
GstBuffer* push_and_pull(GstHarness* harness, const std::string& caps, const std::vector<Object>& objects);

std::string output_format(GstHarness* harness);

/// The text of the only warning on the bus.
std::string only_warning(GstBus* bus);

}  // namespace check
