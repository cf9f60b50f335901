// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/threads.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "libvcl/processor/cpu_quota.hpp"

namespace vcl {
namespace {

int processors_of_affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

/// Returns the user's limit for all OpenMP programs: the first number of a list. Anything else is no limit.
int threads_of_openmp() {
  const char* text = std::getenv("OMP_NUM_THREADS");
  int threads = 0;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), threads);
  return threads >= 1 ? threads : INT_MAX;
}

}  // namespace

int granted_processors() {
  return std::min(processors_of_affinity(), cpu_quota("/proc/self/cgroup", "/sys/fs/cgroup"));
}

int usable_processors() {
  return std::min(granted_processors(), threads_of_openmp());
}

}  // namespace vcl
