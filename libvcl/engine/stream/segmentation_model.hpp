// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/stream/loaded_model.hpp"
#include "libvcl/engine/stream/score_calibration.hpp"
#include "libvcl/engine/video/video_mask2former.hpp"
#include "vcl/engine.hpp"
#include "vcl/geometry.hpp"

namespace vcl {

/// A video model opened for inference: its weights on their device, and the settings in its file.
class SegmentationModel {
 public:
  /// Throws the errors of open_engine, which name the file. A trial run on an empty frame refuses a model that does not
  /// fit its architecture.
  explicit SegmentationModel(const EngineOptions& options);

  /// Returns the frame on its letterboxed canvas: RGB, 0 to 255, float32 [1, 3, canvas height, canvas width], on the
  /// CPU.
  static at::Tensor canvas_of(const FrameView& frame, const Letterbox& letterbox);
  /// Runs the per-frame part of the network on such a canvas and, if known, its motion planes. Returns float32
  /// features.
  FrameFeatures features_of(const at::Tensor& canvas, const at::Tensor& planes = {}) const;
  /// Returns the decoder's weights.
  Weights predictor() const { return weights / "sem_seg_head" / "predictor"; }
  const at::Device device;
  const Precision precision;  ///< of the per-frame half; the decoder, which chooses between queries, is float32
  const Weights weights;      ///< may be shared with other engines
  VideoConfig config;
  int threads, window, stride;
  std::vector<int> neighbours;  ///< frame offsets of the neighbors to which motion is measured; empty with Motion::Off
  std::int64_t canvas_pixels;
  int mask_stride;  ///< pixels of the canvas along a side of a mask cell
  float threshold;
  bool border_prior = false;      ///< scores fall with the share of a mask that lies along the border of the frame
  double typical_share = 0;       ///< share of the frame; scores of smaller masks fall; 0: size does not matter
  bool motion_prior = false;      ///< scores rise for masks that move by themselves
  ScoreCalibration calibration;   ///< of the scores after these priors
  bool color_refinement = false;  ///< masks are refined with the colors of their frame
  /// A mask whose IoU with a better mask is above this is not reported; 1: all are reported, as in the paper.
  double duplicate_iou = 1;
  bool overlap = true;  ///< whether a pixel may belong to several instances if the filters leave it to the model

 private:
  SegmentationModel(const EngineOptions& options, const VideoModel& opened);
  void configure(const nlohmann::json& settings);
  FrameFeatures features_of_input(const at::Tensor& image) const;
  void try_out();

  const std::shared_ptr<const Model> shared_;  // which all who open the file get as long as anybody has it
};

}  // namespace vcl
