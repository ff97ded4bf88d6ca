"""The ceilings of sampled runs from both sides: needs a theory with lower ends for them."""

from __future__ import annotations

import pytest
from ceilings.known import CANDIDATE_PRIORS, GRID, TPR, grid_run

import dpaccount as dpa


def narrow(bound, relative):
    """Whether both ends are known and near each other."""
    return bound.lower is not None and bound.upper <= bound.lower * (1 + relative)


@pytest.mark.parametrize(("direction", "fpr", "true"), TPR)
def test_attack_rates_are_known_from_both_sides(direction, fpr, true):
    bound = dpa.profile(grid_run(GRID[0]), adjacency=direction).tpr(fpr)
    assert narrow(bound, 1e-6)
    assert bound.lower == pytest.approx(true, rel=1e-4)
    assert bound.log_lower <= bound.log_upper <= bound.log_lower + 1e-6


@pytest.mark.parametrize("prior", CANDIDATE_PRIORS)
@pytest.mark.parametrize("row", GRID, ids=str)
def test_reconstruction_is_known_from_both_sides(row, prior):
    bound = dpa.profile(grid_run(row)).reconstruction(prior)
    assert narrow(bound, 1e-6)
    true = row.ceilings[CANDIDATE_PRIORS.index(prior)]
    assert bound.lower == pytest.approx(true, rel=0, abs=5.1e-5)  # four digits are known


def test_the_directions_differ_and_reconstruction_takes_presence():
    # add is worse at 1/2 here, and no ceiling on reconstruction
    run = grid_run(GRID[1])
    remove, add = (dpa.profile(run, adjacency=side).tpr("0.5") for side in ("remove", "add"))
    assert [remove.upper, add.upper] == pytest.approx([0.8697, 0.8847], abs=1e-4)
    both = dpa.profile(run)
    assert both.reconstruction("0.5").upper == pytest.approx(remove.upper, rel=1e-6)
    assert both.tpr("0.5").upper == pytest.approx(add.upper, rel=1e-6)


@pytest.mark.parametrize("fpr", ["1e-3", "1e-6", "1e-9", "1e-12"])
def test_low_rates_keep_their_digits(fpr):
    bound = dpa.profile(grid_run(GRID[0])).tpr(fpr)
    assert narrow(bound, 1e-6)
    assert bound.lower > float(fpr)


def test_the_summary_of_a_sampled_run():
    found = dpa.risk(grid_run(GRID[2]))
    assert all(narrow(bound, 1e-5) for bound in found.bounds)
    moments = dpa.risk(grid_run(GRID[2]), method="rdp")
    for certified, loose in zip(found.bounds, moments.bounds, strict=True):
        assert certified.upper <= loose.upper
