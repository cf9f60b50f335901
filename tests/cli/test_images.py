# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl features` and `vcl maskcut`: their outputs, and one line that names a bad input."""
import json
import pathlib
import signal
import struct
import subprocess
import tempfile
import unittest
import zlib
from random import Random

from support import (PATIENCE, REAL_ENGINE, VCL, Case, decode_counts, make_png, make_video, needs_engine, read_png_size,
                     read_safetensors, small_vit, vcl, wait_until, write_pth, write_safetensors)


def run(*arguments, **options):
    return vcl(*arguments, env=REAL_ENGINE, **options)


def write_png16(path, width, height):
    """Writes a 16-bit RGB PNG in which every value is 0x8040."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    rows = (b"\0" + b"\x80\x40" * 3 * width) * height
    pathlib.Path(path).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
                                   + chunk(b"IEND", b""))


def write_cmyk_jpeg(path, blocks):
    """Writes a uniform square, 8 * blocks pixels wide. A one-bit code means "no change" for each of the four inks."""
    def segment(marker, body):
        return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body

    side = 8 * blocks
    inks = range(1, 5)
    one_symbol = bytes([1] + 15 * [0]) + b"\0"
    pathlib.Path(path).write_bytes(
        b"\xff\xd8" + segment(0xEE, b"Adobe\0\x64\0\0\0\0\0") + segment(0xDB, b"\0" + b"\1" * 64)
        + segment(0xC0, struct.pack(">BHHB", 8, side, side, 4) + b"".join(bytes([i, 0x11, 0]) for i in inks))
        + segment(0xC4, b"\x00" + one_symbol) + segment(0xC4, b"\x10" + one_symbol)
        + segment(0xDA, b"\4" + b"".join(bytes([i, 0]) for i in inks) + b"\0\x3f\0")
        + b"\0" * (blocks * blocks) + b"\xff\xd9")


def planted_features(path, boxes, rows=20, columns=24):
    """Writes features with one direction per box (y, x, height, width), one for the background, and a little noise."""
    random = Random(5)
    channels = len(boxes) + 1
    values = []
    for c in range(channels):
        for y in range(rows):
            for x in range(columns):
                inside = [b for b, (top, left, height, width) in enumerate(boxes)
                          if top <= y < top + height and left <= x < left + width]
                direction = inside[0] + 1 if inside else 0
                values.append((c == direction) + random.gauss(0, 0.03))
    return write_safetensors(path, {"features": ([channels, rows, columns], values)})


@needs_engine
class Images(Case):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.model = write_pth(pathlib.Path(folder.name, "vit.pth"), small_vit())

    def picture(self, name="a.png", width=60, height=40):
        self.path(name).parent.mkdir(exist_ok=True)
        make_png(self.path(name), width, height)
        return self.path(name)


class Features(Images):
    def features(self, *arguments):
        return run("features", self.picture(), "--model", self.model, *arguments)

    def test_file(self):
        self.assert_done(self.features("--out", self.path("f.safetensors"), "--size", "98x60"))
        metadata, tensors = read_safetensors(self.path("f.safetensors"))
        self.assertEqual(tensors["features"][:2], ("F32", [64, 8, 12]))  # 60/8 = 7.5 is rounded to even
        self.assertEqual(tensors["input"][:2], ("F32", [3, 64, 96]))
        self.assertEqual(metadata["image_size"], "98x60")
        black = [(0 - mean) / deviation for mean, deviation in ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))]
        values = tensors["input"][2]
        for channel in range(3):
            self.assertAlmostEqual(values[channel * 64 * 96], black[channel], places=5)
        self.assertGreater(max(tensors["features"][2]) - min(tensors["features"][2]), 0.1)

    def test_layers_and_facets(self):
        seen = set()
        for arguments, channels in ((("--layer", "0"), 64), (("--layer", "1"), 64), (("--facet", "q"), 64),
                                    (("--facet", "v"), 64), (("--facet", "kqv"), 192)):
            with self.subTest(arguments):
                self.assert_done(self.features("--out", self.path("f.safetensors"), "--size", "32", *arguments))
                _, tensors = read_safetensors(self.path("f.safetensors"))
                self.assertEqual(tensors["features"][1], [channels, 4, 4])
                seen.add(tuple(tensors["features"][2][:8]))
        self.assertEqual(len(seen), 4, "the last layer's keys are both --layer 1 and the first third of kqv")

    def test_principal_components(self):
        self.assert_done(self.features("--pca", self.path("p.png"), "--size", "96x64"))
        self.assertEqual(read_png_size(self.path("p.png")), (96, 64))
        first = self.path("p.png").read_bytes()
        self.assert_done(self.features("--pca", self.path("p.png"), "--size", "96x64"))
        self.assertEqual(self.path("p.png").read_bytes(), first)

    def test_attention(self):
        self.assert_done(self.features("--attention", self.path("seen.png"), "--size", "96x64"))
        self.assertEqual(read_png_size(self.path("seen.png")), (96, 64))
        first = self.path("seen.png").read_bytes()
        self.assert_done(self.features("--attention", self.path("seen.png"), "--size", "96x64", "--layer", "0"))
        self.assertNotEqual(self.path("seen.png").read_bytes(), first, "another layer attends to the same")

    def test_embedded_model(self):
        self.assert_done(run("features", self.picture(), "--out", self.path("f.safetensors")))
        self.assertEqual(read_safetensors(self.path("f.safetensors"))[1]["features"][1][1:], [32, 32])
        self.assert_fails(run("features", self.picture(), "--layer", "2"), "layers", "vision transformers")
        self.assert_fails(run("features", self.picture(), "--attention", self.path("seen.png")), "--attention", "--pca")

    def test_failures(self):
        self.assert_fails(self.features("--layer", "2"), "layer 2", "0..1")
        self.assert_fails(run("features", self.path("none.png"), "--model", self.model), "none.png")
        self.path("text.png").write_text("no picture")
        self.assert_fails(run("features", self.path("text.png"), "--model", self.model), "text.png", "not an image")
        self.assert_fails(run("features", self.picture(), "--model", self.path("none.pth")), "none.pth")
        self.assert_fails(self.features("--out", self.path("none/f.safetensors")), "none", "create it")
        self.assert_fails(self.features("--out", self.picture()), "is the input")
        self.assert_fails(self.features("--device", "cuda:77"), "cuda")
        for arguments in (("--facet", "x"), ("--size", "0x5"), ("--size", "12,5"), ("--size", "9999999"), ("--layer", "-3")):
            with self.subTest(arguments):
                self.assertEqual(self.features(*arguments).returncode, 2)


class MaskCut(Images):
    def maskcut(self, image, *arguments, **options):
        return run("maskcut", image, "--model", self.model, "--size", "64", *arguments, **options)

    def annotations(self, name="o.json"):
        return json.loads(self.path(name).read_text())

    def assert_annotations_are_sound(self, coco):
        self.assertEqual([image["id"] for image in coco["images"]], list(range(1, len(coco["images"]) + 1)))
        self.assertEqual([a["id"] for a in coco["annotations"]], list(range(1, len(coco["annotations"]) + 1)))
        images = {image["id"]: image for image in coco["images"]}
        for annotation in coco["annotations"]:
            image = images[annotation["image_id"]]
            height, width = annotation["segmentation"]["size"]
            self.assertEqual((width, height), (image["width"], image["height"]))
            runs = decode_counts(annotation["segmentation"]["counts"])
            self.assertEqual(sum(runs), width * height)
            self.assertEqual(sum(runs[1::2]), annotation["area"])
            self.assertGreater(annotation["area"], 0)
            self.assertEqual(annotation["category_id"], coco["categories"][0]["id"])

    def test_folder(self):
        for i, (width, height) in enumerate(((60, 40), (30, 70), (64, 64))):
            self.picture(f"in/{i}.png", width, height)
        result = self.maskcut(self.path("in"), "--json", self.path("o.json"), "--overlay", self.path("painted"))
        self.assert_done(result)
        self.assertRegex(result.stderr, r"3 images, \d+ masks, .* images/s")
        coco = self.annotations()
        self.assertEqual([(i["file_name"], i["width"], i["height"]) for i in coco["images"]],
                         [("in/0.png", 60, 40), ("in/1.png", 30, 70), ("in/2.png", 64, 64)])
        self.assert_annotations_are_sound(coco)
        self.assertEqual(read_png_size(self.path("painted/in/1.png")), (30, 70))
        again = self.maskcut(self.path("in"), "--json", "-", "--quiet")
        self.assert_done(again)
        self.assertEqual(json.loads(again.stdout), coco)
        self.assertEqual(again.stderr, "")

    def test_list(self):
        names = [self.picture("x/1.png"), self.picture("y/1.png")]
        self.path("list.txt").write_text(f"{names[1]}\r\n\n{names[0]}\n")
        self.assert_done(self.maskcut(self.path("list.txt"), "--json", self.path("o.json"), "--n", "1"))
        self.assertEqual([i["file_name"] for i in self.annotations()["images"]], ["y/1.png", "x/1.png"])

    def test_given_features_and_trace(self):
        boxes = [(3, 2, 6, 7), (11, 13, 5, 8)]
        features = planted_features(self.path("f.safetensors"), boxes)
        image = self.picture(width=240, height=200)
        result = run("maskcut", image, "--features", features, "--size", "240x200", "--tau", "0.5", "--n", "3", "--crf",
                     "off", "--trace", self.path("t.safetensors"), "--json", self.path("o.json"))
        self.assert_done(result)
        _, trace = read_safetensors(self.path("t.safetensors"))
        found = {}
        for i in range(3):
            self.assertEqual(trace[f"{i}.eigenvector"][:2], ("F64", [20, 24]))
            self.assertEqual(trace[f"{i}.mask"][:2], ("U8", [200, 240]))
            found[i] = {(p // 24, p % 24) for p, inside in enumerate(trace[f"{i}.component"][2]) if inside}
            if i < 2:
                self.assertIn(divmod(trace[f"{i}.seed"][2][0], 24), found[i])
                self.assertTrue(0 < trace[f"{i}.eigenvalue"][2][0] < 1)
        wanted = [{(y + i, x + j) for i in range(h) for j in range(w)} for y, x, h, w in boxes]
        self.assertIn(found[0], wanted)
        self.assertIn(found[1], wanted)
        self.assertNotEqual(found[0], found[1])
        coco = self.annotations()
        self.assert_annotations_are_sound(coco)
        self.assertEqual(sorted(a["area"] for a in coco["annotations"])[-2:], [40 * 100, 42 * 100])

    def test_automatic_number(self):
        for boxes in ([(3, 2, 6, 7)], [(3, 2, 6, 7), (11, 13, 5, 8)], [(3, 2, 6, 7), (11, 13, 5, 8), (2, 14, 5, 6)]):
            features = planted_features(self.path("f.safetensors"), boxes)
            for most in (2, 10):
                self.assert_done(run("maskcut", self.picture(), "--features", features, "--tau", "0.5", "--n", most,
                                     "--automatic", "--crf", "off", "--json", self.path("o.json")))
                self.assertEqual(len(self.annotations()["annotations"]), min(most, len(boxes)))

    def test_pictures_of_any_kind(self):
        make_png(self.path("one.png"), 1, 1)
        write_png16(self.path("deep.png"), 40, 30)
        write_cmyk_jpeg(self.path("inks.jpg"), 5)
        self.path("grey.pgm").write_bytes(b"P5 20 30 255\n" + bytes(range(200)) * 3)
        for name, size in (("one.png", (1, 1)), ("deep.png", (40, 30)), ("inks.jpg", (40, 40)), ("grey.pgm", (20, 30))):
            with self.subTest(name):
                self.assert_done(self.maskcut(self.path(name), "--json", self.path("o.json")))
                coco = self.annotations()
                self.assertEqual((coco["images"][0]["width"], coco["images"][0]["height"]), size)
                self.assert_annotations_are_sound(coco)

    def test_bad_images_are_listed_and_the_rest_done(self):
        self.picture("in/1.png")
        self.path("in/2.png").write_bytes(b"\x89PNG\r\n\x1a\n no more")
        self.picture("in/3.png")
        self.path("in/4.png").touch()
        result = self.maskcut(self.path("in"), "--json", self.path("o.json"))
        self.assert_fails(result, "2 of 4 images failed")
        self.assertIn("in/2.png", result.stderr)
        self.assertIn("in/4.png", result.stderr)
        self.assertEqual([i["file_name"] for i in self.annotations()["images"]], ["in/1.png", "in/3.png"])
        self.path("list.txt").write_text(f"{self.path('none.png')}\n{self.path('in/1.png')}\n")
        self.assert_fails(self.maskcut(self.path("list.txt")), "1 of 2 images failed")
        self.assert_fails(self.maskcut(self.path("in/2.png")), "in/2.png", "remove or repair")

    def test_no_images(self):
        self.path("in").mkdir()
        self.assert_fails(self.maskcut(self.path("in")), "no images")
        self.assert_fails(self.maskcut(self.path("none")), "none", "check the name")
        self.path("list.txt").write_text("\n\n")
        self.assert_fails(self.maskcut(self.path("list.txt")), "list.txt", "names no image")
        self.assert_fails(self.maskcut(make_video(self.path("in.mp4"), frames=3)), "in.mp4", "neither an image nor a list")

    def test_bad_features(self):
        image = self.picture()
        flat = [1.0] * 12
        for name, tensors in {"nan": {"features": ([2, 2, 3], flat[:-1] + [float("nan")])},
                              "inf": {"features": ([2, 2, 3], flat[:-1] + [float("inf")])},
                              "one-patch": {"features": ([12, 1, 1], flat)}, "two-sides": {"features": ([4, 3], flat)},
                              "other-name": {"feature": ([2, 2, 3], flat)}}.items():
            with self.subTest(name):
                path = write_safetensors(self.path(f"{name}.safetensors"), tensors)
                self.assert_fails(run("maskcut", image, "--features", path), "eatures")
        path = write_safetensors(self.path("size.safetensors"), {"features": ([2, 2, 3], flat)}, {"image_size": "0x-7"})
        self.assert_fails(run("maskcut", image, "--features", path), "image_size")
        constant = write_safetensors(self.path("constant.safetensors"), {"features": ([2, 2, 3], flat)})
        result = run("maskcut", image, "--features", constant, "--crf", "off")
        self.assert_done(result)
        self.assertIn("arbitrary", result.stderr)

    def test_wrong_usage(self):
        image = self.picture()
        for arguments in (("--tau", "1.5"), ("--tau", "-2"), ("--tau", "nan"), ("--n", "0"), ("--n", "auto"), ("--n", "65"),
                          ("--sign", "plus"), ("--crf", "maybe"), ("--size", "0")):
            with self.subTest(arguments):
                self.assertEqual(self.maskcut(image, *arguments).returncode, 2)

    def test_outputs_that_cannot_be(self):
        image = self.picture("in/a.png")
        self.picture("in/b.png")
        self.assert_fails(self.maskcut(image, "--json", self.path("none/o.json")), "none", "create it")
        self.assert_fails(self.maskcut(image, "--json", self.folder), "is a folder")
        self.assert_fails(self.maskcut(image, "--json", "/dev/full"), "/dev/full", "space")
        self.path("o.json").write_text("before")
        self.path("in/b.png").write_text("no picture")
        self.assert_fails(self.maskcut(self.path("in/b.png"), "--json", self.path("o.json")), "in/b.png")
        self.assertEqual(self.path("o.json").read_text(), "before", "a failed run leaves it alone")
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["in", "o.json"], "nothing is left behind")
        self.picture("in/b.png")
        self.assert_fails(self.maskcut(image, "--overlay", image), image)
        self.assert_fails(self.maskcut(self.path("in"), "--trace", self.path("t.safetensors")), "single image")

    def test_interrupt_writes_what_is_done(self):
        for i in range(400):
            self.picture(f"in/{i}.png", 200, 200)
        process = subprocess.Popen([VCL, "maskcut", self.path("in"), "--model", self.model, "--size", "64", "--overlay",
                                    self.path("painted"), "--json", self.path("o.json")], env=REAL_ENGINE,
                                   stderr=subprocess.PIPE, text=True)
        wait_until(self.path("painted/in/1.png").exists, process)
        process.send_signal(signal.SIGINT)
        stderr = process.communicate(timeout=PATIENCE)[1]
        self.assertEqual(process.returncode, 1, stderr)
        self.assertIn("interrupted after", stderr)
        self.assertTrue(1 < len(self.annotations()["images"]) < 400)


if __name__ == "__main__":
    unittest.main(verbosity=2)
