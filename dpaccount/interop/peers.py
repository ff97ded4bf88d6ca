"""Other accountants on the same run: each package in a process of its own, under a time limit.

A peer may hang, ask for hundreds of gigabytes or die; none of that reaches the caller. The worker
is a plain child process and not a `multiprocessing` one, which would run the caller's script again.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["PEER_METHODS", "PeerPhase", "PeerResult", "installed", "run_peers"]

Kind = Literal["upper", "approximation", "estimate with error"]

#: For every package, its methods and what each says of its answer.
PEER_METHODS: dict[str, dict[str, Kind]] = {
    "opacus": {
        "opacus.rdp": "upper",
        "opacus.gdp": "approximation",
        "opacus.prv": "estimate with error",
    },
    "dp_accounting": {"dp_accounting.rdp": "upper", "dp_accounting.pld": "upper"},
    "prv_accountant": {"prv_accountant.prv": "estimate with error"},
}

_AT_ONCE = 2  # packages; each import takes a core for seconds
_MEMORY_BYTES = 8 * 2**30


@dataclass(frozen=True)
class PeerPhase:
    """`steps` equal steps, as every peer can be told.

    Args:
        kind: "gaussian" or "laplace".
        noise_multiplier: Noise in units of sensitivity.
        sampling_rate: Poisson sampling rate in (0, 1]; 1 = no sampling.
        steps: How many.
    """

    kind: Literal["gaussian", "laplace"]
    noise_multiplier: float
    sampling_rate: float
    steps: int


@dataclass(frozen=True)
class PeerResult:
    """What one peer said.

    Args:
        method: Such as "opacus.rdp".
        source: The package.
        version: Its version.
        lower: Lower end of epsilon that it claims.
        upper: Upper end that it claims.
        estimate: A value without a side.
        kind: What it says of its answer.
        status: "ok", "timed out" or "failed".
        message: Why there is no answer.
        seconds: Time that the answer took; the package's import is not counted.
    """

    method: str
    source: str
    version: str
    lower: float | None
    upper: float | None
    estimate: float | None
    kind: Kind
    status: Literal["ok", "timed out", "failed"]
    message: str = ""
    seconds: float | None = None


def installed() -> list[str]:
    """The peers that can be run here."""
    return [package for package in PEER_METHODS if importlib.util.find_spec(package) is not None]


def run_peers(
    phases: Sequence[PeerPhase],
    delta: str,
    *,
    time_limit: float = 10.0,
    deadline: float = 50.0,
    methods: Sequence[str] | None = None,
    on_result: Callable[[PeerResult], None] | None = None,
) -> list[PeerResult]:
    """Ask every installed peer for epsilon; none of them can stop the caller.

    Args:
        phases: The run; empty = nothing that depends on the data.
        delta: As text, handed on as the nearest float.
        time_limit: Seconds that one answer may take.
        deadline: Seconds after which no answer is waited for.
        methods: Which to ask; all by default.
        on_result: Called as each answer comes, from a thread.

    Returns:
        One result for each method of each installed package, in the order of `PEER_METHODS`.
    """
    end = time.monotonic() + deadline
    request = {"phases": [asdict(phase) for phase in phases], "delta": float(delta)}

    def ask_package(package: str) -> list[PeerResult]:
        wanted = [m for m in PEER_METHODS[package] if methods is None or m in methods]
        results = []
        for result in _ask_all(package, wanted, request, time_limit, end, crew):
            results.append(result)
            if on_result:
                on_result(result)
        return results

    with _crew() as crew, ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            answers = [pool.submit(ask_package, package) for package in installed()]
            return [result for answer in answers for result in answer.result()]
        except BaseException:  # an interrupt must not wait for the peers
            pool.shutdown(wait=False, cancel_futures=True)
            crew.dismiss()
            raise


class _Crew:
    """The workers that are alive, so that none outlives the call."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.workers: list[_Worker] = []
        self.dismissed = False

    def hire(self, package: str) -> _Worker | None:
        with self.lock:
            if self.dismissed:
                return None
            worker = _Worker(package)
            self.workers.append(worker)
            return worker

    def dismiss(self) -> None:
        with self.lock:
            self.dismissed = True
            for worker in self.workers:
                worker.kill()


@contextmanager
def _crew() -> Iterator[_Crew]:
    crew = _Crew()
    try:
        yield crew
    finally:
        crew.dismiss()


class _Worker:
    """One package in one process, answering one line with one line."""

    def __init__(self, package: str) -> None:
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dpaccount.interop._peer_worker", package, str(_MEMORY_BYTES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            env=environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self.timed_out = False

    def kill(self) -> None:
        """End the process and whatever it started; harmless if it is gone."""
        try:
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        except ProcessLookupError:
            pass
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):  # bytes that a dead worker will never read
                    pipe.close()

    def _expire(self) -> None:
        self.timed_out = True
        with suppress(ProcessLookupError):
            self.process.kill()

    def read(self, limit: float) -> dict[str, Any] | None:
        """The next line; None if none came within the limit or the worker died."""
        assert self.process.stdout is not None  # by __init__
        timer = threading.Timer(max(limit, 0.0), self._expire)
        timer.start()
        try:
            line = self.process.stdout.readline()
            answer: dict[str, Any] = json.loads(line)
            return answer
        except (OSError, ValueError):
            return None
        finally:
            timer.cancel()

    def ask(self, request: dict[str, Any], limit: float) -> dict[str, Any] | None:
        """Hand over a request and read the answer."""
        assert self.process.stdin is not None  # by __init__
        try:
            self.process.stdin.write(json.dumps(request | {"limit": limit}) + "\n")
            self.process.stdin.flush()
        except OSError:
            return None
        return self.read(limit)


def _ask_all(
    package: str,
    methods: Sequence[str],
    request: dict[str, Any],
    time_limit: float,
    end: float,
    crew: _Crew,
) -> Iterator[PeerResult]:
    """Ask one package's methods in turn; after a kill the next gets a new process."""
    version, worker = "", None
    for method in methods:
        left = end - time.monotonic()
        if worker is None and left > 0:
            worker = crew.hire(package)
            ready = worker.read(left) if worker else None
            if worker and ready is None:
                yield _failed(method, package, version, _death(worker, "its import"))
                worker.kill()
                worker = None
                continue
            version = ready["version"] if ready else version
        left = end - time.monotonic()
        if worker is None or not left > 0:
            yield _late(method, package, version, "not asked: the comparison's time was used up")
            continue
        limit = min(time_limit, left)
        answer = worker.ask({"method": method, **request}, limit)
        if answer is not None:
            yield _result(method, package, version, answer)
            continue
        if worker.timed_out:
            yield _late(method, package, version, f"stopped after {limit:.3g} s")
        else:
            yield _failed(method, package, version, _death(worker, "its answer"))
        worker.kill()
        worker = None
    if worker is not None:
        worker.kill()


def _death(worker: _Worker, what: str) -> str:
    return f"{what} took too long" if worker.timed_out else f"its process died during {what}"


def _late(method: str, package: str, version: str, why: str) -> PeerResult:
    kind = PEER_METHODS[package][method]
    return PeerResult(method, package, version, None, None, None, kind, "timed out", why)


def _failed(method: str, package: str, version: str, why: str) -> PeerResult:
    kind = PEER_METHODS[package][method]
    return PeerResult(method, package, version, None, None, None, kind, "failed", why)


def _result(method: str, package: str, version: str, answer: dict[str, Any]) -> PeerResult:
    """A peer's answer; what is no epsilon is a failure of that peer."""
    if "error" in answer:
        return _failed(method, package, version, str(answer["error"]))
    ends: dict[str, float | None] = {}
    for name in ("lower", "upper", "estimate"):
        value = answer.get(name)
        ends[name] = end = None if value is None else float(value)
        if end is not None and not end >= 0:
            return _failed(method, package, version, f"it answered {value}, which is no epsilon")
    kind = PEER_METHODS[package][method]
    return PeerResult(
        method,
        package,
        version,
        ends["lower"],
        ends["upper"],
        ends["estimate"],
        kind,
        "ok",
        "",
        float(answer["seconds"]),
    )
