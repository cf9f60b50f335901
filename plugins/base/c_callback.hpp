// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <type_traits>

#include "plugins/base/element_error.hpp"

namespace gstvcl {

/// What a callback returns after an exception, so that the work stops.
template <typename Result>
constexpr Result failed() {
  if constexpr (std::is_same_v<Result, GstFlowReturn>) return GST_FLOW_ERROR;
  if constexpr (std::is_same_v<Result, GstPadProbeReturn>) return GST_PAD_PROBE_DROP;
  return Result();
}

template <auto function, typename Result, typename Source, typename... Arguments>
Result call_safely(Source* source, Arguments... arguments) noexcept {
  try {
    return function(source, arguments...);
  } catch (...) {
    post_current_exception(GST_OBJECT(source));
    return failed<Result>();
  }
}

template <auto function, typename Result, typename Source, typename... Arguments>
constexpr auto make_c_callback(Result (*)(Source*, Arguments...)) {
  return &call_safely<function, Result, Source, Arguments...>;
}

/// The function as a callback for GStreamer that no exception leaves. An exception becomes an error of the element that
/// the callback is about: its first argument, or the element that this belongs to. The callback then returns
/// GST_FLOW_ERROR, GST_PAD_PROBE_DROP, FALSE or null.
template <auto function>
inline constexpr auto c_callback = make_c_callback<function>(function);

}  // namespace gstvcl
