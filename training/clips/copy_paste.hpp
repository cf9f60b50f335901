// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "vcl/geometry.hpp"

/// The paper's copy-paste, which turns clips of still photos into synthetic videos: the clips of a batch exchange their
/// instances, at a different size and place in each frame (method.md 4.3).
namespace vcl::train {

/// One frame of a training clip, before frames are padded to one size.
struct ClipFrame {
  Size size;
  std::vector<std::uint8_t> rgb;                 ///< [3, height, width]
  std::vector<std::vector<std::uint8_t>> masks;  ///< per instance row: [height, width], 0 or 1
  std::vector<std::int64_t> ids;                 ///< per row: the object, or -1 if the mask is empty
};

/// The frames of one scene. Row i is the same object in all of them.
using FrameClip = std::vector<ClipFrame>;

/// A source of random numbers. Golden tests play back recorded ones.
class Draws {
 public:
  virtual ~Draws() = default;
  virtual double uniform(double low, double high) = 0;
  virtual int integer(int low, int high) = 0;  ///< in [low, high]
  /// Returns `count` different numbers below `of`, in random order.
  virtual std::vector<int> choice(int of, int count) = 0;
};

enum class PasteMode {
  Reference,  ///< as in the authors' program: masks drift off the pasted pixels, and some clips lose their paste
  Corrected,  ///< as described in the paper: masks fit the pasted pixels, and each row is one object
};

struct CopyPaste {
  PasteMode mode = PasteMode::Corrected;
  double rate = 1;                        ///< share of clips that receive a paste
  bool random_number = false;             ///< pastes a random number of the source's instances, fewer than all
  double min_ratio = 0.8, max_ratio = 1;  ///< sides of the pasted photo relative to the frame's
};

/// Pastes the original instances of clip B - 1 - k into clip k, for each of the B clips of the batch. A middle clip is
/// its own source. Throws Error(Invalid) if a clip has fewer than two frames or frames with different numbers of rows.
void copy_and_paste(std::vector<FrameClip>& batch, const CopyPaste& options, Draws& draws);

}  // namespace vcl::train
