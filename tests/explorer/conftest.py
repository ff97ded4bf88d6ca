"""The explorer as a process of its own, as people start it."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys

import pytest
from cli.words import environment


@contextlib.contextmanager
def served(*words):
    """A server on a free port: its address. It ends by an interrupt, and says nothing at that."""
    with subprocess.Popen(
        [sys.executable, "-m", "dpaccount", "serve", "--port", "0", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        try:
            line = process.stdout.readline()
            yield re.fullmatch(r"serving (http://127\.0\.0\.1:\d+/)\n", line)[1]
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, err) == (0, "")


@pytest.fixture(scope="session")
def address():
    with served() as found:
        yield found
