# SPDX-License-Identifier: LGPL-2.1-or-later
"""The animals of the media zoo: small files as ffmpeg writes them, one per kind that people have."""
import dataclasses
import json
import pathlib
import random
import struct
import subprocess

WIDTH, HEIGHT = 160, 96
VIDEO = {
    "h264": "libx264 -preset ultrafast -g 10 -bf 0 -pix_fmt yuv420p",
    "h264-b": "libx264 -preset veryfast -g 10 -bf 2 -pix_fmt yuv420p",
    "h265": "libx265 -preset ultrafast -x265-params log-level=none -pix_fmt yuv420p",
    "vp8": "libvpx -deadline realtime -b:v 1M",
    "vp9": "libvpx-vp9 -deadline realtime -cpu-used 8",
    "vp9-alpha": "libvpx-vp9 -deadline realtime -cpu-used 8 -pix_fmt yuva420p",
    "av1": "libaom-av1 -cpu-used 8 -usage realtime",
    "mpeg4": "mpeg4 -b:v 1M",
    "mpeg4-b": "mpeg4 -bf 2 -b:v 1M",
    "mpeg2-b": "mpeg2video -bf 2 -b:v 1M",
    "mpeg1": "mpeg1video -b:v 1M",
    "jpeg": "mjpeg -pix_fmt yuvj420p",
    "theora": "libtheora -b:v 1M",
    "prores": "prores_ks",
    "ffv1": "ffv1",
    "flv1": "flv -b:v 1M",
    "wmv2": "wmv2 -b:v 1M",
    "h263": "h263 -s 176x144 -b:v 1M",
    "raw": "wrapped_avframe -pix_fmt yuv420p",
    "gif": "gif",
}
SOUND = {"aac": "aac", "mp3": "libmp3lame", "ac3": "ac3", "opus": "libopus", "vorbis": "libvorbis", "flac": "flac",
         "mp2": "mp2", "pcm": "pcm_s16le", "wma": "wmav2"}
LATE_SUBTITLE = "1\n00:00:00,000 --> 00:00:01,000\na\n\n2\n00:00:18,000 --> 00:00:20,000\nb\n\n"


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-nostdin", *map(str, arguments)], check=True, timeout=300)


def probe(path, streams, *entries):
    """streams: as v:0, the first video"""
    found = subprocess.run(["ffprobe", "-v", "quiet", "-of", "json", "-select_streams", streams, "-show_entries",
                            ":".join(entries), path], check=True, timeout=300, capture_output=True, text=True)
    return json.loads(found.stdout)


@dataclasses.dataclass(frozen=True)
class Animal:
    container: str
    video: str
    sound: str = ""
    rate: str = "30"
    seconds: float = 1
    filters: str = ""
    options: str = ""  # of ffmpeg, for the file
    then: str = ""  # what is done with the file, a name in CHANGES
    short: bool = False  # one of those that each run of the tests looks at
    timed: bool = True  # ffprobe knows the times

    def name(self):
        return " ".join(filter(None, (self.container, self.video, self.sound, self.rate, self.filters, self.options, self.then)))

    def make(self, folder):
        path = folder / f"in.{self.container}"
        first = folder / f"first.{'mkv' if self.then in ('late', 'video-late') else self.container}" if self.then else path
        arguments = ["-f", "lavfi", "-i", f"testsrc2=s={WIDTH}x{HEIGHT}:r={self.rate}:d={self.seconds}"]
        if self.sound:
            arguments += ["-f", "lavfi", "-i", f"sine=d={self.seconds}:r=48000", "-c:a", SOUND[self.sound]]
        if self.filters:
            arguments += ["-vf", self.filters, "-vsync", "vfr"]
        ffmpeg(*arguments, "-c:v", *VIDEO[self.video].split(), *self.options.split(), first)
        if self.then:
            CHANGES[self.then](first, path)
        return path


def copy(*options):
    """Without recoding."""
    return lambda first, path: ffmpeg(*options[: options.index("-")], "-i", first, *options[options.index("-") + 1 :],
                                      "-c", "copy", path)


def turned(a, b, c, d):
    """The matrix in the header of the video's track."""

    def change(first, path):
        content = bytearray(first.read_bytes())
        at = content.index(b"tkhd") + 44
        content[at : at + 36] = struct.pack(">9i", a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
        path.write_bytes(content)

    return change


def with_late_subtitle(first, path):
    text = path.with_suffix(".srt")
    text.write_text(LATE_SUBTITLE)
    coding = "mov_text" if path.suffix == ".mp4" else "srt"
    ffmpeg("-i", first, "-i", text, "-map", "0", "-map", "1", "-c", "copy", "-c:s", coding, path)


def with_cover(first, path):
    cover = path.with_suffix(".jpg")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x240", "-frames:v", 1, "-pix_fmt", "yuvj420p", cover)
    ffmpeg("-i", first, "-i", cover, "-map", "0", "-map", "1", "-c", "copy", "-disposition:v:1", "attached_pic", path)


def changed(edit):
    return lambda first, path: path.write_bytes(edit(first.read_bytes()))


def zeroed(content):
    middle = len(content) // 2
    return content[:middle] + bytes(3000) + content[middle + 3000 :]


def damaged(content):
    middle = len(content) // 2
    return content[:middle] + random.Random(2).randbytes(600) + content[middle + 600 :]


CHANGES = {
    "late": copy("-", "-output_ts_offset", "3.5"),
    "video-late": lambda first, path: ffmpeg("-itsoffset", "0.7", "-i", first, "-i", first, "-map", "0:v", "-map", "1:a",
                                             "-c", "copy", path),
    "trimmed": copy("-ss", "0.77", "-"),
    "cut": changed(lambda content: content[: len(content) * 2 // 3]),
    "trailer": changed(lambda content: content + b"camera-trailer-8db42d694ccc418790edff439fe026bf"),
    "damaged": changed(damaged),
    "zeroed": changed(zeroed),
    "empty": changed(lambda content: b""),
    "head": changed(lambda content: content[:100]),
    "late-subtitle": with_late_subtitle,
    "cover": with_cover,
    "turned-90": turned(0, 1, -1, 0),
    "turned-180": turned(-1, 0, 0, -1),
    "turned-270": turned(0, -1, 1, 0),
    "mirrored": turned(-1, 0, 0, 1),
    "mirrored-180": turned(1, 0, 0, -1),
    "mirrored-90": turned(0, -1, -1, 0),
    "mirrored-270": turned(0, 1, 1, 0),
}
UNEVEN = "select='not(mod(n*n,7)-2)+not(mod(n,4))'"
PAUSE = "setpts='PTS+if(gt(N,20),3/TB,0)'"

ANIMALS = [
    Animal("mp4", "h264-b", "aac", short=True),
    Animal("mp4", "h265", "aac"),
    Animal("mp4", "mpeg4", "mp3"),
    Animal("mp4", "av1", "opus"),
    Animal("mp4", "h264-b", "aac", options="-movflags +frag_keyframe+empty_moov"),
    Animal("mov", "prores", "pcm"),
    Animal("mov", "jpeg", "", short=True),
    Animal("mkv", "h264-b", "aac", short=True),
    Animal("mkv", "mpeg4-b", "mp3"),
    Animal("mkv", "ffv1", "flac"),
    Animal("mkv", "mpeg2-b", "ac3", rate="25"),
    Animal("mkv", "vp8", "vorbis"),
    Animal("webm", "vp9", "opus", short=True),
    Animal("webm", "av1", "opus"),
    Animal("webm", "vp9-alpha", "opus", filters="format=yuva420p,colorchannelmixer=aa=0.5"),
    Animal("avi", "mpeg4", "mp3", short=True),
    Animal("avi", "mpeg4-b", "ac3", timed=False, short=True),
    Animal("avi", "jpeg", "pcm"),
    Animal("avi", "h264-b", "", timed=False),
    Animal("ts", "h264-b", "aac", short=True),
    Animal("ts", "mpeg2-b", "mp2", rate="25"),
    Animal("m2ts", "h264-b", "ac3"),
    Animal("mpg", "mpeg1", "mp2", rate="25"),
    Animal("flv", "h264-b", "aac"),
    Animal("flv", "h264-b", "", short=True),
    Animal("flv", "flv1", "mp3"),
    Animal("ogv", "theora", "vorbis", rate="15", short=True),
    Animal("wmv", "wmv2", "wma"),
    Animal("3gp", "h263", "aac", short=True),
    Animal("gif", "gif", "", rate="10", short=True),
    Animal("mjpeg", "jpeg", "", rate="25", short=True),
    Animal("y4m", "raw", ""),
    Animal("ivf", "vp9", ""),
    Animal("nut", "mpeg4", "mp3"),
    Animal("h264", "h264-b", "", timed=False),
    Animal("mp4", "h264-b", "aac", rate="1", seconds=6),
    Animal("mkv", "h264-b", "", rate="60000/1001"),
    Animal("webm", "vp8", "vorbis", rate="24000/1001"),
    Animal("mp4", "h264-b", "aac", seconds=2, filters=UNEVEN),
    Animal("mkv", "h264-b", "", seconds=2, filters=UNEVEN, short=True),
    Animal("mp4", "h264-b", "", filters=PAUSE),
    Animal("mkv", "vp9", "", filters=PAUSE),
    Animal("ts", "h264-b", "", filters=PAUSE),
    Animal("mp4", "h264-b", "aac", options="-frames:v 1"),
    Animal("mkv", "h264-b", "", options="-frames:v 1"),
    Animal("mp4", "h264-b", "aac", then="late", short=True),
    Animal("mkv", "h264-b", "aac", then="late"),
    Animal("ts", "h264-b", "aac", then="late"),
    Animal("mp4", "h264-b", "aac", then="video-late"),
    Animal("webm", "vp8", "vorbis", then="video-late"),
    Animal("mp4", "h264-b", "aac", seconds=3, then="trimmed", short=True),
    Animal("mkv", "h264-b", "aac", seconds=3, then="trimmed"),
    Animal("mp4", "h264", "aac", then="late-subtitle", short=True),
    Animal("mkv", "h264", "aac", then="late-subtitle"),
    Animal("mp4", "h264", "aac", then="cover"),
    Animal("mp4", "h264", "", then="turned-90", short=True),
    Animal("mov", "h264", "", then="turned-180"),
    Animal("mp4", "h264", "", then="turned-270"),
    Animal("mp4", "h264", "", then="mirrored"),
    Animal("mp4", "h264", "", then="mirrored-180"),
    Animal("mp4", "h264", "", then="mirrored-90"),
    Animal("mp4", "h264", "", then="mirrored-270"),
    *(Animal(container, video, sound, seconds=3, options="-movflags +faststart" if container == "mp4" else "", then="cut",
             short=container in ("avi", "mp4"))
      for container, video, sound in (("mp4", "h264-b", "aac"), ("mkv", "h264-b", "aac"), ("webm", "vp8", "vorbis"),
                                      ("avi", "mpeg4", "mp3"), ("flv", "h264-b", "aac"), ("ogv", "theora", "vorbis"),
                                      ("wmv", "wmv2", "wma"), ("gif", "gif", ""))),
    Animal("mp4", "h264", "", then="trailer"),
    Animal("mkv", "h264-b", "aac", seconds=3, then="damaged", short=True),
    Animal("ts", "h264-b", "aac", seconds=3, then="damaged"),
    Animal("flv", "h264-b", "aac", seconds=3, then="zeroed", short=True),
    Animal("mkv", "h264", "", seconds=3, then="zeroed"),
    *(Animal(container, video, "", then=damage) for damage in ("empty", "head")
      for container, video in (("mp4", "h264"), ("mkv", "h264"), ("avi", "mpeg4"), ("ts", "h264"))),
]


def truth_of(path: pathlib.Path):
    """(times of its frames as a player shows them, in seconds; size; whether there is sound)"""
    found = probe(path, "v:0", "frame=best_effort_timestamp_time,width,height", "format=start_time")
    frames = found["frames"]
    start = float(found["format"].get("start_time", 0))
    times = [float(frame.get("best_effort_timestamp_time", "nan")) - start for frame in frames]
    return times, (frames[0]["width"], frames[0]["height"]), bool(probe(path, "a", "stream=codec_type")["streams"])
