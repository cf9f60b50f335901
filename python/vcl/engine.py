# SPDX-License-Identifier: LGPL-2.1-or-later
"""Segments pictures that a program has in memory."""
from __future__ import annotations

import collections
import ctypes
import operator
import os
import types
import typing

import numpy
import numpy.typing

from . import library
from .errors import Error
from .interrupts import held_back
from .results import Frame, Instance

# The VclPixelFormat and the number of channels.
_FORMATS = {"rgb": (0, 3), "bgr": (1, 3), "rgbx": (2, 4), "bgrx": (3, 4), "xrgb": (4, 4), "xbgr": (5, 4),
            "gray8": (6, 1)}
_PRECISIONS = {"fp32": 0, "bf16": 1}
_MOTIONS = {"auto": 0, "off": 1}
_OVERLAPS = {"auto": 0, "allow": 1, "forbid": 2}
_MOST_PIXELS = 2**30
_MOST_NANOSECONDS = 2**63 - 1


def _chosen(name: str, value: str, choices: typing.Mapping[str, typing.Any]) -> typing.Any:
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; it is one of {', '.join(choices)}")
    return choices[value]


def _text(name: str, value: str | os.PathLike[str] | None) -> bytes | None:
    text = None if value is None else os.fsencode(value)
    if text is not None and b"\0" in text:
        raise ValueError(f"{name} is {value!r}; it has no zero byte")
    return text


def _threshold(value: float) -> float:
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError(f"threshold: {error}") from None
    if not number <= 1:
        raise ValueError(f"threshold is {number}; it is at most 1")
    return number


def _max_instances(value: int) -> int:
    number = library.integer("max_instances", ctypes.c_int, value)
    if number < 1:
        raise ValueError(f"max_instances is {number}; it is 1 or more")
    return number


def _checked_pixels(picture: numpy.typing.ArrayLike, channels: int) -> numpy.typing.NDArray[numpy.uint8]:
    """Returns the picture, or a copy of it if libvcl cannot read its rows in place."""
    pixels = numpy.asarray(picture)
    if pixels.dtype != numpy.uint8:
        raise TypeError(f"a picture is an array of uint8, not of {pixels.dtype}; scale it to 0 to 255 and convert it")
    shape = "[height, width]" if channels == 1 else f"[height, width, {channels}]"
    if pixels.ndim != (2 if channels == 1 else 3) or pixels.shape[2:] not in ((), (channels,)) or 0 in pixels.shape:
        raise ValueError(f"a picture of this format has the shape {shape}, not {list(pixels.shape)}")
    height, width = pixels.shape[:2]
    if height * width > _MOST_PIXELS:
        raise ValueError(f"a picture of {width}x{height} has more than 2^30 pixels; scale it down")
    inner = (1,) if channels == 1 else (channels, 1)
    is_readable = pixels.strides[1:] == inner and abs(pixels.strides[0]) >= width * channels
    return pixels if is_readable else numpy.ascontiguousarray(pixels)


def _described(pixels: numpy.typing.NDArray[numpy.uint8], code: int) -> library.Picture:
    picture = library.Picture(width=pixels.shape[1], height=pixels.shape[0], format=code)
    picture.planes[0], picture.strides[0] = pixels.ctypes.data, pixels.strides[0]
    return picture


def _read_result(lib: ctypes.CDLL, result: ctypes.c_void_p) -> Frame:
    info, instances = library.ResultInfo(), []
    lib.vcl_result_info(result, info)
    for index in range(info.instances):
        found = library.ResultInstance()
        lib.vcl_result_instance(result, index, found)
        score = float(str(numpy.float32(found.score)))  # 0.9, as JSON has it, not 0.8999999761581421
        instances.append(Instance(id=found.track_id, score=score, bbox=(found.x, found.y, found.width, found.height),
                                  area=found.area, size=(info.height, info.width), counts=found.counts.decode()))
    return Frame(number=info.frame, pts=None if info.pts < 0 else info.pts, width=info.width, height=info.height,
                 stale=bool(info.stale), instances=tuple(instances))


class _Watch:
    """The VclProgress of an engine. It passes on progress, and ends a call at Ctrl-C or an exception of the program."""

    def __init__(self, report: typing.Callable[[float], object] | None) -> None:
        self._report = report
        self._raised: BaseException | None = None
        self._pressed: list[int] = []
        self.function = library.Progress(self._look)

    def _look(self, share: float, _: object) -> int:
        try:
            if self._report is not None and not self._pressed:
                self._report(share)
        except BaseException as error:
            self._raised = error
        return int(self._raised is not None or bool(self._pressed))

    def call(self, function: typing.Callable[..., object], *arguments: object) -> None:
        """Calls the library. Raises what the program's report raised, and KeyboardInterrupt at Ctrl-C."""
        self._raised = None
        with held_back() as self._pressed:
            try:
                function(*arguments)
            except Error:
                if self._raised is None:
                    raise
        if self._raised is not None:
            raised, self._raised = self._raised, None
            raise raised


class _Handle:
    """A VclEngine. It is freed with the last reference, so a call that runs keeps it."""

    def __init__(self, lib: ctypes.CDLL, watch: _Watch, options: library.EngineOptions) -> None:
        self._free = lib.vcl_engine_free
        self.watch = watch  # the engine calls it
        self.pointer = ctypes.c_void_p()
        watch.call(lib.vcl_engine_new, options, self.pointer)

    def __del__(self) -> None:
        if self.pointer:
            self._free(self.pointer)


class Engine:
    """Finds, masks and tracks objects in the pictures of one video.

        with vcl.Engine() as engine:
            for picture, frame in engine.segment(pictures):
                ...

    All options have the meaning that vcl.h gives them. `model` is the path of a model file, None: the default model.
    `device` is "cpu", "cuda" or "cuda:N", None: cuda if present, else cpu. `threads` are CPU threads, 0: the model's
    number. `whole` decodes all frames together: results come from `drain()`. `window` and `stride` are frames, 0: the
    model's number. `feature_memory` are the bytes that `whole` keeps in memory, 0: 2 GiB. `precision` is "fp32" or
    "bf16", `motion` "auto" or "off". `pipelined` waits one more frame to use two processors. `progress` is called
    with the share of the work that is done, above 0 to 1, during long calls (the opening, `drain()` with `whole`), in
    the thread of the call; what it raises ends the call. It must not use this engine, except `cancel()`. `filters` are
    those of `set_filters()`.

    Errors: Error if the library is missing or does not fit, EngineError if the library refuses something, ValueError
    and TypeError for wrong arguments. Ctrl-C ends long calls with KeyboardInterrupt; call `reset()` to go on.

    Threads: calls for one engine must not overlap (EngineError), except `cancel()` and `close()`. Any number of engines
    may run in any threads. Engines with the same model share its memory. An engine does not survive os.fork().
    """

    def __init__(self, model: str | os.PathLike[str] | None = None, *, device: str | None = None, threads: int = 0,
                 whole: bool = False, window: int = 0, stride: int = 0, feature_memory: int = 0,
                 precision: str = "fp32", motion: str = "auto", pipelined: bool = False,
                 progress: typing.Callable[[float], object] | None = None, **filters: typing.Any) -> None:
        self._open: _Handle | None = None
        if progress is not None and not callable(progress):
            raise TypeError(f"progress is {progress!r}; it is a function")
        watch = _Watch(progress)
        options = library.EngineOptions(
            model=_text("model", model), device=_text("device", device), threads=threads, mode=bool(whole),
            window=window, stride=stride, feature_memory=feature_memory,
            precision=_chosen("precision", precision, _PRECISIONS), motion=_chosen("motion", motion, _MOTIONS),
            pipelined=bool(pipelined), progress=watch.function)
        self._library = library.load()
        self._open = _Handle(self._library, watch, options)
        self.set_filters(**filters)

    def _handle(self) -> _Handle:
        handle = self._open
        if handle is None:
            raise ValueError("the engine is closed; open another one")
        return handle

    def set_filters(self, *, threshold: float | None = None, max_instances: int | None = None,
                    min_area: int | None = None, max_age: int | None = None, overlap: str | None = None) -> None:
        """Sets what is reported from the next frame on. None leaves a setting as it is.

        `threshold` is the minimum score of a track, up to 1; below 0: the model's. `max_instances` is the maximum
        number per frame, 10 if not set. `min_area` is in pixels, 0 if not set. `max_age` is the number of frames that
        an object may be missing and keep its id, 30 if not set. `overlap` is "auto", "allow" or "forbid".

        Raises TypeError or ValueError for a wrong value, and then sets nothing.
        """
        handle, lib = self._handle(), self._library
        calls: list[tuple[typing.Callable[..., object], float]] = []
        if threshold is not None:
            calls.append((lib.vcl_engine_set_threshold, _threshold(threshold)))
        if max_instances is not None:
            calls.append((lib.vcl_engine_set_max_instances, _max_instances(max_instances)))
        if min_area is not None:
            calls.append((lib.vcl_engine_set_min_area, library.integer("min_area", ctypes.c_uint64, min_area)))
        if max_age is not None:
            calls.append((lib.vcl_engine_set_max_age, library.integer("max_age", ctypes.c_uint32, max_age)))
        if overlap is not None:
            calls.append((lib.vcl_engine_set_overlap, _chosen("overlap", overlap, _OVERLAPS)))
        for function, value in calls:
            function(handle.pointer, value)

    @property
    def latency(self) -> int | None:
        """The maximum number of pictures that wait for their result. None: all wait for `drain()`."""
        handle, frames = self._handle(), ctypes.c_int()
        self._library.vcl_engine_latency(handle.pointer, frames)
        return None if frames.value < 0 else frames.value

    def push(self, picture: numpy.typing.ArrayLike, *, pts: int | None = None, format: str = "rgb",
             infer: bool = True) -> list[Frame]:
        """Takes the next picture of the video and returns the results that are ready: none, or those of earlier frames.

        `picture` is an array of uint8: [height, width, 3] if the format is "rgb" or "bgr" (that of OpenCV), [height,
        width, 4] if it is "rgbx", "bgrx", "xrgb" or "xbgr" (x, or alpha, is ignored), [height, width] if it is "gray8".
        It is read only during the call, in place if its rows are packed, else from a copy. All pictures of a video have
        one size; call `drain()` before another size. `pts` is its time in nanoseconds, 0 or more, or None. If `infer`
        is False, no inference runs: the result repeats the latest masks and is stale.

        Raises TypeError for another dtype, ValueError for another shape or a closed engine. The engine is then
        unchanged.
        """
        handle = self._handle()
        code, channels = _chosen("format", format, _FORMATS)
        pixels = _checked_pixels(picture, channels)
        time = -1 if pts is None else operator.index(pts)
        if pts is not None and not 0 <= time <= _MOST_NANOSECONDS:
            raise ValueError(f"pts is {pts}; it is nanoseconds from 0 to 2^63 - 1, or None")
        handle.watch.call(self._library.vcl_engine_push, handle.pointer, _described(pixels, code), time, bool(infer))
        return self._ready(handle)

    def drain(self) -> list[Frame]:
        """Ends the video and returns the results of all frames that wait. Frame numbers and ids continue."""
        handle = self._handle()
        handle.watch.call(self._library.vcl_engine_drain, handle.pointer)
        return self._ready(handle)

    def _ready(self, handle: _Handle) -> list[Frame]:
        frames: list[Frame] = []
        while True:
            result = ctypes.c_void_p()
            self._library.vcl_engine_take(handle.pointer, result)
            if not result:
                return frames
            try:
                frames.append(_read_result(self._library, result))
            finally:
                self._library.vcl_result_free(result)

    def segment(self, pictures: typing.Iterable[numpy.typing.NDArray[numpy.uint8]], *,
                format: str = "rgb") -> typing.Iterator[tuple[numpy.typing.NDArray[numpy.uint8], Frame]]:
        """Segments one video and yields each picture with its result, `latency` pictures later.

        `pictures` are those of `push()`. The pictures that wait are kept, so they must not be changed until they are
        yielded; with `whole` these are all. The engine is reset first: frames are counted from 0.
        """
        self.reset()
        waiting: collections.deque[numpy.typing.NDArray[numpy.uint8]] = collections.deque()
        for picture in pictures:
            waiting.append(picture)
            for frame in self.push(picture, format=format):
                yield waiting.popleft(), frame
        for frame in self.drain():
            yield waiting.popleft(), frame

    def reset(self) -> None:
        """Drops frames and results that wait and ends all tracks: another video begins. Ids continue."""
        handle = self._handle()
        self._library.vcl_engine_reset(handle.pointer)

    def cancel(self) -> None:
        """Ends the `push()` or `drain()` that runs, or else the next one, with Cancelled. Any thread may call it."""
        handle = self._handle()
        self._library.vcl_engine_cancel(handle.pointer)

    def close(self) -> None:
        """Frees the engine, after a call of another thread that runs. Further calls have no effect."""
        self._open = None

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 trace: types.TracebackType | None) -> None:
        self.close()
