// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/threads.hpp"

#include <sched.h>

#include <algorithm>

namespace vcl {

int usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

}  // namespace vcl
