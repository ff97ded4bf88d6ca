"""Other accountants on the same run: each package in a process of its own, under a time limit.

A peer may hang, ask for hundreds of gigabytes or die; none of that reaches the caller. The worker
is a plain child process and not a `multiprocessing` one, which would run the caller's script again.
"""

from __future__ import annotations

import importlib.util
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, Literal

from dpaccount.errors import InputError
from dpaccount.interop.processes import MEMORY_BYTES, Worker

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


@dataclass(frozen=True)
class PeerPhase:
    """`steps` equal steps, as every peer can be told.

    Args:
        kind: "gaussian" or "laplace"; peers refuse the name of anything else.
        noise_multiplier: Noise in units of sensitivity; NaN where there is no such number.
        sampling_rate: Poisson sampling rate in (0, 1]; 1 = no sampling.
        steps: How many.
    """

    kind: str
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
        delta: As text, a decimal or a ratio, handed on as the nearest float.
        time_limit: Seconds that one answer may take.
        deadline: Seconds after which no answer is waited for; 0 or less asks nobody.
        methods: Which to ask; all by default.
        on_result: Called as each answer comes, from a thread.

    Returns:
        One result for each method of each installed package, in the order of `PEER_METHODS`.
    """
    if not time_limit > 0 or math.isnan(deadline):
        raise InputError(
            "time_limit and deadline",
            given=f"{time_limit} and {deadline}",
            allowed="seconds > 0, and seconds",
            advice="give for example 10 and 50",
        )
    end = time.monotonic() + deadline
    near = float(Fraction(delta))
    request = {"phases": [asdict(phase) for phase in phases], "delta": near}

    def ask_package(package: str) -> list[PeerResult]:
        wanted = [m for m in PEER_METHODS[package] if methods is None or m in methods]
        results = []
        if 0.0 < near < 1.0:
            asked = _ask_all(package, wanted, request, time_limit, end, crew)
        else:
            why = "not asked: peers take delta as a float, and this one is none inside (0, 1)"
            asked = (_failed(method, package, "", why) for method in wanted)
        for result in asked:
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


class _Worker(Worker):
    """One package in one process."""

    def __init__(self, package: str) -> None:
        super().__init__("dpaccount.interop._peer_worker", package, str(MEMORY_BYTES))


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
    for name in ("upper", "estimate", "lower"):
        value = answer.get(name)
        ends[name] = end = None if value is None else float(value)
        if name != "upper" and ends["upper"] is not None and end is not None and end < 0:
            ends[name] = end = None  # below an upper end, an error bar may reach under 0
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
