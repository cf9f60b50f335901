// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "gst/vcl/gstvclinstancesmeta.h"
#include "plugins/base/buffer_ptr.hpp"
#include "plugins/overlay/hide.hpp"

namespace gstvcl {

/// Hides the instances of one stream. Where a frame has no result of its own, none or a stale one, what the latest
/// result had stays hidden, with a margin that grows from frame to frame, for it may move. Before the first result
/// the whole frame is hidden. One thread.
class Privacy {
 public:
  /// `meta`: none, or one of the frame's size. Not Style::Paint.
  void hide(GstVideoFrame* frame, const GstVclInstancesMeta* meta, Style style);
  /// The next frame is that of another stream.
  void forget() { *this = {}; }

 private:
  struct Object {
    vcl::Box box;
    BufferPtr mask;
  };
  static std::vector<Object> objects_of(const GstVclInstancesMeta* meta);

  std::vector<Object> latest_;  // of the latest result
  vcl::Size size_;              // of its frame; none before the first one
  int frames_since_ = 0;
};

}  // namespace gstvcl
