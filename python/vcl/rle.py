# SPDX-License-Identifier: LGPL-2.1-or-later
"""Masks as COCO's compressed run lengths (docs/formats.md): column by column, background first."""
import numpy
import numpy.typing

_BITS = 5  # of a number per character
_MAX_CHARACTERS = 7  # of a number: 35 bits, more than a mask can have pixels


def _numbers(counts: str) -> numpy.typing.NDArray[numpy.int64]:
    """Returns the signed numbers that the text holds, 5 bits per character, lowest first."""
    codes = numpy.frombuffer(counts.encode("latin-1", "replace"), numpy.uint8).astype(numpy.int64) - 48
    ends = numpy.flatnonzero(codes & 0x20 == 0)  # a set bit says that the number goes on
    if codes.size == 0 or codes.min() < 0 or codes.max() > 0x3F or ends.size == 0 or ends[-1] != codes.size - 1:
        raise ValueError("run lengths are no whole text of COCO's compressed form")
    starts = numpy.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if lengths.max() > _MAX_CHARACTERS:
        raise ValueError("run lengths hold a number that is too large")
    shifts = _BITS * (numpy.arange(codes.size) - numpy.repeat(starts, lengths))
    numbers = numpy.add.reduceat((codes & 0x1F) << shifts, starts)
    is_negative = codes[ends] & 0x10 != 0
    return numpy.asarray(numbers - (is_negative.astype(numpy.int64) << _BITS * lengths), numpy.int64)


def decode(counts: str, height: int, width: int) -> numpy.typing.NDArray[numpy.bool_]:
    """Returns the mask as a new array [height, width] of bool, in C order.

    Raises ValueError if the runs are damaged or are not those of height x width pixels.
    """
    runs = _numbers(counts)
    runs[1::2] = numpy.cumsum(runs[1::2])  # from the fourth on, a number is the difference from the run two before
    runs[2::2] = numpy.cumsum(runs[2::2])
    if runs.min() < 0 or runs.max() > height * width or runs.sum() != height * width:
        raise ValueError(f"run lengths are not those of {width}x{height} pixels")
    columns = numpy.repeat(numpy.arange(runs.size) % 2 == 1, runs).reshape(width, height)
    return numpy.ascontiguousarray(columns.T)
