// SPDX-License-Identifier: LGPL-2.1-or-later
// The video half of the method, by stages.
#include <benchmark/benchmark.h>

BENCHMARK_MAIN();
