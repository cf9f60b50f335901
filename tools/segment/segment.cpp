// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <memory>

#include "support/outputs.hpp"
#include "tools/media/frame_steps.hpp"
#include "tools/media/image_source.hpp"
#include "tools/media/input_clock.hpp"
#include "tools/media/lost_frames.hpp"
#include "tools/options.hpp"
#include "tools/plugin.hpp"
#include "tools/segment/segment_photos.hpp"
#include "tools/segment/segment_run.hpp"
#include "tools/verbs.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

std::string describe_loss(const std::string& in, std::uint64_t lost, std::uint64_t done) {
  return fmt::format("'{}' is damaged: {} could not be decoded, the other {} were done; copy or download it again", in,
                     lost == 1 ? "1 frame" : fmt::format("{} frames", lost), done);
}

std::string folder_of(const std::string& pattern) {
  const std::string folder = std::filesystem::path(pattern).parent_path();
  return folder.empty() ? "." : folder;
}

void segment_video(const SegmentOptions& options) {
  const Input input = resolve_input(options.in.front());
  if (options.on_error && input.images.empty())
    throw Error(ErrorKind::Invalid, "--on-error is for pictures: name a folder or pattern of them, or add --photos");
  if (const std::string step = uneven_step(input.images); !step.empty() && !options.quiet)
    fmt::print(stderr,
               "note: the numbers of the pictures of '{}' have uneven steps ({}); they are frames at even times\n",
               input.name, step);
  Outputs outputs({input.path, options.model.value_or("")}, input.images);
  // A pattern like masks/%05d.png names the files of its folder.
  const bool is_pattern = options.masks.find('%') != std::string::npos;
  outputs.add_folder(is_pattern ? folder_of(options.masks) : options.masks);
  for (const std::string& path : {options.overlay, options.json, options.ytvis, options.contact_sheet})
    outputs.add_file(path);
  load_plugin();

  ContactSheet sheet;
  std::unique_ptr<PaintedVideo> video;
  if (!options.overlay.empty()) video = std::make_unique<PaintedVideo>(options.overlay, input);
  const std::unique_ptr<GstElement, decltype(&gst_object_unref)> pipeline(
      make_segment_pipeline(options, input, video.get(), &sheet), gst_object_unref);
  g_autoptr(GstElement) writer = gst_bin_get_by_name(GST_BIN(pipeline.get()), "export");
  g_autoptr(GstPad) results = gst_element_get_static_pad(writer, "src");
  g_autoptr(GstElement) segment = gst_bin_get_by_name(GST_BIN(pipeline.get()), "segment");
  g_autoptr(GstPad) frames = gst_element_get_static_pad(segment, "sink");
  g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline.get()), "source");
  g_autoptr(GstPad) written = gst_element_get_static_pad(writer, "sink");
  InputClock clock(source, written);
  const Progress progress(frames, results, input.images.size(), options.whole);

  g_autoptr(GstElement) head = gst_bin_get_by_name(GST_BIN(pipeline.get()), "head");
  g_autoptr(GstPad) decoded = gst_element_get_static_pad(head, "sink");
  const LostFrames lost(decoded);

  std::string failure = play_to_end(pipeline.get(), options, input, progress);
  if (!options.contact_sheet.empty() && !sheet.empty()) sheet.write(options.contact_sheet);
  if (!options.quiet && progress.frames() > 0) progress.print_summary();
  if (!options.quiet && video)
    for (const std::string& note : video->notes()) fmt::print(stderr, "note: {}\n", note);
  if (const int skipped = skipped_images(source); failure.empty() && skipped > 0)
    failure =
        fmt::format("{} of {} images failed, as listed above; the files hold the others", skipped, input.images.size());
  if (failure.empty() && lost.count() > 0) failure = describe_loss(input.name, lost.count(), progress.frames());
  if (!failure.empty()) throw Error(ErrorKind::Unreadable, failure);
  if (progress.frames() == 0)
    throw Error(ErrorKind::Unreadable, fmt::format("'{}' holds no video frames; name another video", input.name));
}

void run_segment(const SegmentOptions& options) {
  gst_init(nullptr, nullptr);
  if (options.photos || options.in.size() > 1)
    segment_photos(options);
  else
    segment_video(options);
}

}  // namespace

void add_segment(CLI::App& app) {
  auto options = std::make_shared<SegmentOptions>();
  SegmentOptions& o = *options;
  CLI::App* verb =
      app.add_subcommand("segment", "Find, mask and track the objects of a video, or find and mask those of photos");
  verb->add_option("IN", o.in,
                   "video file or URI, folder of images, or pattern like frames/%05d.jpg or 'frames/*.jpg'; several "
                   "images are photos")
      ->required();
  verb->add_flag("--photos", o.photos, "IN are photos, or folders and patterns of them: each is segmented by itself");
  verb->add_option("--overlay", o.overlay,
                   "write the video with its masks painted: .mp4, .mkv, .webm or .avi; of photos: a folder");
  verb->add_option("--json", o.json, "write one JSON line a frame or photo; - is standard output");
  verb->add_option("--ytvis", o.ytvis, "write YouTube-VIS results; not of photos");
  verb->add_option("--masks", o.masks, "write an index PNG a frame or photo into this folder");
  verb->add_option("--contact-sheet", o.contact_sheet, "write a PNG of 12 painted frames");
  verb->add_option("--model", o.model, "model file (.safetensors); the embedded one by default");
  verb->add_option("--device", o.device, "auto, cpu, cuda or cuda:N");
  verb->add_option("--threads", o.threads, "CPU threads; 0: as the model says")->check(CLI::Range(0, 1024));
  add_precision(verb, o.precision);
  verb->add_option("--motion", o.motion,
                   "whether the network sees how frames move: auto (where its model was trained to) or off")
      ->check(CLI::IsMember({"auto", "off"}));
  verb->add_flag("--whole", o.whole, "decode the whole video together, as in the paper; all results come at the end");
  verb->add_option("--window", o.window, "frames decoded together; 0: as the model says")->check(CLI::Range(0, 1024));
  verb->add_option("--stride", o.stride, "frames from window to window; 0: as the model says")
      ->check(CLI::Range(0, 1024));
  verb->add_option("--threshold", o.threshold, "least track score that is reported")->check(CLI::Range(0.0, 1.0));
  verb->add_option("--max-instances", o.max_instances, "most objects a frame")->check(CLI::Range(1, 255));
  verb->add_option("--min-area", o.min_area, "least mask size, in pixels of the video");
  verb->add_option("--max-age", o.max_age, "most frames that an object may be missing and keep its id; 0: none")
      ->check(CLI::Range(0, 1'000'000'000));
  verb->add_option("--overlap", o.overlap,
                   "whether a pixel may belong to several objects: auto (as the model says), allow or forbid")
      ->check(CLI::IsMember({"auto", "allow", "forbid"}));
  verb->add_option("--every", o.every, "infer on every Nth frame, repeat the masks between")
      ->check(CLI::Range(1, 10000));
  verb->add_option("--fps", o.fps, "frames per second of images; 24 by default")->check(CLI::Range(0.001, 1000.0));
  verb->add_flag("--deinterlace", o.deinterlace,
                 "frames hold two fields though the video does not say so; where it does they are deinterlaced anyway");
  add_bits(verb, o.bits);
  verb->add_option(
          "--on-error", o.on_error,
          "what a picture that cannot be read ends: stop (the default of folders and patterns) or skip (of photos)")
      ->transform(
          CLI::CheckedTransformer(std::map<std::string, OnError>{{"skip", OnError::Skip}, {"stop", OnError::Stop}}));
  verb->add_flag("--quiet", o.quiet, "print errors only");
  verb->callback([options] { run_segment(*options); });
}

}  // namespace vcl
