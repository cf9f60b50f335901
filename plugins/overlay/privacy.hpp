// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "gst/vcl/gstvclinstancesmeta.h"
#include "plugins/base/buffer_ptr.hpp"
#include "plugins/overlay/hide.hpp"

namespace gstvcl {

/// Hides the instances of one stream. If a frame has no result, or a stale one, the instances of the latest result stay
/// hidden. Their margin grows from frame to frame, because they may move. Before the first result the whole frame is
/// hidden. For use in one thread.
class Privacy {
 public:
  /// `meta` is null or has the size of the frame. `style` must not be Style::Paint.
  void hide(GstVideoFrame* frame, const GstVclInstancesMeta* meta, Style style);
  /// Forgets the stream: the next frame belongs to another one.
  void forget() { *this = {}; }

 private:
  struct Object {
    vcl::Box box;
    BufferPtr mask;
  };
  static std::vector<Object> objects_of(const GstVclInstancesMeta* meta);

  std::vector<Object> latest_;  // instances of the latest result
  vcl::Size size_;              // frame size of the latest result; empty before the first one
  int frames_since_ = 0;
};

}  // namespace gstvcl
