// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/shared_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace vcl {
namespace {

constexpr auto kNoWait = [](double) {};

TEST(SharedCache, MakesAValueOnceForAllItsUsersAndAgainForLaterOnes) {
  SharedCache<int, std::string> cache;
  int made = 0;
  const auto make = [&](auto) { return "value " + std::to_string(++made); };
  auto first = cache.get(1, make, kNoWait);
  const auto same = cache.get(1, make, kNoWait), other = cache.get(2, make, kNoWait);
  EXPECT_EQ(first, same);
  EXPECT_EQ(*first, "value 1");
  EXPECT_EQ(*other, "value 2");
  first.reset();
  EXPECT_EQ(cache.get(1, make, kNoWait), same);  // one user is left
}

TEST(SharedCache, AValueGoesWithItsLastUser) {
  const auto token = std::make_shared<int>(5);
  SharedCache<int, std::shared_ptr<int>> cache;
  const auto make = [&](auto) { return std::shared_ptr(token); };
  {
    const auto one = cache.get(1, make, kNoWait), two = cache.get(1, make, kNoWait);
    EXPECT_EQ(token.use_count(), 2);
  }
  EXPECT_EQ(token.use_count(), 1);
  const auto again = cache.get(1, make, kNoWait);
  EXPECT_EQ(token.use_count(), 2);
}

TEST(SharedCache, AFailureIsNotKept) {
  SharedCache<int, int> cache;
  EXPECT_THROW(cache.get(
                   1, [](auto) -> int { throw std::runtime_error("no"); }, kNoWait),
               std::runtime_error);
  EXPECT_EQ(*cache.get(
                1, [](auto) { return 7; }, kNoWait),
            7);
}

// A slow one must not hold up the others: while one value is made, another is asked for from within.
TEST(SharedCache, ValuesOfDifferentKeysAreMadeAtTheSameTime) {
  SharedCache<int, int> cache;
  const auto outer = cache.get(
      1,
      [&](auto) {
        return 10 + *cache.get(
                        2, [](auto) { return 3; }, kNoWait);
      },
      kNoWait);
  EXPECT_EQ(*outer, 13);
}

// Whoever makes a value may ask for it meanwhile: the maker would wait for itself.
TEST(SharedCache, TheMakerGetsACopyOfItsOwn) {
  SharedCache<int, int> cache;
  std::shared_ptr<const int> inner;
  const auto outer = cache.get(
      1,
      [&](auto) {
        inner = cache.get(
            1, [](auto) { return 3; }, kNoWait);
        return 4;
      },
      kNoWait);
  EXPECT_EQ(*inner, 3);
  EXPECT_EQ(*outer, 4);
  EXPECT_EQ(cache.get(
                1, [](auto) { return 5; }, kNoWait),
            outer);
}

// Each makes a value and asks for the other's meanwhile.
TEST(SharedCache, MakersDoNotWaitForEachOther) {
  SharedCache<int, int> cache;
  std::barrier both_make(2);
  std::atomic<int> sum = 0;
  {
    std::vector<std::jthread> threads;
    for (int key = 0; key < 2; ++key)
      threads.emplace_back([&, key] {
        sum += *cache.get(
            key,
            [&](auto) {
              both_make.arrive_and_wait();
              return 10 + *cache.get(
                              1 - key, [](auto) { return 1; }, kNoWait);
            },
            kNoWait);
      });
  }
  EXPECT_EQ(sum, 22);
}

TEST(SharedCache, WhoWaitsHearsOfTheMakerAndMayLeave) {
  SharedCache<int, int> cache;
  std::atomic<bool> left = false;
  std::latch making(1);
  std::jthread maker([&] {
    cache.get(
        1,
        [&](auto report) {
          report(0.25);
          making.count_down();
          left.wait(false);
          return 1;
        },
        kNoWait);
  });
  making.wait();
  std::vector<double> shares;
  const auto wait = [&](double share) {
    shares.push_back(share);
    if (shares.size() == 3) throw std::runtime_error("enough");
  };
  EXPECT_THROW(cache.get(
                   1, [](auto) { return 2; }, wait),
               std::runtime_error);
  EXPECT_EQ(shares, std::vector<double>(3, 0.25));
  left = true;
  left.notify_one();
}

TEST(SharedCache, WhoWaitsForAFailureTriesAgain) {
  SharedCache<int, int> cache;
  std::atomic<bool> waits = false;
  std::latch making(1);
  std::jthread maker([&] {
    EXPECT_THROW(cache.get(
                     1,
                     [&](auto) -> int {
                       making.count_down();
                       waits.wait(false);
                       throw std::runtime_error("no");
                     },
                     kNoWait),
                 std::runtime_error);
  });
  making.wait();
  const auto value = cache.get(
      1, [](auto) { return 2; },
      [&](double) {
        waits = true;
        waits.notify_one();
      });
  EXPECT_EQ(*value, 2);
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
        const auto value = cache.get(
            key,
            [&](auto) {
              if (in_use[key] != 0) ++wrong;
              return ++made[key];
            },
            kNoWait);
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
