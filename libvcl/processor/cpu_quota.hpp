// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>

namespace vcl {

/// Processors whose whole time a process may have by the CPU quotas of its control groups, versions 1 and 2, rounded
/// up: a container's limit. INT_MAX: there is none, or none that can be read. `groups`: /proc/self/cgroup; `mount`:
/// where the groups' files are.
int cpu_quota(const std::filesystem::path& groups, const std::filesystem::path& mount);

}  // namespace vcl
