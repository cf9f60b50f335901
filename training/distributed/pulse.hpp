// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "training/distributed/rendezvous.hpp"

namespace vcl::train {

/// A thread that tells the other processes that this one lives, however long it computes, and hears what they say: who
/// is lost, where one is. Functions may be called from any thread and never wait for the network.
class Pulse {
 public:
  Pulse(std::shared_ptr<Rendezvous> rendezvous, int rank, int size);
  /// A thread that hangs in the network, as the machine it waits for is silent, is left to end with the process.
  ~Pulse();
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;

  /// Whether some process raised the alarm, or the place where all meet is gone.
  bool alarmed() const;
  /// Lets all processes know that one is lost.
  void raise_alarm();
  /// Which processes have been silent since the alarm, for these seconds; the first where the meeting place is gone.
  std::vector<int> silent(double seconds) const;
  /// What the process that came to it first says of the loss; empty: nothing yet.
  std::string verdict() const;
  void announce(const std::string& verdict);

 private:
  using Clock = std::chrono::steady_clock;
  struct Heard {
    mutable std::mutex mutex;
    bool ending = false, ended = false, gone = false, alarm = false, raise = false;
    std::string verdict, to_announce;
    Clock::time_point answered = Clock::now();
    std::vector<std::string> beats;
    std::vector<Clock::time_point> changed;
  };
  static void beat(const std::shared_ptr<Rendezvous>& rendezvous, Heard& heard, int rank);

  const std::shared_ptr<Heard> heard_ = std::make_shared<Heard>();
  std::thread thread_;
};

}  // namespace vcl::train
