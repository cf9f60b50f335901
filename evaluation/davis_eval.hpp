// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "evaluation/label_video.hpp"
#include "evaluation/track_consistency.hpp"
#include "vcl/tracking.hpp"

/// Region similarity J and boundary accuracy F of DAVIS 2016 and 2017 (method.md 7.2, tests/golden/data/davis-eval).
namespace vcl {

inline constexpr int kMostProposals = 20;

enum class DavisTask {
  Unsupervised,    ///< proposals are matched to objects one to one; void is left out; all frames
  SemiSupervised,  ///< result n is object n; void is background; the first and last frame are left out
  SingleObject,    ///< DAVIS 2016: like SemiSupervised, with all objects joined
};

/// Joins all objects to one, without void, as SingleObject measures them.
void join_objects(LabelVideo& video);

/// One measure of one object, per frame.
struct DavisMeasure {
  std::vector<double> frames;
  double mean = 0;
  double recall = 0;  ///< share of frames above 0.5
  double decay = 0;   ///< mean of the first quarter of frames minus that of the last; quarters share their end frames
};

struct DavisObject {
  int object = 0;
  int proposal = 0;  ///< 0: none was left
  DavisMeasure j, f;
};

struct DavisVideo {
  std::vector<DavisObject> objects;
  Similarity similarity;  ///< [objects, proposals] mean of J and F; only for Unsupervised
  /// Over the same frames and pixels, including objects that appear later. All zero for SingleObject, which has no ids.
  TrackConsistency consistency;
};

/// Scores the objects of the truth's first frame. Where an object is not visible, an empty mask scores 1. Throws
/// Error(Invalid) if truth and result differ in size or length, the result has labels above kMostProposals, or no frame
/// is left.
DavisVideo davis_scores(const LabelVideo& truth, const LabelVideo& result, DavisTask task);

/// Means over objects. NaN if there are no objects.
struct DavisMeans {
  double jf = 0;  ///< mean of J and F
  double j_mean = 0, j_recall = 0, j_decay = 0, f_mean = 0, f_recall = 0, f_decay = 0;
};
DavisMeans davis_means(const std::vector<DavisObject>& objects);

}  // namespace vcl
