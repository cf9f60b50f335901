// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "training/distributed/launch.hpp"

/// What LibTorch's c10d gives to a training of several processes, without its headers.
namespace vcl::train {

/// A process that is gone, a connection that broke, an answer that did not come in time. `what()` is one line.
class ConnectionLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Waits so long for the end of what was started: whether it has ended. Throws ConnectionLost. NCCL waits to the end.
using Poll = std::function<bool(std::chrono::milliseconds)>;

/// Operations in which every process takes part, in the same order, with tensors of the same sizes on the group's
/// device, dense in memory. The tensor must live until the wait. Throw ConnectionLost.
class ProcessGroup {
 public:
  virtual ~ProcessGroup() = default;
  virtual Poll start_sum(at::Tensor tensor) = 0;        ///< in place
  virtual Poll start_broadcast(at::Tensor tensor) = 0;  ///< in place, from the process with rank 0
};

/// Where processes meet: a table of texts that all of them see, and the groups. Every function throws ConnectionLost,
/// and may be called from any thread.
class Rendezvous {
 public:
  virtual ~Rendezvous() = default;
  virtual void publish(const std::string& key, const std::string& value) = 0;
  virtual bool has(const std::string& key) = 0;
  virtual std::string read(const std::string& key) = 0;    ///< of a key that is there
  virtual std::int64_t count(const std::string& key) = 0;  ///< how often it was called for this key, this call included
  /// Gloo on the CPU, NCCL on GPUs. Throws Error(Unsupported) where LibTorch or this build lacks it.
  virtual std::unique_ptr<ProcessGroup> open_group(const std::string& name, const at::Device& device) = 0;
  /// The address by which this process is seen by the others.
  virtual std::string address() const = 0;
};

/// Nobody waits longer than `timeout` for a process that is silent. Throws ConnectionLost, and Error(Unsupported) in a
/// build without Gloo.
std::shared_ptr<Rendezvous> meet(const Launch& launch, std::chrono::milliseconds timeout);

}  // namespace vcl::train
