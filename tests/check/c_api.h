/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the C API share: checks, a picture of two bright blocks, and engines. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vcl/vcl.h"

/* Ends the test where the condition does not hold. */
#define CHECK(condition)                                                                         \
  do {                                                                                           \
    if (!(condition)) {                                                                          \
      fprintf(stderr, "%s:%d: %s\n  %s\n", __FILE__, __LINE__, #condition, vcl_error_message()); \
      exit(1);                                                                                   \
    }                                                                                            \
  } while (0)

#define CHECK_OK(call) CHECK((call) == VCL_OK)

/* The call fails so, and its message names `word`. */
#define CHECK_FAILS(call, status, word)               \
  do {                                                \
    CHECK((call) == (status));                        \
    CHECK(strstr(vcl_error_message(), word) != NULL); \
  } while (0)

enum { kWidth = 32, kHeight = 24, kBigArea = 8 * 6, kSmallArea = 2 * 2 };

/* A big block at (x, 4) of 8x6 pixels and a small one at (28, 20) of 2x2, bright on black, GRAY8. `pixels` has room. */
VclFrame picture(unsigned char pixels[kWidth * kHeight], int x);

/* An engine of the test module, which finds bright blocks; `model` sets it up, or is NULL. */
VclEngine* open_engine(const char* model, int window);

/* The next result, which must be there. */
VclResult* take(VclEngine* engine);

/* The instance, which must be there. */
VclInstance instance_of(const VclResult* result, size_t index);

void test_refusals(void);
void test_structs(void);
void test_threads(void);
