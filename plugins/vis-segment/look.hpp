// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <memory>
#include <string>

#include "vcl/region.hpp"

namespace gstvcl {

/// The properties that say where to look.
struct Look {
  std::string region;                        ///< as it was set
  std::shared_ptr<GstSample> mask;           ///< as it was set
  std::shared_ptr<const vcl::Region> where;  ///< what both come to; null: everywhere
  std::string bad_region, bad_mask;          ///< why the latest value was refused; the one before holds on
};

/// Both leave `look` as it is, but for the refusal that they return and keep, if the value is of no use.
std::string change_region(Look& look, const std::string& text);
/// `sample`: a GRAY8 frame, or null.
std::string change_mask(Look& look, GstSample* sample);

}  // namespace gstvcl
