"""One RDP budget takes at most as long as Opacus's, with all real orders instead of a list."""

from __future__ import annotations

from collections.abc import Iterator

from measure import Result, side_by_side
from opacus.accountants import RDPAccountant
from workloads import RUNS, Workload

import dpaccount as dpa
from dpaccount.accountants import orders


def ours(workload: Workload) -> dpa.Bound:
    orders.forget()  # moments are kept from call to call; a first call is what is claimed
    return dpa.epsilon(workload.run, workload.delta, method="rdp")


def theirs(workload: Workload) -> float:
    accountant = RDPAccountant()
    accountant.history = [(workload.sigma, float(workload.rate), workload.steps)]
    return float(accountant.get_epsilon(workload.delta))


def results() -> Iterator[Result]:
    for name, workload in RUNS.items():
        yield side_by_side(
            f"rdp on {name} takes no longer than Opacus's RDP",
            lambda workload=workload: ours(workload),
            lambda workload=workload: theirs(workload),
            limit=1.0,
            rounds=25,
        )
