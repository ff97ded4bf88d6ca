"""One package's accountants behind a pipe: a request on a line, an answer on a line.

Run as `python -m dpaccount.interop._peer_worker PACKAGE MEMORY_BYTES`.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import importlib.metadata
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

Phases = list[dict[str, Any]]
Ends = dict[str, float]


def _opacus_history(phases: Phases) -> list[tuple[float, float, int]]:
    if any(phase["kind"] != "gaussian" for phase in phases):
        raise ValueError("Opacus knows Gaussian noise only")
    return [(p["noise_multiplier"], p["sampling_rate"], p["steps"]) for p in phases]


def _opacus(name: str, phases: Phases, delta: float) -> float:
    from opacus.accountants import create_accountant

    accountant = create_accountant(name)
    accountant.history = _opacus_history(phases)
    return float(accountant.get_epsilon(delta))


def opacus_rdp(phases: Phases, delta: float) -> Ends:
    """Opacus's RDP at its default orders."""
    return {"upper": _opacus("rdp", phases, delta)}


def opacus_gdp(phases: Phases, delta: float) -> Ends:
    """Opacus's GDP: the central limit theorem; it looks at one setting only."""
    if len(phases) != 1:
        raise ValueError("Opacus's GDP accountant takes one setting, and would use only the last")
    return {"estimate": _opacus("gdp", phases, delta)}


def opacus_prv(phases: Phases, delta: float) -> Ends:
    """Opacus's PRV: the upper end of an estimate with error 0.01."""
    return {"upper": _opacus("prv", phases, delta)}


def _known(phase: dict[str, Any]) -> None:
    if phase["kind"] not in ("gaussian", "laplace"):
        raise ValueError(f"it is not asked for {phase['kind']}")


def _google_event(phases: Phases) -> Any:
    from dp_accounting import dp_event

    events = []
    for phase in phases:
        _known(phase)
        made = dp_event.GaussianDpEvent if phase["kind"] == "gaussian" else dp_event.LaplaceDpEvent
        event = made(phase["noise_multiplier"])
        if phase["sampling_rate"] < 1:
            event = dp_event.PoissonSampledDpEvent(phase["sampling_rate"], event)
        events.append(dp_event.SelfComposedDpEvent(event, phase["steps"]))
    return dp_event.ComposedDpEvent(events)


def dp_accounting_rdp(phases: Phases, delta: float) -> Ends:
    """Google's RDP at its default orders."""
    from dp_accounting.rdp import RdpAccountant

    accountant = RdpAccountant().compose(_google_event(phases))
    return {"upper": float(accountant.get_epsilon(delta))}


def dp_accounting_pld(phases: Phases, delta: float) -> Ends:
    """Google's PLD: pessimistic on a grid of 1e-4."""
    from dp_accounting.pld import PLDAccountant

    accountant = PLDAccountant().compose(_google_event(phases))
    return {"upper": float(accountant.get_epsilon(delta))}


def prv_accountant_prv(phases: Phases, delta: float) -> Ends:
    """Microsoft's PRV with error 0.01: lower end, estimate, upper end."""
    from prv_accountant import PRVAccountant
    from prv_accountant.privacy_random_variables import (
        GaussianMechanism,
        LaplaceMechanism,
        PoissonSubsampledGaussianMechanism,
    )

    variables, counts = [], []
    for phase in phases:
        _known(phase)
        noise, rate = phase["noise_multiplier"], phase["sampling_rate"]
        if phase["kind"] == "laplace":
            if rate < 1:
                raise ValueError("prv-accountant has no sampled Laplace noise")
            variables.append(LaplaceMechanism(mu=1 / noise))
        elif rate < 1:
            variables.append(
                PoissonSubsampledGaussianMechanism(
                    sampling_probability=rate, noise_multiplier=noise
                )
            )
        else:
            variables.append(GaussianMechanism(noise_multiplier=noise))
        counts.append(phase["steps"])
    accountant = PRVAccountant(
        prvs=variables, max_self_compositions=counts, eps_error=0.01, delta_error=delta / 1000
    )
    lower, estimate, upper = accountant.compute_epsilon(delta=delta, num_self_compositions=counts)
    return {"lower": float(lower), "estimate": float(estimate), "upper": float(upper)}


METHODS: dict[str, Callable[[Phases, float], Ends]] = {
    "opacus.rdp": opacus_rdp,
    "opacus.gdp": opacus_gdp,
    "opacus.prv": opacus_prv,
    "dp_accounting.rdp": dp_accounting_rdp,
    "dp_accounting.pld": dp_accounting_pld,
    "prv_accountant.prv": prv_accountant_prv,
}
#: What each package's first answer needs besides the package itself.
_IMPORTS = {
    "opacus": ["opacus.accountants"],
    "dp_accounting": ["dp_accounting.rdp", "dp_accounting.pld"],
    "prv_accountant": ["prv_accountant.privacy_random_variables"],
}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Answer one request; whatever goes wrong is an answer too."""
    start = time.perf_counter()
    try:
        phases = request["phases"]
        ends = METHODS[request["method"]](phases, request["delta"]) if phases else {"upper": 0.0}
    except MemoryError:
        return {"error": "it ran out of memory"}
    except Exception as error:
        text = " ".join(str(error).split())[:160]
        return {"error": f"{type(error).__name__}: {text}"}
    # NaN and infinities travel as text: JSON has no word for them
    return {name: repr(value) for name, value in ends.items()} | {
        "seconds": time.perf_counter() - start
    }


def _limit_memory(size: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on every system
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def main(package: str, memory: int) -> None:
    """Import the package, say so, then answer line by line."""
    # the peers may print: only this pipe carries answers
    pipe = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    warnings.simplefilter("ignore")
    _limit_memory(memory)
    for name in _IMPORTS[package]:
        importlib.import_module(name)
    version = importlib.metadata.version(package.replace("_", "-"))
    pipe.write(json.dumps({"version": version}) + "\n")
    for line in sys.stdin:
        request = json.loads(line)
        # if the caller was killed, nobody else stops a peer that hangs
        faulthandler.dump_traceback_later(request["limit"] + 5.0, exit=True)
        reply = json.dumps(answer(request))
        faulthandler.cancel_dump_traceback_later()
        pipe.write(reply + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
