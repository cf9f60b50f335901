# SPDX-License-Identifier: LGPL-2.1-or-later
"""The structs and functions of vcl.h, by ctypes."""
from __future__ import annotations

import ctypes
import functools
import operator
import os
import typing
from ctypes import (POINTER, c_char_p, c_double, c_float, c_int, c_int64, c_size_t, c_ssize_t, c_uint32, c_uint64,
                    c_void_p)

from .errors import Cancelled, EngineError, Error

_NAME = "libvcl.so.0"  # the number is that of the ABI
_OLDEST = (0, 1, 0)  # the first version that has all functions used here
_STATUSES = ["VCL_OK", "VCL_NOT_FOUND", "VCL_UNREADABLE", "VCL_UNSUPPORTED", "VCL_INVALID", "VCL_LIBRARY",
             "VCL_RESOURCE", "VCL_INTERNAL", "VCL_CANCELLED"]

_INTEGERS = {c_int, c_int64, c_size_t, c_ssize_t, c_uint32, c_uint64}

Progress = ctypes.CFUNCTYPE(c_int, c_double, c_void_p)


def integer(name: str, kind: typing.Any, value: typing.SupportsIndex) -> int:
    """Returns the value as an integer. Raises TypeError if it is none.

    Raises ValueError if it does not fit a C integer of this kind: ctypes would cut it off silently.
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}, which is no integer") from None
    if kind(number).value != number:
        raise ValueError(f"{name} is {number}, which is out of its range")
    return number


class Struct(ctypes.Structure):
    """A struct of vcl.h. It begins with its size, and fields that are not set are zero.

    Raises TypeError or ValueError if a field of integers cannot hold its value.
    """

    def __init__(self, **fields: typing.Any) -> None:
        for name, kind, *_ in self._fields_:
            if name in fields and kind in _INTEGERS:
                fields[name] = integer(name, kind, fields[name])
        super().__init__(struct_size=ctypes.sizeof(self), **fields)


class Picture(Struct):
    """VclFrame"""

    _fields_ = [("struct_size", c_size_t), ("width", c_int), ("height", c_int), ("format", c_int), ("matrix", c_int),
                ("full_range", c_int), ("planes", c_void_p * 4), ("strides", c_ssize_t * 4)]


class EngineOptions(Struct):
    """VclEngineOptions"""

    _fields_ = [("struct_size", c_size_t), ("model", c_char_p), ("device", c_char_p), ("threads", c_int),
                ("mode", c_int), ("window", c_int), ("stride", c_int), ("feature_memory", c_uint64),
                ("precision", c_int), ("motion", c_int), ("pipelined", c_int), ("shared", c_void_p),
                ("progress", Progress), ("progress_data", c_void_p)]


class ResultInfo(Struct):
    """VclResultInfo"""

    _fields_ = [("struct_size", c_size_t), ("frame", c_uint64), ("pts", c_int64), ("instances", c_size_t),
                ("width", c_int), ("height", c_int), ("stale", c_int)]


class ResultInstance(Struct):
    """VclInstance"""

    _fields_ = [("struct_size", c_size_t), ("track_id", c_uint64), ("area", c_uint64), ("score", c_float),
                ("x", c_int), ("y", c_int), ("width", c_int), ("height", c_int), ("is_new", c_int),
                ("counts", c_char_p), ("runs", POINTER(c_uint32)), ("run_count", c_size_t)]


_PROTOTYPES: dict[str, tuple[typing.Any, ...]] = {
    "vcl_engine_new": (POINTER(EngineOptions), POINTER(c_void_p)),
    "vcl_engine_free": (c_void_p,),
    "vcl_engine_set_threshold": (c_void_p, c_float),
    "vcl_engine_set_max_instances": (c_void_p, c_int),
    "vcl_engine_set_min_area": (c_void_p, c_uint64),
    "vcl_engine_set_max_age": (c_void_p, c_uint32),
    "vcl_engine_set_overlap": (c_void_p, c_int),
    "vcl_engine_latency": (c_void_p, POINTER(c_int)),
    "vcl_engine_push": (c_void_p, POINTER(Picture), c_int64, c_int),
    "vcl_engine_take": (c_void_p, POINTER(c_void_p)),
    "vcl_engine_drain": (c_void_p,),
    "vcl_engine_reset": (c_void_p,),
    "vcl_engine_cancel": (c_void_p,),
    "vcl_result_free": (c_void_p,),
    "vcl_result_info": (c_void_p, POINTER(ResultInfo)),
    "vcl_result_instance": (c_void_p, c_size_t, POINTER(ResultInstance)),
}


def _check_version(text: str, path: str) -> None:
    try:
        version = tuple(int(part) for part in text.split("."))
    except ValueError:
        raise Error(f"'{path}' says that its version is '{text}', which is none: install gst-vcl again") from None
    if version < _OLDEST or version[0] != _OLDEST[0]:
        oldest = ".".join(map(str, _OLDEST))
        raise Error(f"'{path}' is libvcl {text}, and this package needs {oldest} or a later one of version "
                    f"{_OLDEST[0]}: install that, or the package vcl that came with libvcl {text}")


@functools.cache
def load() -> ctypes.CDLL:
    """Loads libvcl, once per process. Its functions raise EngineError if they return an error.

    Raises Error if the library is missing, is another one or has a version that does not fit.
    """
    path = os.environ.get("VCL_LIBRARY") or _NAME
    try:
        library = ctypes.CDLL(path)
        library.vcl_version.restype = library.vcl_error_message.restype = c_char_p
        _check_version(library.vcl_version().decode(), path)

        def check(status: int, *_: object) -> None:
            if status == 0:
                return
            name = _STATUSES[status] if status < len(_STATUSES) else f"VclStatus {status}"
            raise (Cancelled if name == "VCL_CANCELLED" else EngineError)(library.vcl_error_message().decode(), name)

        for name, arguments in _PROTOTYPES.items():
            function = getattr(library, name)
            function.argtypes = arguments
            if name.endswith("_free"):
                function.restype = None
            else:
                function.errcheck = check
    except OSError as error:
        raise Error(f"libvcl cannot be loaded ({error}): install gst-vcl and run ldconfig, or set VCL_LIBRARY to the "
                    f"path of {_NAME}") from error
    except AttributeError as error:
        raise Error(f"'{path}' is no libvcl, or too old a one ({error}): install gst-vcl again") from error
    return library
