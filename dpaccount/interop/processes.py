"""A child process that answers one line of JSON with one line of JSON, or is killed.

A plain child process and not a `multiprocessing` one, which would run the caller's script again.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

__all__ = ["MEMORY_BYTES", "Worker"]

#: What a process of somebody else's code may take.
MEMORY_BYTES = 8 * 2**30


class Worker:
    """A module run in a process of its own, answering one line with one line.

    Args:
        words: The module and what it is told on its command line.
    """

    def __init__(self, *words: str) -> None:
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            env=environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self.timed_out = False
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        # a thread, because a child that the peer left behind may hold the pipe open for ever
        self.reader = threading.Thread(target=self._listen, daemon=True)
        self.reader.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None  # by __init__
        with suppress(OSError, ValueError), self.process.stdout as pipe:
            for line in pipe:
                self.lines.put(line)
        self.lines.put("")

    def kill(self) -> None:
        """End the process and whatever it started; harmless if it is gone."""
        with suppress(ProcessLookupError):
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            with suppress(OSError):  # bytes that a dead worker will never read
                self.process.stdin.close()

    def read(self, limit: float) -> dict[str, Any] | None:
        """The next line; None if none came within the limit or the worker died."""
        try:
            answer: dict[str, Any] = json.loads(self.lines.get(timeout=max(limit, 0.0)))
            return answer
        except queue.Empty:
            self.timed_out = True
        except ValueError:
            pass
        return None

    def ask(self, request: dict[str, Any], limit: float) -> dict[str, Any] | None:
        """Hand over a request and read the answer."""
        assert self.process.stdin is not None  # by __init__
        try:
            self.process.stdin.write(json.dumps(request | {"limit": limit}) + "\n")
            self.process.stdin.flush()
        except OSError:
            return None
        return self.read(limit)
