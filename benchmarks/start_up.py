"""Importing costs little, and the command line answers before others have been imported."""

from __future__ import annotations

from collections.abc import Iterator

from measure import Result, process, side_by_side

BUDGET = """
from dpaccount.cli import main
run = "--noise-multiplier 1.1 --sample-rate 256/60000 --steps 14063 --delta 1e-5"
assert main(["budget", *run.split()]) == 0
"""
OPACUS = """
from opacus.accountants import RDPAccountant
accountant = RDPAccountant()
accountant.history = [(1.1, 256 / 60000, 14063)]
print(accountant.get_epsilon(1e-5))
"""


def results() -> Iterator[Result]:
    yield side_by_side(
        "`import dpaccount` takes at most twice as long as `import numpy` (whole processes)",
        process("import dpaccount"),
        process("import numpy"),
        limit=2.0,
        rounds=7,
    )
    yield side_by_side(
        "`dpaccount budget` takes a fifth of a process that asks Opacus's RDP accountant",
        process(BUDGET),
        process(OPACUS),
        limit=1 / 5,
        rounds=5,
    )
