// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "training/clip.hpp"
#include "training/labelled_photos.hpp"
#include "training/warp.hpp"

/// ImageCut2Video in its "natural" mode (docs/training.md): videos made of single photos and the instances
/// found in them. The photo is the moving background, instances of other photos are pasted over it and move on
/// their own; what is pasted is labelled, so separation and tracking are learned without a label.
namespace vcl::train {

/// The mix decides what the class head learns: with few clips without paste it learns paste edges.
struct ClipMix {
  double without_paste = 0.6;   ///< share of clips that show one photo only
  double without_object = 0.1;  ///< share of clips that show a part of a photo where no instance lies
  double padded = 0.25;         ///< share of clips with a padded strip, as the letterbox makes it
};

/// An instance that can be cut out: inside its photo, in a photo whose labels are trusted.
struct Cutout {
  std::size_t photo = 0;
  std::uint8_t id = 0;
  Box box;  ///< photo pixels
};

/// Photos to draw from. Read-only once made: any number of threads may make clips from it. `photos` must outlive it.
class ClipSource {
 public:
  ClipSource(const std::vector<Photo>& photos, const std::vector<std::size_t>& among);
  const Photo& draw_photo(Random& random) const { return photos_[sampler_.draw(random)]; }
  const std::vector<Cutout>& cutouts() const { return cutouts_; }
  const Photo& photo(std::size_t index) const { return photos_[index]; }
  /// The box around all instances of one of the photos; all zero without any.
  const Box& objects(const Photo& photo) const { return objects_[std::size_t(&photo - photos_.data())]; }

 private:
  const std::vector<Photo>& photos_;
  WeightedSampler sampler_;
  std::vector<Box> objects_;
  std::vector<Cutout> cutouts_;
};

/// One clip; everything random comes from `random`.
Clip make_clip(const ClipSource& source, Size canvas, int frames, const ClipMix& mix, Random& random);

/// One view of a photo with its soft target, for the dense stage.
Clip make_view(const Photo& photo, Size canvas, Random& random);

/// Pastes the cutout, seen through `map`, over one frame with a border feathered over 3x3 pixels and colours
/// multiplied by `gain`; its pixels get label `id`. Returns the pixels that were labelled.
std::vector<std::size_t> paste(const Photo& photo, std::uint8_t cutout, const Affine& map, const float gain[3],
                               std::uint8_t id, Clip& clip, int frame);

}  // namespace vcl::train
