/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The C API from C99, with the engine that finds bright blocks: what it gives, and in which order. */
#include "c_api.h"

static VclResultInfo info_of(const VclResult* result) {
  VclResultInfo info = {.struct_size = sizeof info};
  CHECK_OK(vcl_result_info(result, &info));
  return info;
}

static int has_none(VclEngine* engine) {
  VclResult* result = (VclResult*)engine;
  CHECK_OK(vcl_engine_take(engine, &result));
  return result == NULL;
}

/* Runs, text and pixels say the same, and the pixels are those of the block. */
static void check_mask(const VclResult* result, size_t index, int left, int top, int width, int height) {
  enum { kStride = kWidth + 3, kSize = kStride * (kHeight - 1) + kWidth };
  unsigned char pixels[kSize + 1];
  const VclInstance instance = instance_of(result, index);
  size_t pixel = 0;

  CHECK(instance.x == left && instance.y == top && instance.width == width && instance.height == height);
  CHECK(instance.area == (uint64_t)width * (uint64_t)height);
  memset(pixels, 7, sizeof pixels);
  CHECK_OK(vcl_result_mask(result, index, pixels, kSize, kStride));
  for (int y = 0; y < kHeight; y++)
    for (int x = 0; x < kStride; x++) {
      const int inside = x >= left && x < left + width && y >= top && y < top + height;
      if (y * kStride + x < kSize) CHECK(pixels[y * kStride + x] == (x >= kWidth ? 7 : inside ? 255 : 0));
    }
  CHECK(pixels[kSize] == 7);

  for (size_t run = 0; run < instance.run_count; run++)
    for (uint32_t i = 0; i < instance.runs[run]; i++, pixel++)
      CHECK(pixels[pixel % kHeight * kStride + pixel / kHeight] == (run % 2 ? 255 : 0));
  CHECK(pixel == kWidth * kHeight);
}

static void test_a_video(void) {
  unsigned char pixels[kWidth * kHeight];
  VclEngine* engine = open_engine(NULL, 3);
  /* Frame 2 is not inferred: frame 0 waits for two others that are, and 2 leaves right behind 1. */
  const int ready[5] = {0, 0, 0, 1, 2};
  VclResult* results[5];
  int taken = 0;
  uint64_t big = 0, small = 0;
  int latency = 0;

  CHECK_OK(vcl_engine_latency(engine, &latency));
  CHECK(latency == 2);
  for (int i = 0; i < 5; i++) {
    const VclFrame frame = picture(pixels, i);
    CHECK_OK(vcl_engine_push(engine, &frame, i == 0 ? -1 : i * 40, i != 2));
    for (int n = 0; n < ready[i]; n++) results[taken++] = take(engine);
    CHECK(has_none(engine));
  }
  CHECK_OK(vcl_engine_drain(engine));
  results[3] = take(engine);
  results[4] = take(engine);
  CHECK(has_none(engine));
  vcl_engine_free(engine); /* results outlive it */

  for (int i = 0; i < 5; i++) {
    const VclResultInfo info = info_of(results[i]);
    CHECK(info.frame == (uint64_t)i && info.pts == (i == 0 ? -1 : i * 40) && info.instances == 2);
    CHECK(info.width == kWidth && info.height == kHeight && info.stale == (i == 2));
    for (size_t n = 0; n < 2; n++) {
      const VclInstance instance = instance_of(results[i], n);
      if (i == 0) *(n == 0 ? &big : &small) = instance.track_id;
      CHECK(instance.track_id == (n == 0 ? big : small));
      CHECK(instance.is_new == (i == 0) && instance.score > 0.89f && instance.score < 0.91f);
    }
    check_mask(results[i], 0, i == 2 ? 1 : i, 4, 8, 6); /* the stale frame repeats the one before */
    check_mask(results[i], 1, 28, 20, 2, 2);
    if (i == 0) CHECK(strcmp(instance_of(results[0], 1).counts, "de02f00l0") == 0);
    vcl_result_free(results[i]);
  }
  CHECK(big != 0 && small != 0 && big != small);
}

static size_t instances_of_next(VclEngine* engine) {
  unsigned char pixels[kWidth * kHeight];
  const VclFrame frame = picture(pixels, 0);
  VclResult* result;
  size_t instances;
  CHECK_OK(vcl_engine_push(engine, &frame, 0, 1));
  result = take(engine);
  instances = info_of(result).instances;
  vcl_result_free(result);
  return instances;
}

static void test_filters_hold_from_the_next_frame_on(void) {
  VclEngine* engine = open_engine(NULL, 1);
  CHECK(instances_of_next(engine) == 2);
  CHECK_OK(vcl_engine_set_min_area(engine, kSmallArea + 1));
  CHECK(instances_of_next(engine) == 1);
  CHECK_OK(vcl_engine_set_min_area(engine, kBigArea + 1));
  CHECK(instances_of_next(engine) == 0);
  CHECK_OK(vcl_engine_set_min_area(engine, 0));
  CHECK_OK(vcl_engine_set_max_instances(engine, 1));
  CHECK(instances_of_next(engine) == 1);
  CHECK_OK(vcl_engine_set_max_instances(engine, 1000));
  CHECK_OK(vcl_engine_set_threshold(engine, 0.95f));
  CHECK(instances_of_next(engine) == 0);
  CHECK_OK(vcl_engine_set_threshold(engine, -1));
  CHECK(instances_of_next(engine) == 2);
  vcl_engine_free(engine);
}

static void test_reset_drops_all_that_was_not_taken(void) {
  unsigned char pixels[kWidth * kHeight];
  const VclFrame frame = picture(pixels, 0);
  VclEngine* engine = open_engine(NULL, 2);
  VclResult* result;
  for (int i = 0; i < 4; i++) CHECK_OK(vcl_engine_push(engine, &frame, i, 1)); /* three are ready, one is held back */
  CHECK_OK(vcl_engine_reset(engine));
  CHECK(has_none(engine));
  CHECK_OK(vcl_engine_drain(engine));
  CHECK(has_none(engine));
  CHECK_OK(vcl_engine_push(engine, &frame, 9, 1));
  CHECK_OK(vcl_engine_drain(engine));
  result = take(engine);
  CHECK(info_of(result).frame == 0 && info_of(result).pts == 9);
  CHECK(instance_of(result, 0).track_id > 2); /* ids go on counting */
  vcl_result_free(result);
  vcl_engine_free(engine);
}

static void test_whole_videos_come_at_the_end(void) {
  const VclEngineOptions options = {.struct_size = sizeof options, .mode = VCL_DECODE_WHOLE};
  unsigned char pixels[kWidth * kHeight];
  const VclFrame frame = picture(pixels, 0);
  VclEngine* engine = NULL;
  int latency = 0;
  CHECK_OK(vcl_engine_new(&options, &engine));
  CHECK_OK(vcl_engine_latency(engine, &latency));
  CHECK(latency == -1);
  for (int i = 0; i < 300; i++) CHECK_OK(vcl_engine_push(engine, &frame, i, 1));
  CHECK(has_none(engine));
  CHECK_OK(vcl_engine_drain(engine));
  for (int i = 0; i < 300; i++) vcl_result_free(take(engine));
  CHECK(has_none(engine));
  vcl_engine_free(engine);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  CHECK(strcmp(vcl_version(), argv[1]) == 0);
  CHECK(strcmp(vcl_error_message(), "") == 0);
  test_a_video();
  test_filters_hold_from_the_next_frame_on();
  test_reset_drops_all_that_was_not_taken();
  test_whole_videos_come_at_the_end();
  test_refusals();
  test_structs();
  test_threads();
  return 0;
}
