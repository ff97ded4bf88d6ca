"""A process that answers one question at a time, and ends with who asked.

Not anyio's pool: its processes read the folder they are started in before the library's own, live
on when the server is killed, and after an interrupt answer with what was asked the time before.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, TypeVar

from dpaccount.errors import DPAccountError
from dpaccount.explorer.question import Question

if TYPE_CHECKING:
    from anyio.abc import Process

__all__ = ["Apart"]

_T = TypeVar("_T")
#: Before each message: which question it is, and how many bytes follow.
_HEAD = struct.Struct("!QQ")


class _Gone(Exception):  # noqa: N818 - it is caught where it is told
    """The process is no more, or what it said is no answer to what it was asked."""


class Apart(Generic[_T]):
    """A function of one question, called in a process of its own.

    Args:
        ask: Found by its name in another process, as what it returns and raises.
    """

    def __init__(self, ask: Callable[[Question], _T]) -> None:
        from anyio import Lock

        self._ask = ask
        self._turn = Lock()
        self._idle: Process | None = None
        self._asked = 0

    async def answer(self, question: Question) -> _T:
        """What the function returns or raises; its process ends if nobody waits any more.

        Raises:
            DPAccountError: If the process was ended twice; else what the function raises.
        """
        async with self._turn:
            for _ in range(2):  # what was ended has said nothing: another process is asked, once
                with suppress(_Gone):
                    failed, said = await self._exchanged(question)
                    if failed:
                        raise said
                    answer: _T = said
                    return answer
        raise DPAccountError(
            "no number: the process that computes it was ended from outside; do: see whether "
            "memory is short, then ask again"
        )

    async def end(self) -> None:
        """End the process that waits for a question; what is computed ends with who waits."""
        process, self._idle = self._idle, None
        if process is not None:
            await _ended(process)

    async def _exchanged(self, question: Question) -> tuple[bool, Any]:
        """Whether it failed, and what was returned or raised."""
        from anyio import BrokenResourceError, EndOfStream, IncompleteRead
        from anyio.streams.buffered import BufferedByteReceiveStream

        process, self._idle = self._idle or await _started(), None
        self._asked += 1
        try:
            assert process.stdin is not None  # by _started
            assert process.stdout is not None
            asked = pickle.dumps((self._ask, question))
            await process.stdin.send(_HEAD.pack(self._asked, len(asked)) + asked)
            stream = BufferedByteReceiveStream(process.stdout)
            which, size = _HEAD.unpack(await stream.receive_exactly(_HEAD.size))
            if which != self._asked:  # never the answer of another question
                raise _Gone
            said = await stream.receive_exactly(size)
        except (BrokenResourceError, ConnectionError, EndOfStream, IncompleteRead) as error:
            # ConnectionError: what an older anyio lets through where nobody reads any more
            await _ended(process)
            raise _Gone from error
        except BaseException:  # nobody waits for it
            with suppress(ProcessLookupError):
                process.kill()
            await _ended(process)
            raise
        self._idle = process
        found: tuple[bool, Any] = pickle.loads(said)  # noqa: S301 - by a process of ours
        return found


async def _started() -> Process:
    import subprocess

    from anyio import open_process

    return await open_process(
        # not what lies in the folder where it is started, but what this process would import
        [sys.executable, "-P", "-m", __name__],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is the server's to hear
    )


async def _ended(process: Process) -> None:
    from anyio import CancelScope

    with CancelScope(shield=True):
        await process.aclose()  # it ends where nothing can be asked any more


def _listen(stream: BinaryIO, found: SimpleQueue[tuple[int, bytes]]) -> None:
    """Take questions until who asks is gone, by whatever way; then nothing is computed any more."""
    with suppress(Exception):
        while True:
            which, size = _HEAD.unpack(stream.read(_HEAD.size))
            found.put((which, stream.read(size)))
    os._exit(0)


def _said(asked: bytes) -> bytes:
    """What is said to a question."""
    try:
        ask, question = pickle.loads(asked)  # noqa: S301 - by the process that started this one
        return pickle.dumps((False, ask(question)))
    except Exception as error:
        if not isinstance(error, DPAccountError):  # for who runs the server
            error.add_note("".join(traceback.format_exception(error)))
        with suppress(Exception):
            said = pickle.dumps((True, error))
            pickle.loads(said)  # noqa: S301 - some errors are written and cannot be read
            return said
        return pickle.dumps((True, RuntimeError(f"a {type(error).__name__} of no text")))


def _main() -> None:
    found: SimpleQueue[tuple[int, bytes]] = SimpleQueue()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_listen, args=(sys.stdin.buffer, found), daemon=True).start()
    try:
        while True:
            which, asked = found.get()
            said = _said(asked)
            answers.write(_HEAD.pack(which, len(said)) + said)
            answers.flush()
    finally:  # whatever it was: nobody is to wait for one who cannot answer
        os._exit(1)


if __name__ == "__main__":
    _main()
