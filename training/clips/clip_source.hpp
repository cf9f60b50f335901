// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "training/photos/labelled_photos.hpp"

namespace vcl::train {

/// An instance that can be cut out: it lies inside of its photo, and the photo's labels are trusted.
struct Cutout {
  std::size_t photo = 0;
  std::uint8_t id = 0;
  Box box;  ///< in photo pixels
};

/// The photos that clips are drawn from. It is read-only after construction: any number of threads may make clips from
/// it. `photos` must outlive it.
class ClipSource {
 public:
  ClipSource(const std::vector<Photo>& photos, const std::vector<std::size_t>& among);
  const Photo& draw_photo(Random& random) const { return photos_[sampler_.draw(random)]; }
  const std::vector<Cutout>& cutouts() const { return cutouts_; }
  const Photo& photo(std::size_t index) const { return photos_[index]; }
  /// Returns the box around all instances of one of the photos. It is all zero if there are none.
  const Box& objects(const Photo& photo) const { return objects_[std::size_t(&photo - photos_.data())]; }

 private:
  const std::vector<Photo>& photos_;
  WeightedSampler sampler_;
  std::vector<Box> objects_;
  std::vector<Cutout> cutouts_;
};

}  // namespace vcl::train
