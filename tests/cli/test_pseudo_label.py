# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl-train pseudo-label` on photos without a pack, and `vcl-train merge`: killed, stopped, sharded, disk full."""
import json
import os
import pathlib
import random
import resource
import signal
import subprocess
import tarfile
import tempfile
import unittest
import zlib

from support import (DEFAULT_MODEL, PATIENCE, REAL_ENGINE, VCL_TRAIN, Case, decode_counts, read_png_size, vcl, wait_until,
                     write_png)


def make_photo(path, seed, width=72, height=56):
    """Writes a photo of noise with two rectangles of other colors."""
    dice = random.Random(seed)
    shapes = [(dice.randrange(height // 2), dice.randrange(width // 2), dice.randrange(10, height // 2),
               dice.randrange(10, width // 2), [dice.randrange(256) for _ in range(3)]) for _ in range(2)]
    rows = []
    for y in range(height):
        row = bytearray(dice.randbytes(3 * width)) if height < 4000 else bytearray(3 * width)
        for top, left, h, w, color in shapes:
            if top <= y < top + h:
                row[3 * left:3 * (left + w)] = bytes(color) * w
        rows.append(b"\0" + bytes(row))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, width, height, zlib.compress(b"".join(rows), 1))
    return path


class PseudoLabel(Case):
    photos = 40

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.input = pathlib.Path(folder.name, "in")
        for i in range(cls.photos):
            make_photo(cls.input / f"{i // 16}" / f"{i:02}.png", i)
        cls.whole = pathlib.Path(folder.name, "whole.json")
        result = subprocess.run(cls.command(cls.input, cls.whole), capture_output=True, text=True, timeout=PATIENCE)
        assert result.returncode == 0, result.stderr

    @staticmethod
    def command(inputs, out, *arguments, threads=2):
        inputs = inputs if isinstance(inputs, list) else [inputs]
        return list(map(str, [VCL_TRAIN, "pseudo-label", *inputs, "--source", "maskcut", "--model", DEFAULT_MODEL,
                              "--json", out, "--size", "96", "--threads", threads, *arguments]))

    def label(self, inputs, *arguments, out="o.json", **options):
        threads = options.pop("threads", 2)
        return subprocess.run(self.command(inputs, self.path(out), *arguments, threads=threads), capture_output=True,
                              text=True, timeout=PATIENCE, **options)

    def start(self, *arguments, journal=0):
        """Starts a run and returns it when its journal has that many bytes."""
        process = subprocess.Popen(self.command(self.input, self.path("o.json"), *arguments), stderr=subprocess.PIPE,
                                   text=True)
        written = self.path("o.json.journal")
        wait_until(lambda: written.exists() and written.stat().st_size >= journal, process)
        return process

    def assert_train_fails(self, result, *words, status=1):
        self.assertEqual(result.returncode, status, result.stderr)
        for word in words:
            self.assertIn(str(word), result.stderr)

    def assert_whole(self, out="o.json"):
        self.assertEqual(self.path(out).read_bytes(), self.whole.read_bytes())
        self.assertFalse(self.path(f"{out}.journal").exists())

    def errors(self, out="o.json"):
        path = self.path(f"{out}.errors.jsonl")
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def file_names(self, out="o.json"):
        return [image["file_name"] for image in json.loads(self.path(out).read_text())["images"]]


class Runs(PseudoLabel):
    def test_same_file_as_vcl_maskcut(self):
        for extra in (("--crf", "off"), ("--n", "5", "--automatic", "--tau", "0.3", "--sign", "raw")):
            self.assert_done(self.label(self.input / "1", *extra))
            self.assert_done(vcl("maskcut", self.input / "1", "--model", DEFAULT_MODEL, "--size", "96", "--json",
                                 self.path("one.json"), *extra, env=REAL_ENGINE))
            self.assertEqual(self.path("o.json").read_bytes(), self.path("one.json").read_bytes())

    def test_content(self):
        coco = json.loads(self.whole.read_text())
        self.assertEqual([i["file_name"] for i in coco["images"]], [f"{i // 16}/{i:02}.png" for i in range(self.photos)])
        self.assertEqual([i["id"] for i in coco["images"]], list(range(1, self.photos + 1)))
        self.assertEqual([a["id"] for a in coco["annotations"]], list(range(1, len(coco["annotations"]) + 1)))
        self.assertGreater(len(coco["annotations"]), self.photos // 2)
        for annotation in coco["annotations"]:
            runs = decode_counts(annotation["segmentation"]["counts"])
            self.assertEqual((sum(runs), sum(runs[1::2])), (72 * 56, annotation["area"]))
            self.assertEqual(annotation["segmentation"]["size"], [56, 72])
        self.assertEqual({(i["width"], i["height"]) for i in coco["images"]}, {(72, 56)})

    def test_threads_do_not_matter(self):
        for threads in (1, 5):
            self.assert_done(self.label(self.input, threads=threads))
            self.assert_whole()
        settings = json.loads(self.path("o.json.settings.json").read_text())
        self.assertEqual((settings["threads"], settings["photos"], settings["settings"]["tau"]), (5, self.photos, "0.15"))

    def test_shards_merge_to_the_whole(self):
        names = [self.path(f"{i}.json") for i in (1, 2, 3)]
        for i, name in enumerate(names, 1):
            self.assert_done(self.label(self.input, "--shard", f"{i}/3", out=name.name))
        merged = subprocess.run([VCL_TRAIN, "merge", *names, "--out", self.path("o.json")], capture_output=True, text=True)
        self.assert_done(merged)
        self.assert_whole()
        twice = subprocess.run([VCL_TRAIN, "merge", names[0], names[0], "--out", self.path("p.json")],
                               capture_output=True, text=True)
        self.assert_train_fails(twice, "0/00.png")

    def test_archives_and_lists(self):
        with tarfile.open(self.path("shard-0.tar"), "w") as archive:  # Python writes the pax format
            for i in range(4):
                archive.add(self.input / "0" / f"{i:02}.png", f"0/{i:02}.png")
            archive.add(self.input / "0/04.png", "bare ä.png")
        paths = "".join(f"{self.input}/0/{i:02}.png\n" for i in range(5))
        self.path("list.txt").write_text(paths)
        self.assert_done(self.label(self.path("shard-0.tar"), out="tar.json"))
        self.assert_done(self.label(self.path("list.txt"), out="list.json"))
        self.assertEqual(self.file_names("tar.json"), [f"0/{i:02}.png" for i in range(4)] + ["shard-0/bare ä.png"])
        self.assertEqual(self.file_names("list.json"), [f"0/{i:02}.png" for i in range(5)])
        files = [json.loads(self.path(f"{name}.json").read_text()) for name in ("tar", "list")]
        self.assertEqual(files[0]["annotations"], files[1]["annotations"])

    def test_contact_sheet(self):
        self.assert_done(self.label(self.input, "--sheet", self.path("sheet.png"), "--limit", "10"))
        self.assertEqual(read_png_size(self.path("sheet.png")), (8 * 240, 2 * 198))
        self.assert_train_fails(self.label(self.input, "--sheet", self.path("none/sheet.png")), "none/sheet.png")


class Interrupted(PseudoLabel):
    def test_killed_again_and_again(self):
        size = sum(len(a["segmentation"]["counts"]) for a in json.loads(self.whole.read_text())["annotations"])
        dice = random.Random(3)
        kills = tries = 0
        while kills < 4:
            tries += 1
            self.assertLess(tries, 100, "it always ends before it can be killed")
            process = self.start(journal=size * (kills + dice.random()) / 6)
            process.kill()
            process.communicate()
            kills += 1
            if self.path("o.json").exists():  # on a busy machine the run may end before it is killed
                self.path("o.json").unlink()
                kills = 0
        self.assert_done(self.label(self.input, threads=3))
        self.assert_whole()

    def test_stopped_by_a_signal(self):
        for sent, journal in ((signal.SIGINT, 800), (signal.SIGTERM, 2400)):
            process = self.start(journal=journal)
            for number in (signal.SIGSTOP, sent, signal.SIGCONT):  # else the run might end before the signal
                process.send_signal(number)
            stderr = process.communicate(timeout=PATIENCE)[1]
            self.assertEqual(process.returncode, 1, stderr)
            self.assertRegex(stderr, r"stopped after \d+ of 40 photos; start the same command again")
        self.assertFalse(self.path("o.json").exists())
        self.assert_done(self.label(self.input))
        self.assert_whole()
        self.assertGreater(json.loads(self.path("o.json.settings.json").read_text())["photos_resumed"], 0)

    def test_other_settings_are_refused(self):
        process = self.start(journal=1000)
        process.send_signal(signal.SIGSTOP)  # else the run might end before the second one starts
        self.assert_train_fails(self.label(self.input), "o.json.journal is in use")
        process.kill()
        process.communicate()
        for arguments, word in ((("--tau", "0.2"), '"tau 0.15", this run has "tau 0.2"'), (("--shard", "1/2"), "shard"),
                                (("--limit", "7"), "photos"), (("--n", "4"), "n 3"), (("--crf", "off"), "crf on")):
            with self.subTest(arguments):
                self.assert_train_fails(self.label(self.input, *arguments), "o.json.journal", word, "remove the file")
        self.assert_train_fails(self.label(self.input / "0"), "photos")
        self.assert_done(self.label(self.input))
        self.assert_whole()

    def test_disk_full(self):
        def no_file_larger_than(size):
            return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        for size in (100, 1500, 4000):
            result = self.label(self.input, restore_signals=False, preexec_fn=no_file_larger_than(size))
            self.assert_train_fails(result, "o.json.journal", "room")
            self.assertFalse(self.path("o.json").exists())
        kept = self.path("o.json.journal").stat().st_size
        self.assertTrue(1500 < kept <= 4000, kept)
        self.assert_done(self.label(self.input))
        self.assert_whole()
        # The disk has room for the journal, but not for the resulting file.
        limit = (self.whole.stat().st_size * 7) // 10
        result = self.label(self.input, restore_signals=False, preexec_fn=no_file_larger_than(limit), out="p.json")
        self.assert_train_fails(result, "p.json")
        self.assertTrue(self.path("p.json.journal").exists())
        self.assertEqual([p.name for p in self.folder.iterdir() if p.name.startswith(".")], [])
        self.assert_done(self.label(self.input, out="p.json"))
        self.assert_whole("p.json")


class OddPhotos(PseudoLabel):
    def test_bad_photos_are_listed_and_the_rest_done(self):
        folder = self.path("in")
        good = make_photo(folder / "a good \"one\" ä\n.png", 1).read_bytes()
        make_photo(folder / "gone.png", 2).unlink()
        (folder / "gone.png").symlink_to("nowhere.png")
        (folder / "empty.jpg").touch()
        (folder / "text.jpg").write_text("no picture")
        (folder / "truncated.png").write_bytes(good[:40])
        (folder / "absurd.png").write_bytes(good[:16] + (2**31 - 1).to_bytes(4, "big") * 2 + good[24:])
        make_photo(folder / "one.png", 3, 40, 30)
        (folder / "loop").symlink_to(folder)
        os.mkfifo(folder / "pipe.png")
        result = self.label(folder, "--sheet", self.path("s.png"))
        self.assert_done(result)
        self.assertEqual(self.file_names(), ["in/a good \"one\" ä\n.png", "in/one.png"])
        bad = {pathlib.Path(line["photo"]).name: line["error"] for line in self.errors()}
        self.assertEqual(sorted(bad), ["absurd.png", "empty.jpg", "gone.png", "text.jpg", "truncated.png"])
        self.assertIn("No such file", bad["gone.png"])
        self.assertIn("empty file", bad["empty.jpg"])
        self.assertIn("5 photos skipped", result.stderr)
        for path in folder.glob("*.png"):
            if path.name.startswith(("a good", "one")):
                path.unlink()
        result = self.label(folder, out="p.json")
        self.assert_train_fails(result, "none of the 5 photos could be used", "p.json.errors.jsonl")
        self.assertFalse(self.path("p.json").exists())
        self.assertFalse(self.path("p.json.journal").exists(), "so that another try looks at them again")

    def test_sizes(self):
        make_photo(self.path("in/wide.png"), 1, 9000, 40)
        make_photo(self.path("in/large.png"), 2, 8000, 6000)
        write_png(self.path("in/dot.png"), 1, 1, zlib.compress(b"\0abc"))
        self.assert_done(self.label(self.path("in")))
        coco = json.loads(self.path("o.json").read_text())
        self.assertEqual([(i["width"], i["height"]) for i in coco["images"]], [(1, 1), (8000, 6000), (9000, 40)])
        for annotation in coco["annotations"]:
            runs = decode_counts(annotation["segmentation"]["counts"])
            self.assertEqual(sum(runs), annotation["width"] * annotation["height"])


class Usage(PseudoLabel):
    def usage(self, *arguments):
        return subprocess.run([VCL_TRAIN, "pseudo-label", *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE)

    def test_wrong_usage(self):
        json_ = ("--json", self.path("o.json"))
        maskcut = ("--source", "maskcut", "--model", DEFAULT_MODEL)
        cases = [
            ((*maskcut,), "--images"),
            ((*maskcut, self.input), "--json"),
            ((*maskcut, *json_), "INPUT"),
            ((*maskcut, "--images", "p", "--out", "o", "--tau", "0.2"), "--json"),
            ((*maskcut, self.input, *json_, "--images", "p"), "--images"),
            ((*maskcut, self.input, *json_, "--out", "p"), "--out"),
            ((*maskcut, self.input, *json_, "--labels", "p"), "--labels"),
            (("--source", "maskcut", self.input, *json_), "--model"),
            (("--source", "model", "--model", DEFAULT_MODEL, self.input, *json_), "maskcut"),
        ]
        for option, values in {"--shard": ("0/2", "3/2", "1", "1/", "/2", "a/b", "1/2x", "-1/2"), "--size": ("0", "axb", "4x"),
                               "--tau": ("1", "-0.1", "x"), "--n": ("0", "65", "auto"), "--crf": ("maybe",)}.items():
            cases += [((*maskcut, self.input, *json_, f"{option}={value}"), option) for value in values]
        for arguments, word in cases:
            with self.subTest(arguments):
                self.assert_train_fails(self.usage(*arguments), word, status=2)

    def test_what_cannot_be(self):
        self.assert_train_fails(self.label(self.path("none")), "none")
        self.path("empty").mkdir()
        self.assert_train_fails(self.label(self.path("empty")), "no photos")
        self.assert_train_fails(self.label(self.input, out="none/o.json"), "none/o.json.journal")
        self.path("bad.safetensors").write_text("no model")
        self.assert_train_fails(self.label(self.input, "--model", self.path("bad.safetensors")), "--model", status=2)
        result = self.usage(self.input, "--source", "maskcut", "--model", self.path("bad.safetensors"), "--json",
                            self.path("o.json"))
        self.assert_train_fails(result, "bad.safetensors")


if __name__ == "__main__":
    unittest.main(verbosity=2)
