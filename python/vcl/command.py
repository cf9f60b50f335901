# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the command `vcl segment` and reads its JSON lines."""
from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import types
import typing
import weakref

from .errors import CommandError, Error
from .results import Frame, Instance

Path = str | os.PathLike[str]
_PATIENCE = 600  # seconds that a command which is told to end has for finishing its files
_MOST_COMPLAINT = 65536  # bytes at the end of standard error among which the message is looked for


class SegmentOptions(typing.TypedDict, total=False):
    """Options of `vcl segment`, which `vcl segment --help` describes. The default of each is that of the command."""

    model: Path  #: model file (.safetensors)
    device: str  #: auto, cpu, cuda or cuda:N
    threads: int  #: CPU threads; 0: the model's number
    precision: str  #: auto, fp32 or bf16
    motion: str  #: whether the network sees how frames move: auto or off
    whole: bool  #: decode the whole video together; all results come at the end
    window: int  #: frames decoded together; 0: the model's number
    stride: int  #: frames from one window to the next; 0: the model's number
    threshold: float  #: minimum score of a track to be reported, 0 to 1
    max_instances: int  #: maximum number of objects per frame, 1 to 255
    min_area: int  #: minimum mask area in pixels
    max_age: int  #: number of frames that an object may be missing and keep its id
    overlap: str  #: whether a pixel may belong to several objects: auto, allow or forbid
    every: int  #: infer on every Nth frame and repeat the masks on the frames between
    region: tuple[int, int, int, int]  #: look at x, y, width, height only, in pixels
    mask: Path  #: picture whose black parts are ignored
    start: float  #: begin this many seconds into the video
    duration: float  #: end after this many seconds
    frames: tuple[int, int]  #: process only frames first to last - 1 of the video
    fps: float  #: frame rate of a folder of images, in frames per second
    deinterlace: bool  #: deinterlace a video that is not flagged as interlaced
    bits: int  #: bits that pictures with samples of 16 bits hold, 9 to 16
    photos: bool  #: the input is photos, which are segmented each by itself
    on_error: str  #: after a picture that fails: skip it or stop
    silence: float  #: connect a camera anew that sends no frame for this many seconds
    reconnect: float  #: keep trying to connect a camera that broke off for this many seconds
    system_clock: bool  #: when a frame was taken (`utc`) is by this computer's clock if the camera does not state it
    overlay: Path  #: also write the video with masks painted
    ytvis: Path  #: also write YouTube-VIS results
    masks: Path  #: also write one index PNG per frame into this folder
    contact_sheet: Path  #: also write a picture of 12 painted frames
    codec: str  #: of the painted video: h264, h265, vp8, vp9, av1 or mjpeg
    quality: int  #: of the painted video, 0 (smallest file) to 100 (best)
    style: str  #: what is done with the objects in painted pictures: paint, blur, mosaic or cutout
    show: typing.Sequence[str]  #: what is painted: any of masks, contours, boxes, ids, scores and trails
    palette: typing.Sequence[str]  #: colors of the objects, taken in turn: hexadecimal digits RRGGBB


_SEPARATORS = {"region": ",", "frames": ":", "show": ",", "palette": ","}


def _argument(name: str, value: object) -> str:
    """Returns `--name=value` for an option that is not a flag."""
    if name in _SEPARATORS and not isinstance(value, str):
        text = _SEPARATORS[name].join(map(str, typing.cast(typing.Iterable[object], value)))
    elif isinstance(value, os.PathLike):
        text = os.fspath(value)
    else:
        text = str(value)
    return f"--{name.replace('_', '-')}={text}"


def _arguments(options: typing.Mapping[str, object]) -> list[str]:
    arguments = []
    for name, value in options.items():
        if name not in SegmentOptions.__annotations__:
            raise TypeError(f"segment() has no option {name!r}; it has {', '.join(SegmentOptions.__annotations__)}")
        if value is True:
            arguments.append(f"--{name.replace('_', '-')}")
        elif value is not None and value is not False:
            arguments.append(_argument(name, value))
    return arguments


def _find() -> str:
    """Returns the path of the command. Raises Error if there is none."""
    named = os.environ.get("VCL_COMMAND")
    found = shutil.which(named or "vcl")
    if found is None:
        where = f"VCL_COMMAND names '{named}', which is no program" if named else "the command vcl is not in PATH"
        raise Error(f"{where}: install gst-vcl, or set VCL_COMMAND to the path of its command")
    return found


def _frame(line: bytes) -> Frame:
    """Reads a JSON line. Raises ValueError, KeyError or TypeError if it is none of ours."""
    fields = json.loads(line)
    instances = []
    for found in fields["instances"]:
        x, y, width, height = found["bbox"]
        rows, columns = found["segmentation"]["size"]
        instances.append(Instance(id=found["id"], score=found["score"], bbox=(x, y, width, height), area=found["area"],
                                  size=(rows, columns), counts=found["segmentation"]["counts"]))
    return Frame(number=fields["frame"], pts=fields["pts"], width=fields["width"], height=fields["height"],
                 stale=fields["stale"], instances=tuple(instances), file=fields.get("file"),
                 utc=fields.get("utc"))


def _end(process: subprocess.Popen[bytes], complaints: typing.IO[bytes]) -> None:
    """Ends the command, if it still runs. Files that it also writes are finished, and hold the frames so far.

    Its results are read until it ends: a command that cannot write dies before its files are finished. An exception
    while it is waited for, such as a second Ctrl-C, kills the command.
    """
    assert process.stdout is not None
    try:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_PATIENCE)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        complaints.close()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have no name
        return f"signal {number}"


class Segmentation:
    """An iterator over the frames of a run of `vcl segment`. `segment` makes it.

    The command runs from then on and waits if its results are not read, so memory stays flat. It ends with the
    iterator: after the last frame, at `close()`, at the end of a `with` block, when the iterator is dropped (as a loop
    does that is left by `break` or an exception), or when the program exits. One thread at a time may use it.
    """

    def __init__(self, arguments: typing.Sequence[str]) -> None:
        self._program = _find()
        complaints = tempfile.TemporaryFile()
        try:
            # In a process group of its own, the command does not get the Ctrl-C of a terminal. It would take the
            # SIGTERM that follows for a second one, which ends it without finishing its files.
            process = subprocess.Popen([self._program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=complaints, process_group=0)
        except BaseException as error:
            complaints.close()
            if isinstance(error, OSError):
                raise Error(f"'{self._program}' does not run: {error.strerror}") from error
            raise
        self._process, self._complaints = process, complaints
        self._finish = weakref.finalize(self, _end, process, complaints)

    def __iter__(self) -> Segmentation:
        return self

    def __next__(self) -> Frame:
        """Waits for the next frame. Raises StopIteration after the last one, and CommandError if the command failed."""
        if not self._finish.alive:
            raise StopIteration
        assert self._process.stdout is not None
        try:
            line = self._process.stdout.readline()
            if line.endswith(b"\n"):
                return _frame(line)
            self._check_end()
        except (ValueError, KeyError, TypeError) as error:
            self.close()
            raise CommandError(f"'{self._program}' printed a line that is no result ({error}): install gst-vcl and "
                               "this package in the same version", None) from error
        except BaseException:  # Ctrl-C too
            self.close()
            raise
        self.close()
        raise StopIteration

    def _check_end(self) -> None:
        """Waits for the end of the command. Raises CommandError if it failed."""
        status = self._process.wait()
        if status == 0:
            return
        length = self._complaints.seek(0, os.SEEK_END)
        self._complaints.seek(max(0, length - _MOST_COMPLAINT))
        lines = self._complaints.read().decode(errors="replace").splitlines()
        message = next((line[len("vcl: "):] for line in reversed(lines) if line.startswith("vcl: ")), None)
        if message is None:
            cause = f"was killed by {_signal_name(-status)}" if status < 0 else f"failed with status {status}"
            message = f"'{self._program}' {cause}" + (f": {' '.join(lines[-2:])}" if lines else "")
        raise CommandError(message, status)

    def close(self) -> None:
        """Ends the command, if it still runs, and waits for its end. Further calls have no effect."""
        self._finish()

    def __enter__(self) -> Segmentation:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 trace: types.TracebackType | None) -> None:
        self.close()


def segment(video: Path | typing.Sequence[Path], **options: typing.Unpack[SegmentOptions]) -> Segmentation:
    """Starts `vcl segment` for a video and returns an iterator over its frames, which come as they are done.

    `video` is a video file or URI, a camera, a folder of images, or a pattern such as "frames/%05d.jpg"; with
    `photos=True` also several of them. `options` are SegmentOptions. Frames are in order. If the video is damaged, the
    frames before the damage come first, and then CommandError.

    Raises Error if the command is not found, and TypeError or ValueError for wrong arguments. What the command refuses
    is a CommandError at the first frame.
    """
    inputs = [video] if isinstance(video, (str, os.PathLike)) else list(video)
    names = [os.fspath(name) for name in inputs]
    if "-" in names:
        raise ValueError("the command's standard input is closed; name a file instead of '-'")
    return Segmentation(["segment", "--quiet", "--json=-", *_arguments(options), "--", *names])
