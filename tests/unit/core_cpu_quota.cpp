// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/processor/cpu_quota.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <climits>
#include <cstdlib>

#include "core_random.hpp"
#include "vcl/threads.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

class CpuQuota : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    fs::create_directories(fs::path(folder_.file(name)).parent_path());
    test::write_file(folder_.file(name), text);
  }
  int quota(const std::string& groups) {
    write("groups", groups);
    return cpu_quota(folder_.file("groups"), folder_.file("mount"));
  }
  test::TemporaryFolder folder_;
};

TEST_F(CpuQuota, IsTheLeastOfAGroupAndThoseAboveItRoundedUp) {
  write("mount/cpu.max", "max 100000\n");
  write("mount/a/cpu.max", "350000 100000\n");
  write("mount/a/b/cpu.max", "max 100000\n");
  write("mount/a/c/cpu.max", "50000 100000\n");
  EXPECT_EQ(quota("0::/\n"), INT_MAX);
  EXPECT_EQ(quota("0::/a\n"), 4);
  EXPECT_EQ(quota("0::/a/b\n"), 4);
  EXPECT_EQ(quota("0::/a/c\n"), 1);
  EXPECT_EQ(quota("0::/a/unknown\n"), 4);
}

TEST_F(CpuQuota, IsReadFromVersion1Too) {
  write("mount/cpu,cpuacct/x/cpu.cfs_quota_us", "150000\n");
  write("mount/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n");
  write("mount/cpu,cpuacct/y/cpu.cfs_quota_us", "-1\n");
  write("mount/cpu,cpuacct/y/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota("5:memory:/x\n4:cpu,cpuacct:/x\n"), 2);
  EXPECT_EQ(quota("4:cpu,cpuacct:/y\n"), INT_MAX);
  EXPECT_EQ(quota("5:cpuset:/x\n"), INT_MAX) << "no quota belongs to it";
}

TEST_F(CpuQuota, WhatCannotBeReadIsNoLimit) {
  EXPECT_EQ(cpu_quota(folder_.file("absent"), folder_.file("mount")), INT_MAX);
  write("mount/a/cpu.max", "nonsense");
  for (const char* groups : {"", "nonsense", ":", "::", "0::/a", "0:cpu"}) EXPECT_EQ(quota(groups), INT_MAX) << groups;
  write("mount/z/cpu.max", "100000 0");
  EXPECT_EQ(quota("0::/z"), INT_MAX);
  write("mount/huge/cpu.max", "1e300 1");
  EXPECT_EQ(quota("0::/huge"), INT_MAX);
}

TEST(UsableProcessors, HeedsOpenMpAndAffinity) {
  ::unsetenv("OMP_NUM_THREADS");
  const int all = usable_processors(), granted = granted_processors();
  EXPECT_EQ(all, granted);
  for (const auto& [text, threads] :
       {std::pair{"1", 1}, {"1,2", 1}, {"0", all}, {"-3", all}, {"many", all}, {"", all}, {"1000000", all}}) {
    ::setenv("OMP_NUM_THREADS", text, 1);
    EXPECT_EQ(usable_processors(), threads) << text;
    EXPECT_EQ(granted_processors(), granted) << text;
  }
  ::unsetenv("OMP_NUM_THREADS");
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(usable_processors(), 1);
  sched_setaffinity(0, sizeof before, &before);
}

}  // namespace
}  // namespace vcl
