"""The explorer as a process of its own, as people start it."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import urllib.request

import pytest
from cli.words import environment


@contextlib.contextmanager
def heard():
    """What is started within hears signals as from a terminal, however the tests were started."""
    names = ("SIGHUP", "SIGINT")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    deaf = [number for number in numbers if signal.getsignal(number) == signal.SIG_IGN]
    for number in deaf:
        signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number in deaf:
            signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def served(*words):
    """A server on a free port: its address. It ends by an interrupt, and says nothing at that."""
    with heard():
        process = subprocess.Popen(
            [sys.executable, "-m", "dpaccount", "serve", "--port", "0", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip
    with process:
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


@contextlib.contextmanager
def started(folder, port="0"):
    """A server in a session of its own: its process and its address."""
    with heard():
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "dpaccount", "serve", "--port", port],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
            cwd=folder, start_new_session=True,
        )  # fmt: skip
    with process:
        try:
            yield process, re.search(r"http://\S+", process.stdout.readline())[0]
        finally:
            process.kill()


@pytest.fixture
def server(request, tmp_path):
    """The same, when it has answered; in a folder with the files that a test names."""
    for name, text in getattr(request, "param", {}).items():
        (tmp_path / name).write_text(text)
    with started(tmp_path) as (process, address):
        for part in ("cost", "attackers"):
            with urllib.request.urlopen(address + part) as answer:
                assert b"most" in answer.read()
        yield process, address
