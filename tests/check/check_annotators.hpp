// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "check_util.hpp"
#include "gst/vcl/gstvclfeaturesmeta.h"

/// What the tests of dinofeatures and maskcut share.
namespace check {

/// The elements, by each of their names.
inline const std::vector<std::string> kAnnotators = {"dinofeatures", "maskcut", "vcl-dinofeatures", "vcl-maskcut"};

/// What an element says of a frame.
struct Seen {
  guint64 frame;
  guint width, height;
  bool stale;
};

/// Features if there are any, else instances; neither fails the test.
Seen seen(GstBuffer* buffer);

/// Pushes a frame and pulls the one that must come out at once.
Seen push_and_see(GstHarness* harness, GstBuffer* buffer);

}  // namespace check
