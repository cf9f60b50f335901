# SPDX-License-Identifier: LGPL-2.1-or-later
"""No run overwrites its inputs, another of its outputs, or a file that another run is writing. Also tests unusual file
names."""
import os
import shutil
import signal
import subprocess
import unittest

from support import VCL, VCL_TRAIN, Case, decode, make_png, make_video, needs_engine, read_lines, vcl, wait_until

NOBODY = 65534


class Pictures(Case):
    """A folder of three pictures, which must stay unchanged."""

    def setUp(self):
        super().setUp()
        self.path("p").mkdir()
        for i in range(3):
            make_png(self.path(f"p/0000{i}.png"), 64, 48)
        self.before = self.contents()

    def contents(self):
        return {path.name: path.read_bytes() for path in self.path("p").iterdir()}

    def assert_refused(self, result, *parts):
        self.assertEqual(result.returncode, 1, result.stderr)
        for part in parts:
            self.assertIn(str(part), result.stderr)
        self.assertEqual(self.contents(), self.before)

    def test_outputs_among_the_pictures_that_are_read(self):
        first = self.path("p/00000.png")
        for source in (self.path("p"), self.path("p/%05d.png"), f"{self.path('p')}/*.png", first):
            for option in ("--json", "--ytvis", "--contact-sheet"):
                with self.subTest(f"{source} {option}"):
                    self.assert_refused(vcl("segment", source, option, first, "--quiet"), first, "is the input")
            with self.subTest(f"{source} --masks"):
                self.assert_refused(vcl("segment", source, "--masks", self.path("p"), "--quiet"),
                                    "folder of the input pictures")
                self.assert_refused(vcl("segment", source, "--masks", self.path("p/%05d.png"), "--quiet"),
                                    "folder of the input pictures")

    def test_the_same_file_by_another_name(self):
        os.symlink(self.path("p/00001.png"), self.path("soft.png"))
        os.link(self.path("p/00001.png"), self.path("hard.png"))
        os.symlink(self.path("p"), self.path("folder"))
        for name in ("soft.png", "hard.png", "folder/00001.png", "p/../p/00001.png"):
            with self.subTest(name):
                self.assert_refused(vcl("segment", self.path("p"), "--json", self.path(name)), "is the input")
        self.assert_refused(vcl("segment", self.path("p"), "--masks", self.path("folder")), "input pictures")

    def test_new_masks_and_json_in_one_folder(self):
        out = self.path("out")
        self.assert_done(vcl("segment", self.path("p"), "--masks", out, "--json", out / "o.jsonl", "--quiet"))
        self.assertEqual(len(list(out.iterdir())), 4)

    def test_a_model_is_read_too(self):
        model = self.path("m.safetensors")
        model.write_bytes(b"weights")
        result = vcl("segment", make_video(self.path("in.mp4"), frames=3), "--model", model, "--json", model)
        self.assert_refused(result, model, "is the input")
        self.assertEqual(model.read_bytes(), b"weights")

    def test_a_file_on_standard_input(self):
        video = make_video(self.path("p/in.mp4"), frames=3)
        os.link(video, self.path("p/hard.mp4"))
        self.path("p/stdin").mkdir()
        os.link(video, self.path("p/stdin/overlay.mp4"))
        before = video.read_bytes()
        for options in (("--overlay", video), ("--json", video), ("--ytvis", self.path("p/hard.mp4")),
                        ("--contact-sheet", video), ("--out", self.path("p"))):
            with self.subTest(options[0]), open(video, "rb") as file:
                self.assert_fails(vcl("segment", "-", *options, "--quiet", stdin=file), "is the input")
                self.assertEqual(video.read_bytes(), before)
        with open(video, "rb") as file:
            self.assert_done(vcl("segment", "-", "--overlay", self.path("p/new.mp4"), "--quiet", stdin=file))
        with open(os.devnull, "rb") as nothing:
            self.assertNotIn("is the input", vcl("segment", "-", "--json", os.devnull, stdin=nothing).stderr)

    def test_masks_would_overwrite_the_mask(self):
        video = make_video(self.path("in.mp4"), frames=3)
        self.path("q/in/masks").mkdir(parents=True)
        shutil.copy(self.path("p/00001.png"), self.path("q/in/masks/00001.png"))
        for mask, options in (("p/00000.png", ("--masks", self.path("p"))),
                              ("p/00002.png", ("--masks", self.path("p/%05d.png"))),
                              ("q/in/masks/00001.png", ("--out", self.path("q"), "--results", "masks"))):
            with self.subTest(options[0]):
                result = vcl("segment", video, "--mask", self.path(mask), *options)
                self.assert_refused(result, self.path(mask), "is the input")
        self.assertEqual(self.path("q/in/masks/00001.png").read_bytes(), self.before["00001.png"])
        self.assertFalse(self.path("q/in/masks/00000.png").exists())
        shutil.copy(self.path("p/00000.png"), self.path("q/white.png"))
        self.assert_done(vcl("segment", video, "--mask", self.path("q/white.png"), "--masks", self.path("q"), "--quiet"))

    def test_a_run_that_fails_at_once_leaves_earlier_results_alone(self):
        video = make_video(self.path("in.mp4"), frames=3)
        self.path("junk.mp4").write_bytes(b"no video at all, and long enough to be looked at" * 100)
        for suffix in ("mp4", "mkv", "webm", "avi"):
            old, lines, tracks = self.path(f"p/old.{suffix}"), self.path("p/old.jsonl"), self.path("p/old.json")
            self.assert_done(vcl("segment", video, "--overlay", old, "--json", lines, "--ytvis", tracks, "--quiet"))
            self.before = self.contents()
            for arguments in ((video, "--region", "0,0,999,999"), (self.path("junk.mp4"),)):
                with self.subTest(f"{suffix} {arguments[0].name}"):
                    self.assert_refused(vcl("segment", *arguments, "--overlay", old, "--json", lines, "--ytvis", tracks))
            self.assert_done(vcl("segment", video, "--frames", "0:2", "--overlay", old, "--json", lines, "--quiet"))
            self.assertEqual((len(decode(old)), len(read_lines(lines))), (2, 2))

    def test_masks_beside_a_video_and_among_those_of_an_earlier_run(self):
        video = make_video(self.path("in.mp4"), frames=3)
        for _ in range(2):
            self.assert_done(vcl("segment", video, "--masks", self.path(".")))
        self.assert_done(vcl("segment", self.path("p"), "--masks", self.path("p/masks"), "--quiet"))
        self.assertEqual(len(list(self.path("p/masks").iterdir())), 3)

    def test_masks_of_an_earlier_and_longer_run_are_named(self):
        video, masks = make_video(self.path("in.mp4"), frames=12), self.path("masks")
        for names in (masks, masks / "%d.png"):
            self.assertNotIn("earlier", vcl("segment", video, "--masks", names).stderr)
            self.assertNotIn("earlier", vcl("segment", video, "--masks", names).stderr)
            result = vcl("segment", video, "--masks", names, "--frames", "0:10")
            self.assert_done(result)
            self.assertRegex(result.stderr, r"0*10\.png' to '.*/0*11\.png' are no masks of this run")
            shutil.rmtree(masks)

    @needs_engine
    def test_maskcut(self):
        first = self.path("p/00000.png")
        for options, word in ((["--json", first], "is the input"), (["--overlay", self.path(".")], "input"),
                              (["--trace", first], "is the input")):
            with self.subTest(options[0]):
                self.assert_refused(vcl("maskcut", self.path("p"), *options, "--quiet"), word)
        shutil.copy(first, self.path("p/a.bmp"))  # its overlay would be p/a.png, which does not exist yet
        self.before = self.contents()
        self.assert_refused(vcl("maskcut", self.path("p/a.bmp"), "--overlay", self.path("."), "--quiet"), "input pictures")

    @needs_engine
    def test_two_images_of_one_name(self):
        for folder in ("a/x", "b/x"):
            self.path(folder).mkdir(parents=True)
            shutil.copy(self.path("p/00000.png"), self.path(f"{folder}/1.png"))
        shutil.copy(self.path("p/00000.png"), self.path("a/x/1.bmp"))
        for names, option, word in ((("a/x/1.png", "b/x/1.png"), "--json", "annotations"),
                                    (("a/x/1.png", "a/x/1.bmp"), "--overlay", "overlays")):
            paths = [self.path(name) for name in names]
            with self.subTest(option):
                self.assert_refused(vcl("maskcut", *paths, option, self.path("o")), *paths, word)
        self.assertFalse(self.path("o").exists())

    def test_eval_leaves_its_masks_alone(self):
        shutil.copytree(self.path("p"), self.path("t/in"))
        result = vcl("eval", "davis", "--gt", self.path("t"), "--results", self.path("t"), "--json",
                     self.path("t/in/00000.png"))
        self.assert_refused(result, "is the input")
        self.assertEqual(self.path("t/in/00000.png").read_bytes(), self.before["00000.png"])

    @unittest.skipUnless(VCL_TRAIN, "this build has no vcl-train")
    def test_pack(self):
        first = self.path("p/00000.png")
        pack = [VCL_TRAIN, "pack", self.path("p"), "--out"]
        result = subprocess.run([*pack, first], capture_output=True, text=True)
        self.assert_refused(result, first, "is the input")
        own = self.path("out.safetensors.pixels")
        own.write_text("precious")
        result = subprocess.run([*pack, self.path("out.safetensors")], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(own.read_text(), "precious")
        self.assertEqual({path.name for path in self.path(".").iterdir()}, {"p", own.name, "out.safetensors"})


class Twice(Case):
    def test_two_outputs_of_one_name(self):
        video = make_video(self.path("in.mp4"), frames=3)
        self.path("there").write_text("")
        os.link(self.path("there"), self.path("linked"))
        for a, b in (("o", "o"), ("o", "./o"), ("-", "-"), ("there", "linked")):
            with self.subTest(f"{a} {b}"):
                result = vcl("segment", video, "--json", a, "--ytvis", b, "--quiet", cwd=self.path("."))
                self.assertEqual(result.returncode, 1)
                self.assertIn("two outputs are", result.stderr)
                self.assertFalse(self.path("o").exists())
        self.assert_done(vcl("segment", video, "--json", "/dev/null", "--ytvis", "/dev/null", "--quiet"))

    def test_a_second_run_waits_for_the_end_of_the_first(self):
        video = make_video(self.path("in.mp4"), frames=300)
        outputs = {"--json": "o.jsonl", "--overlay": "o.mp4", "--masks": "m"}
        first = subprocess.Popen([VCL, "segment", video, "--model", "blob:sleep-ms=10", "--quiet",
                                  *sum(([option, self.path(name)] for option, name in outputs.items()), [])],
                                 stderr=subprocess.PIPE)
        self.assertTrue(wait_until(lambda: self.path("o.jsonl").exists() and self.path("o.jsonl").stat().st_size, first))
        first.send_signal(signal.SIGSTOP)  # so that it does not end before the others start
        for option, name in outputs.items():
            with self.subTest(option):
                result = vcl("segment", video, option, self.path(name))
                self.assertEqual(result.returncode, 1)
                self.assertIn("another run is writing", result.stderr)
                self.assertIn(name, result.stderr)
        first.send_signal(signal.SIGKILL)
        first.communicate()
        self.assert_done(vcl("segment", video, "--json", self.path("o.jsonl"), "--quiet"))
        self.assertEqual(len(read_lines(self.path("o.jsonl"))), 300)


class Names(Case):
    def test_an_existing_file_is_a_file_whatever_its_name(self):
        for name in ("cam1:day.mp4", "rec-2024-05-01T10:30:00.mp4", "file:x.mp4"):
            make_video(self.path("in.mp4"), frames=3)
            self.path("in.mp4").rename(self.path(name))
            with self.subTest(name):
                result = vcl("segment", name, "--json", "-", "--quiet", cwd=self.path("."))
                self.assert_done(result)
                self.assertEqual(result.stdout.count("\n"), 3)

    def test_a_quoted_pattern_is_a_sequence(self):
        for i in (2, 10, 1):
            make_png(self.path(f"{i}.png"), 64, 48)
        result = vcl("segment", "*.png", "--json", "-", "--quiet", cwd=self.path("."))
        self.assert_done(result)
        self.assertEqual(result.stdout.count("\n"), 3)

    def test_pictures_of_other_kinds_are_counted(self):
        self.path("p").mkdir()
        make_png(self.path("p/a.png"), 64, 48)
        self.path("p/b.heic").write_bytes(b"x")
        self.path("p/c.HEIC").write_bytes(b"x")
        result = vcl("segment", self.path("p"), "--json", "-")
        self.assert_done(result)
        self.assertIn("2 .heic files", result.stderr)

    @needs_engine
    def test_lists_with_a_byte_order_mark(self):
        make_png(self.path("a.png"), 64, 48)
        self.path("l.txt").write_bytes(b"\xef\xbb\xbf" + bytes(self.path("a.png")) + b"\r\n\r\n")
        if VCL_TRAIN:
            result = subprocess.run([VCL_TRAIN, "pack", self.path("l.txt"), "--out", self.path("pack")],
                                    capture_output=True, text=True)
            self.assertEqual((result.returncode, "skipped" in result.stderr), (0, False), result.stderr)
        result = vcl("maskcut", self.path("l.txt"), "--json", self.path("c.json"), "--quiet",
                     env={k: v for k, v in os.environ.items() if k != "VCL_ENGINE_MODULE"})
        self.assert_done(result)

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user: run as root on this processor")
    def test_folders_that_may_not_be_read(self):
        self.path("locked").mkdir(mode=0o700)
        make_png(self.path("locked/a.png"), 64, 48)
        make_video(self.path("in.mp4"), frames=3)
        self.path(".").chmod(0o777)
        commands = [["segment", "locked"], ["maskcut", "locked"], ["segment", "locked/a.png"],
                    ["segment", "in.mp4", "--json", "locked/o.jsonl"], ["segment", "in.mp4", "--masks", "locked/m"],
                    ["segment", "in.mp4", "--overlay", "locked/o.mp4"],
                    ["eval", "davis", "--gt", "locked", "--results", "locked"],
                    ["segment", "in.mp4", "--json", "m" * 300]]
        for command in commands:
            with self.subTest(" ".join(command)):
                result = vcl(*command, cwd=self.path("."), user=NOBODY, group=NOBODY, extra_groups=[])
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertNotIn("please report this", result.stderr)
                self.assertRegex(result.stderr, "locked|mmm")


if __name__ == "__main__":
    unittest.main(verbosity=2)
