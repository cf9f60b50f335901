// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace [[gnu::visibility("default")]] vcl {

/// Processors that this process may use, at least 1: what "threads = 0" means. The smallest of its affinity, of the CPU
/// quotas of its control groups (a container's limit), and of OMP_NUM_THREADS.
int usable_processors();

}  // namespace vcl
