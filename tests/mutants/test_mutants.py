"""Every change of a formula or of an assumption is noticed by a property of its theorem."""

from __future__ import annotations

import properties.test_properties  # noqa: F401 - importing registers the properties
import pytest
from hypothesis.errors import HypothesisException
from mutants.generate import mutants
from properties.registry import PROPERTIES

from dpaccount.theorems import all_theorems

EVERY = list(mutants())

#: Changes that change nothing, and why.
EQUIVALENT = {
    "dp.optimal_homogeneous: 1 to 2": "one more term, whose binomial coefficient is 0",
    "dp.moments_integer: 0 to 1": "the two ways to write the logarithm agree on both sides",
    "gdp.pure: 1 to 2": "the two ways to write the quantile agree on both sides",
    "rdp.mixture: 600 to 601": "the two ways to write the logarithm agree on both sides",
}


def noticed(mutant):
    """Whether a property fails; a complaint of the test machinery itself does not count."""
    properties = PROPERTIES[mutant.theorem.id]
    # what asks for the edges of a range is quick and stands last
    for prop in reversed(properties) if "assumption" in mutant.what else properties:
        try:
            prop.run(mutant.theorem, repeatable=True)
        except HypothesisException:
            raise
        except Exception:
            return True
    return False


@pytest.mark.parametrize(
    "mutant", [m for m in EVERY if m.name not in EQUIVALENT], ids=lambda m: m.name
)
@pytest.mark.filterwarnings("ignore")  # a mutant may overflow
def test_mutant_is_noticed(mutant):
    assert noticed(mutant)


@pytest.mark.parametrize("mutant", [m for m in EVERY if m.name in EQUIVALENT], ids=lambda m: m.name)
def test_equivalent_is_not_noticed(mutant):
    assert not noticed(mutant)


def test_the_list_of_equivalents_is_current():
    assert {m.name for m in EVERY} >= set(EQUIVALENT)
    assert len({m.name for m in EVERY}) == len(EVERY)


def test_every_formula_and_every_assumption_has_mutants():
    mutated = {m.theorem.id for m in EVERY if "assumption" not in m.name}
    # a bare `sum` or the identity has nothing inside that could be changed but itself
    plain = {"rdp.pure", "leak.span_union"}
    assert {t.id for t in all_theorems().values() if t.formula} - mutated == plain
    for theorem in all_theorems().values():
        for i, _ in enumerate(theorem.assumptions):
            assert any(
                m.theorem.id == theorem.id and f"assumption {i} dropped" in m.name for m in EVERY
            )
