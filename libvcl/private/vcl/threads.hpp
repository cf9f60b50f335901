// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace [[gnu::visibility("default")]] vcl {

/// Returns the number of processors that this process may use, at least 1. This is what `threads` 0 means. It is the
/// smallest of the process's affinity, the CPU quotas of its control groups (a container's limit), and OMP_NUM_THREADS.
int usable_processors();

/// The same without OMP_NUM_THREADS: the most threads that can compute at once, also for who asks for a number.
int granted_processors();

}  // namespace vcl
