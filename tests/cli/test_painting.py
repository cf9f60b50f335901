# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests how `vcl segment` paints or hides objects in videos, photos and sheets: --style, --show and --palette."""
import itertools
import re
import unittest
import zlib

from matroska import element, h264, video_track, write_matroska
from support import Case, Gst, launch, make_png, make_video, read_lines, vcl, write_png


def pictures_of(path):
    """Returns one function (x, y) -> (red, green, blue) per frame of a video or picture."""
    pipeline = Gst.parse_launch("filesrc name=file ! decodebin ! videoconvert ! video/x-raw,format=RGBx ! appsink name=sink"
                                " sync=false")
    pipeline.get_by_name("file").set_property("location", str(path))
    pipeline.set_state(Gst.State.PLAYING)
    pictures = []
    while (sample := pipeline.get_by_name("sink").try_pull_sample(20 * Gst.SECOND)) is not None:
        width = sample.get_caps().get_structure(0).get_value("width")
        data = sample.get_buffer().extract_dup(0, sample.get_buffer().get_size())
        pictures.append(lambda x, y, data=data, width=width: tuple(data[4 * (y * width + x) :][:3]))
    pipeline.set_state(Gst.State.NULL)
    if not pictures:
        raise AssertionError(f"{path} has no pictures")
    return pictures


def sound_of(path):
    """Returns the samples of a video's sound, as bytes."""
    pipeline = Gst.parse_launch("filesrc name=file ! decodebin ! audioconvert ! audio/x-raw,format=S16LE ! appsink name=sink"
                                " sync=false")
    pipeline.get_by_name("file").set_property("location", str(path))
    pipeline.set_state(Gst.State.PLAYING)
    samples = b""
    while (sample := pipeline.get_by_name("sink").try_pull_sample(20 * Gst.SECOND)) is not None:
        samples += sample.get_buffer().extract_dup(0, sample.get_buffer().get_size())
    pipeline.set_state(Gst.State.NULL)
    return samples


def make_tagged_mp4(path):
    """Writes a video with a cover, a title, a comment and a name, each of which holds the word secret."""
    pipeline = Gst.parse_launch("videotestsrc num-buffers=6 pattern=ball ! video/x-raw,width=160,height=120,format=I420"
                                " ! x264enc ! h264parse ! mp4mux name=mux ! filesink name=file")
    pipeline.get_by_name("file").set_property("location", str(path))
    cover = Gst.Buffer.new_wrapped(b"\x89PNG\r\n\x1a\n secret cover")
    tags = Gst.TagList.new_from_string('taglist, title="secret title", comment="secret comment", artist="secret name"')
    tags.add_value(Gst.TagMergeMode.APPEND, Gst.TAG_IMAGE, Gst.Sample.new(cover, Gst.Caps.from_string("image/png"), None, None))
    pipeline.get_by_name("mux").merge_tags(tags, Gst.TagMergeMode.REPLACE)
    pipeline.set_state(Gst.State.PLAYING)
    pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    return path


def make_tagged_mkv(path):
    """Writes a video with a title and a chapter, both of which hold the word secret."""
    tag = element("67c8", element("45a3", b"TITLE"), element("4487", b"secret title"))
    display = element("80", element("85", b"secret chapter"), element("437c", b"eng"))
    atom = element("b6", element("73c4", 2), element("91", 0), element("92", 100_000_000), display)
    private, frames = h264(frames=6)
    return write_matroska(path, [video_track(1, "V_MPEG4/ISO/AVC", private, 160, 120)],
                          [(time, 1, frame) for frame, time in frames],
                          more=element("1254c367", element("7373", element("63c0"), tag)) +
                          element("1043a770", element("45b9", element("45bc", 1), atom)))


class Painting(Case):
    def setUp(self):
        super().setUp()
        make_png(self.path("a.png"), 320, 240)  # white from (80, 60) to (239, 179)

    def painted(self, *options):
        """Returns the pixel function of the painted photo."""
        self.assert_done(vcl("segment", self.path("a.png"), "--photos", "--overlay", self.path("out"), *options))
        return pictures_of(self.path("out/a.png"))[0]

    def test_what_is_shown(self):
        options = ("--palette", "00ff00,ff0000")
        box = self.painted("--show", "boxes", *options)
        self.assertEqual([box(80, 60), box(81, 100), box(239, 179), box(160, 120), box(79, 60), box(85, 55)],
                         [(0, 255, 0), (0, 255, 0), (0, 255, 0), (255, 255, 255), (0, 0, 0), (0, 0, 0)])
        mask = self.painted("--show", "masks", *options)
        self.assertEqual(mask(80, 60), mask(160, 120))
        self.assertNotIn(mask(160, 120), ((255, 255, 255), (0, 255, 0)))
        label = {part: self.painted("--show", part, *options) for part in ("ids", "scores", "ids,scores")}
        lit = {part: {(x, y) for x in range(60, 200) for y in range(45, 60) if any(picture(x, y))}
               for part, picture in label.items()}
        self.assertTrue(lit["ids"] and lit["scores"] and lit["ids"] != lit["scores"])
        self.assertGreater(len(lit["ids,scores"]), len(lit["scores"]))
        self.assertEqual(label["ids"](160, 120), (255, 255, 255), "no mask")

    def test_hidden_photos_and_sheets(self):
        cutout = self.painted("--style", "cutout", "--contact-sheet", self.path("sheet.png"))
        self.assertEqual([cutout(x, y) for x, y in ((80, 60), (160, 120), (78, 58), (239, 179))], 4 * [(127, 127, 127)])
        self.assertEqual(cutout(70, 50), (0, 0, 0))
        sheet = pictures_of(self.path("sheet.png"))[0]
        self.assertLess(max(max(sheet(x, y)) for x in range(4, 320) for y in range(4, 240)), 140)
        mosaic, blur = self.painted("--style", "mosaic"), self.painted("--style", "blur")
        self.assertNotEqual(mosaic(80, 60), (255, 255, 255), "the margin is in the mean")
        self.assertGreater(mosaic(160, 120)[0], 200)
        self.assertGreater(blur(160, 120)[0], 200)

    def test_hidden_video(self):
        # The ball is smaller than a block: its mean with what is around it is far from its own brightness.
        make_video(self.path("in.mp4"), frames=6, extra="video/x-raw,width=640,height=480 ! videoscale !")
        brightest = {}
        for style in ("paint", "blur", "mosaic", "cutout"):
            self.assert_done(vcl("segment", self.path("in.mp4"), "--overlay", self.path("o.mkv"), "--style", style, *(
                ("--show", "trails") if style == "paint" else ())))
            pictures = pictures_of(self.path("o.mkv"))
            self.assertEqual(len(pictures), 6)
            brightest[style] = max(max(picture(x, y)) for picture in pictures for x in range(160) for y in range(120))
        self.assertGreater(brightest["paint"], 240)
        for style in ("blur", "mosaic", "cutout"):
            self.assertLess(brightest[style], 150, style)

    def test_tags_of_hidden_videos(self):
        """A title, a cover or a chapter would say what the picture hides."""
        for video, other, words in (
            (make_tagged_mp4(self.path("in.mp4")), ".avi", {b"title", b"comment", b"name", b"cover"}),
            (make_tagged_mkv(self.path("in.mkv")), ".mp4", {b"title", b"chapter"}),
        ):
            self.assertEqual(set(re.findall(rb"secret (title|comment|name|cover|chapter)", video.read_bytes())), words)
            for ending, style in itertools.product((video.suffix, other), ("paint", "blur", "mosaic", "cutout")):
                with self.subTest((video.name, ending, style)):
                    out = self.path("o" + ending)
                    self.assert_done(vcl("segment", video, "--overlay", out, "--style", style))
                    kept = set(re.findall(rb"secret (title|comment|name|cover|chapter)", out.read_bytes()))
                    if style != "paint":
                        self.assertEqual(kept, set())
                    else:  # how many of them depends on the container
                        self.assertTrue(kept and kept <= words, kept)

    def test_comments_of_the_sound_of_hidden_videos(self):
        for encoder in ("flacenc", "vorbisenc", "opusenc", "speexenc"):
            video = self.path(f"{encoder}.mkv")
            launch("audiotestsrc num-buffers=50 ! audio/x-raw,rate=16000 ! audioconvert ! taginject tags=title=secret_title !"
                   f" {encoder} ! matroskamux name=mux ! filesink location={video} videotestsrc num-buffers=10 pattern=ball"
                   " ! video/x-raw,width=160,height=120 ! x264enc ! h264parse ! mux.")
            sounds = {}
            for style in ("paint", "cutout"):
                with self.subTest((encoder, style)):
                    out = self.path("o.mkv")
                    self.assert_done(vcl("segment", video, "--overlay", out, "--style", style))
                    sounds[style] = sound_of(out)
                    if encoder != "opusenc" or style != "paint":  # of Opus, Matroska keeps no comments
                        self.assertEqual(b"secret_title" in out.read_bytes(), style == "paint")
            self.assertGreater(len(sounds["paint"]), 50_000)
            self.assertEqual(sounds["paint"], sounds["cutout"], encoder)

    def test_many_objects_are_hidden(self):
        """What is beyond the usual number of objects passes unhidden, unless a number is given."""
        rows = [b"\0" + bytes(255 * (x // 16 % 2 and y // 16 % 2) for x in range(160) for _ in range(3)) for y in range(128)]
        write_png(self.path("a.png"), 160, 128, zlib.compress(b"".join(rows)))  # 5x4 white squares
        make_video(self.path("in.mp4"), frames=3)
        lit = [(x, y) for y in range(24, 128, 32) for x in range(24, 160, 32)]
        hidden = self.painted("--style", "cutout")
        self.assertEqual([hidden(*at) for at in lit], 20 * [(127, 127, 127)])
        few = self.painted("--style", "cutout", "--max-instances", 3)
        self.assertEqual([few(*at) for at in lit], 3 * [(127, 127, 127)] + 17 * [(255, 255, 255)])
        self.assert_done(vcl("segment", self.path("a.png"), "--overlay", self.path("o.mkv"), "--style", "mosaic", "--json",
                             self.path("o.jsonl")))
        self.assertEqual(len(read_lines(self.path("o.jsonl"))[0]["instances"]), 20)
        self.assert_done(vcl("segment", self.path("a.png"), "--overlay", self.path("o.mkv"), "--json", self.path("o.jsonl")))
        self.assertEqual(len(read_lines(self.path("o.jsonl"))[0]["instances"]), 10)

    def test_a_part_of_the_picture_is_not_hidden(self):
        """What --region and --mask keep from being found would be seen."""
        for options in (("--region", "0,0,200,200"), ("--mask", self.path("a.png"))):
            for photos, style in itertools.product(((), ("--photos",)), ("blur", "mosaic", "cutout")):
                with self.subTest((options, photos, style)):
                    self.assert_fails(vcl("segment", self.path("a.png"), *photos, *options, "--style", style,
                                          "--contact-sheet", self.path("o.png")), "--region", "--mask", f"--style {style}", "leave them out")
                    self.assertFalse(self.path("o.png").exists())
            self.assert_done(vcl("segment", self.path("a.png"), *options, "--style", "paint", "--overlay", self.path("p.mkv")))

    def test_what_excludes_one_another_is_refused(self):
        overlay = ("--overlay", self.path("o"))
        for options, words in (
            (("--style", "mosaic", "--show", "boxes", *overlay), ("--show", "--style mosaic")),
            (("--style", "blur", "--palette", "ff0000", *overlay), ("--palette", "--style blur")),
            (("--style", "cutout"), ("--overlay", "--contact-sheet")),
            (("--show", "boxes", "--out", self.path("r"), "--results", "json"), ("--overlay",)),
            (("--palette", "red", *overlay), ('"red"', "RRGGBB")),
        ):
            with self.subTest(options):
                self.assert_fails(vcl("segment", self.path("a.png"), "--photos", *options), *words)
                self.assertFalse(self.path("o").exists())
        for option, word, known in (("--show", "faces", "boxes"), ("--style", "pixelate", "mosaic")):
            result = vcl("segment", self.path("a.png"), "--photos", option, word, *overlay)
            self.assertEqual(result.returncode, 2)
            self.assertRegex(result.stderr, f"{option}.*{word}.*{known}")

    def test_other_settings_are_other_results(self):
        make_video(self.path("in.mp4"), frames=3)
        command = ("segment", self.path("in.mp4"), "--out", self.path("out"), "--skip-existing")
        for options in ((), ("--style", "mosaic"), ("--style", "blur"), ("--show", "boxes"), ("--show", "boxes,ids"),
                        ("--palette", "00ff00")):
            with self.subTest(options):
                for skipped in (0, 1):
                    result = vcl(*command, *options)
                    self.assert_done(result)
                    self.assertIn(f"{skipped} skipped", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
