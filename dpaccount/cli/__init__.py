"""The command line: thin; parse, call, print.

Exit status: 0 done, 1 a check failed, 2 bad input. Bad input is one line on stderr.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    try:
        with _trimmed():
            status = _run(arguments)
        sys.stdout.flush()  # here, and not when the interpreter ends and can only complain
        return status
    except KeyboardInterrupt:  # also while modules are being imported
        return 130
    except BrokenPipeError:
        return _reader_left()
    except SystemExit as stop:
        # typer leaves with 1 when the reader has left; nothing was checked and found wrong
        cause = stop.__context__
        if isinstance(cause, OSError) and cause.errno == errno.EPIPE:
            return _reader_left()
        raise


class _Trimmed:
    """A stream that leaves out spaces at the ends of lines: tables are padded for terminals."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._held = stream, ""

    def write(self, text: str) -> int:
        *lines, self._held = (self._held + text).split("\n")
        if lines:
            self._stream.write("".join(line.rstrip(" ") + "\n" for line in lines))
        return len(text)

    def flush(self) -> None:
        known = self._held.rstrip(" ")
        self._held = self._held[len(known) :]  # spaces wait for what follows them
        if known:
            self._stream.write(known)
        self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _trimmed() -> Iterator[None]:
    """Trim what goes to a file or a pipe; a terminal gets it as it is."""
    stream = sys.stdout
    if stream is None or stream.isatty():
        yield
        return
    made: Any = _Trimmed(stream)
    sys.stdout = made
    try:
        yield
        made.flush()
    finally:
        sys.stdout = stream


def _reader_left() -> int:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _run(arguments: Sequence[str] | None) -> int:
    import typer

    from dpaccount.cli.commands import Status, app
    from dpaccount.errors import DPAccountError

    # typer brings its own copy of click or uses the installed one: the base has no public name
    bases = {base.__name__: base for base in typer.BadParameter.__mro__}
    usage_error: type[Exception] = bases["ClickException"]
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = app(args=words, prog_name="dpaccount", standalone_mode=False)
    except DPAccountError as error:
        from dpaccount.cli.misuse import told

        return _refuse(told(error, words))
    except usage_error as error:
        from dpaccount.cli.misuse import advised

        message = advised(error)
        return _refuse(message) if message else 0
    except typer.Abort:
        return 130
    except typer.Exit as stop:
        return int(stop.exit_code)
    return result.code if isinstance(result, Status) else int(result or 0)


def _refuse(message: str) -> int:
    sys.stderr.write("dpaccount: " + " ".join(message.split()) + "\n")
    return 2
