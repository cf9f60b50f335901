// SPDX-License-Identifier: LGPL-2.1-or-later
// Every element in storms of buffers, events, queries, states and properties. VCL_STORMS=1000 for a long run.
#include "storm.hpp"

#include "check_util.hpp"

namespace {

// What a storm leaves alone: paths, devices, what bins have, and `qos`, with which a base class drops late buffers.
const std::vector<std::string> kFixed = {
    "model",          "device",         "parent",          "name", "json-location", "ytvis-location",
    "masks-location", "async-handling", "message-forward", "qos"};

// Of vcl-overlay also what refuses one another.
std::vector<std::string> fixed_of_overlay() {
  std::vector<std::string> fixed = kFixed;
  fixed.insert(fixed.end(), {"style", "attach-composition"});
  return fixed;
}

// `folder`: for what they write.
std::vector<check::StormElement> elements(const std::string& folder) {
  return {
      {"vcl-vis-segment", "vcl-vis-segment", check::formats(), kFixed},
      {"vcl-vis-segment whole", "vcl-vis-segment mode=whole", check::formats(), kFixed},
      {"maskcut", "maskcut track=true crf=false", check::formats(), kFixed},
      {"dinofeatures", "dinofeatures", check::formats(), kFixed, check::Gaps::Painted},
      {"vcl-idmap", "vcl-vis-segment ! vcl-idmap", check::formats(), kFixed, check::Gaps::Painted},
      {"vcl-sei", "vcl-vis-segment ! vcl-sei-write max-bytes=65536 ! vcl-sei-read", check::formats(), kFixed},
      {"vcl-overlay", "vcl-vis-segment ! vcl-overlay trails=true", check::formats(), fixed_of_overlay(),
       check::Gaps::Painted},
      {"vcl-overlay attached", "vcl-vis-segment ! vcl-overlay attach-composition=always", check::formats(),
       fixed_of_overlay(), check::Gaps::Painted},
      {"vcl-overlay hiding", "vcl-vis-segment ! vcl-overlay style=mosaic", check::formats(), fixed_of_overlay(),
       check::Gaps::Painted},
      {"vcl-export",
       "vcl-vis-segment ! vcl-export json-location=" + folder + "/o.jsonl" + " ytvis-location=" + folder + "/o.json" +
           " masks-location=" + folder + "/masks",
       check::formats(), kFixed},
      {"vcl-export to numbered files",
       "vcl-vis-segment ! vcl-export system-clock=true json-max-duration=200000000 json-max-bytes=2000 "
       "json-max-files=3 "
       "json-location=" +
           folder + "/o-%05d.jsonl",
       check::formats(), kFixed},
      {"vcl-export to nobody",
       "vcl-vis-segment ! vcl-export json-queue-lines=3 json-location=unix:" + folder + "/nobody", check::formats(),
       kFixed},
  };
}

}  // namespace

GST_START_TEST(test_storms) {
  const check::TemporaryFolder folder;
  const check::StormElement element = elements(folder.path)[std::size_t(__i__)];
  const auto [first, storms] = check::storm_plan();
  for (unsigned seed = first; seed < first + storms; ++seed) check::run_storm(element, seed);
}
GST_END_TEST;

namespace {

Suite* storms_suite() {
  Suite* suite = suite_create("storms");
  TCase* cases = tcase_create("storms");
  tcase_set_timeout(cases, 10 + 5 * double(check::storm_plan().storms));
  suite_add_tcase(suite, cases);
  tcase_add_loop_test(cases, test_storms, 0, int(elements("").size()));
  return suite;
}

}  // namespace

GST_CHECK_MAIN(storms);
