// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/c_api/status.hpp"

#include <new>
#include <string>

#include "vcl/error.hpp"

namespace vcl {

namespace {

thread_local std::string latest_message;

VclStatus status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::NotFound:
      return VCL_NOT_FOUND;
    case ErrorKind::Unreadable:
      return VCL_UNREADABLE;
    case ErrorKind::Unsupported:
      return VCL_UNSUPPORTED;
    case ErrorKind::Invalid:
      return VCL_INVALID;
    case ErrorKind::Library:
      return VCL_LIBRARY;
    case ErrorKind::Resource:
      return VCL_RESOURCE;
    case ErrorKind::Cancelled:
      return VCL_CANCELLED;
  }
  return VCL_INTERNAL;
}

VclStatus note(VclStatus status, const char* text) noexcept {
  try {
    latest_message = text;
  } catch (...) {
    latest_message = "out of memory";  // short enough to need no allocation
  }
  return status;
}

}  // namespace

VclStatus note_current_exception() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return note(status_of(error.kind()), error.what());
  } catch (const std::bad_alloc&) {
    return note(VCL_RESOURCE, "out of memory: use smaller frames or a smaller window");
  } catch (const std::exception& error) {
    return note(VCL_INTERNAL, error.what());
  } catch (...) {
    return note(VCL_INTERNAL, "an exception of an unknown type was thrown");
  }
}

}  // namespace vcl

const char* vcl_version() {
  return VCL_VERSION;
}

const char* vcl_error_message() {
  return vcl::latest_message.c_str();
}
