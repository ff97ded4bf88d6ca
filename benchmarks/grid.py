"""The grid at its own width against dp-accounting's at its default, a new run in each call."""

from __future__ import annotations

from collections.abc import Iterator

from certified_budget import grid as theirs
from measure import Result, make_sure, side_by_side
from workloads import RUNS, Workload, varied

import dpaccount as dpa

_WIDER = 1e-3  # what the claim allows our upper end to be above theirs, relatively


def ours(workload: Workload) -> dpa.Bound:
    return dpa.epsilon(workload.run, workload.delta, method="pld")


def results() -> Iterator[Result]:
    for name, workload in RUNS.items():
        upper = ours(workload).upper
        make_sure(
            upper is not None and upper <= theirs(workload) * (1 + _WIDER), f"width of {name}"
        )
        yield side_by_side(
            f"pld on {name}: both ends take no longer than dp-accounting's upper one, at most .1 % "
            "wider (default grids)",
            varied(workload, ours),
            varied(workload, theirs),
            limit=1.0,
            rounds=7,
        )
