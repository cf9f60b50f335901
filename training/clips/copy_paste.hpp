// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "vcl/geometry.hpp"

/// The paper's way from clips of still photos to synthetic videos: the clips of a batch exchange their instances, which
/// every frame sees at another size and place (method.md 4.3).
namespace vcl::train {

/// One frame of a training clip before frames are padded to one size.
struct ClipFrame {
  Size size;
  std::vector<std::uint8_t> rgb;                 ///< [3, height, width]
  std::vector<std::vector<std::uint8_t>> masks;  ///< of each instance row: [height, width], 0 or 1
  std::vector<std::int64_t> ids;                 ///< of each row: the object; -1 where the mask is empty
};

/// Frames of one scene; row i is the same object in all of them.
using FrameClip = std::vector<ClipFrame>;

/// Where the random numbers come from; goldens play back what was recorded.
class Draws {
 public:
  virtual ~Draws() = default;
  virtual double uniform(double low, double high) = 0;
  virtual int integer(int low, int high) = 0;  ///< both possible
  /// `count` different numbers below `of`, in random order.
  virtual std::vector<int> choice(int of, int count) = 0;
};

enum class PasteMode {
  Reference,  ///< as the authors' program does: masks drift away from what is pasted, clips lose their paste
  Corrected,  ///< as the paper describes it: masks fit what is pasted, rows are objects throughout
};

struct CopyPaste {
  PasteMode mode = PasteMode::Corrected;
  double rate = 1;                        ///< share of clips that receive a paste
  bool random_number = false;             ///< fewer than all instances of the source, at random
  double min_ratio = 0.8, max_ratio = 1;  ///< of the pasted photo's sides to the frame's
};

/// Pastes into every clip instances of its opposite in the batch (clip k from clip B - 1 - k, the middle one from
/// itself), as they were before. Clips need two frames or more, all of them with as many rows, else Error(Invalid).
void copy_and_paste(std::vector<FrameClip>& batch, const CopyPaste& options, Draws& draws);

}  // namespace vcl::train
