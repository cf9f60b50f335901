// SPDX-License-Identifier: LGPL-2.1-or-later
#include "check_annotators.hpp"

namespace check {

Seen seen(GstBuffer* buffer) {
  fail_unless(buffer != nullptr, "a buffer was expected");
  if (const GstVclFeaturesMeta* meta = gst_buffer_get_vcl_features_meta(buffer))
    return {meta->frame, meta->width, meta->height, bool(meta->stale)};
  const GstVclInstancesMeta* meta = meta_of(buffer);
  return {meta->frame, meta->width, meta->height, bool(meta->stale)};
}

Seen push_and_see(GstHarness* harness, GstBuffer* buffer) {
  GstBuffer* out = gst_harness_push_and_pull(harness, buffer);
  const Seen result = seen(out);
  gst_buffer_unref(out);
  return result;
}

}  // namespace check
