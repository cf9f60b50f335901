# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl segment` and the times of real files: what is one run, how its frames count, and when they are shown."""
import unittest

from matroska import h264, video_track, write_matroska, write_with_sound
from support import Case, Gst, launch, make_png, read_lines, vcl


class Runs(Case):
    def results(self, source, *options):
        self.assert_done(vcl("segment", source, "--json", self.path("o.jsonl"), *options))
        return read_lines(self.path("o.jsonl"))

    def test_matroska_with_sound_is_one_run(self):
        # The demuxer sends a second SEGMENT when it meets sound that begins before the picture.
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
