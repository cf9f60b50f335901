// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/distributed/workers.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <limits>
#include <thread>

#include "libvcl/engine/device.hpp"
#include "support/json_text.hpp"

namespace vcl::train {
namespace {

constexpr double kForever = std::numeric_limits<double>::infinity();
// Seconds that a process must be silent to be named as lost, and seconds that a process then stays so that all receive
// the message.
constexpr double kSilence = 3, kFarewell = 1;
constexpr std::chrono::milliseconds kLook{20}, kSlice{250};
constexpr const char* kCure =
    "start again with the same --out, with any number of processes: training goes on from its checkpoint";

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string own_host() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

}  // namespace

/// Makes a call that needs the other processes. Throws WorkerLost if one is lost.
template <typename Call>
auto Workers::together(Call call) {
  if (!lost_.empty()) throw WorkerLost(lost_);
  try {
    return call();
  } catch (const ConnectionLost& error) {
    lost(error.what());
  }
}

Workers::Workers(const Launch& launch, double timeout_seconds) : launch_(launch), timeout_seconds_(timeout_seconds) {
  if (alone()) return;
  try {
    rendezvous_ = meet(launch_, std::chrono::milliseconds(std::int64_t(1000 * timeout_seconds_)));
    greet();
    cpu_ = open_groups(at::kCPU);
  } catch (const ConnectionLost& error) {
    const std::string place = launch_.host + ":" + std::to_string(launch_.port);
    throw Error(ErrorKind::Resource,
                "process " + std::to_string(launch_.rank) + " of " + std::to_string(launch_.size) +
                    " cannot join the others at " + place + " (MASTER_ADDR, MASTER_PORT): " + error.what() +
                    "; is the process with rank 0 there, the port free and the network open between all machines? "
                    "GLOO_SOCKET_IFNAME names the network interface");
  }
  pulse_.emplace(rendezvous_, launch_.rank, launch_.size);
}

/// All processes end together. A process that ends early tells the others. It then waits for kFarewell seconds, because
/// the rendezvous may end with it.
Workers::~Workers() {
  if (alone()) return;
  if (std::uncaught_exceptions() == 0 && lost_.empty()) {
    try {
      finish(cpu_.control->start_sum(at::zeros({1})));
    } catch (const ConnectionLost&) {  // at the end no process is needed any more
    }
    return;
  }
  if (lost_.empty()) {
    pulse_->announce(name_of(launch_.rank) + " ended with an error of its own, see there; " + kCure);
    pulse_->raise_alarm();
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(kFarewell));
}

/// Publishes the address of this process and waits for those of all others.
void Workers::greet() {
  if (rendezvous_->count("rank/" + std::to_string(launch_.rank)) > 1)
    throw Error(ErrorKind::Invalid, "two processes were started with rank " + std::to_string(launch_.rank) +
                                        ", or those of two trainings meet at one port: set another MASTER_PORT");
  rendezvous_->publish("host/" + std::to_string(launch_.rank), own_host());
  rendezvous_->publish("address/" + std::to_string(launch_.rank), rendezvous_->address());
  wait_for_all("address/");
  int loopbacks = 0;
  for (int rank = 0; rank < size(); ++rank) {
    hosts_.push_back(rendezvous_->read("host/" + std::to_string(rank)));
    loopbacks += is_loopback(rendezvous_->read("address/" + std::to_string(rank)));
  }
  if (loopbacks > 0 && loopbacks < size() && std::getenv("GLOO_SOCKET_IFNAME") == nullptr)
    throw Error(
        ErrorKind::Invalid,
        "on some machines " + launch_.host +
            " is a loopback address, by which no other machine is reached: set MASTER_ADDR to an address that all "
            "machines reach, or GLOO_SOCKET_IFNAME to the network interface");
}

Workers::Groups Workers::open_groups(const at::Device& device) {
  const std::string kind = device.is_cuda() ? "gpu" : "cpu";
  Groups groups;
  groups.control = rendezvous_->open_group(kind + "/control", device);
  groups.gradients = rendezvous_->open_group(kind + "/gradients", device);
  return groups;
}

Share Workers::share(int batch) const {
  if (batch < size())
    throw Error(ErrorKind::Invalid, "--batch " + std::to_string(batch) + " is less than one sample for each of " +
                                        std::to_string(size()) + " processes: start fewer");
  const auto begin = [&](std::int64_t rank) { return int(rank * batch / size()); };
  return {begin(launch_.rank), begin(launch_.rank + 1) - begin(launch_.rank)};
}

at::Device Workers::own_device(const std::string& name) const {
  const at::Device device = open_device(name);
  if (alone() || !device.is_cuda() || name.starts_with("cuda:")) return device;
  return open_device("cuda:" + std::to_string(launch_.local_rank));
}

void Workers::use_device(const at::Device& device) {
  if (alone() || !device.is_cuda()) return;
  together([&] { gpu_ = open_groups(device); });
}

std::string Workers::name_of(int rank) const {
  return "process " + std::to_string(rank) + " of " + std::to_string(size()) + " on " + hosts_[std::size_t(rank)];
}

/// Handles every loss: tells all processes, and names the silent ones.
void Workers::lost(const std::string& cause) {
  if (!lost_.empty()) throw WorkerLost(lost_);
  pulse_->raise_alarm();
  const auto start = std::chrono::steady_clock::now();
  std::vector<int> silent;
  while (pulse_->verdict().empty() && silent.empty() && seconds_since(start) < 2 * kSilence) {
    std::this_thread::sleep_for(kLook);
    silent = pulse_->silent(kSilence);
  }
  lost_ = pulse_->verdict();
  if (lost_.empty()) {
    std::string names;
    for (const int rank : silent) names += (names.empty() ? "" : ", ") + name_of(rank);
    lost_ =
        silent.empty() ? "the connection between the processes broke, though all of them are there" : "lost " + names;
    lost_ += std::string("; ") + kCure;
    pulse_->announce(lost_);
  }
  lost_ += " (" + cause + ")";
  throw WorkerLost(lost_);
}

void Workers::finish(const Poll& poll) {
  while (!poll(kSlice))
    if (pulse_->alarmed()) throw ConnectionLost("another process noticed it");
}

Workers::Groups& Workers::groups_of(const at::Tensor& tensor) {
  return tensor.is_cuda() ? gpu_ : cpu_;
}

void Workers::sum(const at::Tensor& tensor) {
  if (alone()) return;
  together([&] { finish(groups_of(tensor).control->start_sum(tensor)); });
}

double Workers::sum(double value) {
  const at::Tensor sum_of_all = at::full({1}, value, at::kDouble);
  sum(sum_of_all);
  return sum_of_all.item<double>();
}

std::function<void(const at::Tensor&)> Workers::summing() {
  if (alone()) return {};
  return [this](const at::Tensor& tensor) { sum(tensor); };
}

std::function<void()> Workers::start_sum(const at::Tensor& tensor) {
  if (alone()) return [] {};
  return together([&]() -> std::function<void()> {
    return [this, tensor, poll = groups_of(tensor).gradients->start_sum(tensor)] { together([&] { finish(poll); }); };
  });
}

void Workers::broadcast(const at::Tensor& tensor) {
  if (alone()) return;
  together([&] {
    const at::Tensor dense = tensor.detach().contiguous();
    finish(groups_of(dense).control->start_broadcast(dense));
    tensor.detach().copy_(dense);
  });
}

void Workers::wait_for(const std::string& key, double seconds) {
  const auto start = std::chrono::steady_clock::now();
  while (!rendezvous_->has(key)) {
    if (pulse_ && pulse_->alarmed()) throw ConnectionLost("another process noticed it");
    if (seconds_since(start) > seconds)
      throw ConnectionLost("nothing was heard for " + std::to_string(int(seconds)) + " seconds of " + key);
    std::this_thread::sleep_for(kLook);
  }
}

void Workers::wait_for_all(const std::string& kind) {
  const auto start = std::chrono::steady_clock::now();
  for (int rank = 0; rank < size(); ++rank)
    wait_for(kind + std::to_string(rank), std::max(1.0, timeout_seconds_ - seconds_since(start)));
}

nlohmann::json Workers::from_first(const nlohmann::json& value) {
  if (alone()) return value;
  return together([&] {
    const std::string key = "value/" + std::to_string(turns_++);
    if (first()) rendezvous_->publish(key, json_text(value));
    wait_for(key, timeout_seconds_);
    return nlohmann::json::parse(rendezvous_->read(key));
  });
}

void Workers::compare(const nlohmann::json& settings) {
  if (alone()) return;
  const std::vector<nlohmann::json> all = together([&] {
    const std::string kind = "settings/" + std::to_string(turns_++) + "/";
    rendezvous_->publish(kind + std::to_string(launch_.rank), json_text(settings));
    wait_for_all(kind);
    std::vector<nlohmann::json> read;
    for (int rank = 0; rank < size(); ++rank)
      read.push_back(nlohmann::json::parse(rendezvous_->read(kind + std::to_string(rank))));
    return read;
  });
  for (int rank = 1; rank < size(); ++rank)
    for (const auto& [key, value] : all[0].items())
      if (all[std::size_t(rank)].value(key, nlohmann::json()) != value)
        throw Error(ErrorKind::Invalid, name_of(rank) + " was started with another " + key + " than process 0 on " +
                                            hosts_[0] + ": start all processes with the same options and files");
}

void Workers::first_only(const std::function<void()>& work) {
  if (alone()) return work();
  const std::string key = "turn/" + std::to_string(turns_++);
  if (first()) {
    try {
      work();
    } catch (const std::exception& error) {
      together([&] { rendezvous_->publish(key, error.what()); });
      throw;
    }
    return together([&] { rendezvous_->publish(key, ""); });
  }
  const std::string failure = together([&] {
    wait_for(key, kForever);
    return rendezvous_->read(key);
  });
  if (!failure.empty()) throw Error(ErrorKind::Resource, name_of(0) + " failed: " + failure);
}

}  // namespace vcl::train
