// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>

#include "check_util.hpp"
#include "storm.hpp"
#include "storm_ledger.hpp"

namespace check {

/// Decisions of one thread.
class StormDice {
 public:
  explicit StormDice(unsigned seed) : rng_(seed) {}
  int roll(int low, int high) { return std::uniform_int_distribution<int>(low, high)(rng_); }
  bool one_in(int n) { return roll(1, n) == 1; }
  template <class T>
  const T& pick(const std::vector<T>& values) {
    return values[std::size_t(roll(0, int(values.size()) - 1))];
  }

 private:
  std::mt19937 rng_;
};

/// An element between two pads of ours, its streaming thread and its application.
class StormRun {
 public:
  StormRun(const StormElement& element, unsigned seed);
  ~StormRun();
  StormRun(const StormRun&) = delete;
  StormRun& operator=(const StormRun&) = delete;

  void run();

 private:
  // The streaming thread: storm_stream.cpp.
  void stream();
  void act_as_stream();
  void begin_stream();
  void new_caps(bool others);
  void new_segment();
  void end_of_stream();
  void serialized_event();
  void serialized_query();
  void push(GstBuffer* buffer, bool bad);
  GstBuffer* good_buffer();
  GstBuffer* bad_buffer();
  void stamp(GstBuffer* buffer);
  void send(GstEvent* event, bool drains);
  void break_off();
  bool undisturbed_since(int before) const { return before % 2 == 0 && before == disturbances_; }

  // The application's thread: storm_application.cpp.
  void act_as_application();
  void flush();
  void cycle(GstState down);
  void play_again();
  void set_any_property();
  void read_properties();
  void send_upstream();
  void ask_upstream();
  /// Runs `down` while the stream goes on, and `up` while it stands; what was inside is then lost.
  template <class Down, class Up>
  void disturb(Down down, Up up, bool ids_begin_anew);

  void final_check();
  GstFlowReturn take(GstBuffer* buffer);
  void watch(GstBuffer* buffer);

  const StormElement& storm_;
  StormLedger ledger_;
  StormDice stream_dice_, application_dice_, sink_dice_;
  GstElement* bin_;
  GstBus* bus_;
  std::vector<GstElement*> elements_;
  GstPad *source_, *sink_;

  // Of the stream.
  std::string caps_;
  GstVideoInfo info_{};
  GstClockTime time_ = 0;

  std::atomic<int> disturbances_ = 0;  ///< twice their number; odd: there is one at this moment
  std::atomic<int> errors_ = 0, alive_ = 0, events_up_ = 0;
  std::atomic<bool> refused_ = false;  ///< by what comes after the element
  std::atomic<bool> calm_ = false;     ///< nothing after the element refuses any more
  std::mutex mutex_;
  std::condition_variable changed_;
  bool halted_ = false, standing_ = false, broken_ = false, done_ = false;  // under the mutex
};

}  // namespace check
