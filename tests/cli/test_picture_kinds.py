# SPDX-License-Identifier: LGPL-2.1-or-later
"""Picture files: 16-bit samples, transparency, unsupported kinds, and broken files."""
import pathlib
import struct
import unittest
import zlib

from support import Case, make_png, make_video, read_lines, vcl

WIDTH, HEIGHT, SIDE = 64, 48, 20
GRAY, RGB, GRAY_ALPHA, RGBA = 0, 2, 4, 6


def png(path, kind, bits, pixel, turned=None):
    """Writes a PNG. pixel(x, y) returns the samples of a pixel."""
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    code = ">" + ("B", "H")[bits == 16]
    rows = b"".join(b"\0" + b"".join(struct.pack(code, sample) for x in range(WIDTH) for sample in pixel(x, y))
                    for y in range(HEIGHT))
    exif = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x112, 3, 1, turned, 0, 0) if turned else b""
    pathlib.Path(path).write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, kind, 0, 0, 0))
        + (chunk(b"eXIf", exif) if exif else b"") + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return path


def in_square(x, y, left=8, top=6):
    return left <= x < left + SIDE and top <= y < top + SIDE


class PictureKinds(Case):
    def boxes(self, *arguments):
        result = vcl("segment", *arguments, "--json", self.path("o.jsonl"))
        self.assert_done(result)
        return [[instance["bbox"] for instance in line["instances"]] for line in read_lines(self.path("o.jsonl"))], result.stderr

    def square(self, name, bits_used, kind=GRAY):
        bright = (1 << bits_used) - 1
        return png(self.path(name), kind, 16, lambda x, y: [bright if in_square(x, y) else 0] * (3 if kind == RGB else 1))

    def test_sixteen_bits_are_scaled_by_a_fixed_factor(self):
        box = [[8, 6, SIDE, SIDE]]
        for kind in (GRAY, RGB):
            for photos in ([], ["--photos"]):
                with self.subTest(kind=kind, photos=photos):
                    found, said = self.boxes(self.square("full.png", 16, kind), *photos)
                    self.assertEqual((found, "--bits" in said), ([box], False))
                    found, said = self.boxes(self.square("dark.png", 12, kind), *photos)
                    self.assertEqual(found, [[]])  # the scale does not depend on the content
                    self.assertIn("dark.png", said)
                    self.assertIn("--bits 12", said)
                    found, said = self.boxes(self.path("dark.png"), "--bits", 12, *photos)
                    self.assertEqual((found, "--bits" in said), ([box], False))
                    self.assertEqual(self.boxes(self.path("dark.png"), "--quiet", *photos)[1], "")

    def test_the_note_comes_once(self):
        self.path("in").mkdir()
        for i in range(3):
            self.square(f"in/{i}.png", 12)
        self.assertEqual(self.boxes(self.path("in"))[1].count("--bits 12"), 1)

    def test_bits_make_no_difference_to_eight(self):
        make_png(self.path("a.png"), WIDTH, HEIGHT)
        self.assertEqual(self.boxes(self.path("a.png"), "--bits", 9)[0], self.boxes(self.path("a.png"))[0])
        for bits in (8, 17, "x"):
            self.assertEqual(vcl("segment", self.path("a.png"), "--bits", bits, "--json", "-").returncode, 2)

    def test_what_is_transparent_is_not_seen(self):
        def samples(color, channels, alpha):
            return [color] * channels + [alpha]

        for kind, channels in ((GRAY_ALPHA, 1), (RGBA, 3)):
            for bits in (8, 16):
                white, opaque = (1 << bits) - 1, (1 << bits) - 1
                with self.subTest(kind=kind, bits=bits):
                    # A visible square, and a transparent one beside it.
                    path = png(self.path("a.png"), kind, bits, lambda x, y: samples(white, channels, opaque)
                               if in_square(x, y) else samples(white if in_square(x, y, 40) else 0, channels, 0))
                    for photos in ([], ["--photos"]):
                        self.assertEqual(self.boxes(path, *photos)[0], [[[8, 6, SIDE, SIDE]]])

    def test_transparent_pictures_are_turned_as_others(self):
        for turned in range(1, 9):
            with self.subTest(turned):
                png(self.path("a.png"), RGBA, 8, lambda x, y: [255, 255, 255, 255 if in_square(x, y) else 0], turned)
                png(self.path("b.png"), RGB, 8, lambda x, y: [255 if in_square(x, y) else 0] * 3, turned)
                found = [self.boxes(self.path(name), "--photos")[0] for name in ("a.png", "b.png")]
                self.assertEqual(found[0], found[1])

    def test_pictures_that_are_not_read_are_counted(self):
        self.path("only").mkdir()
        self.path("mixed").mkdir()
        for name in ("only/a.heic", "only/b.HEIC", "only/c.avif", "mixed/c.heic"):
            self.path(name).write_bytes(bytes(100))
        make_png(self.path("mixed/a.png"), WIDTH, HEIGHT)
        for verb in ("segment", "maskcut"):
            with self.subTest(verb):
                result = vcl(verb, self.path("only"), "--json", self.path("o"))
                self.assertEqual(result.returncode, 1)
                self.assertIn("no images in folder", result.stderr)
                for words in ("2 .heic files", "1 .avif files", "convert them to JPEG or PNG"):
                    self.assertIn(words, result.stderr)
                self.assert_fails(vcl(verb, self.path("mixed/c.heic"), "--json", self.path("o")), "c.heic", "convert it")
        found, said = self.boxes(self.path("mixed"))
        self.assertEqual(len(found), 1)
        self.assertIn("1 .heic files in", said)
        self.assertIn("left out", said)

    def test_uneven_steps_are_noted(self):
        for numbers, words in (((1, 2, 3, 5, 8), "3 is followed by 5"), ((0, 5, 10, 15), ""), ((7, 8, 9), ""), ((4,), "")):
            folder = self.path("-".join(map(str, numbers)))
            folder.mkdir()
            for number in numbers:
                make_png(folder / f"v1_{number:05d}.png", WIDTH, HEIGHT)
            said = self.boxes(folder)[1]
            self.assertEqual("uneven steps" in said, bool(words), said)
            self.assertIn(words, said)

    def test_broken_pictures_of_a_sequence_are_skipped_on_request(self):
        self.path("in").mkdir()
        for i in range(5):
            make_png(self.path(f"in/{i}.png"), WIDTH, HEIGHT)
        self.path("in/2.png").write_bytes(b"no picture")
        arguments = ("segment", self.path("in"), "--fps", 10, "--json", self.path("o.jsonl"))
        self.assert_fails(vcl(*arguments), "2.png")
        self.assertEqual(len(read_lines(self.path("o.jsonl"))), 2)
        result = vcl(*arguments, "--on-error", "skip")
        self.assert_fails(result, "1 of 5 images failed")
        self.assertIn("failed: '" + str(self.path("in/2.png")), result.stderr)
        lines = read_lines(self.path("o.jsonl"))
        self.assertEqual([line["frame"] for line in lines], [0, 1, 2, 3])
        self.assertEqual([line["pts"] // 10**6 for line in lines], [0, 100, 300, 400])
        self.assertEqual({instance["id"] for line in lines for instance in line["instances"]}, {1})
        video = make_video(self.path("in.mp4"), frames=5)
        self.assert_fails(vcl("segment", video, "--on-error", "skip"), "--on-error", "pictures")


if __name__ == "__main__":
    unittest.main(verbosity=2)
