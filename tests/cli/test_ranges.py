# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl segment --start, --duration, --frames`: a frame-accurate part of an input. Also standard input."""
import subprocess
import unittest

from support import PATIENCE, VCL, Case, decode, launch, make_png, make_video, read_lines, vcl

SECOND = 10**9


def sound_of(path):
    """Returns [(start, end) of each packet, in seconds] of the first sound track, read by ffprobe. No sound: []."""
    lines = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "a:0", "-show_entries",
                            "packet=pts_time,duration_time", "-of", "csv=p=0", path], check=True, capture_output=True,
                           text=True, timeout=PATIENCE).stdout.split()
    return [(float(pts), float(pts) + float(length)) for pts, length in (line.rstrip(",").split(",")[:2] for line in lines)]


class Ranges(Case):
    def setUp(self):
        super().setUp()
        self.video = make_video(self.path("in.mp4"), frames=90, width=64, height=48)  # key frames every 10

    def frames(self, count=10):
        self.path("frames").mkdir()
        for i in range(count):
            make_png(self.path(f"frames/{i:05}.png"), 64, 48)
        return self.path("frames")

    def segment(self, *arguments, **options):
        return vcl("segment", *arguments, "--json", self.path("o.jsonl"), **options)

    def lines(self, *arguments):
        result = self.segment(*arguments)
        self.assert_done(result)
        self.assertNotIn("WARNING", result.stderr)
        return read_lines(self.path("o.jsonl"))

    def boxes(self, lines):
        return [[instance["bbox"] for instance in line["instances"]] for line in lines]

    def test_a_part_is_that_part_of_the_whole(self):
        whole = self.lines(self.video)
        self.assertEqual(len(whole), 90)
        self.assertGreater(len({str(boxes) for boxes in self.boxes(whole)}), 20, "frames differ")
        for options, first, last in ((["--start", 1], 30, 90), (["--start", "0.51"], 16, 90),
                                     (["--duration", "0.5"], 0, 15), (["--start", 1, "--duration", "0.4"], 30, 42),
                                     (["--frames", "13:27"], 13, 27), (["--frames", "85:"], 85, 90),
                                     (["--frames", ":4"], 0, 4), (["--frames", "89:90"], 89, 90)):
            with self.subTest(options):
                part = self.lines(self.video, *options)
                self.assertEqual([line["frame"] for line in part], list(range(last - first)))
                self.assertEqual([line["pts"] for line in part], [line["pts"] for line in whole[first:last]])
                self.assertEqual(self.boxes(part), self.boxes(whole[first:last]))
                self.assertEqual({i["id"] for line in part for i in line["instances"]}, {1})

    def test_containers_whose_time_does_not_begin_at_zero(self):
        launch(f"filesrc location={self.video} ! qtdemux ! h264parse ! mpegtsmux ! filesink location={self.path('a.ts')}")
        launch(f"filesrc location={self.video} ! qtdemux ! h264parse ! matroskamux ! filesink location={self.path('a.mkv')}")
        for name in ("a.ts", "a.mkv"):
            with self.subTest(name):
                whole = self.lines(self.path(name))
                wanted = [line["pts"] for line in whole if 1 * SECOND <= line["pts"] < 2 * SECOND]
                self.assertEqual(len(wanted), 30)
                part = self.lines(self.path(name), "--start", 1, "--duration", 1)
                self.assertEqual([line["pts"] for line in part], wanted)

    def test_pictures(self):
        folder = self.frames(10)
        for options, numbers in ((["--frames", "3:5"], [3, 4]), (["--start", "0.5", "--fps", 10], [5, 6, 7, 8, 9]),
                                 (["--start", "0.3", "--duration", "0.2", "--fps", 10], [3, 4])):
            with self.subTest(options):
                lines = self.lines(folder, *options, "--masks", self.path("m"), "--overlay", self.path("o.mkv"))
                fps = 10 if "--fps" in options else 24
                self.assertEqual([line["pts"] for line in lines], [number * SECOND // fps for number in numbers])
                self.assertEqual([line["frame"] for line in lines], list(range(len(numbers))))
                painted = decode(self.path("o.mkv"))
                self.assertEqual(len(painted), len(numbers))
                self.assertEqual(painted[0][0], 0, "the painted video begins with the range")

    def test_pictures_outside_of_the_range_are_not_read(self):
        folder = self.frames(5)
        (folder / "00001.png").write_bytes(b"no picture")
        self.assertEqual(len(self.lines(folder, "--frames", "2:")), 3)
        self.assert_fails(self.segment(folder, "--frames", "1:"), "00001.png")

    def test_the_painted_video_and_its_sound(self):
        subprocess.run(["ffmpeg", "-v", "error", "-i", self.video, "-f", "lavfi", "-i", "sine=d=3", "-c:v", "copy", "-c:a",
                        "aac", self.path("sound.mp4")], check=True, timeout=PATIENCE)
        for name in ("o.mp4", "o.mkv"):
            for options, seconds in ((["--start", 1, "--duration", 1], 1), (["--frames", "75:"], 0.5),
                                     (["--frames", ":15"], 0.5)):
                with self.subTest(f"{name} {options}"):
                    out = self.path(name)
                    lines = self.lines(self.path("sound.mp4"), *options, "--overlay", out)
                    painted = decode(out)
                    self.assertEqual(len(painted), len(lines))
                    self.assertEqual(len(painted), round(seconds * 30))
                    self.assertLess(painted[0][0], SECOND // 30)
                    packets = sound_of(out)
                    self.assertLess(abs(packets[0][0]), 0.05)
                    self.assertLess(abs(packets[-1][1] - seconds), 0.1, packets[-1])
                    self.assertAlmostEqual(len(packets), seconds * 44100 / 1024, delta=4)

    def test_the_sound_of_a_range_is_that_of_its_frames(self):
        """Packets are copied: each packet of the result is in the input, at the time offset of the range."""
        subprocess.run(["ffmpeg", "-v", "error", "-i", self.video, "-f", "lavfi", "-i",
                        "aevalsrc=sin(2000*t*t):d=3", "-c:v", "copy", "-c:a", "aac", self.path("sound.mkv")], check=True,
                       timeout=PATIENCE)
        self.lines(self.path("sound.mkv"), "--start", 2, "--duration", "0.5", "--overlay", self.path("o.mkv"))

        def packets(path):
            """Returns {hash of a packet: its time in seconds}."""
            lines = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "a:0", "-show_data_hash", "md5",
                                    "-show_entries", "packet=pts_time,data_hash", "-of", "csv=p=0", path], check=True,
                                   capture_output=True, text=True, timeout=PATIENCE).stdout.split()
            return {line.split(",")[1]: float(line.split(",")[0]) for line in lines}

        whole, part = packets(self.path("sound.mkv")), packets(self.path("o.mkv"))
        self.assertGreater(len(part), 15)
        for content, time in part.items():
            self.assertLess(abs(whole[content] - 2 - time), 0.03)

    def test_behind_the_end(self):
        folder = self.frames(10)
        for options in (["--start", 3], ["--frames", "90:"], ["--start", 100, "--duration", 1]):
            for outputs in ([], ["--overlay", self.path("o.mp4")]):
                with self.subTest(options + outputs):
                    self.assert_fails(self.segment(self.video, *options, *outputs), "in.mp4", "90 frames", "3.000 s",
                                      options[0])
        self.assert_fails(self.segment(folder, "--frames", "10:12"), "frames", "10 frames", "--frames 10:12")
        self.assert_fails(self.segment(folder, "--start", "0.01", "--duration", "0.01"), "no frame", "longer")
        self.assert_fails(self.segment(self.video, "--start", "0.01", "--duration", "0.01"), "no frame", "longer")
        for name, options, count in ((self.video, ["--frames", "80:100"], 10), (folder, ["--duration", 60], 10)):
            result = self.segment(name, *options)
            self.assert_done(result)
            self.assertEqual(len(read_lines(self.path("o.jsonl"))), count)
            self.assertIn("note: ", result.stderr)
            self.assertIn(options[0], result.stderr)
        for options in (["--frames", "80:90"], ["--start", 2, "--duration", 1]):
            result = self.segment(self.video, *options)
            self.assert_done(result)
            self.assertNotIn("note: ", result.stderr)

    def test_damage_outside_of_the_range_does_not_matter(self):
        content = self.video.read_bytes()
        self.video.write_bytes(content[: len(content) * 3 // 4])
        self.assert_fails(self.segment(self.video), "cut off")
        self.assertEqual(len(self.lines(self.video, "--frames", "5:20")), 15)
        self.assert_fails(self.segment(self.video, "--frames", "5:"), "cut off")

    def test_ranges_of_several_inputs(self):
        make_video(self.path("b.mp4"), frames=20, width=64, height=48)
        result = vcl("segment", self.video, self.path("b.mp4"), "--frames", "30:40", "--out", self.path("out"))
        self.assert_fails(result, "1 of 2 inputs failed")
        self.assertIn("failed: '" + str(self.path("b.mp4")), result.stderr)
        self.assertEqual(len(read_lines(self.path("out/in/results.jsonl"))), 10)
        result = vcl("segment", self.video, "--frames", "30:40", "--out", self.path("out"), "--skip-existing")
        self.assertIn("0 done, 0 failed, 1 skipped", result.stderr)
        result = vcl("segment", self.video, "--frames", "30:41", "--out", self.path("out"), "--skip-existing")
        self.assertIn("1 done, 0 failed, 0 skipped", result.stderr)

    def test_refused(self):
        for text in ("5", "a:b", "7:7", "9:2", "-1:4", "1:2:3"):
            self.assert_fails(self.segment(self.video, f"--frames={text}"), text)
        for options in (["--start", -1], ["--duration", 0], ["--start", 1, "--frames", "1:2"], ["--start", "x"],
                        ["--start", "nan"]):
            self.assertEqual(self.segment(self.video, *options).returncode, 2, options)
        photos = self.frames(2)
        for options in (["--start", 1], ["--duration", 1], ["--frames", "0:1"]):
            self.assert_fails(self.segment(photos, "--photos", *options), options[0], "leave it out")


class StandardInput(Case):
    def feed(self, source, *arguments):
        with open(source, "rb") as file:
            return subprocess.run([VCL, "segment", "-", *map(str, arguments)], stdin=file, capture_output=True, text=True,
                                  timeout=PATIENCE)

    def pipe(self, source, *arguments):
        return subprocess.run(["/bin/bash", "-c", 'cat "$1" | "$0" segment - "${@:2}"', VCL, source,
                               *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE)

    def test_a_video(self):
        for name in ("a.mkv", "a.mp4"):
            make_video(self.path(name), frames=5)
            for run in (self.feed, self.pipe):
                with self.subTest(f"{name} {run.__name__}"):
                    result = run(self.path(name), "--json", self.path("o.jsonl"), "--overlay", self.path("o.mp4"))
                    self.assert_done(result)
                    self.assertEqual([line["frame"] for line in read_lines(self.path("o.jsonl"))], list(range(5)))
                    self.assertEqual(len(decode(self.path("o.mp4"))), 5)

    def test_its_results_in_a_folder(self):
        make_video(self.path("a.mkv"), frames=5)
        self.assert_done(self.pipe(self.path("a.mkv"), "--out", self.path("out")))
        self.assertEqual(len(read_lines(self.path("out/stdin/results.jsonl"))), 5)
        result = self.pipe(self.path("a.mkv"), "--out", self.path("out"), "--skip-existing")
        self.assert_done(result)
        self.assertIn("1 done", result.stderr, "nobody knows whether it is the same")

    def test_refused(self):
        make_video(self.path("a.mkv"), frames=3)
        self.assert_fails(vcl("segment", "-", self.path("a.mkv"), "--out", self.path("out")), "standard input", "apart")
        self.assert_fails(vcl("segment", "-", "--json", self.path("o.jsonl")), "standard input")
        self.path("text").write_text("no video\n" * 20)
        self.assert_fails(self.pipe(self.path("text"), "--json", self.path("o.jsonl")), "standard input")
        self.assert_fails(self.pipe(self.path("a.mkv"), "--photos", "--json", self.path("o.jsonl")), "standard input")


if __name__ == "__main__":
    unittest.main(verbosity=2)
