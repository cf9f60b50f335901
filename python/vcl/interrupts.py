# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ctrl-C during long calls of the library."""
from __future__ import annotations

import collections.abc
import contextlib
import signal
import threading


@contextlib.contextmanager
def held_back() -> collections.abc.Iterator[list[int]]:
    """Holds Ctrl-C back until the end of the block. Yields a list that is no longer empty once it was pressed.

    An exception in a function that C calls is lost, so the function looks at the list instead. Only the main thread of
    Python gets signals, and a program that handles Ctrl-C outside of Python keeps its own way.
    """
    pressed: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield pressed
        return
    signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            before(signal.SIGINT, None)
