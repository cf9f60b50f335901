// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <c10/util/Exception.h>

#include <new>
#include <string>

#include "libvcl/engine/module_call.hpp"
#include "vcl/error.hpp"

namespace vcl {

/// Runs `work` as a ModuleCall and converts LibTorch's exceptions to vcl::Error, so callers never see LibTorch's types.
template <typename Work>
auto translated(Work work) {
  const ModuleCall call;
  try {
    return work();
  } catch (const c10::OutOfMemoryError& e) {
    throw Error(ErrorKind::Resource,
                std::string("out of memory: make the input smaller or use device cpu (LibTorch: ") +
                    e.what_without_backtrace() + ")");
  } catch (const c10::Error& e) {
    const std::string cause = e.what_without_backtrace();
    if (cause.find("DefaultCPUAllocator") != std::string::npos)  // this error has no type of its own
      throw Error(ErrorKind::Resource, "not enough memory; make the input smaller (LibTorch: " + cause + ")");
    throw Error(ErrorKind::Library, "LibTorch: " + cause);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::Resource, "not enough memory; make the input smaller");
  }
}

}  // namespace vcl
