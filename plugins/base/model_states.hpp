// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

namespace gstvcl {

/// The change_state function of an element that has a model from READY on and a stream from PAUSED on. It throws
/// what `open` throws.
template <typename Open, typename Forget, typename Close>
GstStateChangeReturn change_state(GstElement* element, GstStateChange transition, gpointer parent_class, Open open,
                                  Forget forget, Close close) {
  if (transition == GST_STATE_CHANGE_NULL_TO_READY || transition == GST_STATE_CHANGE_READY_TO_PAUSED) open();
  const auto result = GST_ELEMENT_CLASS(parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) forget();
  if (transition == GST_STATE_CHANGE_READY_TO_NULL) close();
  return result;
}

}  // namespace gstvcl
