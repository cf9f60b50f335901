// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/base/element_error.hpp"

#include <exception>
#include <new>

#include "plugins/base/output_file.hpp"
#include "vcl/error.hpp"

namespace gstvcl {
namespace {

void post(GstElement* element, GQuark domain, gint code, const char* text) {
  gst_element_message_full(element, GST_MESSAGE_ERROR, domain, code, g_strdup(text), nullptr, __FILE__, G_STRFUNC,
                           __LINE__);
}

void post_error(GstElement* element, const vcl::Error& error) {
  switch (error.kind()) {
    case vcl::ErrorKind::NotFound:
      return post(element, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND, error.what());
    case vcl::ErrorKind::Unreadable:
      return post(element, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ, error.what());
    case vcl::ErrorKind::Unsupported:
      return post(element, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, error.what());
    case vcl::ErrorKind::Invalid:
      return post(element, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS, error.what());
    case vcl::ErrorKind::Library:
      return post(element, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT, error.what());
    case vcl::ErrorKind::Resource:
      return post(element, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT, error.what());
    case vcl::ErrorKind::Cancelled:
      return post(element, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED, error.what());
  }
}

/// Returns the object itself, or the nearest one above it, that is an element; null if there is none.
GstElement* element_of(GstObject* object) {
  GstObject* found = GST_OBJECT(gst_object_ref(object));
  while (found && !GST_IS_ELEMENT(found)) {
    GstObject* above = gst_object_get_parent(found);
    gst_object_unref(found);
    found = above;
  }
  return GST_ELEMENT_CAST(found);
}

void post_current_exception_of(GstElement* element) {
  try {
    throw;
  } catch (const vcl::Error& error) {
    post_error(element, error);
  } catch (const WriteError& error) {
    post(element, GST_RESOURCE_ERROR, error.code(), error.what());
  } catch (const std::bad_alloc&) {
    post(element, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT,
         "Out of memory: use smaller frames or a smaller window.");
  } catch (const std::exception& error) {
    post(element, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, error.what());
  } catch (...) {
    post(element, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, "An exception of an unknown type was thrown.");
  }
}

}  // namespace

void post_current_exception(GstObject* source) {
  g_autoptr(GstElement) element = element_of(source);
  if (element)
    post_current_exception_of(element);
  else
    GST_ERROR_OBJECT(source, "an exception was thrown, and the object belongs to no element any more");
}

}  // namespace gstvcl
