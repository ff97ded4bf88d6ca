"""Changes of what evaluates a line: each makes some witness lead to a false statement."""

from __future__ import annotations

import pytest
from certificates.nasty import FAMILIES
from certificates.trying import missed
from mutants.evaluator import MUTANTS, evaluator

#: Floats of the truth overflow where its allowance is infinite as well; mutants may do anything.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if not m.why], ids=lambda m: m.name)
def test_mutant_is_noticed(mutant):
    wrong = evaluator(mutant)
    assert any(missed(wrong, family) for family in mutant.families)


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.why], ids=lambda m: m.name)
def test_looser_is_not_noticed(mutant):
    looser = evaluator(mutant)
    assert not any(missed(looser, family) for family in mutant.families)


def test_mutants_have_names_of_their_own():
    assert len({m.name for m in MUTANTS}) == len(MUTANTS)
    assert {f for m in MUTANTS for f in m.families} <= set(FAMILIES)
