// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/processor/cpu_quota.hpp"

#include <algorithm>
#include <climits>
#include <cmath>
#include <fstream>
#include <optional>
#include <string>

namespace vcl {
namespace {

namespace fs = std::filesystem;

int processors(double quota, double period) {
  return quota > 0 && period > 0 ? int(std::clamp(std::ceil(quota / period), 1.0, double(INT_MAX))) : INT_MAX;
}

std::optional<double> number_in(const fs::path& file) {
  double value = 0;
  std::ifstream text(file);
  return text >> value ? std::optional(value) : std::nullopt;
}

/// Returns the quota of one group. Version 2 has one file, "max 100000" or "50000 100000"; version 1 has one file per
/// number.
int quota_of(const fs::path& group) {
  std::ifstream both(group / "cpu.max");
  double quota = 0, period = 0;
  if (both >> quota >> period) return processors(quota, period);
  return processors(number_in(group / "cpu.cfs_quota_us").value_or(-1),
                    number_in(group / "cpu.cfs_period_us").value_or(-1));
}

/// Returns the smallest quota of a group and its ancestors.
int least_quota(const fs::path& root, fs::path group) {
  int least = quota_of(root);
  for (; group.has_relative_path(); group = group.parent_path())
    least = std::min(least, quota_of(root / group.relative_path()));
  return least;
}

}  // namespace

int cpu_quota(const fs::path& groups, const fs::path& mount) {
  int least = INT_MAX;
  std::ifstream file(groups);
  for (std::string line; std::getline(file, line);) {  // "0::/group" or "4:cpu,cpuacct:/group"
    const std::size_t controllers = line.find(':') + 1, group = line.find(':', controllers) + 1;
    if (controllers == 0 || group == 0) continue;
    const std::string names = line.substr(controllers, group - 1 - controllers), path = line.substr(group);
    if (names.empty()) least = std::min(least, least_quota(mount, path));
    if (("," + names + ",").find(",cpu,") != std::string::npos)
      least = std::min({least, least_quota(mount / names, path), least_quota(mount / "cpu", path)});
  }
  return least;
}

}  // namespace vcl
