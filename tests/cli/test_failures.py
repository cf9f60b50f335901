# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl segment` with errors: one line names the error, and files that were written stay readable."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from support import (DEFAULT_MODEL, PATIENCE, REAL_ENGINE, VCL, Case, decode, launch, make_png, make_video, needs_engine,
                     read_lines, vcl, wait_until, write_png)


class BadInput(Case):
    def test_not_there(self):
        for name in ("none.mp4", "none%05d.png", self.path("none.mp4").as_uri()):
            with self.subTest(name):
                self.assert_fails(vcl("segment", name), "none", "check the name")

    def test_zero_bytes(self):
        self.path("empty.mp4").touch()
        self.assert_fails(vcl("segment", self.path("empty.mp4")), "empty.mp4", "0 bytes")

    def test_no_media_file(self):
        self.path("text.mp4").write_text("this is no video\n" * 100)
        self.assert_fails(vcl("segment", self.path("text.mp4")), "text.mp4", "text file")
        self.path("noise.mp4").write_bytes(bytes(range(256)) * 500)
        self.assert_fails(vcl("segment", self.path("noise.mp4")), "noise.mp4", "not a media file")

    def test_yuv4mpeg_of_a_kind_that_is_not_read(self):
        self.path("grey.y4m").write_bytes(b"YUV4MPEG2 W64 H48 F5:1 Ip A1:1 Cmono\nFRAME\n" + bytes(64 * 48))
        self.assert_fails(vcl("segment", self.path("grey.y4m"), "--json", "-"), "grey.y4m", "4:2:0", "convert it")

    def test_yuv4mpeg_of_ten_bits(self):
        self.path("deep.y4m").write_bytes(b"YUV4MPEG2 W64 H48 F5:1 Ip A1:1 C420p10 XYSCSS=420P10\nFRAME\n" + bytes(64 * 48 * 3))
        result = vcl("segment", self.path("deep.y4m"), "--json", "-")
        self.assert_fails(result, "deep.y4m", "8 bits", "convert it")
        self.assertEqual(result.stdout, "", "no garbage")

    def test_address_that_cannot_be_reached(self):
        with socket.socket() as bound:  # no server listens
            bound.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{bound.getsockname()[1]}/x.mp4"
            self.assert_fails(vcl("segment", address, "--json", "-"), address, "cannot be reached", "network")

    def test_sound_only(self):
        launch(f"audiotestsrc num-buffers=20 ! wavenc ! filesink location={self.path('a.wav')}")
        self.assert_fails(vcl("segment", self.path("a.wav"), "--json", self.path("o.jsonl")), "a.wav", "no video")

    def test_folder_without_images(self):
        self.assert_fails(vcl("segment", self.folder), self.folder, "no images")

    def test_cut_off_video_is_done_as_far_as_it_goes(self):
        # The MP4 index is in front, so the first half can be decoded. Matroska needs no index.
        for suffix in ("mp4", "mkv"):
            with self.subTest(suffix):
                whole = make_video(self.path(f"whole.{suffix}"), frames=120, pattern="snow").read_bytes()
                cut = self.path(f"cut.{suffix}")
                cut.write_bytes(whole[: len(whole) // 2])
                result = vcl("segment", cut, "--json", self.path("o.jsonl"), "--ytvis", self.path("o.json"), "--overlay",
                             self.path("o.mp4"))
                self.assert_fails(result, cut, "cut off")
                frames = len(read_lines(self.path("o.jsonl")))
                self.assertTrue(30 < frames < 90, frames)
                self.assertEqual(len(decode(self.path("o.mp4"))), frames)
                json.loads(self.path("o.json").read_text())

    def test_cut_off_video_without_its_index(self):
        launch(f"videotestsrc num-buffers=50 ! x264enc ! mp4mux ! filesink location={self.path('whole.mp4')}")
        whole = self.path("whole.mp4").read_bytes()
        self.path("cut.mp4").write_bytes(whole[: len(whole) // 2])
        self.assert_fails(vcl("segment", self.path("cut.mp4")), "cut.mp4")

    def test_damage_in_the_middle_never_crashes(self):
        whole = bytearray(make_video(self.path("whole.mp4"), frames=60, pattern="snow").read_bytes())
        for start in range(100, len(whole), len(whole) // 7):
            damaged = whole[:]
            damaged[start : start + 64] = b"\xa5" * 64
            self.path("bad.mp4").write_bytes(damaged)
            result = vcl("segment", self.path("bad.mp4"), "--json", self.path("o.jsonl"))
            self.assertIn(result.returncode, (0, 1), f"damage at {start}: {result.stderr}")
            if self.path("o.jsonl").exists():
                read_lines(self.path("o.jsonl"))

    def test_damaged_image_ends_the_sequence(self):
        for i in range(4):
            make_png(self.path(f"{i}.png"), 32, 32)
        self.path("2.png").write_bytes(b"\x89PNG\r\n\x1a\n no more")
        result = vcl("segment", self.path("%d.png"), "--json", self.path("o.jsonl"), "--ytvis", self.path("o.json"))
        self.assert_fails(result, "2.png", "remove or repair")
        self.assertEqual(len(read_lines(self.path("o.jsonl"))), 2)
        json.loads(self.path("o.json").read_text())

    def test_absurd_image_size(self):
        write_png(self.path("huge.png"), 2_000_000_000, 2_000_000_000, b"x")
        self.assert_fails(vcl("segment", self.path("huge.png")), "huge.png")
        write_png(self.path("large.png"), 100_000, 100_000, b"x")
        self.assert_fails(vcl("segment", self.path("large.png")), "large.png")



class ClosedStreams(Case):
    """A standard stream that the caller closed loses nothing without a word, and no file gets its number."""

    def run_without(self, stream, *arguments):
        return subprocess.run([VCL, "segment", self.video, *arguments, "--quiet"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, preexec_fn=lambda: os.close(stream))

    def setUp(self):
        super().setUp()
        self.video = make_video(self.path("in.mkv"))

    def test_results_to_a_closed_output_are_an_error(self):
        for arguments in (("--json", "-"), ("--ytvis", "-"), ("--json", "-", "--overlay", self.path("o.mkv"))):
            with self.subTest(arguments):
                result = self.run_without(1, *arguments)
                self.assertEqual(result.returncode, 1)
                self.assertIn("'-'", result.stderr)
        if self.path("o.mkv").exists():
            self.assertEqual(self.path("o.mkv").read_bytes()[:4], b"\x1aE\xdf\xa3")

    def test_files_are_written_without_standard_streams(self):
        for stream in (0, 1, 2):
            with self.subTest(stream):
                lines = self.path(f"{stream}.jsonl")
                self.assertEqual(self.run_without(stream, "--json", lines).returncode, 0)
                self.assertGreater(len(read_lines(lines)), 1)


class BadOutput(Case):
    def setUp(self):
        super().setUp()
        self.video = make_video(self.path("in.mp4"), frames=20)

    def test_folder_of_output_is_not_there(self):
        for option in ("--overlay", "--json", "--ytvis", "--contact-sheet"):
            with self.subTest(option):
                self.assert_fails(vcl("segment", self.video, option, self.path("none/o.mp4")), "none", "create it")

    def test_output_is_a_folder(self):
        self.assert_fails(vcl("segment", self.video, "--json", self.folder), self.folder, "is a folder")
        self.path("file").touch()
        self.assert_fails(vcl("segment", self.video, "--masks", self.path("file/masks")), "file")

    def test_output_would_overwrite_the_input(self):
        before = self.video.read_bytes()
        self.assert_fails(vcl("segment", self.video, "--overlay", self.video), "is the input")
        self.assertEqual(self.video.read_bytes(), before)

    def test_unknown_container(self):
        self.assert_fails(vcl("segment", self.video, "--overlay", self.path("o.xyz")), "o.xyz", ".mp4")

    def test_disk_full(self):
        os.symlink("/dev/full", self.path("full.mp4"))
        os.symlink("/dev/full", self.path("full.mkv"))
        for option, name in (("--json", "/dev/full"), ("--ytvis", "/dev/full"), ("--overlay", self.path("full.mp4")),
                             ("--overlay", self.path("full.mkv")), ("--contact-sheet", "/dev/full")):
            with self.subTest(f"{option} {name}"):
                self.assert_fails(vcl("segment", self.video, option, name), name, "space")

    def test_disk_full_keeps_the_other_files(self):
        result = vcl("segment", self.video, "--contact-sheet", "/dev/full", "--json", self.path("o.jsonl"))
        self.assert_fails(result, "/dev/full")
        self.assertEqual(len(read_lines(self.path("o.jsonl"))), 20)

    def test_reader_of_standard_output_goes_away(self):
        process = subprocess.Popen([VCL, "segment", self.video, "--json", "-", "--quiet"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdout.close()
        process.communicate(timeout=PATIENCE)
        self.assertNotEqual(process.returncode, 0)


class Interrupted(Case):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.video = make_video(pathlib.Path(folder.name, "in.mp4"), frames=2000, width=320, height=240)

    def start(self, hangup=signal.SIG_DFL, milliseconds=3, frames=150):
        """Returns a run that has written the frames and still takes seconds, even on a busy machine. The model takes
        the milliseconds per frame. `hangup` is what SIGHUP does at its start, also if nohup runs this test."""
        self.path("o.jsonl").unlink(missing_ok=True)
        process = subprocess.Popen([VCL, "segment", self.video, "--model", f"blob:sleep-ms={milliseconds}",
                                    "--overlay", self.path("o.mp4"),
                                    "--json", self.path("o.jsonl"), "--ytvis", self.path("o.json")],
                                   stderr=subprocess.PIPE, text=True,
                                   preexec_fn=lambda: signal.signal(signal.SIGHUP, hangup))
        lines = self.path("o.jsonl")
        if not wait_until(lambda: lines.exists() and lines.read_text().count("\n") > frames, process):
            self.fail("the run did not get going" + process.communicate()[1])
        return process

    def test_interrupt_finishes_the_files(self):
        for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(sent.name):
                process = self.start()
                process.send_signal(sent)
                stderr = process.communicate(timeout=PATIENCE)[1]
                self.assertEqual(process.returncode, 1, stderr)
                self.assertIn("interrupted after", stderr)
                frames = len(read_lines(self.path("o.jsonl")))
                self.assertLess(frames, 2000)
                self.assertEqual(len(decode(self.path("o.mp4"))), frames)
                self.assertTrue(all(len(track["segmentations"]) == frames
                                    for track in json.loads(self.path("o.json").read_text())))

    def test_the_second_signal_ends_it_at_once(self):
        for _ in range(10):  # a run that ends in order between the two signals, on a machine that stalls, shows nothing
            process = self.start(milliseconds=300, frames=3)
            process.send_signal(signal.SIGINT)
            wait_until(lambda: not pending(process.pid, signal.SIGINT), process)
            process.send_signal(signal.SIGSTOP)  # so that it cannot end between the two signals
            time.sleep(0.6)  # two signals in quick succession count as one request
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGCONT)
            if "interrupted after" not in process.communicate(timeout=PATIENCE)[1]:
                break
        self.assertEqual(process.returncode, -signal.SIGTERM)

    def test_two_signals_at_once_are_one_request(self):
        process = self.start()
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGHUP)
        self.assertIn("interrupted after", process.communicate(timeout=PATIENCE)[1])

    def test_nohup(self):
        process = self.start(hangup=signal.SIG_IGN)
        frames = len(read_lines(self.path("o.jsonl")))
        process.send_signal(signal.SIGHUP)
        self.assertTrue(wait_until(lambda: self.path("o.jsonl").read_text().count("\n") > frames + 50, process))
        process.send_signal(signal.SIGINT)
        self.assertIn("interrupted after", process.communicate(timeout=PATIENCE)[1])

    def test_kill_leaves_a_video_that_plays(self):
        self.path("o.json").write_text("earlier")
        process = self.start()
        process.kill()
        process.communicate()
        self.assertGreater(len(decode(self.path("o.mp4"))), 30)
        lines = self.path("o.jsonl").read_text()
        for line in lines[: lines.rindex("\n")].splitlines():
            json.loads(line)
        self.assertEqual(self.path("o.json").read_text(), "earlier")


def pending(pid, number):
    """Returns whether a signal is pending for the process."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    masks = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith(("SigPnd", "ShdPnd"))]
    return any(mask >> number - 1 & 1 for mask in masks)


@needs_engine
class BadModel(Case):
    def setUp(self):
        super().setUp()
        self.video = make_video(self.path("in.mp4"), frames=5)

    def segment_with(self, model):
        return vcl("segment", self.video, "--model", model, "--json", self.path("o.jsonl"), env=REAL_ENGINE)

    def test_bad_models(self):
        self.assert_fails(self.segment_with(self.path("none.safetensors")), "none.safetensors")
        cases = {
            "empty": b"",
            "noise": bytes(range(256)) * 64,
            "long-header": (1 << 62).to_bytes(8, "little") + b"{}",
            "other": (2).to_bytes(8, "little") + b"{}",
            "architecture": b"",
        }
        header = json.dumps({"__metadata__": {"architecture": "another"}}).encode()
        cases["architecture"] = len(header).to_bytes(8, "little") + header
        for name, content in cases.items():
            with self.subTest(name):
                model = self.path(f"{name}.safetensors")
                model.write_bytes(content)
                self.assert_fails(self.segment_with(model), f"{name}.safetensors")

    def test_default_model_cut_off(self):
        content = DEFAULT_MODEL.read_bytes()
        for share in (0.001, 0.5, 0.999):
            self.path("cut.safetensors").write_bytes(content[: int(len(content) * share)])
            self.assert_fails(self.segment_with(self.path("cut.safetensors")), "cut.safetensors")

    def test_device_that_is_not_there(self):
        result = vcl("segment", self.video, "--device", "cuda:99", env=REAL_ENGINE)
        self.assert_fails(result, "cuda")


class NoEngine(Case):
    def test_broken_engine_module(self):
        video = make_video(self.path("in.mp4"), frames=3)
        module = self.path("broken.so")
        module.write_text("no library")
        result = vcl("segment", video, env=os.environ | {"VCL_ENGINE_MODULE": str(module)})
        self.assert_fails(result, "broken.so")


if __name__ == "__main__":
    unittest.main(verbosity=2)
