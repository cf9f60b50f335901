# SPDX-License-Identifier: LGPL-2.1-or-later
"""Finds, masks and tracks the objects of a video, without labels or a list of classes.

    import vcl
    for frame in vcl.segment("in.mp4"):
        print(frame.number, [instance.mask.sum() for instance in frame.instances])

`segment` reads files, URIs and cameras: it runs the command `vcl`. `Engine` takes pictures that the program has in
memory: it calls libvcl. Both return `Frame`s, one per frame of the video and in order. Every error of the package is an
`Error`; wrong arguments are a ValueError or TypeError.

The command is found in PATH and the library by the dynamic linker, as `libvcl.so.0`. The environment variables
VCL_COMMAND and VCL_LIBRARY name others, by their paths.
"""
from .command import Segmentation, SegmentOptions, segment
from .engine import Engine
from .errors import Cancelled, CommandError, EngineError, Error
from .results import Frame, Instance

__all__ = ["Cancelled", "CommandError", "Engine", "EngineError", "Error", "Frame", "Instance", "Segmentation",
           "SegmentOptions", "segment"]
