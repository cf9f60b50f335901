// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <string>

#include "vcl/frame.hpp"
#include "vcl/mask.hpp"

/// The test engine is set up through the model name: "blob:KEY=VALUE,..." with sleep-ms (for each inference), fail-at
/// (inference or push, from 1), fail-with (error | int), nan (of features), step-ms (of opening, and of each frame
/// when a whole video ends), open-endless and drain-endless (until the watcher ends it), and open-error (not-found |
/// unreadable | library | unsupported). $BLOB_DEFAULT_MODEL is the model that is taken where none is named.
class BlobModel {
 public:
  /// Throws the open-error.
  explicit BlobModel(const std::string& model);

  int number(const std::string& key, int otherwise = 0) const;
  /// Throws at the fail-at-th call.
  void count_call();
  void sleep() const;

 private:
  std::map<std::string, std::string> settings_;
  int calls_ = 0;
};

/// Pixels brighter than half, through the library's own reader, so that every pixel format and stride is really read.
vcl::Mask bright_pixels(const vcl::FrameView& frame);

/// Takes the connected part that holds (x, y) out of `bright`.
vcl::Mask take_blob(vcl::Mask& bright, int x, int y);
