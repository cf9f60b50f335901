#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Uses the C API of libvcl from Python with ctypes only: without_gstreamer.py VIDEO [MODEL]

Prints a line of JSON per frame, with the run lengths of the masks and the mean brightness of the picture under them.
OpenCV (python3-opencv) reads VIDEO, which is a file or a pattern such as frames/%05d.png. If libvcl is not installed,
LD_LIBRARY_PATH names its folder.
"""
import contextlib
import ctypes
import json
import sys
from ctypes import POINTER, byref, c_char_p, c_float, c_int, c_int64, c_size_t, c_ssize_t, c_uint8, c_uint32, c_uint64

import cv2
import numpy


class Struct(ctypes.Structure):
    """A struct of vcl.h. It begins with its size, and fields that are not set are zero."""

    def __init__(self, **fields):
        super().__init__(struct_size=ctypes.sizeof(self), **fields)


class Frame(Struct):
    _fields_ = [("struct_size", c_size_t), ("width", c_int), ("height", c_int), ("format", c_int), ("matrix", c_int),
                ("full_range", c_int), ("planes", c_size_t * 4), ("strides", c_ssize_t * 4)]


class EngineOptions(Struct):
    _fields_ = [("struct_size", c_size_t), ("model", c_char_p), ("device", c_char_p), ("threads", c_int),
                ("mode", c_int), ("window", c_int), ("stride", c_int), ("feature_memory", c_uint64),
                ("precision", c_int), ("motion", c_int), ("pipelined", c_int)]


class ResultInfo(Struct):
    _fields_ = [("struct_size", c_size_t), ("frame", c_uint64), ("pts", c_int64), ("instances", c_size_t),
                ("width", c_int), ("height", c_int), ("stale", c_int)]


class Instance(Struct):
    _fields_ = [("struct_size", c_size_t), ("track_id", c_uint64), ("area", c_uint64), ("score", c_float),
                ("x", c_int), ("y", c_int), ("width", c_int), ("height", c_int), ("is_new", c_int),
                ("counts", c_char_p), ("runs", POINTER(c_uint32)), ("run_count", c_size_t)]


BGR = 1  # VCL_PIXEL_FORMAT_BGR
HANDLE = ctypes.c_void_p
PROTOTYPES = {
    "vcl_engine_new": (POINTER(EngineOptions), POINTER(HANDLE)),
    "vcl_engine_push": (HANDLE, POINTER(Frame), c_int64, c_int),
    "vcl_engine_drain": (HANDLE,),
    "vcl_engine_take": (HANDLE, POINTER(HANDLE)),
    "vcl_engine_free": (HANDLE,),
    "vcl_result_info": (HANDLE, POINTER(ResultInfo)),
    "vcl_result_instance": (HANDLE, c_size_t, POINTER(Instance)),
    "vcl_result_mask": (HANDLE, c_size_t, POINTER(c_uint8), c_size_t, c_size_t),
    "vcl_result_free": (HANDLE,),
}


def load():
    """Loads libvcl. Its functions raise RuntimeError if they return an error."""
    library = ctypes.CDLL("libvcl.so.0")
    library.vcl_error_message.restype = c_char_p

    def check(status, function, arguments):
        if status:
            raise RuntimeError(library.vcl_error_message().decode())

    for name, arguments in PROTOTYPES.items():
        function = getattr(library, name)
        function.argtypes = arguments
        if name.endswith("_free"):
            function.restype = None
        else:
            function.errcheck = check
    return library


@contextlib.contextmanager
def open_engine(library, **options):
    engine = HANDLE()
    library.vcl_engine_new(byref(EngineOptions(**options)), byref(engine))
    try:
        yield engine
    finally:
        library.vcl_engine_free(engine)


def results(library, engine):
    """Yields the results that are ready. Each is valid until the next one is requested."""
    while True:
        result = HANDLE()
        library.vcl_engine_take(engine, byref(result))
        if not result:
            return
        try:
            yield result
        finally:
            library.vcl_result_free(result)


def describe(library, result, picture):
    """Returns a frame's result as a dictionary for JSON."""
    info, instances = ResultInfo(), []
    library.vcl_result_info(result, byref(info))
    for i in range(info.instances):
        instance, mask = Instance(), numpy.empty((info.height, info.width), numpy.uint8)
        library.vcl_result_instance(result, i, byref(instance))
        pixels = mask.ctypes.data_as(POINTER(c_uint8))
        library.vcl_result_mask(result, i, pixels, mask.nbytes, mask.strides[0])
        instances.append({
            "id": instance.track_id, "score": round(instance.score, 4), "area": instance.area,
            "bbox": [instance.x, instance.y, instance.width, instance.height],
            "segmentation": {"size": [info.height, info.width], "counts": instance.counts.decode()},
            "brightness": round(float(picture[mask > 0].mean()), 2),
        })
    return {"frame": info.frame, "stale": bool(info.stale), "instances": instances}


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: without_gstreamer.py VIDEO [MODEL]")
    video, library = cv2.VideoCapture(sys.argv[1]), load()
    if not video.isOpened():
        sys.exit(f"{sys.argv[1]} is no video that OpenCV can read")
    waiting = []  # pictures whose results are pending, oldest first

    def print_results(engine):
        for result in results(library, engine):
            print(json.dumps(describe(library, result, waiting.pop(0))), flush=True)

    with open_engine(library, model=sys.argv[2].encode() if len(sys.argv) == 3 else None) as engine:
        while (read := video.read())[0]:
            picture = read[1]
            waiting.append(picture)
            height, width = picture.shape[:2]
            frame = Frame(width=width, height=height, format=BGR)
            frame.planes[0], frame.strides[0] = picture.ctypes.data, picture.strides[0]
            library.vcl_engine_push(engine, byref(frame), -1, 1)
            print_results(engine)
        library.vcl_engine_drain(engine)
        print_results(engine)


if __name__ == "__main__":
    try:
        main()
    except RuntimeError as error:
        sys.exit(str(error))
