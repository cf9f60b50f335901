// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "plugins/base/properties.hpp"

namespace gstvcl {

/// Registers vcl::Precision as the type of a property.
GType precision_type();

inline constexpr guint kMaxThreads = 1024;  // the engine's limit

/// Returns the properties of every element that runs a network. `options` are the engine's options; `model` and
/// `threads` are blurbs.
template <auto kSettingsOf, typename Settings, typename Options>
Properties network_properties(Options Settings::*options, guint Settings::*interval, const char* model,
                              const char* threads) {
  using Field = Fields<kSettingsOf>;
  return {Field::text({"model", "Model", model}, kInReady, options, &Options::model),
          Field::text({"device", "Device",
                       "Where inference runs: auto, cpu, cuda or cuda:N (auto: CUDA if there is any, else the CPU); a "
                       "device that is missing is an error"},
                      kInReady, options, &Options::device),
          Field::template number<guint>({"threads", "Threads", threads}, 0, kMaxThreads, kInReady, options,
                                        &Options::threads),
          Field::choice({"precision", "Precision",
                         "Arithmetic of the network; bf16 is faster on processors and GPUs that have instructions for "
                         "it, slower on others"},
                        precision_type(), kInReady, options, &Options::precision),
          Field::template number<guint>({"interval", "Interval",
                                         "Infer on every n-th frame; the frames between repeat the latest result and "
                                         "are marked stale (1: every frame)"},
                                        1, G_MAXINT, kInPlaying, interval)};
}

}  // namespace gstvcl
