// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/clips/clip.hpp"
#include "training/clips/warp.hpp"
#include "training/photos/labelled_photos.hpp"

/// Views of photos in the content of a frame.
namespace vcl::train {

/// How far a view may extend beyond each border of a photo. The reflection there must not show an object twice.
struct Reach {
  double left = 0, top = 0, right = 0, bottom = 0;
};
/// `objects` is the box around all objects. If it is all zero, nothing is known and there is no reach.
Reach reach_of(const Photo& photo, const Box& objects);

/// Moves the view into the photo and its reach. If they are smaller than the view, it is centered on them.
void clamp_into(Pose& pose, const Photo& photo, Size content, const Reach& reach);

/// Returns the photo pixels per canvas pixel at which the photo just fills the content: zoom 1.
double fill_scale(const Photo& photo, Size content);

/// Returns the view whose center is the center of the content.
Affine view_map(const Pose& pose, Size content);

/// Draws colors and labels. Pixels outside of the photo are reflected. If `soft` is set, labels are values and are
/// averaged.
void draw_frame(const Photo& photo, const Affine& map, Clip& clip, int frame, bool soft);

}  // namespace vcl::train
