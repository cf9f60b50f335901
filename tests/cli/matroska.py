# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes Matroska files with freely chosen tracks and times per block, as no muxer would write them."""
import pathlib
import struct

from support import Gst

VIDEO, SOUND = 1, 2


def element(number, *content):
    body = b"".join(part if isinstance(part, bytes) else struct.pack(">Q", part) for part in content)
    return bytes.fromhex(number) + struct.pack(">Q", len(body) | 1 << 56) + body


def coded_frames(description):
    """Returns (codec data, [(coded frame, milliseconds)]) of a launch line that ends with coded video."""
    pipeline = Gst.parse_launch(f"{description} ! appsink name=sink sync=false")
    pipeline.set_state(Gst.State.PLAYING)
    sink, frames, codec_data = pipeline.get_by_name("sink"), [], b""
    while sample := sink.emit("pull-sample"):
        buffer, data = sample.get_buffer(), sample.get_caps().get_structure(0).get_value("codec_data")
        codec_data = data.extract_dup(0, data.get_size()) if data else b""
        frames.append((buffer.extract_dup(0, buffer.get_size()), buffer.pts / Gst.MSECOND))
    pipeline.set_state(Gst.State.NULL)
    return codec_data, [(frame, round(time - frames[0][1])) for frame, time in frames]


def h264(width=160, height=120, frames=30):
    return coded_frames(f"videotestsrc pattern=ball num-buffers={frames} ! video/x-raw,format=I420,width={width},"
                        f"height={height},framerate=30/1 ! x264enc bframes=0 key-int-max=10 ! "
                        "video/x-h264,stream-format=avc ! h264parse")


def video_track(number, codec, private, width, height, default=True, more=b""):
    size = element("e0", element("b0", width), element("ba", height), more)
    return track(number, VIDEO, codec, private, element("88", int(default)) + size)


def sound_track(number):
    """Returns a track of 16-bit samples at 8,000 per second."""
    kind = element("e1", element("b5", struct.pack(">d", 8000)), element("9f", 1), element("6264", 16))
    return track(number, SOUND, "A_PCM/INT/LIT", b"", kind)


def track(number, kind, codec, private, more):
    return element("ae", element("d7", number), element("73c5", number), element("83", kind),
                   element("86", codec.encode()), element("63a2", private) if private else b"", more)


def write_matroska(path, tracks, blocks, more=b""):
    """Writes blocks, [(milliseconds, track number, content)], in file order. Number 0: content is a block group."""
    def cluster(time, number, content):
        block = element("a3", bytes([0x80 | number, 0, 0, 0x80]) + content) if number else content
        return element("1f43b675", element("e7", time), block)

    header = element("1a45dfa3", element("4282", b"matroska"), element("4287", 4), element("4285", 2))
    body = [element("1549a966", element("2ad7b1", 1_000_000)), element("1654ae6b", *tracks), more]
    body += [cluster(*block) for block in blocks]
    pathlib.Path(path).write_bytes(header + element("18538067", *body))
    return path


def write_with_sound(path, video_starts, sound_starts=0, video_first=False):
    """Writes one second of H.264 and sound, which start at the given milliseconds."""
    private, frames = h264()
    video = [(video_starts + time, 1, frame) for frame, time in frames]
    sound = [(sound_starts + 100 * i, 2, bytes(1600)) for i in range(10)]
    blocks = sorted(video + sound, key=lambda block: block[0])
    if video_first:
        blocks.remove(video[0])
        blocks.insert(0, video[0])
    return write_matroska(path, [video_track(1, "V_MPEG4/ISO/AVC", private, 160, 120), sound_track(2)], blocks)
