// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "training/distributed/pulse.hpp"
#include "training/distributed/rendezvous.hpp"
#include "training/distributed/share.hpp"
#include "vcl/error.hpp"

namespace vcl::train {

/// Thrown if a process of the training is gone, or silent for too long. The message names it and the cure.
class WorkerLost : public Error {
 public:
  explicit WorkerLost(const std::string& message) : Error(ErrorKind::Resource, message) {}
};

/// The processes that train one network together, each with its share of every batch. Usually there is only one
/// process, and then nothing here costs anything. All processes make the same calls in the same order, from one thread
/// (backward passes may use threads of LibTorch). If a process is lost, this call and all later ones throw WorkerLost.
class Workers {
 public:
  /// Waits until all processes are there. Now and later, it waits at most `timeout_seconds` for a silent one.
  Workers(const Launch& launch, double timeout_seconds);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int size() const { return launch_.size; }
  bool alone() const { return launch_.size == 1; }
  /// Returns whether this is the process that writes files, measures quality and prints messages.
  bool first() const { return launch_.rank == 0; }
  /// Returns this process's share of a batch. Shares differ by at most one sample. Throws Error(Invalid) if there are
  /// fewer samples than processes.
  Share share(int batch) const;
  /// Returns the device of that name (open_device). If the name has no number and there are several GPUs, returns that
  /// of this process.
  at::Device own_device(const std::string& name) const;
  /// Opens the process groups of a GPU. Those of the CPU always exist.
  void use_device(const at::Device& device);

  /// Sums a dense tensor of the same size over all processes, in place.
  void sum(const at::Tensor& tensor);
  double sum(double value);
  /// Returns sum() as a function for code that knows nothing of processes, or an empty function for a single process.
  std::function<void(const at::Tensor&)> summing();
  /// Starts a sum that runs in parallel to other calls, for gradients. The sum is complete when the returned function
  /// returns.
  std::function<void()> start_sum(const at::Tensor& tensor);
  /// Copies the first process's tensor to all processes, in place.
  void broadcast(const at::Tensor& tensor);
  nlohmann::json from_first(const nlohmann::json& value);
  /// Throws Error(Invalid) in all processes if one differs from the first. The message names the process and the
  /// setting.
  void compare(const nlohmann::json& settings);
  /// Runs `work` in the first process while the others wait without a limit. If it throws, all processes throw.
  void first_only(const std::function<void()>& work);

 private:
  struct Groups {
    std::unique_ptr<ProcessGroup> control, gradients;
  };
  template <typename Call>
  auto together(Call call);
  void finish(const Poll& poll);
  void wait_for(const std::string& key, double seconds);
  void wait_for_all(const std::string& kind);
  void greet();
  Groups open_groups(const at::Device& device);
  Groups& groups_of(const at::Tensor& tensor);
  std::string name_of(int rank) const;
  [[noreturn]] void lost(const std::string& cause);

  const Launch launch_;
  const double timeout_seconds_;
  std::vector<std::string> hosts_;
  std::int64_t turns_ = 0;
  std::string lost_;  ///< the message of the loss, if a process was lost
  std::shared_ptr<Rendezvous> rendezvous_;
  std::optional<Pulse> pulse_;
  /// Operations that are waited for and gradients use separate groups, because each group keeps one order.
  Groups cpu_, gpu_;
};

}  // namespace vcl::train
