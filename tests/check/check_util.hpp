// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Before gstcheck.h, which makes the names of some of their members macros.
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "gst/vcl/gstvclinstancesmeta.h"

namespace check {

/// All formats that the elements take.
const std::vector<std::string>& formats();

std::string caps_string(const std::string& format, int width, int height, const std::string& more = "framerate=25/1");

/// A black frame with white boxes on it. `padding`: bytes added to each row; they carry noise.
GstBuffer* frame_with_boxes(GstVideoInfo* info, const std::vector<GstVclBox>& boxes, int padding = 0);

/// The same for frame number `n` at 25 frames/s, as upstream sends it.
GstBuffer* numbered_frame(const std::string& caps, int n, const std::vector<GstVclBox>& boxes, int padding = 0);

GstVideoInfo video_info(const std::string& caps);

/// A started harness round a launch line, such as "vcl-vis-segment window=3".
GstHarness* start(const std::string& element, const std::string& caps);

/// Pushes frames `first`..`last` with `boxes`, each of which must be accepted.
void push_frames(GstHarness* harness, const std::string& caps, int first, int last,
                 const std::vector<GstVclBox>& boxes);

/// A pool of so many buffers and no more. One that is empty fails the test.
class SmallPool {
 public:
  SmallPool(const std::string& caps, guint buffers);
  ~SmallPool();
  SmallPool(const SmallPool&) = delete;
  SmallPool& operator=(const SmallPool&) = delete;

  /// The same as numbered_frame(), in a buffer of the pool; every other frame is a shallow copy of one.
  GstBuffer* numbered_frame(int n, const std::vector<GstVclBox>& boxes);

 private:
  std::string caps_;
  GstBufferPool* pool_;
};

/// The meta of a buffer; fails the test when there is none.
GstVclInstancesMeta* meta_of(GstBuffer* buffer);

/// Sets the element, in its own pipeline, to PAUSED and returns the text of the error it must give; `domain` and
/// `code` are checked.
std::string error_of(const std::string& element, GQuark domain, gint code);

/// How long what is to come may take on a busy machine.
constexpr GstClockTime kPatience = 600 * GST_SECOND;
/// Waits for the EOS of a pipeline that plays; an error fails the test.
void wait_for_eos(GstElement* pipeline);
/// Since g_get_monotonic_time() gave that.
GstClockTime time_since(gint64 monotonic_time);

void assert_box(const GstVclInstance* instance, const GstVclBox& expected);

/// An empty folder, gone with the object.
struct TemporaryFolder {
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return path + "/" + name; }
  std::string path;
};

std::string read_file(const std::string& path);

}  // namespace check
