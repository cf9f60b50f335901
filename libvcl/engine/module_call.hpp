// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace vcl {

/// A call that runs LibTorch. exit() destroys LibTorch even while other threads run it, as in a program that ends
/// without stopping its pipelines. So exit() first waits up to ten seconds for the running calls of other threads, and
/// later calls are refused. Thread-safe; calls may be nested.
class ModuleCall {
 public:
  /// Throws Error(Library) if the process is ending.
  ModuleCall();
  ~ModuleCall();
  ModuleCall(const ModuleCall&) = delete;
  ModuleCall& operator=(const ModuleCall&) = delete;
};

}  // namespace vcl
