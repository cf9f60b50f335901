// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/stream/loaded_model.hpp"
#include "libvcl/engine/stream/score_calibration.hpp"
#include "libvcl/engine/video/video_mask2former.hpp"
#include "vcl/engine.hpp"
#include "vcl/geometry.hpp"

namespace vcl {

/// A video model opened for inference: its weights on their device, and what its file says of how to use it.
class SegmentationModel {
 public:
  /// Errors as open_engine, naming the file. An empty frame runs through the whole network, so that a model that does
  /// not fit its architecture is refused here.
  explicit SegmentationModel(const EngineOptions& options);

  /// The frame on its letterboxed canvas: RGB, 0 to 255, float32 [1, 3, canvas height, canvas width], on the CPU.
  static at::Tensor canvas_of(const FrameView& frame, const Letterbox& letterbox);
  /// The network's per-frame half of such a canvas and, where they are known, its motion planes: float32 features.
  FrameFeatures features_of(const at::Tensor& canvas, const at::Tensor& planes = {}) const;
  /// The decoder's weights.
  Weights predictor() const { return weights / "sem_seg_head" / "predictor"; }
  const at::Device device;
  const Precision precision;  ///< of the per-frame half; the decoder, which chooses between queries, is float32
  const Weights weights;      ///< may be shared with other engines
  VideoConfig config;
  int threads, window, stride;
  std::vector<int> neighbours;  ///< frames whose motion the network is shown; none with Motion::Off
  std::int64_t canvas_pixels;
  int mask_stride;  ///< pixels of the canvas along a side of a mask cell
  float threshold;
  bool border_prior = false;      ///< scores fall with the share of a mask that lies along the frame's border
  double typical_share = 0;       ///< of the frame; scores of smaller masks fall; 0: size does not count
  bool motion_prior = false;      ///< scores rise with what moves for itself
  ScoreCalibration calibration;   ///< of scores with all that
  bool color_refinement = false;  ///< masks are refined with the colours of their frame
  /// A mask that overlaps a better scored one more than this is not reported; 1: all are, as in the paper.
  double duplicate_iou = 1;
  bool overlap = true;  ///< whether a pixel may belong to several instances, where the filters leave it to the model

 private:
  SegmentationModel(const EngineOptions& options, const VideoModel& opened);
  void configure(const nlohmann::json& settings);
  FrameFeatures features_of_input(const at::Tensor& image) const;
  void try_out();

  const std::shared_ptr<const Model> shared_;  // which all who open the file get as long as anybody has it
};

}  // namespace vcl
