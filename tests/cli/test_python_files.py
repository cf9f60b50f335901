# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests vcl.segment: frames, options, errors, memory, and that the command ends when it should."""
import contextlib
import json
import os
import re
import signal
import subprocess
import unittest
from random import Random
from unittest import mock

from support import PATIENCE, VCL, Case, decode_counts, make_png, make_video, read_lines, vcl as run_vcl
from python_package import PACKAGE, PYTHON, memory
import cv2
import numpy
import vcl
import vcl.rle

LINE = ('{"frame":0,"pts":0,"width":8,"height":4,"stale":false,"instances":[{"id":1,"score":0.93,"bbox":[2,1,3,2],'
        '"area":6,"segmentation":{"size":[4,8],"counts":"922000;"}}]}')


def encode(mask):
    """Encodes a mask as COCO does."""
    flat = numpy.concatenate([[False], mask.ravel(order="F"), [not mask.ravel(order="F")[-1]]])
    runs = numpy.diff(numpy.flatnonzero(numpy.diff(flat)), prepend=0).tolist()
    text = ""
    for i, run in enumerate(runs):
        value, more = run - (runs[i - 2] if i > 2 else 0), True
        while more:
            code, value = value & 0x1F, value >> 5
            more = value != (-1 if code & 0x10 else 0)
            text += chr(48 + code + 32 * more)
    return text


class RunLengths(unittest.TestCase):
    def test_masks_are_those_that_were_encoded(self):
        random = numpy.random.default_rng(1)
        for height, width in [(1, 1), (1, 9), (7, 1), (5, 8), (64, 48), (300, 500)]:
            for share in (0, 0.001, 0.1, 0.5, 1):
                mask = random.random((height, width)) < share
                text = encode(mask)
                self.assertEqual(sum(decode_counts(text)), mask.size)
                decoded = vcl.rle.decode(text, height, width)
                self.assertTrue(decoded.flags.c_contiguous and decoded.flags.writeable)
                self.assertEqual(decoded.dtype, numpy.bool_)
                numpy.testing.assert_array_equal(decoded, mask)

    def test_damaged_ones_are_refused(self):
        random = Random(1)
        texts = ["", "o", "9", "922000;0", "z" * 9, "\u20ac", "oooooooo0", "-", "9\n", "N"]
        texts += ["".join(chr(random.randrange(256)) for _ in range(random.randrange(12))) for _ in range(2000)]
        for text in texts:
            with contextlib.suppress(ValueError):
                self.assertEqual(vcl.rle.decode(text, 4, 8).shape, (4, 8))
        for text in texts[:10]:
            with self.assertRaises(ValueError, msg=text):
                vcl.rle.decode(text, 4, 8)


class Files(Case):
    def command(self, *lines):
        """Makes the command of the test a shell script, which first writes its process number into the file pid."""
        script = self.path("command")
        script.write_text("\n".join(["#!/bin/bash", f"echo $$ > {self.path('pid')}", *lines]))
        script.chmod(0o755)
        patch = mock.patch.dict(os.environ, {"VCL_COMMAND": str(script)})
        patch.start()
        self.addCleanup(patch.stop)

    def assert_command_has_ended(self):
        pid = int(self.path("pid").read_text())
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)

    def test_frames_are_those_of_the_json_lines(self):
        video = make_video(self.path("in.mp4"), frames=10)
        self.assert_done(run_vcl("segment", video, "--json", self.path("o.jsonl")))
        lines = read_lines(self.path("o.jsonl"))
        frames = list(vcl.segment(video))
        self.assertEqual(len(frames), 10)
        for line, frame in zip(lines, frames, strict=True):
            self.assertEqual([frame.number, frame.pts, frame.width, frame.height, frame.stale, frame.file],
                             [line[key] for key in ("frame", "pts", "width", "height", "stale")] + [None])
            self.assertGreater(len(frame.instances), 0)
            for found, instance in zip(line["instances"], frame.instances, strict=True):
                self.assertEqual([instance.id, instance.score, list(instance.bbox), instance.area],
                                 [found[key] for key in ("id", "score", "bbox", "area")])
                x, y, width, height = instance.bbox
                self.assertEqual(instance.mask.shape, (120, 160))
                self.assertEqual(instance.mask.sum(), instance.area)
                self.assertEqual(instance.mask[y : y + height, x : x + width].sum(), instance.area)

    def test_options(self):
        video = make_video(self.path("in.mp4"), frames=10)
        part = list(vcl.segment(str(video), frames=(2, 7), every=2, whole=False, region=(0, 0, 160, 120), model=None,
                                ytvis=self.path("o.json")))
        self.assertEqual([frame.stale for frame in part], [False, True, False, True, False])
        self.assertTrue(self.path("o.json").is_file())
        with self.assertRaisesRegex(TypeError, "no option 'json'.*threshold"):
            vcl.segment(video, json="o.jsonl")
        with self.assertRaises(ValueError):
            vcl.segment("-")
        with self.assertRaisesRegex(vcl.CommandError, "threshold") as caught:
            list(vcl.segment(video, threshold=7))
        self.assertNotIn(caught.exception.exit_status, (0, None))

    def test_options_are_those_of_the_command(self):
        """The others are of the package itself, or of several inputs."""
        others = {"help", "json", "quiet", "out", "results", "skip_existing"}
        named = re.findall(r"^ +(?:-h,)?--([a-z-]+)", run_vcl("segment", "--help").stdout, re.M)
        self.assertEqual({name.replace("-", "_") for name in named} - others,
                         set(vcl.SegmentOptions.__annotations__))

    def test_options_of_painted_videos(self):
        video = make_video(self.path("in.mp4"), frames=4)
        for show, palette in ((("masks", "ids"), ["e6194b", "3cb44b"]), ("masks,ids", "e6194b,3cb44b")):
            frames = vcl.segment(video, overlay=self.path("o.avi"), codec="mjpeg", quality=30, show=show,
                                 palette=palette)
            self.assertEqual(len(list(frames)), 4)
            self.assertGreater(self.path("o.avi").stat().st_size, 0)

    def test_the_time_when_a_frame_was_taken(self):
        time = "2026-11-30T19:45:52.000001Z"
        timed = LINE.replace('"pts":0,', f'"pts":0,"utc":"{time}",')
        self.command(f"echo '{LINE}'", f"echo '{timed}'")
        self.assertEqual([frame.utc for frame in vcl.segment("in.mp4")], [None, time])

    def test_photos_and_names_like_options(self):
        for name in ("--quiet.png", "b.png"):
            make_png(self.path(name), 64, 48)
        before = os.getcwd()
        os.chdir(self.folder)
        self.addCleanup(os.chdir, before)
        frames = list(vcl.segment(["--quiet.png", self.path("b.png")], photos=True))
        self.assertEqual([frame.file for frame in frames], ["--quiet.png", str(self.path("b.png"))])
        self.assertEqual([frame.pts for frame in frames], [None, None])

    def test_errors_have_message_and_status(self):
        with self.assertRaisesRegex(vcl.CommandError, "none.mp4.*check the name") as caught:
            list(vcl.segment(self.path("none.mp4")))
        self.assertEqual(caught.exception.exit_status, 1)
        video = make_video(self.path("in.mp4"), frames=60)
        video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
        seen = 0
        with self.assertRaisesRegex(vcl.CommandError, "cut off"):
            for _ in vcl.segment(video):
                seen += 1
        self.assertGreater(seen, 0)

    def test_command_that_is_missing_or_another(self):
        with mock.patch.dict(os.environ, {"VCL_COMMAND": "/nowhere/vcl"}):
            with self.assertRaisesRegex(vcl.Error, "VCL_COMMAND"):
                vcl.segment("in.mp4")
        with mock.patch.dict(os.environ, {"PATH": "/nowhere"}):
            del os.environ["VCL_COMMAND"]
            with self.assertRaisesRegex(vcl.Error, "not in PATH"):
                vcl.segment("in.mp4")
        for line in ("hello", "[]", "{}", LINE.replace('"frame":0,', ""), LINE.replace("[2,1,3,2]", "[2]")):
            self.command(f"echo '{line}'", "exec sleep 1000")
            frames = vcl.segment("in.mp4")
            with self.assertRaisesRegex(vcl.CommandError, "same version"):
                next(frames)
            self.assert_command_has_ended()
            self.assertEqual(list(frames), [])

    def test_a_killed_command_is_an_error(self):
        self.command(f"echo '{LINE}'", f"printf '%s' '{LINE[:40]}'", "kill -9 $$")
        frames = vcl.segment("in.mp4")
        self.assertEqual(next(frames).instances[0].mask.sum(), 6)
        with self.assertRaisesRegex(vcl.CommandError, "killed by SIGKILL") as caught:
            next(frames)
        self.assertEqual(caught.exception.exit_status, -signal.SIGKILL)
        self.assertEqual(list(frames), [])

    def test_a_signal_without_a_name(self):
        number = signal.SIGRTMIN + 1
        self.command(f"kill -{int(number)} $$")
        with self.assertRaisesRegex(vcl.CommandError, f"killed by signal {int(number)}$") as caught:
            list(vcl.segment("in.mp4"))
        self.assertEqual(caught.exception.exit_status, -number)

    def test_frames_come_at_once_and_the_command_ends_with_the_iterator(self):
        self.command(f"echo '{LINE}'", "exec sleep 1000")

        def stop_by_break():
            for _ in vcl.segment("in.mp4"):
                break

        def stop_by_exception():
            with contextlib.suppress(ZeroDivisionError):
                for frame in vcl.segment("in.mp4"):
                    frame.number / 0

        def stop_by_with():
            with vcl.segment("in.mp4") as frames:
                next(frames)

        def stop_by_close():
            frames = vcl.segment("in.mp4")
            next(frames)
            frames.close()
            frames.close()
            self.assertEqual(list(frames), [])

        for stop in (stop_by_break, stop_by_exception, stop_by_with, stop_by_close):
            with self.subTest(stop.__name__):
                stop()
                self.assert_command_has_ended()

    def test_a_real_run_ends_too(self):
        self.command(f'exec "{VCL}" "$@"')
        video = make_video(self.path("in.mp4"), frames=300)
        for _ in vcl.segment(video):
            break
        self.assert_command_has_ended()

    def test_files_of_a_run_that_is_left_are_finished(self):
        """The frames are more than fit into the pipe, so the command still runs when the loop is left."""
        count = 2000
        video = make_video(self.path("in.mp4"), frames=count)
        for _ in vcl.segment(video, overlay=self.path("o.mp4"), ytvis=self.path("o.json"), masks=self.path("masks")):
            break
        painted, frames = cv2.VideoCapture(str(self.path("o.mp4"))), 0
        while painted.read()[0]:
            frames += 1
        self.assertTrue(0 < frames < count, frames)
        tracks = json.loads(self.path("o.json").read_text())
        self.assertGreater(len(tracks), 0)
        self.assertTrue(all(len(track["segmentations"]) == frames for track in tracks))
        for path in self.path("masks").iterdir():
            self.assertIsNotNone(cv2.imread(str(path)), path)

    def test_a_command_that_does_not_end_is_killed(self):
        self.command("trap '' TERM", f"echo '{LINE}'", "while true; do sleep 0.1; done")
        with mock.patch("vcl.command._PATIENCE", 0.1), vcl.segment("in.mp4") as frames:
            next(frames)
        self.assert_command_has_ended()

    def test_much_on_standard_error_blocks_nothing(self):
        self.command("head -c 2000000 /dev/zero | tr '\\0' x >&2", "echo >&2", "echo 'vcl: it broke; mend it' >&2",
                     f"echo '{LINE}'", "exit 3")
        with self.assertRaisesRegex(vcl.CommandError, "^it broke; mend it$") as caught:
            list(vcl.segment("in.mp4"))
        self.assertEqual(caught.exception.exit_status, 3)

    def test_memory_is_flat(self):
        self.command(f"yes '{LINE}' | head -n 30000")
        for count, frame in enumerate(vcl.segment("in.mp4"), start=1):
            frame.instances[0].mask
            if count == 3000:
                before = memory()
        self.assertEqual(count, 30000)
        self.assertLess(memory() - before, 4e6)

    def test_ctrl_c(self):
        self.command(f"echo '{LINE}'", "exec sleep 1000")
        self.press_ctrl_c()
        self.assert_command_has_ended()

    def test_ctrl_c_of_a_terminal_is_one_signal_for_the_command(self):
        """A second one would end it at once, and its files were not finished."""
        for name in ("INT", "TERM"):
            self.path(name).touch()
        self.command(f"trap 'echo >> {self.path('INT')}' INT", f"trap 'echo >> {self.path('TERM')}; exit' TERM",
                     f"echo '{LINE}'", "while true; do :; done")
        self.press_ctrl_c()
        self.assert_command_has_ended()
        self.assertEqual([self.path(name).read_text() for name in ("INT", "TERM")], ["", "\n"])

    def press_ctrl_c(self):
        """Runs a program that prints frame numbers, and presses Ctrl-C in its terminal after the first."""
        program = ("import signal, vcl\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
                   "for frame in vcl.segment('in.mp4'): print(frame.number, flush=True)")
        with subprocess.Popen([PYTHON, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=os.environ | PACKAGE, process_group=0) as process:
            self.addCleanup(process.kill)
            self.assertEqual(process.stdout.readline(), "0\n")
            os.killpg(process.pid, signal.SIGINT)
            _, complaint = process.communicate(timeout=PATIENCE)
            self.assertIn("KeyboardInterrupt", complaint)
            self.assertEqual(process.returncode, -signal.SIGINT)

    def test_the_end_of_the_program_ends_the_command(self):
        self.command(f"echo '{LINE}'", "exec sleep 1000")
        program = "import vcl; frames = vcl.segment('in.mp4'); next(frames)"
        subprocess.run([PYTHON, "-c", program], env=os.environ | PACKAGE, check=True, timeout=PATIENCE)
        self.assert_command_has_ended()



if __name__ == "__main__":
    unittest.main(verbosity=2)
