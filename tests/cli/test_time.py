# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl segment` and the times of real files: what counts as one run, frame numbers, and presentation times."""
import json
import struct
import unittest

from matroska import h264, video_track, write_matroska, write_with_sound
from support import Case, Gst, launch, make_png, read_lines, vcl

BEFORE_1_24 = Gst.version() < (1, 24)


class Runs(Case):
    def results(self, source, *options):
        self.assert_done(vcl("segment", source, "--json", self.path("o.jsonl"), *options))
        return read_lines(self.path("o.jsonl"))

    def test_matroska_with_sound_is_one_run(self):
        # The demuxer sends a second SEGMENT event if sound begins before the video.
        video = write_with_sound(self.path("in.mkv"), video_starts=23, video_first=True)
        for options in ([], ["--whole"], ["--every", 2]):
            with self.subTest(options):
                lines = self.results(video, *options)
                self.assertEqual([line["frame"] for line in lines], list(range(30)))
                self.assertEqual({i["id"] for line in lines for i in line["instances"]}, {1})

    def test_frames_count_on_over_other_sizes(self):
        folder = self.path("frames")
        folder.mkdir()
        for i, width in enumerate((64, 96, 96, 64)):
            make_png(folder / f"{i}.png", width, 48)
        for options in ([], ["--whole"]):
            with self.subTest(options):
                lines = self.results(folder, *options)
                self.assertEqual([line["frame"] for line in lines], [0, 1, 2, 3])
                self.assertEqual([[i["id"] for i in line["instances"]] for line in lines], [[1], [2], [2], [3]])

    def test_youtube_vis_results_end_where_the_size_changes(self):
        folder = self.path("frames")
        folder.mkdir()
        for i, width in enumerate((64, 64, 96, 64)):
            make_png(folder / f"{i}.png", width, 48)
        result = vcl("segment", folder, "--json", self.path("o.jsonl"), "--ytvis", self.path("y.json"), "--quiet")
        self.assert_fails(result, "y.json", "frame 2", "64x48 to 96x48")
        self.assertEqual(len(read_lines(self.path("o.jsonl"))), 4)
        (track,) = json.loads(self.path("y.json").read_text())
        self.assertEqual([mask is None for mask in track["segmentations"]], [False, False, True, True])

    def test_frames_count_on_over_other_sizes_of_a_stream(self):
        for name, size in (("a.ts", (160, 120)), ("b.ts", (320, 240))):
            launch(f"videotestsrc num-buffers=25 pattern=ball ! video/x-raw,format=I420,width={size[0]},height={size[1]},"
                   f"framerate=25/1 ! x264enc ! h264parse ! mpegtsmux ! filesink location={self.path(name)}")
        self.path("in.ts").write_bytes(self.path("a.ts").read_bytes() + self.path("b.ts").read_bytes())
        lines = self.results(self.path("in.ts"))
        self.assertEqual({line["width"] for line in lines}, {160, 320})
        self.assertEqual([line["frame"] for line in lines], list(range(len(lines))))

    def test_frames_count_on_behind_a_hole(self):
        private, frames = h264()
        blocks = [(time + 2000 * (i >= 10), 1, frame) for i, (frame, time) in enumerate(frames)]
        track = video_track(1, "V_MPEG4/ISO/AVC", private, 160, 120)
        lines = self.results(write_matroska(self.path("in.mkv"), [track], blocks))
        self.assertEqual([line["frame"] for line in lines], list(range(30)))
        self.assertGreater(lines[10]["pts"] - lines[9]["pts"], 2 * Gst.SECOND)
        ids = [{i["id"] for i in line["instances"]} for line in lines]
        self.assertEqual(set.union(*ids[:10]) & set.union(*ids[10:]), set())


class Damage(Case):
    def damaged(self, change):
        """Writes 40 frames of H.264, each of which is change(number, content)."""
        private, frames = h264(frames=40)
        blocks = [(time, 1, change(i, frame)) for i, (frame, time) in enumerate(frames)]
        return write_matroska(self.path("in.mkv"), [video_track(1, "V_MPEG4/ISO/AVC", private, 160, 120)], blocks)

    def test_frames_that_cannot_be_decoded_are_counted(self):
        def nonsense(frame):
            return frame[:4] + b"\x41" + b"\xff" * (len(frame) - 5)

        for lost in (15,), (15, 16), (12, 24, 25):
            with self.subTest(lost):
                video = self.damaged(lambda i, frame: nonsense(frame) if i in lost else frame)
                result = vcl("segment", video, "--json", self.path("o.jsonl"), "--quiet")
                lines = read_lines(self.path("o.jsonl"))
                self.assert_fails(result, "in.mkv", "damaged", "frame", "could", f"the other {len(lines)} were done")
                self.assertEqual([line["frame"] for line in lines], list(range(len(lines))))
                if BEFORE_1_24:  # later decoders may also drop frames that depend on lost ones
                    self.assertEqual(len(lines), 40 - len(lost))
                    self.assertIn(f"{len(lost)} frame", result.stderr)
                self.assertEqual({i["id"] for line in lines for i in line["instances"]}, {1})

    def test_what_is_missing_in_the_file_is_no_damage(self):
        private, frames = h264(frames=40)
        blocks = [(time, 1, frame) for i, (frame, time) in enumerate(frames) if not 10 <= i < 20]  # a whole GOP
        track = video_track(1, "V_MPEG4/ISO/AVC", private, 160, 120)
        self.assert_done(vcl("segment", write_matroska(self.path("in.mkv"), [track], blocks), "--json", self.path("o.jsonl")))
        self.assertEqual(len(read_lines(self.path("o.jsonl"))), 30)


def packed_pixels(pixels):
    """Returns 8-bit pixels as GIF data: 9-bit codes, with clear codes so that the code size never grows."""
    bits = 0
    codes = [code for i, pixel in enumerate(pixels) for code in ([256] if i % 200 == 0 else []) + [pixel]] + [257]
    for i, code in enumerate(codes):
        bits |= code << 9 * i
    data = bits.to_bytes((9 * len(codes) + 7) // 8, "little")
    blocks = [data[i : i + 255] for i in range(0, len(data), 255)]
    return b"\x08" + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def write_gif(path, delays, width=32, height=24, repeat=True):
    """Writes a GIF of a moving white square. delays: hundredths of a second per frame."""
    size = struct.pack("<HH", width, height)
    content = b"GIF89a" + size + b"\xf7\0\0" + bytes(v for v in range(256) for _ in range(3))
    if repeat:
        content += b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    for i, delay in enumerate(delays):
        pixels = [255 if 4 + i <= x < 12 + i and 4 <= y < 12 else 0 for y in range(height) for x in range(width)]
        content += b"!\xf9\x04\x04" + struct.pack("<H", delay) + b"\0\0"
        content += b",\0\0\0\0" + size + b"\0" + packed_pixels(pixels)
    path.write_bytes(content + b";")
    return path


class Times(Case):
    """Frame times are relative to the input's earliest sample."""

    def times(self, source):
        self.assert_done(vcl("segment", source, "--json", self.path("o.jsonl")))
        return [round(line["pts"] / Gst.MSECOND) for line in read_lines(self.path("o.jsonl"))]

    def assert_starts(self, source, expected, tolerance):
        times = self.times(source)
        self.assertLessEqual(abs(times[0] - expected), tolerance, times[:3])
        for before, after in zip(times, times[1:]):
            self.assertLessEqual(abs(after - before - 1000 / 30), tolerance + 2, times)

    def mux(self, name, muxer, sound="audiotestsrc num-buffers=44 ! audioconvert ! avenc_aac ! aacparse ! queue ! m."):
        launch(f"{muxer} name=m ! filesink location={self.path(name)} videotestsrc num-buffers=30 pattern=ball ! video/x-raw,"
               f"format=I420,width=160,height=120,framerate=30/1 ! x264enc ! h264parse ! queue ! m. {sound}")
        return self.path(name)

    def test_mp4_with_reordered_frames_starts_at_0(self):
        # The first time stamp is above zero, and an edit list compensates for it.
        self.assert_starts(self.mux("in.mp4", "mp4mux", sound=""), 0, 0)
        self.assert_starts(self.mux("sound.mp4", "mp4mux"), 0, 34)

    def test_trimmed_mp4_starts_at_0(self):
        video = bytearray(self.mux("in.mp4", "mp4mux", sound="").read_bytes())
        at = video.index(b"elst") + 12
        duration, first = struct.unpack(">II", video[at : at + 8])
        timescale = struct.unpack(">I", video[video.index(b"mdhd") + 16 :][:4])[0]
        movie_timescale = struct.unpack(">I", video[video.index(b"mvhd") + 16 :][:4])[0]
        video[at : at + 8] = struct.pack(">II", duration - movie_timescale // 2, first + timescale // 2)
        self.path("trimmed.mp4").write_bytes(video)
        times = self.times(self.path("trimmed.mp4"))
        self.assertEqual(times[0], 0)
        self.assertEqual(len(times), 15)

    def test_other_containers_start_within_a_frame(self):
        for name, muxer in (("in.ts", "mpegtsmux"), ("in.flv", "flvmux"), ("in.mkv", "matroskamux"), ("in.avi", "avimux")):
            with self.subTest(name):
                self.assert_starts(self.mux(name, muxer), 0, 34)

    def test_video_that_begins_after_its_sound(self):
        for first in (0, 3_600_000):
            with self.subTest(first):
                video = write_with_sound(self.path("in.mkv"), first + 2000, first)
                self.assert_starts(video, 2000, 0)
        self.assert_starts(write_with_sound(self.path("in.mkv"), 23, 0, video_first=True), 23, 0)

    def test_animations_end_and_have_their_times(self):
        for repeat in (True, False):
            gif = write_gif(self.path("in.gif"), [5, 20, 0, 1, 7, 7], repeat=repeat)
            with self.subTest(repeat):  # a delay of 0 counts as 10; before GStreamer 1.24, so does 1
                self.assertEqual(self.times(gif), [0, 50, 250, 350, *([450, 520] if BEFORE_1_24 else [360, 430])])
        self.assertEqual(self.times(write_gif(self.path("one.gif"), [10])), [0])

    @unittest.skipUnless(BEFORE_1_24, "the muxer of this GStreamer writes NUT files without frames")
    def test_nut_ends(self):
        launch("videotestsrc num-buffers=10 pattern=ball ! video/x-raw,format=I420,width=160,height=120,framerate=10/1 ! "
               f"avenc_mpeg4 ! avmux_nut ! filesink location={self.path('in.nut')}")
        self.assertEqual(self.times(self.path("in.nut"))[0], 0)  # the muxer loses the other times

    def test_video_that_begins_before_its_sound(self):
        self.assert_starts(write_with_sound(self.path("in.mkv"), 3_600_000, 3_600_700), 0, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
