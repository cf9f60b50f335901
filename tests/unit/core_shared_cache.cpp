// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/shared_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace vcl {
namespace {

TEST(SharedCache, MakesAValueOnceForAllItsUsersAndAgainForLaterOnes) {
  SharedCache<int, std::string> cache;
  int made = 0;
  const auto make = [&] { return "value " + std::to_string(++made); };
  auto first = cache.get(1, make);
  const auto same = cache.get(1, make), other = cache.get(2, make);
  EXPECT_EQ(first, same);
  EXPECT_EQ(*first, "value 1");
  EXPECT_EQ(*other, "value 2");
  first.reset();
  EXPECT_EQ(cache.get(1, make), same);  // one user is left
}

TEST(SharedCache, AValueGoesWithItsLastUser) {
  const auto token = std::make_shared<int>(5);
  SharedCache<int, std::shared_ptr<int>> cache;
  const auto make = [&] { return token; };
  {
    const auto one = cache.get(1, make), two = cache.get(1, make);
    EXPECT_EQ(token.use_count(), 2);
  }
  EXPECT_EQ(token.use_count(), 1);
  const auto again = cache.get(1, make);
  EXPECT_EQ(token.use_count(), 2);
}

TEST(SharedCache, AFailureIsNotKept) {
  SharedCache<int, int> cache;
  EXPECT_THROW(cache.get(1, []() -> int { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_EQ(*cache.get(1, [] { return 7; }), 7);
}

// A slow one must not hold up the others: while one value is made, another is asked for from within.
TEST(SharedCache, ValuesOfDifferentKeysAreMadeAtTheSameTime) {
  SharedCache<int, int> cache;
  const auto outer = cache.get(1, [&] { return 10 + *cache.get(2, [] { return 3; }); });
  EXPECT_EQ(*outer, 13);
}

// Threads that come and go: nobody ever sees two values of a key at a time.
TEST(SharedCache, ThreadsShare) {
  SharedCache<int, int> cache;
  std::atomic<int> in_use[2] = {}, made[2] = {}, wrong = 0;
  std::barrier start(6);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      for (int round = 0; round < 2000; ++round) {
        const int key = (round + t) % 2;
        const auto value = cache.get(key, [&] {
          if (in_use[key] != 0) ++wrong;
          return ++made[key];
        });
        ++in_use[key];
        if (*value != made[key]) ++wrong;
        --in_use[key];
      }
    });
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace vcl
