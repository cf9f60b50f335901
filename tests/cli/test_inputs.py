# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl segment` over several inputs: how they are named, where results go, and what a failing input ends."""
import json
import os
import shutil
import signal
import subprocess
import unittest

from support import (DEFAULT_MODEL, PATIENCE, REAL_ENGINE, VCL, Case, decode, make_png, make_video, needs_engine, read_lines, read_png_size,
                     vcl, wait_until)


class Inputs(Case):
    def video(self, name, frames=3):
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        return make_video(self.path(name), frames=frames, width=64, height=48)

    def frames(self, folder, count=2):
        self.path(folder).mkdir(parents=True)
        for i in range(count):
            make_png(self.path(f"{folder}/{i:05}.png"), 64, 48)
        return self.path(folder)

    def broken(self, name):
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_bytes(b"no video at all, and long enough to be looked at")
        return self.path(name)

    def segment(self, *arguments, **options):
        """Runs vcl segment in the test's folder, with relative names."""
        return vcl("segment", *arguments, **({"cwd": self.folder} | options))

    def results(self, out="out"):
        """Returns {name of an input: number of its JSON lines}."""
        return {path.parent.name: len(read_lines(path)) for path in sorted(self.path(out).glob("*/results.jsonl"))}

    def names(self, folder):
        return sorted(path.name for path in self.path(folder).iterdir())


class Names(Inputs):
    def test_several_videos(self):
        self.video("a.mp4", 3), self.video("cam1:b.MP4".lower(), 5)
        shutil.move(self.path("cam1:b.mp4"), self.path("cam1:b.MP4"))
        result = self.segment("a.mp4", "cam1:b.MP4", "--out", "out")
        self.assert_done(result)
        self.assertEqual(self.results(), {"a": 3, "cam1:b": 5})
        self.assertIn("[1/2] a.mp4", result.stderr)
        self.assertIn("2 inputs: 2 done, 0 failed, 0 skipped", result.stderr)
        for name, count in (("a", 3), ("cam1:b", 5)):
            self.assertEqual(self.names(f"out/{name}"), ["overlay.mp4", "results.jsonl", "run.json", "sheet.png"])
            self.assertEqual(len(decode(self.path(f"out/{name}/overlay.mp4"))), count)
            self.assertEqual(read_png_size(self.path(f"out/{name}/sheet.png"))[0], min(count, 4) * 324 + 4)
            record = json.loads(self.path(f"out/{name}/run.json").read_text())
            self.assertEqual((record["frames"], record["tracks"]), (count, 1))

    def test_folders_patterns_lists_and_frames_together(self):
        self.video("clips/10.mp4"), self.video("clips/9.mp4")
        self.path("clips/9.srt").write_text("1\n")
        self.video("more/x.mkv"), self.video("more/y.avi")
        self.frames("walk")
        self.video("listed.mp4")
        self.path("list.TXT").write_bytes("\ufefflisted.mp4\r\n\r\nmore/*.mkv\r\n".encode())
        result = self.segment("clips", "list.TXT", "more/*.a*", "walk", "--out", "out", "--results", "json")
        self.assert_done(result)
        self.assertEqual(self.results(), {"10": 3, "9": 3, "listed": 3, "walk": 2, "x": 3, "y": 3})
        order = [line.split()[1] for line in result.stderr.splitlines() if line.startswith("[")]
        self.assertEqual(order, ["clips/9.mp4", "clips/10.mp4", "listed.mp4", "more/x.mkv", "more/y.avi", "walk"])
        self.assertIn("without the file that is no video", result.stderr)

    def test_a_pattern_of_folders_and_patterns_of_frames(self):
        self.frames("seq/bear", 2), self.frames("seq/cows", 3)
        for inputs in (["seq/*"], ["seq/bear/%05d.png", "seq/cows/*.png"]):
            self.assert_done(self.segment(*inputs, "--out", "out", "--results", "json"))
            self.assertEqual(self.results(), {"bear": 2, "cows": 3})
            shutil.rmtree(self.path("out"))

    def test_pictures_in_a_folder_are_the_frames_of_one_input(self):
        self.frames("walk", 2)
        self.video("walk/preview.mp4")
        result = self.segment("walk", "--json", "o.jsonl")
        self.assert_done(result)
        self.assertEqual(len(read_lines(self.path("o.jsonl"))), 2)
        self.assertIn("'walk' is read as frames, without the video in it", result.stderr)

    def test_one_input(self):
        """A folder with one video is that video. --out makes a folder for a single input, too."""
        self.video("clips/a.mp4")
        self.assert_done(self.segment("clips", "--json", "o.jsonl"))
        self.assertEqual(len(read_lines(self.path("o.jsonl"))), 3)
        self.path("list.txt").write_text("clips/a.mp4\n")
        self.assert_done(self.segment("list.txt", "--out", "out", "--results", "masks,ytvis"))
        self.assertEqual(self.names("out/a"), ["masks", "run.json", "ytvis.json"])
        self.assertEqual(self.names("out/a/masks"), [f"{i:05}.png" for i in range(3)])

    def test_photos_share_the_folder(self):
        self.frames("in", 3)
        self.path("list.txt").write_text("in/00000.png\nin/00002.png\n")
        for inputs, count in ((["list.txt"], 2), (["in", "--photos"], 3)):
            self.assert_done(self.segment(*inputs, "--out", "out", "--results", "overlay,json,sheet,masks"))
            self.assertEqual(self.names("out"), ["masks", "overlay", "results.jsonl", "sheet.png"])
            self.assertEqual([len(self.names(f"out/{kind}")) for kind in ("masks", "overlay")], [count, count])
            self.assertEqual(len(read_lines(self.path("out/results.jsonl"))), count)

    def test_lists_that_name_nothing(self):
        self.path("list.txt").write_text("\ufeff\n\n")
        self.assert_fails(self.segment("list.txt", "--out", "out"), "list.txt", "one file name a line")
        self.path("list.txt").write_bytes(b"\0\0\0\1")
        self.assert_fails(self.segment("list.txt", "--out", "out"), "list.txt", "list of inputs")
        self.path("list.txt").write_bytes(b"")
        self.assert_fails(self.segment("list.txt", "--out", "out"), "list.txt", "empty")


class Refused(Inputs):
    """Arguments that are refused before anything is opened or created."""

    def assert_refused(self, arguments, *words):
        with self.subTest(arguments):
            self.assert_fails(self.segment(*arguments), *words)
            self.assertFalse(self.path("out").exists())

    def test_options_that_name_one_file(self):
        self.video("a.mp4"), self.video("b.mp4")
        for option, name in (("--overlay", "o.mp4"), ("--json", "o.jsonl"), ("--json", "-"), ("--ytvis", "o.json"),
                             ("--masks", "m"), ("--contact-sheet", "s.png")):
            self.assert_refused(["a.mp4", "b.mp4", option, name], option, "--out DIR")
            self.assert_refused(["a.mp4", "--out", "out", option, name], option, "--out")
            self.assertFalse(self.path(name).exists())
        self.assert_refused(["a.mp4", "b.mp4"], "2 inputs", "--out DIR")
        self.assert_refused(["a.mp4", "--skip-existing"], "--skip-existing", "--out")
        self.assert_refused(["a.mp4", "--on-error", "stop"], "--on-error", "several")
        self.assertEqual(self.segment("a.mp4", "--out", "out", "--results", "film").returncode, 2)

    def test_two_inputs_of_one_name(self):
        self.video("a/1.mp4"), self.video("b/1.mkv")
        self.assert_refused(["a/1.mp4", "b/1.mkv", "--out", "out"], "a/1.mp4", "b/1.mkv", "out/1", "rename one")
        self.assert_refused(["a/1.mp4", "a/../a/1.mp4", "--out", "out"], "named twice")
        self.frames("a/walk"), self.frames("b/walk")
        self.assert_refused(["a/walk", "b/walk/%05d.png", "--out", "out"], "a/walk", "b/walk/%05d.png")

    def test_pictures_and_videos(self):
        self.video("a.mp4")
        self.frames("walk")
        self.assert_refused(["walk/00000.png", "a.mp4", "--out", "out"], "a.mp4", "is no picture")
        self.assert_refused(["walk/00000.png", "walk/00001.png", "--skip-existing"], "--skip-existing", "photos")

    def test_no_result_is_an_input(self):
        self.video("x/overlay.mp4"), self.video("y/overlay.mp4"), self.video("a.mp4")
        self.frames("walk"), self.frames("m/masks")
        before = {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        # An output of one input must not be a file that another input reads.
        self.path("sub/a").mkdir(parents=True)
        os.link(self.path("y/overlay.mp4"), self.path("sub/a/overlay.mp4"))
        for arguments, words in ((["walk", "--out", "."], ["folder of the input pictures"]),
                                 (["m/masks", "a.mp4", "walk", "--out", "."], ["folder of the input pictures"]),
                                 (["a.mp4", "y/overlay.mp4", "--out", "sub"], ["sub/a/overlay.mp4", "is the input"]),
                                 (["a.mp4", "walk", "--model", "a/results.jsonl", "--out", "."], [])):
            if "--model" in arguments:
                self.path("a").mkdir()
                self.path("a/results.jsonl").write_text("a model\n")
                words = ["a/results.jsonl", "is the input"]
            self.assert_refused(arguments, *words)
        self.assertEqual({path: path.read_bytes() for path in before}, before)
        self.assertEqual(self.names("walk"), ["00000.png", "00001.png"])

    def test_a_percent_sign_where_masks_are_numbered(self):
        self.video("100%.mp4")
        self.assert_refused(["100%.mp4", "--out", "out", "--results", "masks"], "out/100%", "%", "rename")
        self.assert_done(self.segment("100%.mp4", "--out", "out", "--results", "json"))
        self.assertEqual(self.results(), {"100%": 3})


class Failures(Inputs):
    def test_one_that_fails_does_not_end_the_others(self):
        self.video("a.mp4"), self.broken("b.mp4"), self.video("c.mp4")
        for options in ([], ["--on-error", "skip"], ["--quiet"]):
            result = self.segment("a.mp4", "b.mp4", "none.mp4", "c.mp4", "--out", "out", *options)
            self.assert_fails(result, "2 of 4 inputs failed")
            self.assertIn("failed: cannot read 'b.mp4'", result.stderr)
            self.assertIn("failed: there is no file, folder or image sequence 'none.mp4'", result.stderr)
            self.assertEqual("4 inputs: 2 done, 2 failed, 0 skipped" in result.stderr, "--quiet" not in options)
            self.assertEqual({"a": 3, "c": 3}, {k: v for k, v in self.results().items() if v})
            self.assertFalse(self.path("out/b/run.json").exists())
            shutil.rmtree(self.path("out"))

    def test_stop_at_the_first_that_fails(self):
        self.video("a.mp4"), self.broken("b.mp4"), self.video("c.mp4")
        result = self.segment("a.mp4", "b.mp4", "c.mp4", "--out", "out", "--on-error", "stop")
        self.assert_fails(result, "stopped", "1 of 3 inputs")
        self.assertIn("3 inputs: 1 done, 1 failed, 0 skipped, 1 not begun\n", result.stderr)
        self.assertTrue(self.path("out/a/run.json").exists())
        self.assertFalse(self.path("out/c").exists())

    def test_a_model_that_fails_ends_the_run(self):
        self.video("a.mp4"), self.video("b.mp4")
        result = self.segment("a.mp4", "b.mp4", "--out", "out", "--model", "blob:open-error=not-found")
        self.assert_fails(result, "not-found")
        self.assertIn("2 inputs: 0 done, 1 failed, 0 skipped, 1 not begun\n", result.stderr)
        self.assertFalse(self.path("out/b").exists())

    def test_a_full_disk_ends_the_run(self):
        self.video("s.mp4", 60), self.video("a.mp4")
        self.path("disk").mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "none", self.path("disk")]
        if subprocess.run(mount, capture_output=True).returncode != 0:
            self.skipTest("no small disk can be mounted here (needs root)")
        self.addCleanup(subprocess.run, ["umount", self.path("disk")], check=True)
        result = self.segment("s.mp4", "a.mp4", "--out", "disk/out")
        self.assert_fails(result, "space")
        self.assertIn("2 inputs: 0 done, 1 failed, 0 skipped, 1 not begun\n", result.stderr)

    def test_an_out_that_is_no_folder(self):
        self.video("a.mp4")
        self.path("out").write_text("mine\n")
        self.assert_fails(self.segment("a.mp4", "--out", "out"), "'out'", "choose another")
        self.assertEqual(self.path("out").read_text(), "mine\n")

    def interrupt(self, *arguments, when):
        process = subprocess.Popen([VCL, "segment", *arguments], cwd=self.folder, stderr=subprocess.PIPE, text=True,
                                   stdin=subprocess.DEVNULL)
        wait_until(when, process)
        process.send_signal(signal.SIGINT)
        stderr = process.communicate(timeout=PATIENCE)[1]
        self.assertEqual(process.returncode, 1, stderr)
        return stderr

    def test_interrupt_and_go_on(self):
        self.video("a.mp4"), self.video("b.mp4", 200), self.video("c.mp4")
        command = ["a.mp4", "b.mp4", "c.mp4", "--out", "out"]
        begun = lambda: self.path("out/b/results.jsonl").exists() and self.path("out/b/results.jsonl").stat().st_size > 0
        stderr = self.interrupt(*command, "--model", "blob:sleep-ms=50", when=begun)
        self.assertIn("interrupted after 1 of 3 inputs", stderr)
        self.assertIn("3 inputs: 1 done, 0 failed, 0 skipped, 1 not begun\n", stderr)
        self.assertTrue(0 < self.results()["b"] < 200)
        self.assertTrue(decode(self.path("out/b/overlay.mp4")), "what is there plays")
        self.assertFalse(self.path("out/b/run.json").exists())
        self.assertFalse(self.path("out/c").exists())
        result = self.segment(*command, "--model", "blob:sleep-ms=50", "--skip-existing")
        self.assert_done(result)
        self.assertIn("3 inputs: 2 done, 0 failed, 1 skipped", result.stderr)
        self.assertEqual(self.results(), {"a": 3, "b": 200, "c": 3})

    def test_interrupt_where_nothing_comes(self):
        """A pipe without data blocks the run. The summary counts the inputs that were done before."""
        self.video("a.mp4")
        os.mkfifo(self.path("b.pipe"))
        hold = os.open(self.path("b.pipe"), os.O_RDWR)
        self.addCleanup(os.close, hold)
        stderr = self.interrupt("a.mp4", "b.pipe", "--out", "out", when=self.path("out/b/results.jsonl").exists)
        self.assertIn("2 inputs: 1 done, 0 failed, 0 skipped\n", stderr)
        self.assertIn("vcl: interrupted", stderr)


class Model(Inputs):
    @needs_engine
    def test_the_model_is_loaded_once(self):
        """While the first input is read, the model file becomes useless, without looking changed."""
        model = self.path("model.safetensors")
        shutil.copy(DEFAULT_MODEL, model)
        self.video("b.mp4"), make_video(self.path("a.mkv"), frames=40, width=64, height=48)
        os.mkfifo(self.path("a.pipe"))
        run = subprocess.Popen([VCL, "segment", "a.pipe", "b.mp4", "--out", "out", "--results", "json", "--model", model],
                               cwd=self.folder, env=REAL_ENGINE, text=True, stderr=subprocess.PIPE,
                               stdin=subprocess.DEVNULL)
        results = self.path("out/a/results.jsonl")
        with open(self.path("a.pipe"), "wb") as pipe:
            pipe.write(self.path("a.mkv").read_bytes())
            pipe.flush()
            wait_until(lambda: results.exists() and results.stat().st_size > 0, run)
            state = model.stat()
            with open(model, "r+b") as file:
                file.write(bytes(state.st_size))
            os.utime(model, ns=(state.st_atime_ns, state.st_mtime_ns))
        said = run.communicate(timeout=PATIENCE)[1]
        self.assertEqual(run.returncode, 0, said)
        self.assertEqual(self.results(), {"a": 40, "b": 3})


class Skipping(Inputs):
    def counts(self, *arguments):
        """Returns (done, skipped) of a successful run."""
        result = self.segment(*arguments, "--skip-existing")
        self.assert_done(result)
        [line] = [line for line in result.stderr.splitlines() if " inputs: " in line]
        words = line.replace(",", "").split()
        return int(words[2]), int(words[6])

    def test_only_complete_results_of_the_same_run_are_skipped(self):
        self.video("a.mp4"), self.video("b.mp4")
        self.frames("walk")
        command = ["a.mp4", "b.mp4", "walk", "--out", "out"]
        self.assertEqual(self.counts(*command), (3, 0))
        before = self.path("out/a/results.jsonl").stat().st_mtime_ns
        self.assertEqual(self.counts(*command), (0, 3))
        self.assertEqual(self.counts(*command, "--results", "json", "--threads", 1), (0, 3))
        self.assertEqual(self.path("out/a/results.jsonl").stat().st_mtime_ns, before)
        self.assertEqual(self.counts(*command, "--results", "json,masks"), (3, 0))
        self.assertEqual(self.counts(*command), (3, 0), "that run made no overlay")
        self.path("out/a/sheet.png").unlink()
        self.assertEqual(self.counts(*command), (1, 2))
        self.path("out/b/run.json").write_text('{"results": ')
        self.assertEqual(self.counts(*command), (1, 2))
        self.video("b.mp4", 4)
        make_png(self.path("walk/00007.png"), 64, 48)
        self.assertEqual(self.counts(*command), (2, 1))
        self.assertEqual(self.results(), {"a": 3, "b": 4, "walk": 3})
        self.assertEqual(self.counts(*command, "--every", 2), (3, 0))
        self.assertEqual(self.counts(*command, "--every", 2), (0, 3))

    def test_a_run_that_fails_is_not_complete(self):
        self.video("a.mp4")
        self.assert_done(self.segment("a.mp4", "--out", "out"))
        content = self.path("a.mp4").read_bytes()
        self.path("a.mp4").write_bytes(content[: len(content) * 3 // 4])
        for _ in range(2):
            self.assert_fails(self.segment("a.mp4", "--out", "out", "--skip-existing"), "1 of 1 inputs failed")
            self.assertFalse(self.path("out/a/run.json").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
