// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>

namespace vcl {

/// Returns the number of processors that the CPU quotas of the process's control groups, versions 1 and 2, allow,
/// rounded up (the limit of a container). Returns INT_MAX if there is no quota or none can be read. `groups`:
/// /proc/self/cgroup. `mount`: the folder of the groups' files.
int cpu_quota(const std::filesystem::path& groups, const std::filesystem::path& mount);

}  // namespace vcl
