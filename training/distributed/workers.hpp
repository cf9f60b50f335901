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

/// A process of the training is gone, or silent for too long. The message names it and the cure.
class WorkerLost : public Error {
 public:
  explicit WorkerLost(const std::string& message) : Error(ErrorKind::Resource, message) {}
};

/// The processes that train one network together, each with its share of every batch; alone nearly everywhere, and then
/// nothing here costs anything. All of them make the same calls in the same order, from one thread (backward passes may
/// use threads of LibTorch). Where a process is lost every call throws WorkerLost, and so does every later one.
class Workers {
 public:
  /// Waits until all are there, and no longer than `timeout_seconds` for one that is silent, now and later.
  Workers(const Launch& launch, double timeout_seconds);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int size() const { return launch_.size; }
  bool alone() const { return launch_.size == 1; }
  /// The one that writes files, measures quality and speaks.
  bool first() const { return launch_.rank == 0; }
  /// This process's part of a batch: the parts differ by one sample at most. Throws Error(Invalid) where there are
  /// fewer samples than processes.
  Share share(int batch) const;
  /// The device of that name (open_device); without a number, of several GPUs the one of this process.
  at::Device own_device(const std::string& name) const;
  /// Opens what adds up tensors on a GPU; the CPU's is always there.
  void use_device(const at::Device& device);

  /// Adds up over all processes, in place; dense tensors of the same sizes.
  void sum(const at::Tensor& tensor);
  double sum(double value);
  /// sum(), for those who know nothing of processes; empty for a process alone.
  std::function<void(const at::Tensor&)> summing();
  /// The same beside other calls, for gradients: the sum is there when what it returns was called.
  std::function<void()> start_sum(const at::Tensor& tensor);
  /// What the first process holds, in place.
  void broadcast(const at::Tensor& tensor);
  nlohmann::json from_first(const nlohmann::json& value);
  /// Throws Error(Invalid) in all processes where one differs from the first, naming it and the setting.
  void compare(const nlohmann::json& settings);
  /// Done by the first process while the others wait as long as that takes. Throws in all of them what it throws.
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
  std::string lost_;  ///< what was said when a process was lost
  std::shared_ptr<Rendezvous> rendezvous_;
  std::optional<Pulse> pulse_;
  /// What is waited for and gradients go through groups of their own: each keeps one order.
  Groups cpu_, gpu_;
};

}  // namespace vcl::train
