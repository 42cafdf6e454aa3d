"""Report an output that cannot be written, such as a closed one or one on a full disk, as an error of the command."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from hangar_dal.errors import HangarError


class OutputFailed(HangarError):
    """Free space on the disk, or write the output to another place."""


class _Checked:
    """A stream whose failures to write are an `OutputFailed`. A closed pipe is still a `BrokenPipeError`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._reported():
            return self._stream.write(text)

    def flush(self) -> None:
        with self._reported():
            self._stream.flush()

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            reason = error.strerror or type(error).__name__
            give_up(self._stream)
            raise OutputFailed(
                f"the output cannot be written: {reason}. The command itself may have done its work",
                "write the output to another place",
            ) from None


class _Lossy:
    """A stream whose failures to write are ignored."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            give_up(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            give_up(self._stream)


@contextmanager
def lossy_errors() -> Iterator[None]:
    """Within the block, messages are lost if stderr is closed or cannot be written. The exit code is the same."""
    err = sys.stderr
    if err is None:  # Python's value for a closed stream
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - until the process ends
        yield
        return
    sys.stderr = cast("TextIO", _Lossy(err))
    try:
        yield
        sys.stderr.flush()
    finally:
        sys.stderr = err


@contextmanager
def checked_output() -> Iterator[None]:
    """Within the block, stdout raises `OutputFailed` if it cannot be written. The end of the block writes it.

    Raises `OutputFailed` at once if stdout is closed.
    """
    out = sys.stdout
    if out is None:
        raise OutputFailed("stdout is closed, so the command was not started", "redirect its output, as to /dev/null")
    sys.stdout = cast("TextIO", _Checked(out))
    try:
        try:
            yield
        except SystemExit:  # of --help
            sys.stdout.flush()
            raise
        except BaseException:
            with suppress(OutputFailed):  # the command has its own error
                sys.stdout.flush()
            raise
        sys.stdout.flush()
    finally:
        sys.stdout = out


def give_up(stream: TextIO) -> None:
    """Send the rest of a stream to nowhere. Python would report an error when it flushes the stream at its end."""
    with suppress(OSError, ValueError):  # a stream of a test has no descriptor
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
