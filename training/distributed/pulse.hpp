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

/// A thread that tells the other processes that this one is alive, however long it computes, and receives their
/// messages about lost processes. Functions may be called from any thread and never wait for the network.
class Pulse {
 public:
  Pulse(std::shared_ptr<Rendezvous> rendezvous, int rank, int size);
  /// Detaches the thread if it hangs in the network because the other machine is silent. It then ends with the process.
  ~Pulse();
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;

  /// Returns whether a process raised the alarm or the rendezvous is gone.
  bool alarmed() const;
  /// Tells all processes that one is lost.
  void raise_alarm();
  /// Returns the processes that have been silent for this many seconds, counted from the alarm at the earliest. Returns
  /// the first process if the rendezvous is gone.
  std::vector<int> silent(double seconds) const;
  /// Returns the announced description of the loss, or an empty text if there is none yet.
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
