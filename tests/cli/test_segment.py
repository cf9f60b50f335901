# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl segment` without errors: every output, every kind of input."""
import json
import os
import pathlib
import pty
import re
import struct
import subprocess
import unittest

from support import (PATIENCE, REAL_ENGINE, SOURCE, VCL, Case, decode, decode_counts, launch, make_png, make_video,
                     needs_engine, read_lines, vcl)

REAL_FRAMES = SOURCE.parent / "shared/data/davis16/camel/frames"


def foreground(instance):
    """Returns the set of the mask's pixels, as column-major indices."""
    pixels, position = set(), 0
    for i, run in enumerate(decode_counts(instance["segmentation"]["counts"])):
        if i % 2:
            pixels.update(range(position, position + run))
        position += run
    return pixels


class Outputs(Case):
    def test_every_output_at_once(self):
        video = make_video(self.path("in.mp4"), frames=40)
        result = vcl("segment", video, "--overlay", self.path("o.mp4"), "--json", self.path("o.jsonl"), "--ytvis",
                     self.path("o.json"), "--masks", self.path("masks"), "--contact-sheet", self.path("o.png"))
        self.assert_done(result)
        lines = read_lines(self.path("o.jsonl"))
        self.assertEqual([line["frame"] for line in lines], list(range(40)))
        for line in lines:
            self.assertEqual((line["width"], line["height"]), (160, 120))
            self.assert_masks_are_sound(line)
        ids = {instance["id"] for line in lines for instance in line["instances"]}
        self.assertTrue(ids, "the ball was not found")
        tracks = json.loads(self.path("o.json").read_text())
        self.assertEqual(len(tracks), len(ids))
        self.assertTrue(all(len(track["segmentations"]) == 40 for track in tracks))
        self.assertEqual(len(list(self.path("masks").glob("*.png"))), 40)
        frames = decode(self.path("o.mp4"))
        self.assertEqual(len(frames), 40)
        self.assertEqual(frames[0][1:], (160, 120))
        width, height = struct.unpack(">II", self.path("o.png").read_bytes()[16:24])
        self.assertGreater(width, 4 * 320)
        self.assertGreater(height, 3 * 240)
        self.assertRegex(result.stderr, rf"40 frames, {len(ids)} tracks, .* frames/s")
        self.assertEqual(result.stdout, "")

    def test_json_on_standard_output_and_nothing_else(self):
        result = vcl("segment", make_video(self.path("in.mp4"), frames=5), "--json", "-", "--quiet")
        self.assert_done(result)
        self.assertEqual(len([json.loads(line) for line in result.stdout.splitlines()]), 5)
        self.assertEqual(result.stderr, "")

    def test_same_input_gives_the_same_bytes(self):
        video = make_video(self.path("in.mp4"), frames=40, pattern="smpte")
        for name in ("a", "b"):
            self.assert_done(vcl("segment", video, "--json", self.path(f"{name}.jsonl"), "--ytvis", self.path(f"{name}.json"),
                                 "--overlay", self.path(f"{name}.mkv"), "--contact-sheet", self.path(f"{name}.png")))
        for suffix in ("jsonl", "json", "png"):
            self.assertEqual(self.path(f"a.{suffix}").read_bytes(), self.path(f"b.{suffix}").read_bytes(), suffix)

    def test_the_whole_video_together(self):
        result = vcl("segment", make_video(self.path("in.mp4"), frames=30), "--whole", "--json", self.path("o.jsonl"))
        self.assert_done(result)
        lines = read_lines(self.path("o.jsonl"))
        self.assertEqual([line["frame"] for line in lines], list(range(30)))
        self.assertTrue(any(line["instances"] for line in lines))
        for line in lines:
            self.assert_masks_are_sound(line)

    def test_containers(self):
        video = make_video(self.path("in.mp4"), frames=10)
        for suffix in ("mp4", "mov", "mkv", "webm", "avi"):
            with self.subTest(suffix):
                self.assert_done(vcl("segment", video, "--overlay", self.path(f"o.{suffix}")))
                self.assertEqual(len(decode(self.path(f"o.{suffix}"))), 10)

    def test_odd_sizes_make_a_playable_video(self):
        for width, height in ((161, 121), (17, 33), (3, 5)):
            with self.subTest(f"{width}x{height}"):
                folder = self.path(f"{width}")
                folder.mkdir()
                for i in range(3):
                    make_png(folder / f"{i}.png", width, height)
                self.assert_done(vcl("segment", folder, "--overlay", self.path("o.mp4"), "--json", self.path("o.jsonl")))
                frames = decode(self.path("o.mp4"))
                self.assertEqual([frame[1:] for frame in frames], 3 * [(max(16, width // 2 * 2), max(16, height // 2 * 2))])
                self.assertEqual(read_lines(self.path("o.jsonl"))[0]["width"], width)

    def test_time_stamps_are_those_of_the_input(self):
        # 30 frames per second with missing frames, which is a variable frame rate.
        make_video(self.path("in.mkv"), frames=60, extra="identity drop-probability=0.4 !")
        self.assert_done(vcl("segment", self.path("in.mkv"), "--json", self.path("o.jsonl"), "--overlay", self.path("o.mkv")))
        times = [frame[0] for frame in decode(self.path("in.mkv"))]
        self.assertLess(len(times), 60)
        self.assertEqual([line["pts"] for line in read_lines(self.path("o.jsonl"))], [time - times[0] for time in times])
        painted = [frame[0] for frame in decode(self.path("o.mkv"))]
        self.assertEqual(len(painted), len(times))
        for a, b in zip(times, painted):  # Matroska has a resolution of milliseconds
            self.assertLess(abs((a - times[0]) - (b - painted[0])), 2_000_000)

    def test_frames_between_inferences_are_stale(self):
        self.assert_done(vcl("segment", make_video(self.path("in.mp4"), frames=9), "--every", 3, "--json", self.path("o.jsonl")))
        self.assertEqual([line["stale"] for line in read_lines(self.path("o.jsonl"))], 3 * [False, True, True])

    def test_filters(self):
        video = make_video(self.path("in.mp4"), frames=6)
        self.assert_done(vcl("segment", video, "--min-area", 160 * 120, "--json", self.path("o.jsonl")))
        self.assertTrue(all(line["instances"] == [] for line in read_lines(self.path("o.jsonl"))))


class Inputs(Case):
    def order_of(self, source):
        """Returns the widths of the frames, which identify the images."""
        self.assert_done(vcl("segment", source, "--json", self.path("o.jsonl"), "--overlay", self.path("o.mp4")))
        lines = read_lines(self.path("o.jsonl"))
        self.assertEqual(len(decode(self.path("o.mp4"))), len(lines))  # the video continues after a change of size
        return [line["width"] for line in lines]

    def test_folder_in_numerical_order(self):
        folder = self.path("frames")
        folder.mkdir()
        for number, width in ((9, 32), (10, 48), (100, 64)):
            make_png(folder / f"frame{number}.png", width, 32)
        (folder / "notes.txt").write_text("no image")
        self.assertEqual(self.order_of(folder), [32, 48, 64])

    def test_pattern_with_gaps(self):
        for number, width in ((3, 32), (7, 48), (12, 64)):
            make_png(self.path(f"a+{number:05}.png"), width, 32)
        make_png(self.path("b+00004.png"), 16, 16)
        self.assertEqual(self.order_of(self.path("a+%05d.png")), [32, 48, 64])

    def test_one_image_and_uri(self):
        make_png(self.path("one.png"), 32, 32)
        self.assertEqual(self.order_of(self.path("one.png")), [32])
        video = make_video(self.path("in.mp4"), frames=4).rename(self.path("a b%20c.mp4"))
        self.assertEqual(self.order_of(video), [160] * 4)
        self.assertEqual(self.order_of(video.as_uri()), [160] * 4)

    def test_rate_of_images(self):
        folder = self.path("frames")
        folder.mkdir()
        for i in range(3):
            make_png(folder / f"{i}.png", 32, 32)
        self.assert_done(vcl("segment", folder, "--fps", 10, "--json", self.path("o.jsonl")))
        self.assertEqual([line["pts"] for line in read_lines(self.path("o.jsonl"))], [0, 100_000_000, 200_000_000])

    def test_video_with_sound(self):
        launch(f"videotestsrc num-buffers=10 pattern=ball ! video/x-raw,format=I420 ! x264enc ! h264parse ! queue ! mux."
               f" audiotestsrc num-buffers=20 ! audioconvert ! avenc_aac ! aacparse ! queue ! mux."
               f" mp4mux name=mux ! filesink location={self.path('in.mp4')}")
        self.assertEqual(len(self.order_of(self.path("in.mp4"))), 10)

    def test_video_that_lies_on_its_side_is_turned_upright(self):
        video = make_video(self.path("in.mp4"), frames=4)
        content = bytearray(video.read_bytes())
        matrix = content.index(b"tkhd") + 44  # 3x3, after times, track number, layer and volume
        content[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 120 << 16, 0, 1 << 30)
        video.write_bytes(content)
        self.assertEqual(self.order_of(self.path("in.mp4")), [120] * 4)


@needs_engine
class WithTheDefaultModel(Case):
    def test_main_job_twice_gives_the_same_bytes(self):
        video = make_video(self.path("in.mp4"), frames=24, width=320, height=240)
        for name in ("a", "b"):
            self.assert_done(vcl("segment", video, "--json", self.path(f"{name}.jsonl"), "--ytvis", self.path(f"{name}.json"),
                                 "--overlay", self.path(f"{name}.mp4"), env=REAL_ENGINE))
        lines = read_lines(self.path("a.jsonl"))
        self.assertEqual([line["frame"] for line in lines], list(range(24)))
        for line in lines:
            self.assert_masks_are_sound(line)
        self.assertTrue(any(line["instances"] for line in lines), "a white ball on black was not found in any frame")
        self.assertEqual(len(decode(self.path("a.mp4"))), 24)
        for suffix in ("jsonl", "json"):
            self.assertEqual(self.path(f"a.{suffix}").read_bytes(), self.path(f"b.{suffix}").read_bytes(), suffix)

    def test_an_object_that_is_missing_for_max_age_frames_comes_back_as_itself(self):
        for i in range(24):
            make_png(self.path(f"{i:02}.png"), 160, 120, square=not 8 <= i < 16)
        # With every=4, the object is last seen in frame 4 and next in frame 16, so skipped frames count.
        for every, age, same in ((1, 7, False), (1, 8, True), (4, 10, False), (4, 11, True)):
            with self.subTest(every=every, age=age):
                out = self.path(f"{every}-{age}.jsonl")
                # With motion, a picture that turns black would count as a scene cut.
                self.assert_done(vcl("segment", self.path("."), "--motion", "off", "--every", every, "--max-age", age,
                                     "--json", out, env=REAL_ENGINE))
                ids = [[instance["id"] for instance in line["instances"][:1]] for line in read_lines(out)]
                self.assertEqual([len(found) for found in ids], [1] * 8 + [0] * 8 + [1] * 8)
                self.assertEqual(ids[:8], [ids[0]] * 8)
                self.assertEqual(ids[16:], [ids[16]] * 8)
                self.assertEqual(ids[0] == ids[16], same)

    def test_window_and_stride_that_do_not_fit(self):
        video = make_video(self.path("in.mp4"), frames=3)
        self.assert_fails(vcl("segment", video, "--window", 3, "--stride", 4, env=REAL_ENGINE), "stride")


class People(Case):
    def shown_on_a_terminal(self, *arguments):
        terminal, its_end = pty.openpty()
        process = subprocess.Popen([VCL, "segment", *map(str, arguments)], stderr=its_end, stdin=subprocess.DEVNULL)
        os.close(its_end)
        shown = b""
        try:
            while part := os.read(terminal, 4096):
                shown += part
        except OSError:  # end of the terminal
            pass
        os.close(terminal)
        self.assertEqual(process.wait(timeout=PATIENCE), 0)
        return shown.decode()

    def test_progress_on_a_terminal_only(self):
        video = make_video(self.path("in.mp4"), frames=400, width=320, height=240)
        self.assertNotIn("left", vcl("segment", video).stderr)
        shown = self.shown_on_a_terminal(video, "--overlay", self.path("o.mp4"))
        self.assertRegex(shown, r"frames/s, \d+ %, \d+ s left")
        self.assertNotIn("reading", shown)

    def test_progress_of_both_phases_of_a_whole_video(self):
        video = make_video(self.path("in.mp4"), frames=300, width=320, height=240)
        shown = self.shown_on_a_terminal(video, "--whole", "--overlay", self.path("o.mp4"), "--masks", self.path("m"))
        lines = re.split(r"\r\x1b\[K", shown)
        phases = [line.split(":")[0] for line in lines if re.search(r"frames/s, \d+ %, \d+ s left", line)]
        self.assertEqual(sorted(set(phases)), ["reading", "writing"])
        self.assertEqual(phases, sorted(phases))
        for phase in ("reading", "writing"):
            counts = [int(re.search(r"\d+", line)[0]) for line in lines if line.startswith(phase)]
            self.assertEqual(counts, sorted(counts))
            self.assertLessEqual(counts[-1], 300)
        self.assertIn("300 frames, 1 tracks", shown)

    def test_contact_sheets_are_what_their_names_say(self):
        video = make_video(self.path("in.mp4"), frames=3, width=64, height=48)
        make_png(self.path("a.png"), 64, 48)
        for inputs in ([video], [self.path("a.png"), "--photos"]):
            for name, start in (("s.png", b"\x89PNG"), ("S.JPG", b"\xff\xd8\xff"), ("s.jpeg", b"\xff\xd8\xff")):
                with self.subTest(f"{inputs[0].name} {name}"):
                    self.assert_done(vcl("segment", *inputs, "--contact-sheet", self.path(name), "--quiet"))
                    self.assertTrue(self.path(name).read_bytes().startswith(start))
            for name in ("s.gif", "s.webp", "s"):
                with self.subTest(f"{inputs[0].name} {name}"):
                    result = vcl("segment", *inputs, "--contact-sheet", self.path(name), "--json", self.path("o.jsonl"))
                    self.assert_fails(result, self.path(name), ".png or .jpg")
                    self.assertFalse(self.path("o.jsonl").exists() or self.path(name).exists())

    def test_help_and_wrong_usage(self):
        self.assertEqual(vcl("--help").returncode, 0)
        self.assertIn("--contact-sheet", vcl("segment", "--help").stdout)
        self.assertRegex(vcl("--version").stdout, r"vcl \d+\.\d+")
        for arguments in ([], ["segment"], ["dance"], ["segment", "a", "--threshold", "2"],
                          ["segment", "a", "--every", "0"], ["segment", "a", "--frobnicate"]):
            with self.subTest(arguments):
                self.assertEqual(vcl(*arguments).returncode, 2)

    def test_no_environment_variable_is_needed_to_find_the_plugin(self):
        kept = ("PATH", "HOME", "VCL_ENGINE_MODULE", "ASAN_OPTIONS")  # the last is set in sanitizer builds only
        bare = {name: os.environ[name] for name in kept if name in os.environ}
        result = vcl("segment", make_video(self.path("in.mp4"), frames=3), cwd=pathlib.Path("/"), env=bare)
        self.assert_done(result)


@needs_engine
@unittest.skipUnless(REAL_FRAMES.is_dir(), f"no {REAL_FRAMES}")
class Precision(Case):
    def test_bfloat16_finds_the_same_object(self):
        frames = self.path("frames")
        frames.mkdir()
        for frame in sorted(REAL_FRAMES.iterdir())[:4]:
            (frames / frame.name).symlink_to(frame)
        best = {}
        for precision in ("fp32", "bf16"):
            out = self.path(f"{precision}.jsonl")
            self.assert_done(vcl("segment", frames, "--precision", precision, "--json", out, env=REAL_ENGINE))
            best[precision] = [foreground(line["instances"][0]) for line in read_lines(out)]
        self.assertEqual(len(best["fp32"]), 4)
        self.assertNotEqual(best["fp32"], best["bf16"])  # otherwise bfloat16 was not used
        likeness = [len(a & b) / len(a | b) for a, b in zip(best["fp32"], best["bf16"])]
        self.assertGreaterEqual(sum(likeness) / len(likeness), 0.99)

    def test_unknown_precisions_and_motions_are_refused(self):
        result = vcl("segment", REAL_FRAMES, "--precision", "fp8")
        self.assertEqual(result.returncode, 2)
        self.assertIn("fp8", result.stderr)
        result = vcl("segment", REAL_FRAMES, "--motion", "on")
        self.assertEqual(result.returncode, 2)
        self.assertIn("on not in {auto,off}", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
