// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/segment/segment_photos.hpp"

#include <algorithm>
#include <future>
#include <iterator>
#include <memory>
#include <utility>

#include "support/stop_signal.hpp"
#include "tools/images/image_progress.hpp"
#include "tools/media/picture.hpp"
#include "tools/output.hpp"
#include "tools/segment/photo_output.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"
#include "vcl/region.hpp"

namespace vcl {
namespace {

EngineOptions engine_options(const SegmentOptions& options) {
  EngineOptions engine;
  engine.model = options.model.value_or(engine.model);
  engine.device = options.device.value_or(engine.device);
  engine.threads = options.threads.value_or(engine.threads);
  engine.precision = options.precision;
  engine.motion = Motion::Off;  // a photo has no neighbors
  return engine;
}

Filters filters_of(const SegmentOptions& options) {
  Filters filters;
  if (options.threshold) filters.threshold = float(*options.threshold);
  filters.max_instances = options.max_instances.value_or(filters.max_instances);
  filters.min_area = options.min_area.value_or(filters.min_area);
  if (options.overlap)
    filters.overlap = *options.overlap == "allow"    ? Overlap::Allow
                      : *options.overlap == "forbid" ? Overlap::Forbid
                                                     : Overlap::Auto;
  return filters;
}

std::shared_ptr<const Region> region_of(const SegmentOptions& options) {
  auto region = std::make_shared<Region>();
  if (options.region) region->box = box_from_text(*options.region);
  if (options.shown) region->mask = *options.shown;
  return region;
}

/// Reads photos in turn, one ahead of the photo in use.
class ReadAhead {
 public:
  ReadAhead(const std::vector<std::string>& photos, const PictureReading& reading)
      : photos_(photos), reading_(reading) {
    start_next();
  }

  /// Throws the errors of read_image.
  cv::Mat next() {
    std::future<cv::Mat> photo = std::move(coming_);
    photo.wait();
    start_next();
    return photo.get();
  }

 private:
  void start_next() {
    if (at_ < photos_.size()) coming_ = std::async(std::launch::async, read_image, photos_[at_++], reading_);
  }

  const std::vector<std::string>& photos_;
  const PictureReading reading_;
  std::size_t at_ = 0;
  std::future<cv::Mat> coming_;
};

/// Segments a photo as a stream of one frame. Ids count from 1, in the order of the scores.
FrameResult segment_photo(Engine& engine, const cv::Mat& picture) {
  constexpr std::int64_t kNoTime = -1;
  std::vector<FrameResult> results = engine.push(view_of(picture), kNoTime);
  if (results.empty()) results = engine.drain();
  engine.reset();
  FrameResult result = std::move(results.at(0));
  std::uint64_t id = 0;
  for (Instance& instance : result.instances) instance.track_id = ++id;
  return result;
}

}  // namespace

void segment_photos(const SegmentOptions& options) {
  std::vector<std::string> photos;
  for (const std::string& in : options.in)
    std::ranges::move(resolve_photos(in, options.photos), std::back_inserter(photos));
  if (!options.out.empty()) make_output_folder(options.out);
  PhotoOutput output(options, photos);
  RegionEngine engine(open_engine(engine_options(options)));
  engine.set_filters(filters_of(options));
  engine.look_at(region_of(options));
  output.start();

  const OnError on_error = options.on_error.value_or(OnError::Skip);
  const StopOnSignal stop_on_signal;
  ImageProgress progress(photos.size(), options.quiet);
  ReadAhead reader(photos, {options.bits, options.quiet});
  try {
    do_images(photos, on_error, progress, [&](const std::string& photo) {
      cv::Mat picture = reader.next();
      FrameResult result = segment_photo(engine, picture);
      const std::size_t masks = result.instances.size();
      output.add(photo, std::move(picture), std::move(result));
      progress.count_done(masks);
    });
  } catch (const Error&) {  // nothing more can be written, but earlier failures are still printed
    progress.print_summary();
    throw;
  }
  output.finish();
  report_images(photos, on_error, progress);
}

}  // namespace vcl
