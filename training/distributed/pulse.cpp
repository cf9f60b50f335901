// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/distributed/pulse.hpp"

namespace vcl::train {
namespace {

constexpr std::chrono::milliseconds kBetweenBeats{250}, kPatienceAtTheEnd{2000};

std::string beats_of(int rank) {
  return "beat/" + std::to_string(rank);
}

}  // namespace

Pulse::Pulse(std::shared_ptr<Rendezvous> rendezvous, int rank, int size) {
  heard_->beats.resize(std::size_t(size));
  heard_->changed.assign(std::size_t(size), Clock::now());
  thread_ = std::thread([rendezvous = std::move(rendezvous), heard = heard_, rank] {
    try {
      while (true) {
        {
          const std::lock_guard lock(heard->mutex);
          if (heard->ending) break;
        }
        beat(rendezvous, *heard, rank);
        std::this_thread::sleep_for(kBetweenBeats);
      }
    } catch (const ConnectionLost&) {
      const std::lock_guard lock(heard->mutex);
      heard->gone = heard->alarm = true;
    }
    const std::lock_guard lock(heard->mutex);
    heard->ended = true;
  });
}

Pulse::~Pulse() {
  const auto ended = [&] {
    const std::lock_guard lock(heard_->mutex);
    heard_->ending = true;
    return heard_->ended;
  };
  for (const auto start = Clock::now(); !ended() && Clock::now() - start < kPatienceAtTheEnd;)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  if (ended())
    thread_.join();
  else
    thread_.detach();
}

void Pulse::beat(const std::shared_ptr<Rendezvous>& rendezvous, Heard& heard, int rank) {
  bool raise = false;
  std::string announce;
  {
    const std::lock_guard lock(heard.mutex);
    raise = heard.raise;
    announce = heard.to_announce;
  }
  rendezvous->count(beats_of(rank));
  if (raise) rendezvous->publish("alarm", "1");
  if (!announce.empty()) rendezvous->publish("verdict", announce);
  const bool alarm = rendezvous->has("alarm");
  std::vector<std::string> beats(heard.beats.size());
  std::string verdict;
  if (alarm) {
    for (std::size_t r = 0; r < beats.size(); ++r)
      if (rendezvous->has(beats_of(int(r)))) beats[r] = rendezvous->read(beats_of(int(r)));
    if (rendezvous->has("verdict")) verdict = rendezvous->read("verdict");
  }
  const std::lock_guard lock(heard.mutex);
  heard.answered = Clock::now();
  const bool first_look = alarm && !heard.alarm;
  for (std::size_t r = 0; r < beats.size(); ++r)
    if (first_look || beats[r] != heard.beats[r]) {
      heard.beats[r] = beats[r];
      heard.changed[r] = heard.answered;
    }
  heard.verdict = verdict;
  heard.alarm = alarm;
}

bool Pulse::alarmed() const {
  const std::lock_guard lock(heard_->mutex);
  return heard_->alarm;
}

void Pulse::raise_alarm() {
  const std::lock_guard lock(heard_->mutex);
  heard_->raise = true;
}

std::vector<int> Pulse::silent(double seconds) const {
  const std::lock_guard lock(heard_->mutex);
  const auto since = [](Clock::time_point time) { return std::chrono::duration<double>(Clock::now() - time).count(); };
  if (heard_->gone || since(heard_->answered) > seconds) return {0};
  std::vector<int> ranks;
  if (!heard_->alarm) return ranks;
  for (std::size_t r = 0; r < heard_->changed.size(); ++r)
    if (since(heard_->changed[r]) > seconds) ranks.push_back(int(r));
  return ranks;
}

std::string Pulse::verdict() const {
  const std::lock_guard lock(heard_->mutex);
  return heard_->verdict;
}

void Pulse::announce(const std::string& verdict) {
  const std::lock_guard lock(heard_->mutex);
  heard_->to_announce = verdict;
}

}  // namespace vcl::train
