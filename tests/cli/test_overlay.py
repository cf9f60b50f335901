# SPDX-License-Identifier: LGPL-2.1-or-later
"""The painted video of `vcl segment --overlay`: size, times, sound and ends in every container."""
import signal
import struct
import subprocess
import unittest

from support import PATIENCE, VCL, Case, Gst, decode, launch, make_png, make_video, read_lines, vcl, wait_until

CONTAINERS = ("mp4", "mov", "mkv", "webm", "avi")
MS = Gst.MSECOND
ONE = 1 << 16
# MP4 transformation matrices (a, b, c, d). Phones use them to mark videos as rotated by 90 degrees.
TURNED = {"90": (0, ONE, -ONE, 0), "270": (0, -ONE, ONE, 0), "mirrored and turned": (0, ONE, ONE, 0)}
UPRIGHT = {"180": (-ONE, 0, 0, -ONE), "mirrored": (-ONE, 0, 0, ONE), "upside down": (ONE, 0, 0, -ONE)}
AAC = "avenc_aac ! aacparse"
MP3 = "lamemp3enc ! mpegaudioparse"
AC3 = "avenc_ac3 ! ac3parse"
OPUS = "audioresample ! opusenc ! opusparse"
VORBIS = "vorbisenc"
FLAC = "flacenc ! flacparse"
PCM = "audio/x-raw,format=S16LE"
MUXERS = {"mp4": "mp4mux", "mov": "qtmux", "mkv": "matroskamux", "webm": "webmmux", "avi": "avimux", "ts": "mpegtsmux"}


def need_elements(description):
    """Skips the test if an element of the partial pipeline is not installed."""
    for element in (part.split()[0] for part in description.split("!")):
        if "/" not in element and not Gst.ElementFactory.find(element):
            raise unittest.SkipTest(f"the element {element} is not installed")


def make_sounding_video(path, sound, seconds=2, sound_seconds=None, offset=0, damage=""):
    """Writes a video of a ball at 15 frames/s, with a tone in the given coding."""
    packets = int((sound_seconds or seconds) * 44100 / 1024)
    video = "vp8enc deadline=1" if path.suffix == ".webm" else "x264enc speed-preset=ultrafast key-int-max=15 ! h264parse"
    need_elements(f"{video} ! {sound}")
    launch(f"videotestsrc num-buffers={15 * seconds} pattern=ball ! video/x-raw,width=160,height=120,framerate=15/1,format=I420"
           f" ! {video} ! queue max-size-time=0 max-size-bytes=0 max-size-buffers=0 ! mux."
           f" audiotestsrc num-buffers={packets} timestamp-offset={offset} ! audio/x-raw,rate=44100,channels=2 ! audioconvert"
           f" ! {sound} ! {damage} queue max-size-time=0 max-size-bytes=0 max-size-buffers=0 ! mux."
           f" {MUXERS[path.suffix[1:]]} name=mux ! filesink location={path}")
    return path


def read_packets(path):
    """Returns {media type of a track: [(running time, bytes) of each coded packet]} of a media file."""
    pipeline = Gst.parse_launch("filesrc name=file ! parsebin name=tracks")
    pipeline.get_by_name("file").set_property("location", str(path))
    packets = {}

    def read(pad):
        caps = pad.get_current_caps() or pad.query_caps(None)
        kind = caps.get_structure(0).get_name()
        found = packets.setdefault(kind, [])

        def take(_, info):
            buffer = info.get_buffer()
            segment = pad.get_sticky_event(Gst.EventType.SEGMENT, 0).parse_segment()
            if buffer.pts != Gst.CLOCK_TIME_NONE:
                found.append((segment.to_running_time(Gst.Format.TIME, buffer.pts), buffer.extract_dup(0, buffer.get_size())))
            return Gst.PadProbeReturn.OK

        pad.add_probe(Gst.PadProbeType.BUFFER, take)
        sink = Gst.ElementFactory.make("fakesink")
        sink.set_property("sync", False)
        sink.set_property("async", False)
        pipeline.add(sink)
        pad.link(sink.get_static_pad("sink"))
        sink.sync_state_with_parent()

    pipeline.get_by_name("tracks").connect("pad-added", lambda _, pad: read(pad))
    pipeline.set_state(Gst.State.PLAYING)
    end = pipeline.get_bus().timed_pop_filtered(20 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if end is None or end.type != Gst.MessageType.EOS:
        raise AssertionError(f"{path}: {end and end.parse_error()}")
    return packets


def read_sound(path):
    """Returns (media type, packets) of the first sound track, or (None, [])."""
    sounds = [(kind, packets) for kind, packets in read_packets(path).items() if kind.startswith("audio/")]
    return sounds[0] if sounds else (None, [])


def orientation_of(path):
    pipeline = Gst.parse_launch("filesrc name=file ! parsebin ! fakesink sync=false")
    pipeline.get_by_name("file").set_property("location", str(path))
    pipeline.set_state(Gst.State.PLAYING)
    bus, found = pipeline.get_bus(), None
    while True:
        message = bus.timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.TAG)
        if message is None or message.type != Gst.MessageType.TAG:
            break
        told, orientation = message.parse_tag().get_string("image-orientation")
        found = orientation if told else found
    pipeline.set_state(Gst.State.NULL)
    return found


def duration_of(path):
    """Returns the duration in nanoseconds, as a player shows it, or None."""
    pipeline = Gst.parse_launch("filesrc name=file ! decodebin ! fakesink")
    pipeline.get_by_name("file").set_property("location", str(path))
    pipeline.set_state(Gst.State.PAUSED)
    pipeline.get_state(60 * Gst.SECOND)
    known, duration = pipeline.query_duration(Gst.Format.TIME)
    pipeline.set_state(Gst.State.NULL)
    return duration if known else None


class Overlay(Case):
    def paint(self, source, suffix, *options):
        """Returns the path of the painted video, the standard error, and the number of JSON lines."""
        painted = self.path(f"painted.{suffix}")
        painted.unlink(missing_ok=True)
        result = vcl("segment", source, "--overlay", painted, "--json", self.path("o.jsonl"), *options)
        self.assert_done(result)
        return painted, result.stderr, len(read_lines(self.path("o.jsonl")))


class Orientation(Overlay):
    def turned_video(self, matrix):
        video = make_video(self.path("in.mp4"), frames=4)
        content = bytearray(video.read_bytes())
        place = content.index(b"tkhd") + 44  # after times, track number, layer and volume
        a, b, c, d = matrix
        content[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
        video.write_bytes(content)
        return video

    def assert_upright(self, name, matrix, size):
        video = self.turned_video(matrix)
        self.assertIsNotNone(orientation_of(video))
        for suffix in CONTAINERS:
            with self.subTest(f"{name}, {suffix}"):
                painted, _, _ = self.paint(video, suffix)
                self.assertEqual([frame[1:] for frame in decode(painted)], 4 * [size])
                self.assertIsNone(orientation_of(painted))

    def test_a_video_that_lies_on_its_side_is_painted_upright(self):
        for name, matrix in TURNED.items():
            self.assert_upright(name, matrix, (120, 160))

    def test_a_video_that_is_turned_or_mirrored_in_place_is_painted_upright(self):
        for name, matrix in UPRIGHT.items():
            self.assert_upright(name, matrix, (160, 120))


class Times(Overlay):
    def assert_keeps_times(self, source, suffix):
        times = [frame[0] for frame in decode(source)]
        painted, _, lines = self.paint(source, suffix)
        found = [frame[0] for frame in decode(painted)]
        self.assertEqual(len(found), len(times))
        self.assertEqual(lines, len(times))
        for a, b in zip(times, found):  # Matroska has a resolution of milliseconds
            self.assertLess(abs((a - times[0]) - (b - found[0])), 2 * MS)
        return painted, times

    def test_frames_missing_from_a_constant_rate(self):
        make_video(self.path("in.mkv"), frames=90, extra="identity drop-probability=0.4 !")
        for suffix in ("mp4", "mov", "mkv", "webm"):
            with self.subTest(suffix):
                painted, times = self.assert_keeps_times(self.path("in.mkv"), suffix)
                self.assertLess(len(times), 90)
                self.assertLess(abs(duration_of(painted) - (times[-1] - times[0] + Gst.SECOND // 30)), 40 * MS)

    def make_screen_recording(self):
        """Writes a video with irregular frame times and no frame rate, as screen recorders do."""
        pipeline = Gst.parse_launch(
            "appsrc name=source format=time caps=video/x-raw,format=I420,width=160,height=120,framerate=0/1"
            " ! x264enc speed-preset=ultrafast bframes=0 ! h264parse ! matroskamux ! filesink name=file")
        pipeline.get_by_name("file").set_property("location", str(self.path("screen.mkv")))
        pipeline.set_state(Gst.State.PLAYING)
        for milliseconds in (0, 200, 300, 500, 600, 1000, 1100, 4000, 4100, 9000):
            frame = Gst.Buffer.new_wrapped(bytes([90]) * (160 * 120 * 3 // 2))
            frame.pts = milliseconds * MS
            pipeline.get_by_name("source").emit("push-buffer", frame)
        pipeline.get_by_name("source").emit("end-of-stream")
        end = pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        pipeline.set_state(Gst.State.NULL)
        self.assertEqual(end.type, Gst.MessageType.EOS)
        return self.path("screen.mkv")

    def test_screen_recording(self):
        recording = self.make_screen_recording()
        for suffix in ("mp4", "mov", "mkv", "webm"):
            with self.subTest(suffix):
                painted, _ = self.assert_keeps_times(recording, suffix)
                self.assertGreater(duration_of(painted), 9050 * MS)  # the last frame has a duration
                self.assertLess(duration_of(painted), 9500 * MS)

    def test_avi_has_a_constant_rate(self):
        make_video(self.path("in.mkv"), frames=90, extra="identity drop-probability=0.4 !")
        painted, said, lines = self.paint(self.path("in.mkv"), "avi")
        last = decode(self.path("in.mkv"))[-1][0]
        frames = decode(painted)
        self.assertLess(abs(duration_of(painted) - last), 70 * MS)
        self.assertLess(lines, len(frames))
        self.assertIn(f"{len(frames) - lines} frames are repeated, 0 left out", said)

    def test_avi_of_a_constant_rate_has_every_frame_once(self):
        painted, said, _ = self.paint(make_video(self.path("in.mp4"), frames=40), "avi")
        self.assertEqual(len(decode(painted)), 40)
        self.assertNotIn("note:", said)

    def test_avi_of_an_unknown_rate_is_refused(self):
        result = vcl("segment", self.make_screen_recording(), "--overlay", self.path("o.avi"))
        self.assert_fails(result, "o.avi", "constant frame rate", ".mkv")
        self.assertFalse(self.path("o.avi").exists())


class Sizes(Overlay):
    def test_frames_that_do_not_fit_are_refused(self):
        make_png(self.path("wide.png"), 5120, 16)
        result = vcl("segment", self.path("wide.png"), "--overlay", self.path("o.avi"), "--whole")
        self.assert_fails(result, "o.avi", "4096", "5120x16", ".mp4")
        self.assert_done(vcl("segment", self.path("wide.png"), "--overlay", self.path("o.mp4")))
        self.assertEqual(decode(self.path("o.mp4"))[0][1:], (5120, 16))
        make_png(self.path("wider.png"), 30000, 1)
        for suffix, most in (("mp4", "16384"), ("mkv", "16384"), ("webm", "16383")):
            with self.subTest(suffix):
                result = vcl("segment", self.path("wider.png"), "--overlay", self.path(f"o.{suffix}"), "--json",
                             self.path("o.jsonl"))
                self.assert_fails(result, f"o.{suffix}", most, "30000x1", "--overlay")
                self.assertEqual(len(read_lines(self.path("o.jsonl"))), 1)
                self.assertFalse(self.path(f"o.{suffix}").exists())


class Sounding(Overlay):
    def assert_copied(self, source, suffix):
        """Asserts that the painted video has every sound packet, with times unchanged, and every frame."""
        painted, said, lines = self.paint(source, suffix)
        self.assertNotIn("sound", said)
        (kind, packets), (wanted_kind, wanted) = read_sound(painted), read_sound(source)
        self.assertEqual(kind, wanted_kind)
        # Compares joined data, because AVI and MP4 split PCM differently.
        self.assertEqual(b"".join(data for _, data in packets), b"".join(data for _, data in wanted))
        if suffix != "avi":
            self.assertLess(abs((packets[-1][0] - packets[0][0]) - (wanted[-1][0] - wanted[0][0])), 100 * MS)
        self.assertEqual(len(decode(painted)), lines)
        return painted

    def test_sound_is_copied_where_the_container_holds_it(self):
        for coding, source, containers in (
            (AAC, "mp4", ("mp4", "mov", "mkv", "avi")),
            (MP3, "mkv", ("mp4", "mov", "mkv", "avi")),
            (AC3, "mkv", ("mp4", "mov", "mkv", "avi")),
            (OPUS, "mkv", ("mp4", "mov", "mkv", "webm")),
            (VORBIS, "webm", ("mkv", "webm")),
            (FLAC, "mkv", ("mkv",)),
            (PCM, "mov", ("mov", "mkv", "avi")),
        ):
            video = make_sounding_video(self.path(f"in.{source}"), coding)
            for suffix in containers:
                with self.subTest(f"{coding} into {suffix}"):
                    self.assert_copied(video, suffix)

    def test_sound_of_a_transport_stream(self):
        video = make_sounding_video(self.path("in.ts"), AAC)
        wanted = len(read_sound(video)[1])
        for suffix in ("mp4", "mkv"):
            with self.subTest(suffix):
                kind, packets = read_sound(self.paint(video, suffix)[0])
                self.assertEqual(kind, "audio/mpeg")
                self.assertLessEqual(abs(len(packets) - wanted), 1)

    def test_sound_is_left_out_and_said_where_the_container_cannot_hold_it(self):
        for coding, source, suffix, name in ((AAC, "mp4", "webm", "AAC"), (VORBIS, "webm", "mp4", "Vorbis"),
                                             (FLAC, "mkv", "mp4", "FLAC"), (OPUS, "mkv", "avi", "Opus"),
                                             (PCM, "mov", "mp4", "PCM")):
            with self.subTest(f"{coding} into {suffix}"):
                video = make_sounding_video(self.path(f"in.{source}"), coding)
                painted, said, lines = self.paint(video, suffix)
                self.assertRegex(said, rf"note: '.*painted.{suffix}' has no sound: .{suffix} files cannot hold .*{name}")
                self.assertNotIn("CRITICAL", said)
                self.assertEqual(read_sound(painted), (None, []))
                self.assertEqual(len(decode(painted)), lines)
                self.assertEqual(self.paint(video, suffix, "--quiet")[1], "")

    def test_no_sound_no_note(self):
        self.assertNotIn("note:", self.paint(make_video(self.path("in.mp4"), frames=10), "mp4")[1])
        make_png(self.path("one.png"), 32, 32)
        self.assertNotIn("note:", self.paint(self.path("one.png"), "mp4")[1])

    def test_sound_longer_and_shorter_than_the_video(self):
        for seconds in (1, 4):
            with self.subTest(seconds):
                painted = self.assert_copied(make_sounding_video(self.path("in.mp4"), AAC, sound_seconds=seconds), "mp4")
                self.assertEqual(len(decode(painted)), 30)

    def test_sound_that_begins_late(self):
        video = make_sounding_video(self.path("in.mkv"), MP3, seconds=8, sound_seconds=2, offset=5 * Gst.SECOND)
        for suffix in ("mp4", "mkv"):
            with self.subTest(suffix):
                painted, _, lines = self.paint(video, suffix)
                self.assertEqual(lines, 120)
                kind, packets = read_sound(painted)
                self.assertEqual(kind, "audio/mpeg")
                self.assertLess(abs(packets[0][0] - 5 * Gst.SECOND), 100 * MS)
        self.assertIn("begins later than the frames", self.paint(video, "avi")[1])

    def test_empty_and_damaged_sound_does_not_hold_up_the_frames(self):
        whole = make_sounding_video(self.path("in.mkv"), MP3, seconds=4)
        content = bytearray(whole.read_bytes())
        for _, packet in read_sound(whole)[1]:
            place = content.find(packet)
            if place >= 0:
                content[place : place + len(packet)] = bytes(len(packet))
        self.path("zeros.mkv").write_bytes(content)
        empty = make_sounding_video(self.path("empty.mkv"), MP3, damage="identity drop-probability=1 !")
        for video, frames in ((self.path("zeros.mkv"), 60), (empty, 30)):
            for suffix in ("mp4", "mkv"):
                with self.subTest(f"{video.name} into {suffix}"):
                    painted, said, lines = self.paint(video, suffix)
                    self.assertEqual(len(decode(painted)), frames)
                    self.assertEqual(lines, frames)
                    self.assertRegex(said, "note: '.*' has no sound: that of '.*' cannot be read")

    def test_sound_ends_with_an_interrupted_video(self):
        video = make_sounding_video(self.path("in.mp4"), AAC, seconds=120)
        for suffix in ("mp4", "mkv"):
            with self.subTest(suffix):
                painted, lines = self.path(f"o.{suffix}"), self.path("o.jsonl")
                lines.unlink(missing_ok=True)
                process = subprocess.Popen([VCL, "segment", video, "--model", "blob:sleep-ms=3", "--overlay", painted, "--json",
                                            lines], stderr=subprocess.PIPE, text=True)
                self.assertTrue(wait_until(lambda: lines.exists() and lines.read_text().count("\n") > 100, process))
                process.send_signal(signal.SIGINT)
                self.assertIn("interrupted after", process.communicate(timeout=PATIENCE)[1])
                frames = decode(painted)
                self.assertEqual(len(frames), len(read_lines(lines)))
                self.assertLess(len(frames), 1800)
                self.assertLess(abs(read_sound(painted)[1][-1][0] - frames[-1][0]), 200 * MS)

    def test_cut_off_video_with_sound(self):
        video = make_sounding_video(self.path("in.ts"), AAC, seconds=8)
        content = video.read_bytes()
        self.path("cut.ts").write_bytes(content[: len(content) // 2])
        result = vcl("segment", self.path("cut.ts"), "--overlay", self.path("o.mp4"), "--json", self.path("o.jsonl"))
        self.assertEqual(result.returncode, 0, result.stderr)  # MPEG-TS does not declare a length
        frames = decode(self.path("o.mp4"))
        self.assertEqual(len(frames), len(read_lines(self.path("o.jsonl"))))
        self.assertLess(abs(read_sound(self.path("o.mp4"))[1][-1][0] - frames[-1][0]), Gst.SECOND)

    def test_whole_video_keeps_its_sound(self):
        video = make_sounding_video(self.path("in.mp4"), AAC)
        painted, _, _ = self.paint(video, "mp4", "--whole")
        self.assertEqual(read_sound(painted), read_sound(video))


if __name__ == "__main__":
    unittest.main(verbosity=2)
