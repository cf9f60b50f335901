// SPDX-License-Identifier: LGPL-2.1-or-later
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <vector>
#ifdef USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include "training/distributed/rendezvous.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

/// Returns the first sentence of LibTorch's message, without source location and call stack.
std::string cause_of(const std::exception& error) {
  const auto* described = dynamic_cast<const c10::Error*>(&error);
  const std::string text = described ? described->what_without_backtrace() : error.what();
  const std::string line = text.substr(0, text.find('\n')), sentence = line.substr(0, line.find(". "));
  const std::size_t place = sentence.starts_with('[') ? sentence.find("] ") : std::string::npos;
  return place == std::string::npos ? sentence : sentence.substr(place + 2);
}

/// Converts all exceptions of c10d to ConnectionLost.
template <typename Call>
auto guarded(Call call) {
  try {
    return call();
  } catch (const std::exception& error) {
    throw ConnectionLost(cause_of(error));
  }
}

/// Returns the source address of packets to the rendezvous. The other processes reach this one by it.
std::string local_address(const Launch& launch) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int failure = getaddrinfo(launch.host.c_str(), std::to_string(launch.port).c_str(), &hints, &found))
    throw ConnectionLost("the host " + launch.host + " is not known (" + gai_strerror(failure) + ")");
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> places(found, freeaddrinfo);
  for (const addrinfo* place = found; place != nullptr; place = place->ai_next) {
    const int handle = socket(place->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (handle < 0) continue;
    sockaddr_storage own{};
    socklen_t length = sizeof own;
    char text[NI_MAXHOST];
    const bool known =
        connect(handle, place->ai_addr, place->ai_addrlen) == 0 &&
        getsockname(handle, reinterpret_cast<sockaddr*>(&own), &length) == 0 &&
        getnameinfo(reinterpret_cast<sockaddr*>(&own), length, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0;
    close(handle);
    if (known) return text;
  }
  throw ConnectionLost("there is no route to the host " + launch.host);
}

class C10dGroup : public ProcessGroup {
 public:
  /// `to_the_end`: waits without a limit, because a wait that times out would end the group.
  C10dGroup(c10::intrusive_ptr<c10d::Backend> backend, bool to_the_end)
      : backend_(std::move(backend)), to_the_end_(to_the_end) {}

  Poll start_sum(at::Tensor tensor) override {
    return guarded([&] {
      std::vector<at::Tensor> tensors{std::move(tensor)};
      return waiting(backend_->allreduce(tensors));
    });
  }

  Poll start_broadcast(at::Tensor tensor) override {
    return guarded([&] {
      std::vector<at::Tensor> tensors{std::move(tensor)};
      return waiting(backend_->broadcast(tensors));
    });
  }

 private:
  Poll waiting(c10::intrusive_ptr<c10d::Work> work) const {
    return [work = std::move(work), to_the_end = to_the_end_](std::chrono::milliseconds slice) {
      return guarded([&] {
        try {
          return to_the_end ? work->wait() : work->wait(slice);
        } catch (const std::exception&) {
          // The wait timed out or the operation failed. If it failed, wait() throws again.
          return work->isCompleted() && work->wait();
        }
      });
    };
  }

  const c10::intrusive_ptr<c10d::Backend> backend_;
  const bool to_the_end_;
};

class C10dRendezvous : public Rendezvous {
 public:
  C10dRendezvous(const Launch& launch, std::chrono::milliseconds timeout)
      : launch_(launch), timeout_(timeout), address_(local_address(launch)) {
    c10d::TCPStoreOptions options;
    options.port = std::uint16_t(launch.port);
    options.isServer = launch.rank == 0 && !launch.store_is_given;
    options.waitWorkers = false;
    options.timeout = timeout;
    options.useLibUV = false;  // not every LibTorch has it
    store_ = guarded([&] {
      return c10::make_intrusive<c10d::PrefixStore>("vcl-train/" + launch.attempt,
                                                    c10::make_intrusive<c10d::TCPStore>(launch.host, options));
    });
  }

  void publish(const std::string& key, const std::string& value) override {
    guarded([&] { store_->set(key, std::vector<std::uint8_t>(value.begin(), value.end())); });
  }
  bool has(const std::string& key) override {
    return guarded([&] { return store_->check({key}); });
  }
  std::string read(const std::string& key) override {
    const std::vector<std::uint8_t> value = guarded([&] { return store_->get(key); });
    return {value.begin(), value.end()};
  }
  std::int64_t count(const std::string& key) override {
    return guarded([&] { return store_->add(key, 1); });
  }
  std::string address() const override { return address_; }

  std::unique_ptr<ProcessGroup> open_group(const std::string& name, const at::Device& device) override {
    const auto store = c10::make_intrusive<c10d::PrefixStore>(name, store_);
    if (device.is_cuda()) return nccl_group(store);
    return guarded([&] {
      const auto options = c10d::ProcessGroupGloo::Options::create(timeout_);
      const char* interface = std::getenv("GLOO_SOCKET_IFNAME");  // the usual variable of programs that use c10d
      options->devices = {interface != nullptr && *interface != 0
                              ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                              : c10d::ProcessGroupGloo::createDeviceForHostname(address_)};
      return std::make_unique<C10dGroup>(
          c10::make_intrusive<c10d::ProcessGroupGloo>(store, launch_.rank, launch_.size, options), false);
    });
  }

 private:
  std::unique_ptr<ProcessGroup> nccl_group([[maybe_unused]] const c10::intrusive_ptr<c10d::Store>& store) const {
#ifdef USE_C10D_NCCL
    // Makes waits throw. By default NCCL ends the process before it can write a checkpoint.
    setenv("TORCH_NCCL_BLOCKING_WAIT", "1", 0);
    setenv("TORCH_NCCL_ASYNC_ERROR_HANDLING", "0", 0);
    return guarded([&] {
      const auto options = c10d::ProcessGroupNCCL::Options::create();
      options->timeout = timeout_;
      return std::make_unique<C10dGroup>(
          c10::make_intrusive<c10d::ProcessGroupNCCL>(store, launch_.rank, launch_.size, options), true);
    });
#else
    throw Error(
        ErrorKind::Unsupported,
        "this vcl-train was built without NCCL, through which GPUs work together: install libnccl-dev and CUDA's "
        "headers and build again, or use --device cpu");
#endif
  }

  const Launch launch_;
  const std::chrono::milliseconds timeout_;
  const std::string address_;
  c10::intrusive_ptr<c10d::Store> store_;
};

}  // namespace

std::shared_ptr<Rendezvous> meet(const Launch& launch, std::chrono::milliseconds timeout) {
  return std::make_shared<C10dRendezvous>(launch, timeout);
}

}  // namespace vcl::train
