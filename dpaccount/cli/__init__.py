"""The command line: thin; parse, call, print.

Exit status: 0 done, 1 a check failed, 2 bad input. Bad input is one line on stderr.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    try:
        with _streams():
            return _run(arguments)
    except KeyboardInterrupt:  # also while modules are being imported
        return 130
    except _Unwritten as why:
        return _refuse(
            f"standard output: given {why}; allowed: a place that can be written; do: make room, "
            "or send it elsewhere"
        )


class _Unwritten(Exception):  # noqa: N818 - it is caught where it is told
    """Why an answer could not be written."""


class _Out:
    """Standard output as commands see it: it outlives its reader, so that their status is true.

    Commands print when all is known. What nobody reads any more is dropped, and who failed a
    check still leaves with 1. Spaces at the ends of lines, which pad tables for terminals, are
    left out elsewhere; what an encoding does not have is written as its escape.
    """

    def __init__(self, stream: Any, *, trims: bool = True) -> None:
        self._stream, self._trims, self._held, self._left = stream, trims, "", False

    def write(self, text: str) -> int:
        if not isinstance(text, str):  # typer asks so whether a stream takes bytes
            raise TypeError("text only")
        if not self._trims:
            self._tried(text)
            return len(text)
        *lines, self._held = (self._held + text).split("\n")
        if lines:
            self._tried("".join(line.rstrip(" ") + "\n" for line in lines))
        return len(text)

    def flush(self) -> None:
        known = self._held.rstrip(" ")
        self._held = self._held[len(known) :]  # spaces wait for what follows them
        self._tried(known, flush=True)

    def _tried(self, text: str, *, flush: bool = False) -> None:
        try:
            if text and not self._left:
                self._stream.write(self._encodable(text))
            if flush and not self._left:
                self._stream.flush()
        except OSError as error:
            self._left = True
            _drop(self._stream)
            if not isinstance(error, BrokenPipeError):
                raise _Unwritten(error.strerror or str(error)) from error

    def _encodable(self, text: str) -> str:
        form = getattr(self._stream, "encoding", None) or "utf-8"
        return text.encode(form, "backslashreplace").decode(form)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _drop(stream: Any) -> None:
    """Let what a stream still holds go nowhere, so that it is not tried again at the very end."""
    with suppress(OSError, ValueError):
        place = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, place)
        finally:
            if nowhere != place:  # it took the place of a stream that was closed
                os.close(nowhere)


@contextmanager
def _streams() -> Iterator[None]:
    """Streams that commands can write to, whatever became of those that they were given."""
    before = sys.stdout, sys.stderr
    with ExitStack() as opened:
        if sys.stderr is None:  # closed by who called; the status still speaks
            sys.stderr = opened.enter_context(open(os.devnull, "w", encoding="utf-8"))
        if sys.stdout is None:
            sys.stdout = opened.enter_context(open(os.devnull, "w", encoding="utf-8"))
        made: Any = _Out(sys.stdout, trims=not sys.stdout.isatty())
        sys.stdout = made
        try:
            yield
            made.flush()  # here, and not when the interpreter ends and can only complain
        finally:
            sys.stdout, sys.stderr = before


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
    if sys.stderr is None:
        return 2
    try:
        print("dpaccount:", " ".join(message.split()), file=sys.stderr, flush=True)
    except OSError:  # nobody hears it; the status still speaks
        _drop(sys.stderr)
    return 2
