/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "c_api.h"

VclFrame picture(unsigned char pixels[kWidth * kHeight], int x) {
  VclFrame frame = {.struct_size = sizeof frame, .width = kWidth, .height = kHeight, .format = VCL_PIXEL_FORMAT_GRAY8};
  memset(pixels, 0, kWidth * kHeight);
  for (int y = 4; y < 10; y++) memset(pixels + y * kWidth + x, 255, 8);
  for (int y = 20; y < 22; y++) memset(pixels + y * kWidth + 28, 255, 2);
  frame.planes[0] = pixels;
  frame.strides[0] = kWidth;
  return frame;
}

VclEngine* open_engine(const char* model, int window) {
  const VclEngineOptions options = {.struct_size = sizeof options, .model = model, .window = window};
  VclEngine* engine = NULL;
  CHECK_OK(vcl_engine_new(&options, &engine));
  CHECK(engine != NULL);
  return engine;
}

VclResult* take(VclEngine* engine) {
  VclResult* result = NULL;
  CHECK_OK(vcl_engine_take(engine, &result));
  CHECK(result != NULL);
  return result;
}

VclInstance instance_of(const VclResult* result, size_t index) {
  VclInstance instance = {.struct_size = sizeof instance};
  CHECK_OK(vcl_result_instance(result, index, &instance));
  CHECK(instance.struct_size == sizeof instance);
  return instance;
}
