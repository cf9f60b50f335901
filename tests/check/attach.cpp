// SPDX-License-Identifier: LGPL-2.1-or-later
// Which frames are marked as incomplete.
#include "plugins/attach/attach.hpp"

#include <gst/check/gstcheck.h>

namespace {

constexpr vcl::Size kSize{8, 4};

vcl::Instance instance_of(std::uint64_t id, const vcl::Mask& mask) {
  vcl::Instance instance;
  instance.track_id = id;
  instance.score = 0.5f;
  instance.mask = vcl::rle_encode(mask);
  instance.area = vcl::rle_area(instance.mask);
  instance.box = vcl::rle_box(instance.mask);
  return instance;
}

vcl::Mask full(vcl::Size size) {
  vcl::Mask mask(size.width, size.height);
  mask.pixels.assign(mask.pixels.size(), 1);
  return mask;
}

}  // namespace

// What hides the instances keeps on hiding in a stale frame: one that lost an instance must be stale, the next must
// not.
GST_START_TEST(test_lost_instances) {
  const vcl::Instance good = instance_of(1, full(kSize)), empty = instance_of(2, vcl::Mask(kSize.width, kSize.height)),
                      misfit = instance_of(3, full({kSize.width + 1, kSize.height}));
  gstvcl::ResultAttacher attacher;
  for (const auto& [instances, added] : {std::pair{std::vector{good}, 1u},
                                         {{good, misfit}, 1u},
                                         {{empty, good}, 1u},
                                         {{misfit}, 0u},
                                         {{good, good}, 2u},
                                         {{}, 0u}}) {
    vcl::FrameResult result;
    result.size = kSize;
    result.instances = instances;
    GstBuffer* buffer = gst_buffer_new();
    attacher.attach(buffer, result, {}, GST_CLOCK_TIME_NONE);
    const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(buffer);
    fail_unless_equals_int(gst_vcl_instances_meta_get_n_instances(meta), added);
    fail_unless_equals_int(meta->stale, added < instances.size());
    gst_buffer_unref(buffer);
  }
}
GST_END_TEST;

static Suite* attach_suite() {
  Suite* suite = suite_create("attach");
  TCase* tests = tcase_create("attach");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_lost_instances);
  return suite;
}

GST_CHECK_MAIN(attach)
