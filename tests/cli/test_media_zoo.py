# SPDX-License-Identifier: LGPL-2.1-or-later
"""A table of small videos, one row per kind, and what must be true of each run over them."""
import dataclasses
import fractions
import itertools
import unittest

import gi

gi.require_version("GstPbutils", "1.0")
from gi.repository import GstPbutils  # noqa: E402

from support import Case, Gst, decode, launch, read_lines, vcl  # noqa: E402

WIDTH, HEIGHT, SECONDS = 160, 96, 1
CODED = {
    "h264": "x264enc speed-preset=ultrafast bframes=0 key-int-max=10 ! h264parse",
    "h264-reordered": "x264enc bframes=2 key-int-max=10 ! h264parse",
    "h265": "x265enc speed-preset=ultrafast key-int-max=10 ! h265parse",
    "mpeg4": "avenc_mpeg4 bitrate=2000000 ! mpeg4videoparse",
    "vp8": "vp8enc deadline=1 keyframe-max-dist=10",
    "vp9": "vp9enc deadline=1 keyframe-max-dist=10",
    "jpeg": "jpegenc",
}
SOUND = {"aac": "avenc_aac ! aacparse", "mp3": "lamemp3enc ! mpegaudioparse", "vorbis": "vorbisenc", "opus": "opusenc"}
# Of each container: muxer, video, sound.
CONTAINERS = {
    "mp4": ("mp4mux faststart=true", ("h264", "h264-reordered", "h265"), ("aac", "mp3", "opus")),
    "mov": ("qtmux faststart=true", ("h264", "jpeg"), ("aac",)),
    "mkv": ("matroskamux", ("h264", "h264-reordered", "h265", "mpeg4", "vp8", "vp9", "jpeg"),
            ("aac", "mp3", "vorbis", "opus")),
    "webm": ("webmmux", ("vp8", "vp9"), ("vorbis", "opus")),
    "avi": ("avimux", ("h264", "mpeg4", "jpeg"), ("mp3",)),
    "flv": ("flvmux", ("h264",), ("aac", "mp3")),
    "ts": ("mpegtsmux", ("h264", "h264-reordered"), ("aac", "mp3")),
}
# What painted videos hold; in .avi sound depends on how it begins.
HELD = {"mp4": {"aac", "mp3", "opus"}, "mkv": set(SOUND), "webm": {"vorbis", "opus"}}
TELLS_ITS_SIZE = {"mp4", "mov", "mkv", "webm", "avi", "flv"}  # so that a cut is proven


@dataclasses.dataclass(frozen=True)
class Animal:
    container: str
    video: str
    sound: str = ""
    rate: str = "30/1"
    damage: str = ""  # "half", "trailer"
    overlay: str = "mkv"

    def frames(self):
        return round(SECONDS * fractions.Fraction(self.rate))

    def make(self, path):
        muxer, _, _ = CONTAINERS[self.container]
        text = (f"{muxer} name=m ! filesink location={path} videotestsrc num-buffers={self.frames()} pattern=ball ! "
                f"video/x-raw,format=I420,width={WIDTH},height={HEIGHT},framerate={self.rate} ! {CODED[self.video]} ! "
                f"queue ! m. ")
        if self.sound:
            text += (f"audiotestsrc samplesperbuffer=480 num-buffers={100 * SECONDS} ! audio/x-raw,rate=48000,channels=2 ! "
                     f"audioconvert ! {SOUND[self.sound]} ! queue ! m.")
        launch(text)
        content = path.read_bytes()
        if self.damage == "half":
            path.write_bytes(content[: len(content) * 2 // 3])
        if self.damage == "trailer":
            path.write_bytes(content + b"camera-trailer-8db42d694ccc418790edff439fe026bf")
        return path


def zoo():
    """Each container and codec once; sound, rates, and damage wherever they fit."""
    rates = itertools.cycle(["30/1", "30000/1001", "24/1", "60/1", "15/1"])
    animals = []
    for container, (_, videos, sounds) in CONTAINERS.items():
        animals.append(Animal(container, videos[0], sounds[0], next(rates)))
        animals.append(Animal(container, videos[-1], rate=next(rates), overlay="mp4"))
    animals += [Animal("mkv", "h264", "aac", damage="half"),
            Animal("mp4", "h264", damage="trailer")]
    return animals


def look_into(path):
    """(width, height, seconds, tracks of sound)"""
    info = GstPbutils.Discoverer.new(60 * Gst.SECOND).discover_uri(path.as_uri())
    video = info.get_video_streams()[0]
    return video.get_width(), video.get_height(), info.get_duration() / Gst.SECOND, len(info.get_audio_streams())


class MediaZoo(Case):
    def check(self, animal):
        path = animal.make(self.path(f"in.{animal.container}"))
        overlay = self.path(f"o.{animal.overlay}")
        for old in (overlay, self.path("o.jsonl")):
            old.unlink(missing_ok=True)
        result = vcl("segment", path, "--json", self.path("o.jsonl"), "--overlay", overlay)
        lines = read_lines(self.path("o.jsonl"))
        self.assertEqual([line["frame"] for line in lines], list(range(len(lines))))
        if animal.damage == "half":
            self.assertLess(len(lines), animal.frames())
            self.assertGreater(len(lines), 0)
            if animal.container in TELLS_ITS_SIZE:
                self.assert_fails(result, "cut off", f"only the {len(lines)} frames")
        else:
            self.assert_done(result)
            self.assertEqual(len(lines), animal.frames())
        size = WIDTH, HEIGHT
        self.assertEqual({(line["width"], line["height"]) for line in lines}, {size})
        self.check_times(animal, [line["pts"] for line in lines])
        self.check_overlay(animal, overlay, size, len(lines))

    def check_times(self, animal, times):
        """At the frame rate, within the container's rounding to milliseconds; 0 is the earliest sample of any track."""
        interval = Gst.SECOND / float(fractions.Fraction(animal.rate))
        self.assertLessEqual(times[0], 0.1 * Gst.SECOND if animal.sound else interval)
        for i, time in enumerate(times):
            self.assertLessEqual(abs(time - times[0] - i * interval), 1.1 * Gst.MSECOND, (i, times))

    def check_overlay(self, animal, overlay, size, frames):
        shown = decode(overlay)
        self.assertEqual(len(shown), frames)
        self.assertEqual({(width, height) for _, width, height in shown}, {size})
        width, height, seconds, sounds = look_into(overlay)
        self.assertEqual((width, height), size)
        interval = 1 / float(fractions.Fraction(animal.rate))
        if not animal.sound:
            self.assertLessEqual(abs(seconds - frames * interval), 1.1 * interval)
        if animal.overlay in HELD:
            self.assertEqual(sounds, int(animal.sound in HELD[animal.overlay]))

    def test_zoo(self):
        for animal in zoo():
            with self.subTest(animal):
                self.check(animal)


if __name__ == "__main__":
    unittest.main(verbosity=2)
