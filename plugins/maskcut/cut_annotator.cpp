// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/maskcut/cut_annotator.hpp"

#include <algorithm>

#include "plugins/base/frame_view.hpp"
#include "vcl/threads.hpp"

namespace gstvcl {
namespace {

constexpr int kMaxCrfThreads = 256;

bool is_input_side(guint pixels) {
  return pixels >= 1 && pixels <= guint(vcl::kMaxInputSide);
}

vcl::FeatureMap read_features(const GstVclFeaturesMeta* meta) {
  vcl::FeatureMap features;
  features.channels = int(meta->channels);
  features.grid = {int(meta->grid_width), int(meta->grid_height)};
  features.stride = int(meta->stride);
  features.input = {int(meta->input_width), int(meta->input_height)};
  const gfloat* values = gst_vcl_features_meta_get_values(meta);
  features.values.assign(values, values + g_bytes_get_size(meta->data) / sizeof(gfloat));
  return features;
}

}  // namespace

bool CutAnnotator::serves(const std::string& upstream_model) const {
  return options_.model.empty() || upstream_model == feature_model_name(options_);
}

void CutAnnotator::open(const std::string& upstream_features) {
  options_ = now_.network;
  if (upstream_features.empty() || !serves(upstream_features)) source_.open(options_);
  // A cut of two patches, so that a missing engine is told before the first frame.
  vcl::maskcut({1, {2, 1}, 1, {2, 1}, {1, -1}}, now_.cuts, options_.threads, options_.device);
}

void CutAnnotator::close() noexcept {
  source_.close();
}

void CutAnnotator::restart() noexcept {
  tracks_.end_all();
  attacher_.restart();
  latest_.clear();
  latest_cut_.reset();
  upstream_used_ = false;
}

const GstVclFeaturesMeta* CutAnnotator::upstream_features(const AnnotatorFrame& frame) const {
  const GstVclFeaturesMeta* meta = gst_buffer_get_vcl_features_meta(frame.buffer);
  if (!meta || !serves(meta->model ? meta->model : "")) return nullptr;
  const bool of_this_frame = gint(meta->width) == GST_VIDEO_INFO_WIDTH(&frame.info) &&
                             gint(meta->height) == GST_VIDEO_INFO_HEIGHT(&frame.info);
  const bool usable = guint64(meta->grid_width) * meta->grid_height >= 2 && is_input_side(meta->input_width) &&
                      is_input_side(meta->input_height);
  return of_this_frame && usable ? meta : nullptr;
}

vcl::FeatureMap CutAnnotator::features_of(const vcl::FrameView& view, const GstVclFeaturesMeta* upstream) {
  if (upstream) return read_features(upstream);
  source_.open(options_);  // where features were to come from upstream, and this frame has none
  return source_.extract(view);
}

void CutAnnotator::cut(const AnnotatorFrame& frame, const GstVclFeaturesMeta* upstream) {
  const MappedFrame mapped(frame.buffer, frame.info);
  const vcl::FrameView view = mapped.view();
  const vcl::FeatureMap features = features_of(view, upstream);
  const std::vector<vcl::CutStep> steps = vcl::maskcut(features, now_.cuts, options_.threads, options_.device);
  const int threads = options_.threads ? options_.threads : vcl::usable_processors();
  const vcl::FinishOptions finish{
      .crf = now_.crf, .threads = std::min(threads, kMaxCrfThreads), .device = options_.device};
  const std::vector<vcl::Mask> masks = vcl::finish_cuts(steps, features.grid, features.input, view, finish);
  latest_ = tracks_.follow(steps, masks, now_.track);
  latest_cut_.reset(upstream ? g_bytes_ref(upstream->data) : nullptr);
}

void CutAnnotator::annotate(const AnnotatorFrame& frame) {
  const GstVclFeaturesMeta* upstream = upstream_features(frame);
  upstream_used_ = upstream != nullptr;
  const bool cut_already = upstream && latest_cut_ &&
                           g_bytes_get_data(upstream->data, nullptr) == g_bytes_get_data(latest_cut_.get(), nullptr);
  const bool infer = frame.infer && !cut_already;
  if (infer)
    cut(frame, upstream);
  else
    for (vcl::Instance& instance : latest_) instance.is_new = false;

  vcl::FrameResult result;
  result.frame = frame.number;
  result.size = {GST_VIDEO_INFO_WIDTH(&frame.info), GST_VIDEO_INFO_HEIGHT(&frame.info)};
  result.stale = !infer || (upstream && upstream->stale);
  result.instances = latest_;
  attacher_.attach(frame.buffer, result, now_.attach, frame.running_time);
}

}  // namespace gstvcl
