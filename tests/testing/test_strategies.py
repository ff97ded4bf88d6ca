"""What is drawn is legal; what is drawn outside of a theorem is refused; hypothesis is optional."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest
from architecture.repository import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

import dpaccount as dpa
from dpaccount.testing import strategies as drawn
from dpaccount.theorems import all_theorems

ASSUMING = [t for t in all_theorems().values() if t.assumptions]
by_id = {"ids": lambda theorem: theorem.id}


@given(drawn.runs(), drawn.budgets())
def test_a_run_and_a_budget_are_accounted_for(run, budget):
    target, delta = budget
    bound = dpa.epsilon(run, delta, method="gdp")
    assert bound.upper >= 0
    assert target >= 0
    assert 0 < Fraction(delta) < 1


@given(drawn.mechanisms())
def test_a_mechanism_survives_its_json(mechanism):
    assert dpa.mechanism_from_json(mechanism.to_json()) == mechanism


@given(drawn.noise_multipliers(1, 2), drawn.sampling_rates("0.001", "0.5"), drawn.steps(3))
def test_ranges_are_kept(noise, rate, count):
    assert 1 <= noise <= 2
    assert Fraction("0.001") <= Fraction(rate) <= Fraction("0.5")
    assert 0 <= count <= 3


@pytest.mark.parametrize("theorem", ASSUMING, **by_id)
def test_inside_a_theorem_it_may_be_cited(theorem):
    @settings(max_examples=25, deadline=None)
    @given(drawn.inside(theorem))
    def check(values):
        theorem.require(**values)
        assert values

    check()


@pytest.mark.parametrize("theorem", ASSUMING, **by_id)
def test_outside_a_theorem_it_is_refused(theorem):
    @settings(max_examples=25, deadline=None)
    @given(drawn.outside(theorem))
    def check(values):
        with pytest.raises(dpa.Unsupported, match="it needs"):
            theorem.require(**values)

    check()


def test_a_theorem_that_assumes_nothing_has_no_outside():
    free = next(t for t in all_theorems().values() if not t.assumptions)

    @given(drawn.inside(free))
    def check(values):
        assert values == {}

    check()
    with pytest.raises(dpa.InputError, match="assumptions"):
        drawn.outside(free)


@pytest.mark.parametrize("make", [drawn.inside, drawn.outside])
@pytest.mark.parametrize("bad", [None, "rdp.poisson", 3, st.just(1)])
def test_what_is_no_theorem_is_refused(make, bad):
    with pytest.raises(dpa.InputError, match="theorem"):
        make(bad)


def test_without_hypothesis_the_error_says_what_to_install():
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "import dpaccount, dpaccount.testing\n"
        "try:\n    import dpaccount.testing.strategies\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert "pip install 'dpaccount[testing]'" in done.stdout


def test_the_package_itself_does_not_load_hypothesis():
    code = "import sys, dpaccount, dpaccount.testing; print('hypothesis' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout == "False\n"
