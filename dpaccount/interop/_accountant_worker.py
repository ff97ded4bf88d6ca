"""One accountant behind a pipe, asked with whatever is handed over, legal or not.

Run as `python -m dpaccount.interop._accountant_worker NAME MEMORY_BYTES`, where NAME is one of
`ADAPTERS` or MODULE:OBJECT. Values go to the accountant as they came, unchecked and unrepaired.
"""

from __future__ import annotations

import faulthandler
import importlib
import importlib.metadata
import inspect
import json
import numbers
import os
import sys
import time
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from dpaccount.interop._peer_worker import _limit_memory

Methods = dict[str, Callable[..., Any]]


def _ours() -> Methods:
    from dpaccount import accounting
    from dpaccount.mechanisms import DPSGD

    def run(noise: Any, rate: Any, steps: Any) -> Any:
        return DPSGD(noise_multiplier=noise, sampling_rate=rate, steps=steps)

    return {
        "epsilon": lambda noise, rate, steps, delta: (
            accounting.epsilon(run(noise, rate, steps), delta).upper
        ),
        "delta": lambda noise, rate, steps, epsilon: (
            accounting.delta(run(noise, rate, steps), epsilon).upper
        ),
    }


def _kept(make: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """Make an accountant of a run once, so that asking twice asks one object twice."""
    last: dict[str, Any] = {}

    def accountant(noise: Any, rate: Any, steps: Any) -> Any:
        key = repr((noise, rate, steps))
        if key not in last:
            made = make(noise, rate, steps)
            last.clear()
            last[key] = made
        return last[key]

    return accountant


def _opacus(kind: str) -> Methods:
    from opacus.accountants import create_accountant

    def make(noise: Any, rate: Any, steps: Any) -> Any:
        accountant = create_accountant(kind)
        accountant.history = [(noise, rate, steps)]
        return accountant

    of = _kept(make)
    return {"epsilon": lambda noise, rate, steps, delta: of(noise, rate, steps).get_epsilon(delta)}


def _google(kind: str) -> Methods:
    from dp_accounting import dp_event

    module = importlib.import_module(f"dp_accounting.{kind}")
    made_by = {"rdp": "RdpAccountant", "pld": "PLDAccountant"}[kind]

    def make(noise: Any, rate: Any, steps: Any) -> Any:
        step = dp_event.PoissonSampledDpEvent(rate, dp_event.GaussianDpEvent(noise))
        return getattr(module, made_by)().compose(dp_event.SelfComposedDpEvent(step, steps))

    of = _kept(make)
    return {
        "epsilon": lambda noise, rate, steps, delta: of(noise, rate, steps).get_epsilon(delta),
        "delta": lambda noise, rate, steps, epsilon: of(noise, rate, steps).get_delta(epsilon),
    }


def _microsoft() -> Methods:
    from prv_accountant import PRVAccountant
    from prv_accountant import privacy_random_variables as prvs

    def accountant(noise: Any, rate: Any, steps: Any, delta_error: float) -> Any:
        variable = (  # it has a variable of its own for no sampling, and refuses rate 1 elsewhere
            prvs.GaussianMechanism(noise_multiplier=noise)
            if rate == 1
            else prvs.PoissonSubsampledGaussianMechanism(
                sampling_probability=rate, noise_multiplier=noise
            )
        )
        return PRVAccountant(
            prvs=[variable], max_self_compositions=[steps], eps_error=0.01, delta_error=delta_error
        )

    def epsilon(noise: Any, rate: Any, steps: Any, delta: Any) -> Any:
        made = accountant(noise, rate, steps, delta / 1000)
        return made.compute_epsilon(delta=delta, num_self_compositions=[steps])[2]

    def delta(noise: Any, rate: Any, steps: Any, epsilon: Any) -> Any:
        made = accountant(noise, rate, steps, 1e-10)
        return made.compute_delta(epsilon=epsilon, num_self_compositions=[steps])[2]

    return {"epsilon": epsilon, "delta": delta}


#: name -> (how it is made, the package that it needs; "" for this one)
ADAPTERS: dict[str, tuple[Callable[[], Methods], str]] = {
    "dpaccount": (_ours, ""),
    "opacus-rdp": (lambda: _opacus("rdp"), "opacus"),
    "opacus-prv": (lambda: _opacus("prv"), "opacus"),
    "opacus-gdp": (lambda: _opacus("gdp"), "opacus"),
    "dp-accounting-pld": (lambda: _google("pld"), "dp_accounting"),
    "dp-accounting-rdp": (lambda: _google("rdp"), "dp_accounting"),
    "prv": (_microsoft, "prv_accountant"),
}


def _foreign(name: str) -> Methods:
    """What MODULE:OBJECT names: a callable, or something with `epsilon` and perhaps `delta`."""
    module, _, path = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    if inspect.isclass(found):
        found = found()
    methods = {kind: getattr(found, kind, None) for kind in ("epsilon", "delta")}
    if methods["epsilon"] is None:
        methods["epsilon"] = found
    methods = {kind: method for kind, method in methods.items() if callable(method)}
    if "epsilon" not in methods:
        raise TypeError(f"{name} is not callable and has no method epsilon")
    return methods  # type: ignore[return-value]  # what is not callable was left out


@lru_cache(1)
def _version(package: str) -> str:
    if not package:
        return str(sys.modules["dpaccount"].__version__)
    return importlib.metadata.version(package.replace("_", "-"))


def _read(value: Any) -> dict[str, Any]:
    """A returned object: its number, and the name of its type where that is none of a number."""
    kind = type(value).__name__
    right = isinstance(value, numbers.Real) and kind not in ("bool", "bool_")
    try:
        return {"value": repr(float(value)), "type": "" if right else kind}
    except Exception:  # a stranger's own method may raise anything
        return {"value": None, "type": kind}


def _answer(methods: Methods, request: dict[str, Any]) -> dict[str, Any]:
    start = time.perf_counter()
    try:
        value = methods[request["ask"]](*request["values"])
    except MemoryError:
        return {"refused": "it ran out of memory"}
    except Exception as error:
        text = " ".join(str(error).split())[:160]
        return {"refused": f"{type(error).__name__}: {text}"}
    return _read(value) | {"seconds": time.perf_counter() - start}


def main(name: str, memory: int) -> None:
    """Import the accountant, say what it can be asked, then answer line by line."""
    # what is asked may print: only this pipe carries answers
    pipe = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    warnings.simplefilter("ignore")
    _limit_memory(memory)
    lines = sys.stdin
    sys.stdin = open(os.devnull)  # noqa: SIM115 - for as long as the process lives
    try:
        make, package = ADAPTERS.get(name, (lambda: _foreign(name), None))
        methods = make()
        version = "" if package is None else _version(package)
    except Exception as error:
        text = " ".join(str(error).split())[:200]
        pipe.write(json.dumps({"error": f"{type(error).__name__}: {text}"}) + "\n")
        return
    pipe.write(json.dumps({"version": version, "can": sorted(methods)}) + "\n")
    own = os.getpid()
    for line in lines:
        request = json.loads(line)
        # if the caller was killed, nobody else stops an accountant that hangs
        faulthandler.dump_traceback_later(request["limit"] + 5.0, exit=True)
        reply = _answer(methods, request)
        # a child that the accountant forked comes back here too; it has no clock to stop, and its
        # answer is told by its process
        if os.getpid() == own:
            faulthandler.cancel_dump_traceback_later()
        pipe.write(json.dumps({"id": request["id"], "pid": os.getpid(), **reply}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
