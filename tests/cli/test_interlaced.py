# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl segment` on interlaced video: one frame per coded frame, made from its first field."""
import unittest

from support import Case, Gst, GstVideo, decode, read_lines, vcl

WIDTH, HEIGHT, FRAMES, RATE = 160, 120, 10, 25
LEFT, TOP, SIDE = 40, 30, 48


def field_rows(y):
    """Returns luma row y of a frame with a white square in the top field only."""
    inside = TOP <= y < TOP + SIDE and y % 2 == 0
    return bytes(LEFT) + (b"\xeb" if inside else b"\0") * SIDE + bytes(WIDTH - LEFT - SIDE)


def make_fields(path, flagged):
    """Writes a lossless video, so that the codec does not mix the fields."""
    mode = "interleaved,field-order=top-field-first" if flagged else "progressive"
    pipeline = Gst.parse_launch(
        f"appsrc name=source format=time caps=video/x-raw,format=I420,width={WIDTH},height={HEIGHT},framerate={RATE}/1,"
        f"interlace-mode={mode} ! x264enc pass=quant quantizer=0 interlaced={str(flagged).lower()} bframes=0 ! h264parse ! "
        f"matroskamux ! filesink location={path}")
    source = pipeline.get_by_name("source")
    pipeline.set_state(Gst.State.PLAYING)
    picture = b"".join(map(field_rows, range(HEIGHT))) + b"\x80" * (WIDTH * HEIGHT // 2)
    for i in range(FRAMES):
        buffer = Gst.Buffer.new_wrapped(picture)
        buffer.pts, buffer.duration = i * Gst.SECOND // RATE, Gst.SECOND // RATE
        if flagged:
            buffer.set_flags(Gst.BufferFlags(int(GstVideo.VideoBufferFlags.INTERLACED | GstVideo.VideoBufferFlags.TFF)))
        source.emit("push-buffer", buffer)
    source.emit("end-of-stream")
    end = pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    assert end.type == Gst.MessageType.EOS, end.parse_error()
    return path


class Interlaced(Case):
    def boxes(self, path, *options):
        self.assert_done(vcl("segment", path, "--json", self.path("o.jsonl"), "--overlay", self.path("o.mkv"), *options))
        lines = read_lines(self.path("o.jsonl"))
        self.assertEqual([line["pts"] // 10**6 for line in lines], [1000 * i // RATE for i in range(FRAMES)])
        self.assertEqual(len(decode(self.path("o.mkv"))), FRAMES)
        return [[instance["bbox"] for instance in line["instances"]] for line in lines]

    def assert_whole_square(self, boxes):
        for frame in boxes:
            self.assertEqual(len(frame), 1, frame)
            x, y, width, height = frame[0]
            self.assertEqual((x, width), (LEFT, SIDE))
            self.assertTrue(abs(y - TOP) <= 1 and abs(height - SIDE) <= 1, frame)

    def test_what_is_flagged_is_deinterlaced(self):
        self.assert_whole_square(self.boxes(make_fields(self.path("in.mkv"), flagged=True)))

    def test_what_is_not_flagged_is_deinterlaced_on_request(self):
        path = make_fields(self.path("in.mkv"), flagged=False)
        for frame in self.boxes(path):
            self.assertEqual({height for _, _, _, height in frame}, {1})  # combing: only every other row is white
        self.assert_whole_square(self.boxes(path, "--deinterlace"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
