# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the Python package of the source tree importable, with the built command and library, for tests."""
import gc
import os
import pathlib
import sys

from support import BUILD, SOURCE, VCL
import cv2  # after GStreamer, which support loads: docs/embedding.md says why
import numpy

PYTHON = "/usr/bin/python3"
FOUND = {"VCL_COMMAND": VCL, "VCL_LIBRARY": str(BUILD / "libvcl/libvcl.so.0")}
PACKAGE = {"PYTHONPATH": str(SOURCE / "python")}
os.environ |= FOUND
sys.path.insert(0, PACKAGE["PYTHONPATH"])


def ball_picture(i, channels=3):
    picture = numpy.zeros((60, 80, channels), numpy.uint8)
    cv2.circle(picture, (20 + i, 30), 8 + i % 3, (255,) * channels, cv2.FILLED)
    return picture


def memory():
    """Returns the resident memory of this process in bytes."""
    gc.collect()
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
