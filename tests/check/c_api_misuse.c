/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The C API with arguments that are null, wrong or of another release, engines that throw, and many threads. */
#include <limits.h>
#include <pthread.h>

#include "c_api.h"

static void test_nulls(VclEngine* engine, const VclResult* result, const VclFrame* frame) {
  VclResultInfo info = {.struct_size = sizeof info};
  VclInstance instance = {.struct_size = sizeof instance};
  VclResult* taken = (VclResult*)engine;
  unsigned char pixels[kWidth * kHeight];
  int frames = 0;

  CHECK_FAILS(vcl_engine_new(NULL, NULL), VCL_INVALID, "engine");
  CHECK_FAILS(vcl_engine_set_threshold(NULL, 0), VCL_INVALID, "engine");
  CHECK_FAILS(vcl_engine_set_max_instances(NULL, 1), VCL_INVALID, "engine");
  CHECK_FAILS(vcl_engine_set_min_area(NULL, 0), VCL_INVALID, "engine");
  CHECK_FAILS(vcl_engine_set_max_age(NULL, 0), VCL_INVALID, "engine");
  CHECK_FAILS(vcl_engine_set_overlap(NULL, VCL_OVERLAP_AUTO), VCL_INVALID, "engine");
  CHECK_FAILS(vcl_engine_latency(NULL, &frames), VCL_INVALID, "engine");
  CHECK_FAILS(vcl_engine_latency(engine, NULL), VCL_INVALID, "frames");
  CHECK_FAILS(vcl_engine_push(NULL, frame, 0, 1), VCL_INVALID, "engine");
  CHECK_FAILS(vcl_engine_push(engine, NULL, 0, 1), VCL_INVALID, "frame");
  CHECK_FAILS(vcl_engine_take(engine, NULL), VCL_INVALID, "result");
  CHECK_FAILS(vcl_engine_take(NULL, &taken), VCL_INVALID, "engine");
  CHECK(taken == NULL);
  CHECK_FAILS(vcl_engine_drain(NULL), VCL_INVALID, "engine");
  CHECK_FAILS(vcl_engine_reset(NULL), VCL_INVALID, "engine");
  CHECK_FAILS(vcl_result_info(NULL, &info), VCL_INVALID, "result");
  CHECK_FAILS(vcl_result_info(result, NULL), VCL_INVALID, "info");
  CHECK_FAILS(vcl_result_instance(NULL, 0, &instance), VCL_INVALID, "result");
  CHECK_FAILS(vcl_result_instance(result, 0, NULL), VCL_INVALID, "instance");
  CHECK_FAILS(vcl_result_mask(NULL, 0, pixels, sizeof pixels, kWidth), VCL_INVALID, "result");
  CHECK_FAILS(vcl_result_mask(result, 0, NULL, sizeof pixels, kWidth), VCL_INVALID, "pixels");
  vcl_engine_free(NULL);
  vcl_result_free(NULL);
}

static void test_bad_options(void) {
  const VclEngineOptions good = {.struct_size = sizeof good};
  VclEngine* engine = (VclEngine*)&good;
  VclEngineOptions bad = good;

  bad.threads = -1;
  CHECK_FAILS(vcl_engine_new(&bad, &engine), VCL_INVALID, "threads");
  CHECK(engine == NULL);
  bad.threads = INT_MAX;
  CHECK_FAILS(vcl_engine_new(&bad, &engine), VCL_INVALID, "threads");
  bad = good;
  bad.mode = 2;
  CHECK_FAILS(vcl_engine_new(&bad, &engine), VCL_INVALID, "mode");
  bad.mode = -1;
  CHECK_FAILS(vcl_engine_new(&bad, &engine), VCL_INVALID, "mode");
  bad = good;
  bad.precision = 2;
  CHECK_FAILS(vcl_engine_new(&bad, &engine), VCL_INVALID, "precision");
  bad = good;
  bad.motion = 2;
  CHECK_FAILS(vcl_engine_new(&bad, &engine), VCL_INVALID, "motion");
  bad = good;
  bad.pipelined = 2;
  CHECK_FAILS(vcl_engine_new(&bad, &engine), VCL_INVALID, "pipelined");
  bad = good;
  bad.model = "blob:open-error=not-found";
  CHECK_FAILS(vcl_engine_new(&bad, &engine), VCL_NOT_FOUND, "not-found");
  bad.model = "blob:open-error=unreadable";
  CHECK_FAILS(vcl_engine_new(&bad, &engine), VCL_UNREADABLE, "unreadable");
  bad.model = "blob:open-error=unsupported";
  CHECK_FAILS(vcl_engine_new(&bad, &engine), VCL_UNSUPPORTED, "unsupported");
  bad.model = "blob:open-error=library";
  CHECK_FAILS(vcl_engine_new(&bad, &engine), VCL_LIBRARY, "library");
  bad.model = "blob:open-error=of no kind"; /* std::out_of_range in the engine */
  CHECK_FAILS(vcl_engine_new(&bad, &engine), VCL_INTERNAL, "");
  CHECK(engine == NULL);
}

/* What is refused changes nothing: it is not even counted. */
static void test_bad_frames(VclEngine* engine, const VclFrame* good) {
  VclFrame bad = *good;
  bad.width = 0;
  CHECK_FAILS(vcl_engine_push(engine, &bad, 0, 1), VCL_INVALID, "width");
  bad.width = -5;
  CHECK_FAILS(vcl_engine_push(engine, &bad, 0, 0), VCL_INVALID, "width");
  bad.width = bad.height = INT_MAX;
  CHECK_FAILS(vcl_engine_push(engine, &bad, 0, 0), VCL_INVALID, "2^30");
  bad = *good;
  bad.format = VCL_PIXEL_FORMAT_NV12 + 1;
  CHECK_FAILS(vcl_engine_push(engine, &bad, 0, 1), VCL_INVALID, "format");
  bad.format = -1;
  CHECK_FAILS(vcl_engine_push(engine, &bad, 0, 1), VCL_INVALID, "format");
  bad = *good;
  bad.matrix = 2;
  CHECK_FAILS(vcl_engine_push(engine, &bad, 0, 1), VCL_INVALID, "matrix");
  bad = *good;
  bad.planes[0] = NULL;
  CHECK_FAILS(vcl_engine_push(engine, &bad, 0, 1), VCL_INVALID, "plane 0");
  CHECK_OK(vcl_engine_push(engine, &bad, 0, 0)); /* not read */
  bad = *good;
  bad.format = VCL_PIXEL_FORMAT_I420;
  CHECK_FAILS(vcl_engine_push(engine, &bad, 0, 1), VCL_INVALID, "plane 1");
  bad = *good;
  bad.strides[0] = kWidth - 1;
  CHECK_FAILS(vcl_engine_push(engine, &bad, 0, 1), VCL_INVALID, "stride");
  bad = *good; /* bottom-up */
  bad.planes[0] += kWidth * (kHeight - 1);
  bad.strides[0] = -kWidth;
  CHECK_OK(vcl_engine_push(engine, &bad, 0, 1));
  for (uint64_t i = 1; i < 3; i++) {
    VclResultInfo info = {.struct_size = sizeof info};
    VclResult* result = take(engine);
    CHECK_OK(vcl_result_info(result, &info));
    CHECK(info.frame == i && info.instances == 2);
    vcl_result_free(result);
  }
}

static void test_another_size(const VclFrame* frame) {
  VclEngine* engine = open_engine(NULL, 2);
  VclFrame other = *frame;
  other.height /= 2;
  CHECK_OK(vcl_engine_push(engine, frame, 0, 1));
  CHECK_FAILS(vcl_engine_push(engine, &other, 1, 1), VCL_INVALID, "size");
  CHECK_OK(vcl_engine_push(engine, frame, 1, 1));
  CHECK_OK(vcl_engine_drain(engine));
  CHECK_OK(vcl_engine_push(engine, &other, 2, 1));
  CHECK_OK(vcl_engine_drain(engine));
  for (int i = 0; i < 3; i++) vcl_result_free(take(engine));
  vcl_engine_free(engine);
}

static void test_bad_indices_and_buffers(const VclResult* result) {
  VclInstance instance = {.struct_size = sizeof instance};
  unsigned char pixels[kWidth * kHeight];
  CHECK_FAILS(vcl_result_instance(result, 2, &instance), VCL_INVALID, "instance 2");
  CHECK_FAILS(vcl_result_instance(result, SIZE_MAX, &instance), VCL_INVALID, "instance");
  CHECK_FAILS(vcl_result_mask(result, 2, pixels, sizeof pixels, kWidth), VCL_INVALID, "instance 2");
  CHECK_FAILS(vcl_result_mask(result, 0, pixels, sizeof pixels - 1, kWidth), VCL_INVALID, "bytes");
  CHECK_FAILS(vcl_result_mask(result, 0, pixels, sizeof pixels, kWidth - 1), VCL_INVALID, "bytes");
  CHECK_FAILS(vcl_result_mask(result, 0, pixels, sizeof pixels, SIZE_MAX), VCL_INVALID, "bytes");
  CHECK_FAILS(vcl_result_mask(result, 0, pixels, 0, kWidth), VCL_INVALID, "bytes");
  CHECK_OK(vcl_result_mask(result, 0, pixels, sizeof pixels, kWidth));
}

/* An engine that throws, a vcl::Error or an int: a status, and the next frame works. */
static void test_engines_that_throw(const VclFrame* frame) {
  const char* models[] = {"blob:fail-at=2", "blob:fail-at=2,fail-with=int"};
  for (int i = 0; i < 2; i++) {
    VclEngine* engine = open_engine(models[i], 1);
    CHECK_OK(vcl_engine_push(engine, frame, 0, 1));
    CHECK_FAILS(vcl_engine_push(engine, frame, 1, 1), VCL_INTERNAL, i == 0 ? "as it was told" : "unknown type");
    CHECK_OK(vcl_engine_push(engine, frame, 2, 1));
    vcl_result_free(take(engine)); /* what was ready before the error stays */
    vcl_result_free(take(engine));
    vcl_engine_free(engine);
  }
}

void test_refusals(void) {
  unsigned char pixels[kWidth * kHeight];
  const VclFrame frame = picture(pixels, 0);
  VclEngine* engine = open_engine(NULL, 1);
  VclResult* result;

  CHECK_OK(vcl_engine_push(engine, &frame, 0, 1));
  result = take(engine);
  test_nulls(engine, result, &frame);
  test_bad_options();
  test_bad_frames(engine, &frame);
  CHECK_OK(vcl_engine_push(engine, &frame, 0, 1)); /* nobody takes its result */
  test_another_size(&frame);
  test_bad_indices_and_buffers(result);
  CHECK_FAILS(vcl_engine_set_threshold(engine, 1.5f), VCL_INVALID, "threshold");
  CHECK_FAILS(vcl_engine_set_threshold(engine, 0.0f / 0.0f), VCL_INVALID, "threshold");
  CHECK_FAILS(vcl_engine_set_max_instances(engine, 0), VCL_INVALID, "1 or more");
  CHECK_FAILS(vcl_engine_set_overlap(engine, 3), VCL_INVALID, "VCL_OVERLAP_FORBID");
  test_engines_that_throw(&frame);
  vcl_result_free(result);
  vcl_engine_free(engine);
}

/* A caller who was compiled with an older, a newer or no header at all. */
void test_structs(void) {
  struct {
    VclEngineOptions options;
    uint64_t later;
  } options = {{.struct_size = sizeof options}, 0};
  struct {
    VclFrame frame;
    uint64_t later;
  } frame;
  struct {
    VclInstance instance;
    uint64_t later, beyond;
  } instance = {{.struct_size = 0}, 7, 7};
  unsigned char pixels[kWidth * kHeight];
  VclEngine* engine = NULL;
  VclResult* result;

  options.later = 1;
  CHECK_FAILS(vcl_engine_new(&options.options, &engine), VCL_UNSUPPORTED, "options");
  options.later = 0;
  options.options.struct_size = 0;
  CHECK_FAILS(vcl_engine_new(&options.options, &engine), VCL_INVALID, "struct_size of options");
  options.options.struct_size = SIZE_MAX; /* never set */
  CHECK_FAILS(vcl_engine_new(&options.options, &engine), VCL_INVALID, "struct_size of options");
  options.options.struct_size = sizeof options;
  options.options.window = 1;
  CHECK_OK(vcl_engine_new(&options.options, &engine));

  frame.frame = picture(pixels, 0);
  frame.frame.struct_size = sizeof frame;
  frame.later = UINT64_C(1) << 63; /* the last byte */
  CHECK_FAILS(vcl_engine_push(engine, &frame.frame, 0, 1), VCL_UNSUPPORTED, "frame");
  frame.later = 0;
  CHECK_OK(vcl_engine_push(engine, &frame.frame, 0, 1));

  result = take(engine);
  CHECK_FAILS(vcl_result_instance(result, 0, &instance.instance), VCL_INVALID, "struct_size of instance");
  instance.instance.struct_size = sizeof instance - sizeof instance.beyond;
  CHECK_OK(vcl_result_instance(result, 0, &instance.instance));
  CHECK(instance.instance.area == kBigArea && instance.later == 0 && instance.beyond == 7);
  vcl_result_free(result);
  vcl_engine_free(engine);
}

/* One thread's engine: its results and its error message are its own. */
static void* use_engine(void* argument) {
  const int number = *(const int*)argument;
  unsigned char pixels[kWidth * kHeight];
  const VclFrame frame = picture(pixels, number);
  char model[40], words[40];
  VclEngineOptions missing = {.struct_size = sizeof missing, .model = model};
  VclEngine *engine = open_engine(NULL, 2), *none = NULL;
  VclResult* result;

  snprintf(model, sizeof model, "blob:thread%d", number); /* no KEY=VALUE */
  snprintf(words, sizeof words, "bad blob setting thread%d", number);
  for (int i = 0; i < 100; i++) {
    CHECK_OK(vcl_engine_push(engine, &frame, i, 1));
    CHECK(vcl_engine_new(&missing, &none) == VCL_INVALID);
    if (i > 0) {
      result = take(engine);
      CHECK(instance_of(result, 0).x == number);
      vcl_result_free(result);
    }
    CHECK(strcmp(vcl_error_message(), words) == 0);
  }
  vcl_engine_free(engine);
  return NULL;
}

void test_threads(void) {
  enum { kThreads = 4 };
  pthread_t threads[kThreads];
  int numbers[kThreads];
  for (int i = 0; i < kThreads; i++) {
    numbers[i] = i;
    CHECK(pthread_create(&threads[i], NULL, use_engine, &numbers[i]) == 0);
  }
  for (int i = 0; i < kThreads; i++) CHECK(pthread_join(threads[i], NULL) == 0);
}
