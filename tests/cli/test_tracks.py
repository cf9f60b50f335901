# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl segment` on files with several tracks: which track it processes, and what it reports about the others."""
import subprocess
import unittest

from matroska import coded_frames, element, h264, video_track, write_matroska, write_with_sound
from support import PATIENCE, VCL, Case, launch, read_lines, vcl

H264 = "V_MPEG4/ISO/AVC"


def with_alpha(content, alpha):
    """Returns a block group with a frame and its alpha."""
    more = element("a6", element("ee", 1), element("a5", alpha))
    return element("a0", element("a1", b"\x81\0\0\0" + content), element("75a1", more))


class Tracks(Case):
    def sizes(self, source, *options):
        result = vcl("segment", source, "--json", self.path("o.jsonl"), *options)
        self.assert_done(result)
        return [line["width"] for line in read_lines(self.path("o.jsonl"))], result.stderr

    def two_tracks(self, default):
        (private_a, frames_a), (private_b, frames_b) = h264(64, 48, 5), h264(96, 64, 10)
        tracks = [video_track(1, H264, private_a, 64, 48, default == 1), video_track(2, H264, private_b, 96, 64, default == 2)]
        blocks = [(time, 1, frame) for frame, time in frames_a] + [(time, 2, frame) for frame, time in frames_b]
        return write_matroska(self.path(f"default{default}.mkv"), tracks, sorted(blocks, key=lambda block: block[0]))

    def test_the_default_track_is_done_and_the_other_named(self):
        widths, said = self.sizes(self.two_tracks(default=1))
        self.assertEqual(widths, 5 * [64])
        self.assertIn("track 1 (h264, 64x48) is done, left out: track 2 (h264, 96x64)", said)
        widths, said = self.sizes(self.two_tracks(default=2))
        self.assertEqual(widths, 10 * [96])
        self.assertIn("track 2 (h264, 96x64) is done, left out: track 1 (h264, 64x48)", said)
        self.assertEqual(self.sizes(self.two_tracks(default=2), "--quiet")[1], "")

    def test_a_note_that_cannot_be_written_is_no_crash(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([VCL, "segment", self.two_tracks(default=1), "--json", self.path("o.jsonl")],
                                    stderr=full, timeout=PATIENCE)
        self.assertEqual(result.returncode, 1)

    def test_a_still_picture_is_no_video(self):
        for name, muxer in (("in.mov", "qtmux"), ("in.mkv", "matroskamux")):
            with self.subTest(name):
                launch(f"{muxer} name=m ! filesink location={self.path(name)} videotestsrc num-buffers=1 ! video/x-raw,"
                       "width=64,height=48,framerate=1/1 ! jpegenc ! queue ! m.video_0 videotestsrc num-buffers=20 ! "
                       "video/x-raw,format=I420,width=160,height=120,framerate=30/1 ! x264enc ! h264parse ! queue ! m.video_1")
                widths, said = self.sizes(self.path(name))
                self.assertEqual(widths, 20 * [160])
                self.assertIn("left out: track 1 (jpeg, 64x48)", said)

    def test_motion_jpeg_is_video(self):
        launch("videotestsrc num-buffers=6 ! video/x-raw,format=I420,width=64,height=48,framerate=10/1 ! jpegenc ! "
               f"avimux ! filesink location={self.path('in.avi')}")
        widths, said = self.sizes(self.path("in.avi"))
        self.assertEqual(widths, 6 * [64])
        self.assertNotIn("note", said)

    def test_video_with_transparency(self):
        kind = "num-buffers=5 ! video/x-raw,format=I420,width=160,height=120,framerate=10/1 ! vp8enc keyframe-max-dist=1"
        frames = coded_frames(f"videotestsrc pattern=ball {kind}")[1]
        alpha = coded_frames(f"videotestsrc pattern=smpte {kind}")[1]
        track = video_track(1, "V_VP8", b"", 160, 120, more=element("53c0", 1))
        blocks = [(time, 0, with_alpha(frame, a)) for (frame, time), (a, _) in zip(frames, alpha)]
        self.assertEqual(self.sizes(write_matroska(self.path("in.webm"), [track], blocks))[0], 5 * [160])

    def test_sound_alone_is_no_video(self):
        launch(f"audiotestsrc num-buffers=10 ! wavenc ! filesink location={self.path('in.wav')}")
        self.assert_fails(vcl("segment", self.path("in.wav"), "--json", "-"), "there is no video in", "only sound")

    def test_video_without_a_decoder_is_said_so(self):
        unknown = video_track(1, "V_UNCOMMON", b"", 160, 120)
        video = write_matroska(self.path("in.mkv"), [unknown], [(0, 1, bytes(100))])
        self.assert_fails(vcl("segment", video, "--json", "-"), "install")

    def test_sound_may_be_longer(self):
        self.assertEqual(len(self.sizes(write_with_sound(self.path("in.mkv"), 0, 3000))[0]), 30)


if __name__ == "__main__":
    unittest.main(verbosity=2)
