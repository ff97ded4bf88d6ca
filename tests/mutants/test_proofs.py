"""Every change of a formula is refused by each Python part of its theorem's proof."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutants.generate import mutants

from dpaccount.proving import NotProved
from dpaccount.proving.parts import NAMES, attempt, load

PROOFS = Path(__file__).parents[2] / "proofs"

#: Changes of a formula that do not change its value over the reals, and why.
EQUIVALENT = {
    "dp.moments_integer: 0 to 1": "the two ways to write the logarithm agree on both sides",
    "dp.moments_integer: log_excess > 0 to log_excess <= 0": "likewise: floats overflow sooner",
    "dp.moments_integer: max to min": "any term may be taken out: floats overflow sooner",
    "dp.optimal_homogeneous: 1 to 2": "one more term, whose binomial coefficient is 0",
    "rdp.mixture: 600 to 601": "the two ways to write the logarithm agree on both sides",
}


def parts(theorem_id):
    folder = PROOFS / theorem_id.replace(".", "/")
    return [folder / name for name in NAMES if (folder / name).is_file()]


EVERY = [
    (mutant, part)
    for mutant in mutants()
    if "assumption" not in mutant.what
    for part in parts(mutant.theorem.id)
]
LOADED = {part: load(part) for _, part in EVERY}


def proves(mutant, part):
    try:
        attempt(LOADED[part], mutant.theorem)
    except NotProved:
        return False
    return True


def named(value):
    return getattr(value, "name", "")


@pytest.mark.parametrize(
    ("mutant", "part"), [pair for pair in EVERY if pair[0].name not in EQUIVALENT], ids=named
)
@pytest.mark.filterwarnings("ignore")  # a mutant may overflow
def test_mutant_is_not_proved(mutant, part):
    assert not proves(mutant, part)


@pytest.mark.parametrize(
    ("mutant", "part"), [pair for pair in EVERY if pair[0].name in EQUIVALENT], ids=named
)
def test_equivalent_is_proved(mutant, part):
    assert proves(mutant, part)


def test_the_list_of_equivalents_is_current():
    assert {mutant.name for mutant, _ in EVERY} >= set(EQUIVALENT)
