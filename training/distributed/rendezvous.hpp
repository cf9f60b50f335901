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

/// What training with several processes needs from LibTorch's c10d, without its headers.
namespace vcl::train {

/// Thrown if a process is gone, a connection broke, or an answer is late. `what()` is one line.
class ConnectionLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Waits up to this time for an operation to end. Returns whether it has ended. Throws ConnectionLost. NCCL waits until
/// the end.
using Poll = std::function<bool(std::chrono::milliseconds)>;

/// Operations in which all processes take part, in the same order, with dense tensors of the same sizes on the group's
/// device. The tensor must live until the wait ends. Throws ConnectionLost.
class ProcessGroup {
 public:
  virtual ~ProcessGroup() = default;
  virtual Poll start_sum(at::Tensor tensor) = 0;        ///< in place
  virtual Poll start_broadcast(at::Tensor tensor) = 0;  ///< in place, from the process with rank 0
};

/// The place where processes meet: a table of texts that all of them see, and the groups. Every function throws
/// ConnectionLost and may be called from any thread.
class Rendezvous {
 public:
  virtual ~Rendezvous() = default;
  virtual void publish(const std::string& key, const std::string& value) = 0;
  virtual bool has(const std::string& key) = 0;
  virtual std::string read(const std::string& key) = 0;    ///< of an existing key
  virtual std::int64_t count(const std::string& key) = 0;  ///< number of calls for this key by all processes, including
                                                           ///< this one
  /// Uses Gloo on the CPU and NCCL on GPUs. Throws Error(Unsupported) if LibTorch or this build lacks it.
  virtual std::unique_ptr<ProcessGroup> open_group(const std::string& name, const at::Device& device) = 0;
  /// Returns the address by which the other processes reach this one.
  virtual std::string address() const = 0;
};

/// Connects to the rendezvous. Waits for a silent process no longer than `timeout`. Throws ConnectionLost, and
/// Error(Unsupported) in a build without Gloo.
std::shared_ptr<Rendezvous> meet(const Launch& launch, std::chrono::milliseconds timeout);

}  // namespace vcl::train
