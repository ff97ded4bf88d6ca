"""The certified accountant against the exact accountants of others, a new run in every call."""

from __future__ import annotations

from collections.abc import Iterator

from dp_accounting import dp_event
from dp_accounting.pld import PLDAccountant
from measure import Result, make_sure, side_by_side
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
        make_sure(balls(workload).is_narrow(1e-9), f"the width of {name}")
        says = f"{1 / limit:.0f} times faster" if limit < 1 else "not slower"
        yield side_by_side(
            f"balls on {name}: {says} than dp-accounting's PLD (default grid)",
            varied(workload, balls),
            varied(workload, grid),
            limit=limit,
            rounds=9,
        )
    for name in ("W2", "W3", "W4"):
        workload = RUNS[name]
        bound = floats(workload)
        make_sure(bound.details["tier"] == "float64", f"the tier that answers {name}")
        make_sure(bound.is_narrow(1e-9), f"the width of {name}")
        yield side_by_side(
            f"fast tier on {name}: 50 times faster than dp-accounting's PLD (default grid)",
            varied(workload, floats),
            varied(workload, grid),
            limit=1 / 50,
            rounds=15,
            calls=5,
        )
    workload = RUNS["W4"]
    bound, (low, _, high) = balls(workload), prv(workload)
    make_sure(bound.is_narrow(1e-9), "the width of W4")
    narrower = (high - low) / (bound.upper - bound.lower)  # both are there, as it is narrow
    make_sure(narrower >= 1e6, f"a width only {narrower:.0e} times smaller")
    yield side_by_side(
        f"balls on W4: 200 times faster than prv-accountant at error .01, and {narrower:.0e} "
        "times narrower",
        varied(workload, balls),
        varied(workload, prv),
        limit=1 / 200,
        rounds=2,
    )
