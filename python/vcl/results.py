# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is found in a frame."""
from __future__ import annotations

import dataclasses
import typing

import numpy
import numpy.typing

from . import rle

if typing.TYPE_CHECKING:
    import supervision


@dataclasses.dataclass(frozen=True)
class Instance:
    """One object in one frame. It never changes, so any threads may use it."""

    id: int  #: the track, from 1: an object keeps it, and no other object gets it
    score: float  #: confidence in the track so far, 0 to 1
    bbox: tuple[int, int, int, int]  #: x, y, width, height in pixels: the smallest box that holds the mask
    area: int  #: pixels of the mask
    size: tuple[int, int]  #: height, width of the frame in pixels
    counts: str  #: the mask as COCO's compressed run lengths

    @property
    def mask(self) -> numpy.typing.NDArray[numpy.bool_]:
        """The mask as an array [height, width] of bool, in pixels of the frame.

        Each access decodes the run lengths into a new array, which belongs to the caller. Raises ValueError if they are
        damaged.
        """
        return rle.decode(self.counts, *self.size)


@dataclasses.dataclass(frozen=True)
class Frame:
    """The result of one frame. It never changes, so any threads may use it. It holds run lengths, not pixels."""

    number: int  #: of the frame, from 0
    pts: int | None  #: nanoseconds since the start of the video, or None if unknown
    width: int  #: pixels of the frame
    height: int
    stale: bool  #: whether no inference ran for this frame; its masks are then those of an earlier one
    instances: tuple[Instance, ...]  #: the best score first
    file: str | None = None  #: the name of a photo (`photos=True`), else None
    utc: str | None = None  #: when it was taken, such as "2026-11-30T19:45:52.000001Z" (RFC 3339), or None if unknown

    def to_supervision(self) -> supervision.Detections:
        """Returns the instances as `supervision.Detections`, in the same order. The arrays belong to the caller.

        xyxy is float32 [n, 4] with the corners (x, y) and (x + width, y + height), mask is bool [n, height, width],
        confidence float32 [n], tracker_id int64 [n], and class_id int64 [n] of zeros, because the method has no
        classes. Raises ImportError if the package is not installed.
        """
        try:
            import supervision
        except ImportError as error:
            raise ImportError("to_supervision() needs the package supervision: pip install supervision") from error
        boxes = numpy.array([i.bbox for i in self.instances], numpy.float32).reshape(-1, 4)
        masks = numpy.empty((len(self.instances), self.height, self.width), numpy.bool_)
        for mask, instance in zip(masks, self.instances):
            mask[:] = instance.mask
        return supervision.Detections(
            xyxy=numpy.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]]), mask=masks,
            confidence=numpy.array([i.score for i in self.instances], numpy.float32),
            class_id=numpy.zeros(len(self.instances), numpy.int64),
            tracker_id=numpy.array([i.id for i in self.instances], numpy.int64))
