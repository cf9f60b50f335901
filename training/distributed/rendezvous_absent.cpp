// SPDX-License-Identifier: LGPL-2.1-or-later
// Replaces rendezvous_c10d.cpp if Gloo's headers or c10d are missing.
#include "training/distributed/rendezvous.hpp"
#include "vcl/error.hpp"

namespace vcl::train {

std::shared_ptr<Rendezvous> meet(const Launch& launch, std::chrono::milliseconds) {
  throw Error(ErrorKind::Unsupported,
              "this vcl-train was built without Gloo and trains in one process, but was started as one of " +
                  std::to_string(launch.size) +
                  ": install libgloo-dev and build again (a LibTorch without c10d has no Gloo)");
}

}  // namespace vcl::train
