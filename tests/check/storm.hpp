// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

/// Storms: a random program of a stream and of an application, each in its thread, against an element.
namespace check {

/// What becomes of the flag GAP.
enum class Gaps { Kept, Painted /**< it may go, with something painted over */ };

/// What a storm is run against.
struct StormElement {
  std::string name;
  std::string launch;                ///< as for gst-launch-1.0
  std::vector<std::string> formats;  ///< that it takes
  std::vector<std::string> fixed;    ///< properties that the storm leaves alone
  Gaps gaps = Gaps::Kept;
};

/// What a test of so many storms costs, on an idle core, is about 0.1 s each.
struct StormPlan {
  unsigned first_seed, storms;
};

/// One storm, the same decisions for a seed (but threads race). Ends the process with a message when the element
/// breaks a promise: a buffer lost, twice, out of order or with other times; an id used again after its track ended;
/// an error without reason or without a message; a stream that does not come to life again after restart.
void run_storm(const StormElement& element, unsigned seed);

/// A few fixed seeds; more with VCL_STORMS=<number>, from VCL_STORM_SEED=<first>.
StormPlan storm_plan();

}  // namespace check
