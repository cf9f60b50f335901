// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "plugins/export/socket_address.hpp"
#include "support/outputs.hpp"
#include "tools/media/frame_steps.hpp"
#include "tools/media/image_source.hpp"
#include "tools/media/input_clock.hpp"
#include "tools/media/inputs.hpp"
#include "tools/media/lost_frames.hpp"
#include "tools/media/range_gate.hpp"
#include "tools/media/steady_times.hpp"
#include "tools/media/track_ends.hpp"
#include "tools/options.hpp"
#include "tools/plugin.hpp"
#include "tools/segment/mask_file.hpp"
#include "tools/segment/result_folders.hpp"
#include "tools/segment/segment_inputs.hpp"
#include "tools/segment/segment_photos.hpp"
#include "tools/segment/segment_run.hpp"
#include "tools/verbs.hpp"
#include "vcl/error.hpp"
#include "vcl/region.hpp"

namespace vcl {
namespace {

constexpr double kMostSeconds = 1e9;
constexpr int kMostInstances = 255;

std::string describe_loss(const std::string& in, std::uint64_t lost, std::uint64_t done) {
  return fmt::format("'{}' is damaged: {} could not be decoded, the other {} were done; copy or download it again", in,
                     lost == 1 ? "1 frame" : fmt::format("{} frames", lost), done);
}

std::string folder_of(const std::string& pattern) {
  const std::string folder = std::filesystem::path(pattern).parent_path();
  return folder.empty() ? "." : folder;
}

/// Prints a note if the folder has more masks than this run wrote, because its users would take them for masks of this
/// run.
void note_older_masks(const std::string& pattern, std::uint64_t frames) {
  const std::vector<std::string> masks = images_of_pattern(pattern);
  if (masks.size() <= frames) return;
  fmt::print(stderr, "note: '{}' to '{}' are no masks of this run, but of an earlier one; remove them\n", masks[frames],
             masks.back());
}

Progress::Part part_of(const FrameRange& range) {
  const auto time = [](double seconds) { return GstClockTime(seconds * double(GST_SECOND)); };
  return {time(range.start), range.duration ? time(range.start + *range.duration) : GST_CLOCK_TIME_NONE};
}

std::size_t expected_frames(const FrameRange& range, const Input& input) {
  if (!input.images.empty()) return input.images.size();
  return range.last ? *range.last - range.first : 0;
}

std::string describe_early_end(const std::string& in, const FrameRange& range) {
  return fmt::format("'{}' ends before '{}' does", in, range.describe());
}

RunCounts segment_video(const SegmentOptions& options, const Input& whole, const std::function<void()>& before_exit) {
  const FrameRange& range = options.range;
  Input input = whole;
  ImageRange images{.images = whole.images};
  if (!range.is_all() && !whole.images.empty())
    images = images_in(range, whole.images, whole.name, options.fps.value_or(kImagesPerSecond));
  input.images = images.images;
  const bool is_gated = !range.is_all() && input.images.empty();
  if (const std::string step = uneven_step(whole.images); !step.empty() && !options.quiet)
    fmt::print(stderr,
               "note: the numbers of the pictures of '{}' have uneven steps ({}); they are frames at even times\n",
               whole.name, step);
  Outputs outputs({input.file(), options.model.value_or(""), options.mask}, whole.images);
  // For a pattern like masks/%05d.png, the folder is that of the pattern.
  const bool is_pattern = options.masks.find('%') != std::string::npos;
  const std::string numbered = is_pattern || options.masks.empty() ? options.masks : options.masks + "/%05d.png";
  outputs.add_folder(is_pattern ? folder_of(options.masks) : options.masks);
  for (const std::string& mask : images_of_pattern(numbered)) outputs.check_not_read(mask);  // it may be --mask
  for (const std::string& path : {options.overlay, options.ytvis, options.contact_sheet}) outputs.add_file(path);
  if (!gstvcl::is_socket_address(options.json)) outputs.add_file(options.json);
  check_sheet_name(options.contact_sheet);
  load_plugin();

  ContactSheet sheet;
  std::unique_ptr<PaintedVideo> video;
  if (!options.overlay.empty())
    video = std::make_unique<PaintedVideo>(options.overlay, options.coding, input, is_gated);
  const std::unique_ptr<GstElement, decltype(&gst_object_unref)> pipeline(
      make_segment_pipeline(options, input, video.get(), &sheet, images.first), gst_object_unref);
  g_autoptr(GstElement) writer = gst_bin_get_by_name(GST_BIN(pipeline.get()), "export");
  g_autoptr(GstPad) results = gst_element_get_static_pad(writer, "src");
  g_autoptr(GstElement) segment = gst_bin_get_by_name(GST_BIN(pipeline.get()), "segment");
  g_autoptr(GstPad) frames = gst_element_get_static_pad(segment, "sink");
  g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline.get()), "source");
  g_autoptr(GstPad) written = gst_element_get_static_pad(writer, "sink");
  g_autoptr(GstElement) head = gst_bin_get_by_name(GST_BIN(pipeline.get()), "head");
  g_autoptr(GstPad) decoded = gst_element_get_static_pad(head, "sink");
  g_autoptr(GstElement) queue = gst_bin_get_by_name(GST_BIN(pipeline.get()), "input");
  std::optional<Camera> camera;  // comes first: its times are those that the others see
  if (input.is_remote()) camera.emplace(input.name, source, decoded, queue, options.camera, options.quiet);
  InputClock clock(source, written);
  const TrackEnds ends(source);
  const Progress progress(frames, results, expected_frames(range, input), options.whole, part_of(range));

  if (input.images.empty()) steady_times(decoded);
  const auto begin = [&video](GstClockTime time) {
    if (video) video->begin(time);
  };
  std::optional<RangeGate> gate;
  if (is_gated) gate.emplace(range, clock, decoded, begin, [&pipeline] { end_stream(pipeline.get()); });
  const LostFrames lost(decoded);  // counts only the range, because the gate comes first

  auto [failure, is_of_all] = play_to_end(pipeline.get(), options, input, progress, gate ? &*gate : nullptr,
                                          camera ? &*camera : nullptr, before_exit);
  if (!options.contact_sheet.empty() && !sheet.empty()) sheet.write(options.contact_sheet);
  if (!options.quiet && progress.frames() > 0) progress.print_summary();
  if (!options.quiet && !options.masks.empty() && progress.frames() > 0) note_older_masks(numbered, progress.frames());
  if (!options.quiet && video)
    for (const std::string& note : video->notes()) fmt::print(stderr, "note: {}\n", note);
  if (const int skipped = skipped_images(source); failure.empty() && skipped > 0)
    failure =
        fmt::format("{} of {} images failed, as listed above; the files hold the others", skipped, input.images.size());
  const bool ends_early = images.ends_early || (gate && gate->is_short());
  if (failure.empty() && gate && progress.frames() == 0 && gate->frames() > 0) gate->fail_empty(input.name);
  if (!options.quiet && failure.empty() && ends_early)
    fmt::print(stderr, "note: {}\n", describe_early_end(input.name, range));
  if (failure.empty() && !(gate && gate->has_ended()) && ends.are_early())
    failure = fmt::format(
        "'{}' is cut off or damaged: only the {} frames that are found were done; copy or download it "
        "again",
        input.name, progress.frames());
  if (failure.empty() && lost.count() > 0 && !(camera && camera->is_one()))
    failure = describe_loss(input.name, lost.count(), progress.frames());
  if (!failure.empty()) throw Error(is_of_all ? ErrorKind::Resource : ErrorKind::Unreadable, failure);
  if (progress.frames() == 0)
    throw Error(ErrorKind::Unreadable, fmt::format("'{}' holds no video frames; name another video", input.name));
  return {.frames = progress.frames(), .tracks = progress.tracks()};
}

void segment_one_video(const SegmentOptions& options, const std::string& in) {
  if (options.skip_existing)
    throw Error(ErrorKind::Invalid, "--skip-existing looks into the folder of --out; name one");
  const Input input = resolve_input(in);
  if (options.on_error && input.images.empty())
    throw Error(ErrorKind::Invalid, "--on-error is for several inputs, --out and pictures: name several");
  segment_video(options, input, {});
}

/// With a style that hides objects, nothing may keep an object out of the results. Refuses --region and --mask, and
/// raises the number of instances.
void look_at_all(SegmentOptions& options) {
  const Painting& painting = options.painting;
  if (painting.hiding() == gstvcl::Style::Paint) return;
  if (options.region || !options.mask.empty())
    throw Error(ErrorKind::Invalid,
                fmt::format("--style {} hides what is found, and --region and --mask keep objects from being found, "
                            "which it would show; leave them out",
                            *painting.style));
  if (!options.max_instances) options.max_instances = kMostInstances;
}

/// Checks --codec and --quality before anything is opened or made.
void check_coding(const SegmentOptions& options) {
  const VideoCoding& coding = options.coding;
  if (coding.codec.empty() && !coding.quality) return;
  const SegmentOptions placed = options.out.empty() ? options : with_results_in(options, options.out);
  if (placed.overlay.empty())
    throw Error(ErrorKind::Invalid,
                "--codec and --quality are those of the painted video, and none is written; add "
                "--overlay, or leave them out");
  video_output_for(placed.overlay, coding, nullptr);
}

void run_segment(SegmentOptions options) {
  const auto makes = [&options](const char* result) {
    return !options.out.empty() && std::ranges::find(options.results, result) != options.results.end();
  };
  check_painting(options.painting,
                 !options.overlay.empty() || !options.contact_sheet.empty() || makes("overlay") || makes("sheet"));
  look_at_all(options);
  if (!options.frames.empty()) options.range = frames_from_text(options.frames);
  if (options.region) box_from_text(*options.region);
  if (!options.mask.empty()) options.shown = std::make_shared<const Mask>(read_mask(options.mask));
  gst_init(nullptr, nullptr);
  options.in = expand_lists(options.in);
  const bool reads_stdin = std::ranges::find(options.in, kStandardInput) != options.in.end();
  if (reads_stdin && options.photos)
    throw Error(ErrorKind::Invalid, "'-' is standard input, which gives a video and no photos; name their files");
  if (reads_stdin && options.in.size() > 1)
    throw Error(ErrorKind::Invalid, "'-' is standard input, and the only one of a run; do the other inputs apart");
  if (options.photos || (options.in.size() > 1 && std::ranges::any_of(options.in, is_one_picture)))
    return segment_photos(with_results_of_photos(options));
  check_coding(options);
  const std::vector<std::string> inputs = expand_videos(options.in);
  if (inputs.size() == 1 && options.out.empty()) return segment_one_video(options, inputs.front());
  segment_inputs(options, inputs, segment_video);
}

}  // namespace

void add_segment(CLI::App& app) {
  auto options = std::make_shared<SegmentOptions>();
  SegmentOptions& o = *options;
  CLI::App* verb = app.add_subcommand(
      "segment", "Find, mask and track the objects of a video, or find and mask the objects of photos");
  verb->add_option("IN", o.in,
                   "video file or URI, - (standard input), folder of images, or a pattern such as frames/%05d.jpg or "
                   "'frames/*.jpg'. With --out also several of them, folders and patterns of videos, and lists (.txt, "
                   "one name per line). Several image files are photos")
      ->required();
  verb->add_flag("--photos", o.photos, "treat IN as photos (files, folders, patterns) and segment each by itself");
  verb->add_option("--overlay", o.overlay,
                   "write the video with masks painted (.mp4, .m4v, .mov, .mkv, .webm or .avi); for photos: a folder");
  verb->add_option("--codec", o.coding.codec,
                   "codec of the painted video: h264, h265, vp8, vp9, av1 or mjpeg, as the file's ending and the "
                   "installed encoders allow; by default h264, for .webm vp8")
      ->transform(CLI::IsMember(video_codecs(), CLI::ignore_case));
  verb->add_option("--quality", o.coding.quality,
                   "quality of the painted video, from 0 (smallest file) to 100 (best); the default is about 60")
      ->check(CLI::Range(0, 100));
  verb->add_option("--json", o.json,
                   "write one line of JSON per frame or photo; -: standard output; unix:/path or tcp://host:port: to a "
                   "program that listens (not for photos)");
  verb->add_option("--ytvis", o.ytvis, "write YouTube-VIS results; not for photos");
  verb->add_option("--masks", o.masks, "write one index PNG per frame or photo into this folder");
  verb->add_option("--contact-sheet", o.contact_sheet, "write a picture of 12 painted frames (.png or .jpg)");
  add_painting(verb, o.painting);
  verb->add_option("--out", o.out,
                   "write the results of each input into DIR/NAME: overlay.mp4, results.jsonl, sheet.png; for photos: "
                   "the results of all into DIR")
      ->option_text("DIR");
  verb->add_option("--results", o.results,
                   "results that --out makes: any of overlay,json,sheet,masks,ytvis (default overlay,json,sheet)")
      ->delimiter(',')
      ->option_text("LIST")
      ->check(CLI::IsMember({"overlay", "json", "sheet", "masks", "ytvis"}));
  verb->add_flag("--skip-existing", o.skip_existing, "skip inputs whose results in --out are complete");
  verb->add_option("--model", o.model, "model file, or a name (vcl model get); the default model if not given");
  verb->add_option("--device", o.device, "auto, cpu, cuda or cuda:N");
  verb->add_option("--threads", o.threads, "CPU threads; 0: the model's number")->check(CLI::Range(0, 1024));
  add_precision(verb, o.precision);
  verb->add_option("--motion", o.motion,
                   "whether the network sees how frames move: auto (if the model was trained to) or off")
      ->check(CLI::IsMember({"auto", "off"}));
  verb->add_flag("--whole", o.whole, "decode the whole video together, as in the paper; all results come at the end");
  verb->add_option("--window", o.window, "frames decoded together; 0: the model's number")->check(CLI::Range(0, 256));
  verb->add_option("--stride", o.stride, "frames from one window to the next; 0: the model's number")
      ->check(CLI::Range(0, 256));
  verb->add_option("--threshold", o.threshold, "minimum score of a track to be reported")->check(CLI::Range(0.0, 1.0));
  verb->add_option("--max-instances", o.max_instances,
                   "maximum number of objects per frame (default 10; 255 with a --style that hides objects)")
      ->check(CLI::Range(1, kMostInstances));
  verb->add_option("--min-area", o.min_area, "minimum mask area, in pixels of the video");
  verb->add_option("--max-age", o.max_age,
                   "number of frames that an object may be missing and keep its id; 0: it always gets a new id")
      ->check(CLI::Range(0, 1'000'000'000));
  verb->add_option("--overlap", o.overlap,
                   "whether a pixel may belong to several objects: auto (the model's setting), allow or forbid")
      ->check(CLI::IsMember({"auto", "allow", "forbid"}));
  verb->add_option("--every", o.every, "infer on every Nth frame and repeat the masks on the frames between")
      ->check(CLI::Range(1, 10000));
  verb->add_option("--region", o.region,
                   "look at this part of the frames only, in pixels; results are those of the whole frame")
      ->option_text("X,Y,WIDTH,HEIGHT");
  verb->add_option("--mask", o.mask,
                   "picture that says what to ignore: black is hidden, white is looked at. It is stretched over the "
                   "frames")
      ->option_text("FILE");
  CLI::Option* start = verb->add_option("--start", o.range.start, "begin this many seconds into the input (default 0)")
                           ->check(CLI::Range(0.0, kMostSeconds))
                           ->option_text("SECONDS");
  CLI::Option* duration = verb->add_option("--duration", o.range.duration, "end after this many seconds")
                              ->check(CLI::Range(1e-9, kMostSeconds))
                              ->option_text("SECONDS");
  verb->add_option("--frames", o.frames, "process only frames A to B - 1; the first frame of the input is 0")
      ->option_text("A:B")
      ->excludes(start)
      ->excludes(duration);
  verb->add_option("--silence", o.camera.silence,
                   "connect a camera anew that sends no frame for this long (default 30; for a slow camera three "
                   "times its longest interval)")
      ->check(CLI::Range(0.1, kMostSeconds))
      ->option_text("SECONDS");
  verb->add_option("--reconnect", o.camera.reconnect,
                   "keep trying to connect a camera that broke off for this long (default 86400, a day; 0: it ends the "
                   "run)")
      ->check(CLI::Range(0.0, kMostSeconds))
      ->option_text("SECONDS");
  verb->add_flag("--system-clock", o.system_clock,
                 "write into JSON lines when a frame was taken (utc), by the clock of this computer, where the input "
                 "does not state it; for cameras");
  verb->add_option("--fps", o.fps, "frame rate of a folder of images, in frames per second (default 24)")
      ->check(CLI::Range(0.001, 1000.0));
  verb->add_flag("--deinterlace", o.deinterlace,
                 "deinterlace a video that is not flagged as interlaced; flagged videos are deinterlaced anyway");
  add_bits(verb, o.bits);
  verb->add_option("--on-error", o.on_error,
                   "after an input or picture that fails: skip it (the default for photos and several inputs) or stop "
                   "(the default for the pictures of a folder or pattern)")
      ->transform(
          CLI::CheckedTransformer(std::map<std::string, OnError>{{"skip", OnError::Skip}, {"stop", OnError::Stop}}));
  verb->add_flag("--quiet", o.quiet, "print errors only");
  verb->callback([options] { run_segment(*options); });
}

}  // namespace vcl
