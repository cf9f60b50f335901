// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/clips/clip.hpp"
#include "training/clips/warp.hpp"
#include "training/photos/labelled_photos.hpp"

/// Photos as the content of a frame sees them.
namespace vcl::train {

/// How far a view may reach beyond each border of a photo: the reflection there must not show an object twice.
struct Reach {
  double left = 0, top = 0, right = 0, bottom = 0;
};
/// `objects`: the box around all of them; all zero: nothing is known, no reach.
Reach reach_of(const Photo& photo, const Box& objects);

/// Moves the view within the photo and its reach, or into the middle of what is smaller than the view.
void clamp_into(Pose& pose, const Photo& photo, Size content, const Reach& reach);

/// Photo pixels in a canvas pixel where the photo just fills the content: zoom 1.
double fill_scale(const Photo& photo, Size content);

/// The view whose middle is the content's.
Affine view_map(const Pose& pose, Size content);

/// Draws colours and labels; what lies outside the photo is reflected. `soft`: labels are values to be averaged.
void draw_frame(const Photo& photo, const Affine& map, Clip& clip, int frame, bool soft);

}  // namespace vcl::train
