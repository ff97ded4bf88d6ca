"""The processes that compute: what becomes of them, and of what they were asked."""

from __future__ import annotations

import asyncio
import http.client
import operator
import os
import signal
import time
import urllib.parse
from pathlib import Path

import pytest
from explorer.questions import link
from explorer.test_server import asked, words

from dpaccount.explorer import process

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")


def children(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_there(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def hard(address, path="cost"):
    """A question of minutes, on its way."""
    place = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
    connection.request("GET", f"/{path}" + link(noise_multiplier="0.01"))
    time.sleep(1)
    return connection


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL", "SIGHUP", "SIGINT"])
def test_nothing_is_computed_for_a_server_that_is_gone(server, how):
    serving, address = server
    waiting = [hard(address), hard(address, "attackers")]
    computing = children(serving.pid)
    assert len(computing) >= 2
    serving.send_signal(getattr(signal, how))
    serving.wait(timeout=20)
    for _ in range(50):
        if not any(map(is_there, computing)):
            break
        time.sleep(0.1)
    left = [pid for pid in computing if is_there(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    for connection in waiting:
        connection.close()
    assert left == []


def test_an_interrupt_of_all_is_quiet(server):
    """As Ctrl-C is: to the server and to whatever it started in its terminal."""
    serving, address = server
    waiting = hard(address)
    os.killpg(serving.pid, signal.SIGINT)
    _, err = serving.communicate(timeout=20)
    waiting.close()
    assert (serving.returncode, err) == (0, "")


@pytest.mark.parametrize("how", ["SIGINT", "SIGKILL", "SIGTERM"])
def test_an_answer_is_that_of_its_own_question(server, how):
    serving, address = server
    paths = [part + link(epochs=n) for part in ("attackers", "cost") for n in (1, 1000)]
    before = [asked(address, path) for path in paths]
    for pid in children(serving.pid):
        os.kill(pid, getattr(signal, how))
    for path, (status, _, page) in zip(paths, before, strict=True):
        found = asked(address, path)
        assert (found[0], words(found[2])) == (status, words(page))
    serving.send_signal(signal.SIGINT)
    assert serving.communicate(timeout=20)[1] == ""


@pytest.mark.parametrize("error", [ConnectionResetError, BrokenPipeError])
def test_a_pipe_that_nobody_reads_is_that_of_a_process_that_was_ended(monkeypatch, error):
    """As an older anyio tells it: by what asyncio raises."""
    made, started = [], process._started

    async def broken(_):
        raise error

    async def first_broken():
        found = await started()
        if not made:
            monkeypatch.setattr(found.stdin, "send", broken)
        made.append(found)
        return found

    async def answer():
        apart = process.Apart(operator.index)
        found = await apart.answer(3)
        await apart.end()
        return found

    monkeypatch.setattr(process, "_started", first_broken)
    assert asyncio.run(answer()) == 3
    assert [each.returncode is None for each in made] == [False, False]


@pytest.mark.parametrize("server", [{"types.py": "raise SystemExit\n"}], indirect=True)
def test_what_lies_in_the_folder_is_not_run(server):
    """The fixture has asked."""
    serving, _ = server
    assert serving.poll() is None
