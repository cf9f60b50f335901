# SPDX-License-Identifier: LGPL-2.1-or-later
"""The exceptions of the package. Their text says what is wrong and how to cure it."""


class Error(Exception):
    """The command or the library is missing, too old or failed."""


class CommandError(Error):
    """The command `vcl` failed.

    `exit_status` is its exit status, or minus the number of the signal that killed it, or None if it still ran.
    """

    def __init__(self, message: str, exit_status: int | None) -> None:
        super().__init__(message)
        self.exit_status = exit_status


class EngineError(Error):
    """A call of libvcl failed. `status` is the name of its VclStatus in vcl.h, such as "VCL_NOT_FOUND"."""

    def __init__(self, message: str, status: str) -> None:
        super().__init__(message)
        self.status = status


class Cancelled(EngineError):
    """`Engine.cancel()` ended the call. The engine takes pictures again after `Engine.reset()`."""
