// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "vcl/features.hpp"

namespace vcl {

/// Options that the verbs for single images share.
struct ImageOptions {
  FeatureOptions features;
  int bits = 16;  ///< used bits of 16-bit samples
  bool quiet = false;
};

/// --precision.
void add_precision(CLI::App* verb, Precision& precision);

/// --bits.
void add_bits(CLI::App* verb, int& bits);

/// --model, --device, --threads, --size (WxH, or one number for both), --bits and --quiet.
void add_image_options(CLI::App* verb, ImageOptions& options);

}  // namespace vcl
