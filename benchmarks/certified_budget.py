"""The certified accountant against the exact accountants of others, a new run in every call."""

from __future__ import annotations

from collections.abc import Iterator

from dp_accounting import dp_event
from dp_accounting.pld import PLDAccountant
from measure import Result, side_by_side
from workloads import RUNS, Workload, varied

import dpaccount as dpa


def balls(workload: Workload) -> dpa.Bound:
    return dpa.epsilon(workload.run, workload.delta, method="saddlepoint")


def floats(workload: Workload) -> dpa.Bound:
    return dpa.epsilon(workload.run, workload.delta, method="saddlepoint.fast")


def grid(workload: Workload) -> float:
    """dp-accounting's PLD at its default grid of 1e-4."""
    event = dp_event.PoissonSampledDpEvent(
        float(workload.rate), dp_event.GaussianDpEvent(workload.sigma)
    )
    accountant = PLDAccountant()
    accountant.compose(dp_event.SelfComposedDpEvent(event, workload.steps))
    return float(accountant.get_epsilon(workload.delta))


def prv(workload: Workload) -> tuple[float, float, float]:
    """prv-accountant with an error of 0.01."""
    from prv_accountant import PRVAccountant
    from prv_accountant.privacy_random_variables import PoissonSubsampledGaussianMechanism

    step = PoissonSubsampledGaussianMechanism(
        noise_multiplier=workload.sigma, sampling_probability=float(workload.rate)
    )
    accountant = PRVAccountant(
        prvs=[step],
        max_self_compositions=[workload.steps],
        eps_error=0.01,
        delta_error=workload.delta / 1000,
    )
    low, estimate, high = accountant.compute_epsilon(
        delta=workload.delta, num_self_compositions=[workload.steps]
    )
    return low, estimate, high


def results() -> Iterator[Result]:
    for name, limit in (("W2", 1 / 5), ("W3", 1 / 5), ("W4", 1 / 5), ("W5", 1.0)):
        workload = RUNS[name]
        times = f"{1 / limit:.0f} times" if limit < 1 else "no"
        yield side_by_side(
            f"balls on {name}: {times} faster than dp-accounting's PLD (default grid)"
            if limit < 1
            else f"balls on {name}: not slower than dp-accounting's PLD (default grid)",
            varied(workload, balls),
            varied(workload, grid),
            limit=limit,
            rounds=9,
        )
    for name in ("W2", "W3", "W4"):
        workload = RUNS[name]
        bound = floats(workload)
        assert bound.details["tier"] == "float64"
        assert bound.lower is not None
        assert bound.upper is not None
        assert bound.upper - bound.lower <= 1e-9 * bound.upper
        yield side_by_side(
            f"fast tier on {name}: 50 times faster than dp-accounting's PLD (default grid)",
            varied(workload, floats),
            varied(workload, grid),
            limit=1 / 50,
            rounds=15,
        )
    workload = RUNS["W4"]
    bound, (low, _, high) = balls(workload), prv(workload)
    assert bound.lower is not None
    assert bound.upper is not None
    narrower = (high - low) / (bound.upper - bound.lower)
    assert narrower >= 1e6, narrower
    yield side_by_side(
        f"balls on W4: 200 times faster than prv-accountant at error .01, and {narrower:.0e} "
        "times narrower",
        varied(workload, balls),
        varied(workload, prv),
        limit=1 / 200,
        rounds=2,
    )
