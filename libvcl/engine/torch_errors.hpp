// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <c10/util/Exception.h>

#include <new>
#include <string>

#include "libvcl/engine/module_call.hpp"
#include "vcl/error.hpp"

namespace vcl {

/// Does the work as a ModuleCall; what LibTorch throws becomes a vcl::Error, so that no caller of the module meets its types.
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
    if (cause.find("DefaultCPUAllocator") != std::string::npos)  // which has no type of its own
      throw Error(ErrorKind::Resource, "not enough memory; make the input smaller (LibTorch: " + cause + ")");
    throw Error(ErrorKind::Library, "LibTorch: " + cause);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::Resource, "not enough memory; make the input smaller");
  }
}

}  // namespace vcl
