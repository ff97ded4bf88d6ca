"""Which theorems an enclosure of delta stands on, from the run and the witness alone."""

from __future__ import annotations

from dpaccount.certificates.inversion import is_closed
from dpaccount.certificates.witness import Line, Run
from dpaccount.theorems import dp, gdp, invert, pair

__all__ = ["of_the_run", "of_windows", "stands_on"]


def of_the_run(run: Run) -> set[str]:
    """What the dominating pair of a run stands on."""
    ids = {pair.DIMENSION.id}
    if run.mu_squared:
        ids |= {dp.GAUSSIAN_EXACT.id, gdp.COMPOSITION.id}
    if run.releases:
        ids |= {pair.POISSON_GAUSSIAN.id}
    return ids


def of_windows(line: Line) -> set[str]:
    """What a line's cuts and cores stand on."""
    ids = set()
    if any(grid.cut for grid in line.grids):
        ids |= {invert.CUT.id, invert.WINDOW.id}
    if any(grid.core for grid in line.grids):
        ids |= {invert.CORE.id, invert.WINDOW.id}
    return ids


def stands_on(run: Run, line: Line | None) -> tuple[str, ...]:
    """The ids behind both ends of delta, and so of epsilon, by `inversion`."""
    ids = of_the_run(run)
    if run.releases:  # one release alone has a closed form
        ids |= {invert.ONE_STEP.id, dp.GAUSSIAN_EXACT.id}
        ids |= {invert.ONE_STEP_ADDED.id} if run.add else set()
    if not is_closed(run):  # every enclosure is cut to what holds at once
        ids |= {invert.ONE_PART.id, invert.ALL_PARTS.id, gdp.SAMPLING_NEVER_HURTS.id}
        ids |= {invert.SUPPORT.id} if run.add and not run.mu_squared else set()
    if line is not None:
        ids |= {*invert.LINE, invert.TAYLOR.id} | of_windows(line)
        if invert.CUT.id in ids and not run.add and not run.mu_squared:
            ids |= {invert.FAR.id}
    return tuple(sorted(ids))
