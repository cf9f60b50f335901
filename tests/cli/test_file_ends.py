# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl segment` and the end of a file: files that are provably cut off, and complete files that look unusual."""
import unittest

from matroska import element, h264, track, video_track, write_matroska
from support import Case, launch, read_lines, vcl

FRAMES = 60
H264 = "x264enc speed-preset=ultrafast key-int-max=10 ! h264parse"
# Container: (muxer, video encoder, sound encoder).
CONTAINERS = {
    "mp4": ("mp4mux faststart=true", H264, "avenc_aac"),
    "mkv": ("matroskamux", H264, "avenc_aac"),
    "webm": ("webmmux", "vp8enc deadline=1", "vorbisenc"),
    "avi": ("avimux", H264, "lamemp3enc ! mpegaudioparse"),
    "flv": ("flvmux", H264, "avenc_aac"),
    "ogv": ("oggmux", "theoraenc", "vorbisenc"),
    "ts": ("mpegtsmux", H264, "avenc_aac ! aacparse"),
}


class FileEnds(Case):
    def video_with_sound(self, container):
        path = self.path(f"whole.{container}")
        muxer, video, sound = CONTAINERS[container]
        launch(f"{muxer} name=m ! filesink location={path} videotestsrc num-buffers={FRAMES} pattern=snow ! "
               f"video/x-raw,format=I420,width=160,height=120,framerate=30/1 ! {video} ! queue ! m. "
               f"audiotestsrc num-buffers=87 ! audio/x-raw,rate=44100,channels=2 ! audioconvert ! {sound} ! queue ! m.")
        return path.read_bytes()

    def segment(self, name, content, *options):
        self.path(name).write_bytes(content)
        self.path("o.jsonl").unlink(missing_ok=True)
        result = vcl("segment", self.path(name), "--json", self.path("o.jsonl"), *options)
        lines = read_lines(self.path("o.jsonl")) if self.path("o.jsonl").exists() else []
        self.assertEqual([line["frame"] for line in lines], list(range(len(lines))))
        return result, len(lines)

    def test_cut_off_with_sound(self):
        for container in sorted(CONTAINERS.keys() - {"ts"}):
            whole = self.video_with_sound(container)
            with self.subTest(container):
                result, frames = self.segment(f"a.{container}", whole)
                self.assert_done(result)
                self.assertEqual(frames, FRAMES)
                result, frames = self.segment(f"b.{container}", whole[: len(whole) // 2])
                self.assert_fails(result, f"b.{container}", f"cut off: only the {frames} frames", "copy or download")
                self.assertTrue(10 < frames < 50, frames)
                result, _ = self.segment(f"c.{container}", whole[:-1])
                self.assert_fails(result, f"c.{container}", "cut off")

    def test_what_is_appended_is_no_damage(self):
        for container in sorted(CONTAINERS.keys() - {"ts", "ogv"}):
            with self.subTest(container):
                trailer = b"camera-trailer-8db42d694ccc418790edff439fe026bf"
                result, frames = self.segment(f"a.{container}", self.video_with_sound(container) + trailer)
                self.assert_done(result)
                self.assertEqual(frames, FRAMES)

    def test_transport_stream_that_ends_inside_a_packet(self):
        whole = self.video_with_sound("ts")
        result, _ = self.segment("a.ts", whole[: len(whole) // 376 * 188])
        self.assert_done(result)  # MPEG-TS does not show that it is cut off
        self.assertNotIn("note", result.stderr)
        result, _ = self.segment("b.ts", whole[: len(whole) // 376 * 188 + 100])
        self.assert_done(result)
        self.assertIn("ends inside a packet", result.stderr)
        self.assertEqual(self.segment("b.ts", self.path("b.ts").read_bytes(), "--quiet")[0].stderr, "")

    def test_subtitles_may_run_on_behind_the_video(self):
        private, frames = h264(frames=30)
        tracks = [video_track(1, "V_MPEG4/ISO/AVC", private, 160, 120), track(2, 17, "S_TEXT/UTF8", b"", b"")]
        late = element("a0", element("a1", b"\x82\0\0\0later"), element("9b", 2000))
        blocks = [(time, 1, frame) for frame, time in frames] + [(18000, 0, late)]
        path = write_matroska(self.path("in.mkv"), tracks, blocks)
        result, count = self.segment("in.mkv", path.read_bytes())
        self.assert_done(result)
        self.assertEqual(count, 30)


if __name__ == "__main__":
    unittest.main(verbosity=2)
