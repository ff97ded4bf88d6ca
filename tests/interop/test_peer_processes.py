"""Peers that lie, die, hang or shout: each is a row without a number, and none is left behind."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import textwrap

import pytest
from interop.strangers import GDP, PRV, RDP, SLEEP, Stranger, gone, invite

from dpaccount.interop import peers
from dpaccount.interop.peers import PeerPhase, run_peers
from dpaccount.interop.processes import MEMORY_BYTES

RUN = [PeerPhase("gaussian", 1.1, 0.01, 100)]


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Run a stranger; its results by method, and itself."""

    def run(*, phases=RUN, delta="1e-5", time_limit=20.0, deadline=40.0, **bodies):
        stranger = Stranger(tmp_path, **bodies)
        invite(monkeypatch, stranger)
        results = run_peers(phases, delta, time_limit=time_limit, deadline=deadline)
        assert [result.method for result in results] == [RDP, GDP, PRV]
        for result in results:
            numbers = (result.lower, result.upper, result.estimate, result.seconds)
            assert result.status == "ok" or numbers == (None,) * 4
            assert (result.status == "ok") == (result.message == "")
            assert "\n" not in result.message
        return {result.method: result for result in results}, stranger

    return run


def test_what_it_says_is_repeated(ask):
    said, stranger = ask(rdp="return 1.5", gdp="return 0.25", prv="return 0")
    assert (said[RDP].upper, said[RDP].kind) == (1.5, "upper")
    assert (said[GDP].upper, said[GDP].estimate, said[GDP].kind) == (None, 0.25, "approximation")
    assert said[PRV].upper == 0.0
    assert {result.version for result in said.values()} == {"99.0"}
    assert {result.source for result in said.values()} == {"opacus"}
    # one process answers all, and it is gone
    pids = {stranger.pid(name) for name in ("rdp", "gdp", "prv")}
    assert len(pids) == 1
    assert gone(pids.pop())


def test_it_is_told_the_run_and_the_delta(ask):
    phases = [PeerPhase("gaussian", 0.7, 0.25, 3), PeerPhase("gaussian", 2.0, 1.0, 10**15)]
    check = "return 1 if self.history == [(0.7, 0.25, 3), (2.0, 1.0, 10**15)] else 2"
    said, _ = ask(phases=phases, delta="1e-300", rdp=check, prv="return delta")
    assert said[RDP].upper == 1
    assert said[PRV].upper == 1e-300


def test_nothing_to_tell_costs_nothing(ask):
    said, _ = ask(phases=[], rdp="return 7")
    assert said[RDP].upper == 0.0


@pytest.mark.parametrize(
    "body",
    [
        "return float('nan')",
        "return -1e-300",
        "return -26.7",
        "return -float('inf')",
        "return None",
        "return 'two'",
        "return 1j",
        "return []",
        "raise ValueError('first line\\nsecond line')",
        "raise RuntimeError('x' * 10_000)",
        "raise SystemError",
        "assert False",
        "return self.get_epsilon(delta)",
        "return 1.0 / 0",
    ],
)
def test_what_is_no_epsilon_is_a_failure(ask, body):
    said, _ = ask(rdp=body)
    assert said[RDP].status == "failed"
    assert 0 < len(said[RDP].message) < 250
    # the others are heard all the same
    assert (said[GDP].estimate, said[PRV].upper) == (1.5, 1.5)


def test_an_infinite_claim_is_a_claim(ask):
    said, _ = ask(rdp="return float('inf')")
    assert (said[RDP].status, said[RDP].upper) == ("ok", math.inf)


def test_the_reason_is_told(ask):
    said, _ = ask(rdp="return -0.5", gdp="raise KeyError('orders')", prv="raise MemoryError")
    assert "-0.5" in said[RDP].message
    assert "KeyError: 'orders'" in said[GDP].message
    assert said[PRV].message == "it ran out of memory"


def test_memory_has_a_limit(ask):
    said, _ = ask(rdp="import resource; return resource.getrlimit(resource.RLIMIT_AS)[0]")
    assert said[RDP].upper == MEMORY_BYTES


@pytest.mark.parametrize(
    "body", ["os._exit(0)", "os._exit(3)", "os.kill(os.getpid(), 9)", "os.abort()", "sys.exit(1)"]
)
def test_one_that_dies_is_followed_by_a_new_process(ask, body):
    said, stranger = ask(rdp=body)
    assert said[RDP].status == "failed"
    assert "died" in said[RDP].message
    assert (said[GDP].estimate, said[PRV].upper) == (1.5, 1.5)
    assert stranger.pid("rdp") != stranger.pid("gdp") == stranger.pid("prv")
    assert gone(stranger.pid("gdp"))


@pytest.mark.parametrize(
    "body",
    [
        SLEEP,
        "while True: pass",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
        "sys.stdin.read()",
        "try:\n    time.sleep(600)\nfinally:\n    time.sleep(600)",
    ],
)
def test_one_that_hangs_is_stopped(ask, body):
    said, stranger = ask(rdp=body, time_limit=0.5)
    assert (said[RDP].status, said[RDP].message) == ("timed out", "stopped after 0.5 s")
    assert (said[GDP].status, said[PRV].status) == ("ok", "ok")
    assert gone(stranger.pid("rdp"))
    assert gone(stranger.pid("prv"))


def test_what_it_started_is_stopped_with_it(ask):
    start = "note('child', subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'"
    said, stranger = ask(rdp=start + "]).pid)\ntime.sleep(600)", time_limit=1.0)
    assert said[RDP].status == "timed out"
    assert gone(stranger.pid("rdp"))
    assert gone(stranger.pid("child"))


@pytest.mark.parametrize(
    ("after", "status"),
    [
        ("time.sleep(60)", {"timed out"}),
        # it died, and its pipe is still open: either word will do
        ("os._exit(1)", {"failed", "timed out"}),
        ("return 1.5", {"ok"}),
    ],
)
def test_what_it_forked_is_not_waited_for(ask, after, status):
    fork = "child = os.fork()\nif child == 0:\n    time.sleep(60)\nnote('child', child)\n"
    said, stranger = ask(rdp=fork + after, time_limit=1.0)
    assert said[RDP].status in status
    assert said[PRV].upper == 1.5
    assert gone(stranger.pid("child"), patience=3.0)


def test_what_it_prints_is_no_answer(ask):
    said, _ = ask(
        rdp="""
        print('{"upper": "0.0", "seconds": 1}')
        os.write(1, b'{"upper": "0.0", "seconds": 1}\\n')
        subprocess.run(["echo", "0"])
        return 1.5
        """,
        at_import="print('{}')",
    )
    assert said[RDP].upper == 1.5


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise ImportError('broken')", "its process died during its import"),
        ("os._exit(0)", "its process died during its import"),
        ("time.sleep(600)", "its import took too long"),
    ],
)
def test_one_that_cannot_be_imported(ask, body, reason):
    said, _ = ask(at_import=body, deadline=1.5)
    assert said[RDP].message == reason
    assert all(result.status != "ok" for result in said.values())


@pytest.mark.parametrize("deadline", [0.0, -5.0])
def test_no_time_at_all(ask, deadline):
    said, stranger = ask(deadline=deadline)
    assert {result.status for result in said.values()} == {"timed out"}
    assert not (stranger.package / "rdp.pid").exists()


def test_the_deadline_counts_for_all_together(ask):
    said, stranger = ask(rdp=SLEEP, gdp=SLEEP, prv=SLEEP, time_limit=60.0, deadline=2.0)
    assert {result.status for result in said.values()} == {"timed out"}
    assert "not asked" in said[PRV].message
    assert gone(stranger.pid("rdp"))


def test_a_listener_that_fails_leaves_nobody_behind(tmp_path, monkeypatch):
    stranger = Stranger(tmp_path, gdp=SLEEP)
    invite(monkeypatch, stranger)

    def listener(result):
        raise LookupError("stop")

    with pytest.raises(LookupError):
        run_peers(RUN, "1e-5", on_result=listener)
    assert gone(stranger.pid("rdp"))


def test_only_what_is_installed_is_asked(monkeypatch):
    monkeypatch.setattr(peers, "PEER_METHODS", {"no_such_package": {"no_such_package.x": "upper"}})
    assert peers.installed() == []
    assert run_peers(RUN, "1e-5") == []


CALLER = """
from dpaccount.interop import peers
peers.PEER_METHODS = {"opacus": dict.fromkeys(["opacus.rdp", "opacus.gdp"], "upper")}
peers.run_peers([peers.PeerPhase("gaussian", 1.0, 0.1, 1)], "1e-5", time_limit=%s, deadline=60)
"""
COMMAND = [
    *["-m", "dpaccount", "compare", "--noise-multiplier", "1", "--sample-rate", "0.1"],
    *["--steps", "1", "--delta", "1e-5", "--json"],
]


def start(stranger, words):
    """A caller in a process of its own, for whom the stranger is Opacus."""
    path = os.pathsep.join([str(stranger.folder), *filter(None, sys.path)])
    return subprocess.Popen(
        [sys.executable, *words],
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(signal.SIGINT, id="interrupt"),
        pytest.param(signal.SIGKILL, id="kill", marks=pytest.mark.slow),
    ],
)
def test_a_caller_that_is_stopped_leaves_nobody_behind(tmp_path, end):
    stranger = Stranger(tmp_path, rdp=SLEEP, gdp=SLEEP)
    # an interrupt does not wait for the limit; after a kill the limit is all there is
    limit = 60 if end is signal.SIGINT else 2
    caller = start(stranger, ["-c", textwrap.dedent(CALLER % limit)])
    pid = stranger.pid("rdp")
    caller.send_signal(end)
    caller.communicate(timeout=30)
    assert caller.returncode != 0
    # a caller that was killed cannot clean up: the worker ends by its own clock
    assert gone(pid, patience=3.0 if end is signal.SIGINT else 20.0)
    assert not (stranger.package / "gdp.pid").exists()


def test_an_interrupted_command_says_nothing(tmp_path):
    stranger = Stranger(tmp_path, rdp=SLEEP, gdp=SLEEP)
    caller = start(stranger, COMMAND)
    pid = stranger.pid("rdp")
    caller.send_signal(signal.SIGINT)
    out, err = caller.communicate(timeout=30)
    assert caller.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    assert gone(pid, patience=3.0)
    # the next method was not asked
    assert not (stranger.package / "gdp.pid").exists()
