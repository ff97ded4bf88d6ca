"""What an attack shows, by laws whose chances are known exactly."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.gdp import quantile
from properties.oracles import log_uniform, weight_pairs
from properties.registry import checks
from properties.risk import exact_delta, exact_law

from dpaccount.attacks.rates import Rate


def binomial(trials, chance):
    return [
        math.comb(trials, i) * chance**i * (1 - chance) ** (trials - i) for i in range(trials + 1)
    ]


_chances = st.fractions("1/100", "99/100", max_denominator=100)


@checks(
    "risk.clopper_pearson",
    count=60,
    cases=[{"trials": 1, "successes": 1, "chance": Fraction(1, 20)}],
    trials=st.integers(1, 40),
    successes=st.integers(1, 40),
    chance=_chances,
)
def it_is_the_tail(theorem, trials, successes, chance):
    successes = min(successes, trials)
    truth = sum(binomial(trials, chance)[successes:])
    found = float(theorem(float(chance), successes, trials))
    assert math.isclose(found, truth, rel_tol=1e-9)


@checks(
    "risk.clopper_pearson",
    count=40,
    cases=[{"trials": 30, "chance": Fraction(1, 2), "error": 0.05}],
    trials=st.integers(1, 30),
    chance=_chances,
    error=st.sampled_from([0.5, 0.05, 1e-6]),
)
def it_is_wrong_no_more_often_than_said(theorem, trials, chance, error):
    law = binomial(trials, chance)
    for side in ("lower", "upper"):
        wrong = Fraction(0)
        for successes, share in enumerate(law):
            theorem.require(trials=trials, successes=successes, error=error)
            rate = Rate(successes, trials)
            wrong += share * (
                rate.lower(error) > chance if side == "lower" else rate.upper(error) < chance
            )
        assert wrong <= Fraction(error)


@checks(
    "risk.clopper_pearson",
    cases=[
        {"trials": trials, "successes": successes, "error": error, "holds": holds}
        for trials, successes, error, holds in (
            (1, 0, 0.5, True),
            (5, 5, 1e-300, True),
            (0, 0, 0.5, False),
            (2.5, 1, 0.5, False),
            (5, 6, 0.5, False),
            (5, -1, 0.5, False),
            (5, 1.5, 0.5, False),
            (5, 1, 0, False),
            (5, 1, 1, False),
        )
    ],
)
def it_is_cited_for_counts(theorem, trials, successes, error, holds):
    assert theorem.applies(trials=trials, successes=successes, error=error) is holds


@checks(
    "risk.audit_epsilon",
    count=120,
    pair=weight_pairs,
    event=st.integers(1, 30),
    delta=st.fractions(0, "1/2", max_denominator=50),
)
def it_never_exceeds_the_least_epsilon(theorem, pair, event, delta):
    p, q = map(exact_law, pair)
    inside = [bool(event >> i & 1) for i in range(len(p))]
    reached = sum(a for a, chosen in zip(p, inside, strict=True) if chosen)
    allowed = sum(b for b, chosen in zip(q, inside, strict=True) if chosen)
    if not theorem.applies(reached=reached, allowed=allowed, delta=delta):
        return
    found = theorem(_real(reached), _real(allowed), _real(delta), mp)
    # (eps, delta) holds where delta(eps) <= delta; just below what was found it does not
    factor = (reached - delta) / allowed
    assert abs(found - mp.log(_real(factor))) < mpf(10) ** -40
    assert exact_delta(p, q, factor * Fraction(999, 1000)) > delta


def _real(number):
    return mpf(number.numerator) / number.denominator


@checks(
    "risk.audit_epsilon",
    cases=[
        {"reached": reached, "allowed": allowed, "delta": delta, "holds": holds}
        for reached, allowed, delta, holds in (
            (0.5, 0.5, 0, True),
            (1 - 1e-16, 1e-300, 0.5, True),
            (1, 0.5, 0, False),
            (0, 0.5, 0, False),
            (0.5, 0, 0, False),
            (0.5, 1, 0, False),
            (0.5, 0.5, 0.5, False),
            (0.5, 0.5, -1e-300, False),
        )
    ],
)
def epsilon_is_cited_for_chances(theorem, reached, allowed, delta, holds):
    assert theorem.applies(reached=reached, allowed=allowed, delta=delta) is holds


@checks(
    "risk.audit_mu",
    count=60,
    cases=[{"mu": 1.0, "allowed": 0.5}],
    mu=log_uniform(0.01, 6),
    allowed=log_uniform(1e-6, 0.9),
)
def the_best_test_shows_all_of_mu(theorem, mu, allowed):
    reached = mp.ncdf(quantile(mpf(allowed)) + mpf(mu))
    if not reached < 1 - mpf("1e-12"):
        return
    theorem.require(reached=reached, allowed=allowed)
    found = theorem(float(reached), allowed)
    # one less a float is right to 1e-16, and the quantile's slope there is at most 1/density
    slack = mpf("1e-14") + mpf("1e-15") / mp.npdf(quantile(reached))
    assert abs(mpf(float(found)) - mpf(mu)) <= slack


@checks(
    "risk.audit_mu",
    cases=[
        {"reached": reached, "allowed": allowed, "holds": holds}
        for reached, allowed, holds in (
            (0.5, 0.5, True),
            (1 - 1e-16, 1e-300, True),
            (1, 0.5, False),
            (0, 0.5, False),
            (0.5, 0, False),
            (0.5, 1, False),
        )
    ],
)
def mu_is_cited_for_chances(theorem, reached, allowed, holds):
    assert theorem.applies(reached=reached, allowed=allowed) is holds


_some_chances = st.lists(st.fractions(0, 1, max_denominator=20), min_size=1, max_size=7)


@checks(
    "risk.unequal_trials",
    count=60,
    cases=[{"ceilings": [Fraction(1, 3)], "share": Fraction(1)}],
    ceilings=_some_chances,
    share=st.fractions(0, 1, max_denominator=9),
)
def lower_chances_succeed_no_more_often(theorem, ceilings, share):
    theorem.require(chances=ceilings, successes=len(ceilings))
    # every way in which the trials can end
    truth, less = ([Fraction(0)] * (len(ceilings) + 1) for _ in range(2))
    for ends in itertools.product([0, 1], repeat=len(ceilings)):
        for law, scale in ((truth, Fraction(1)), (less, share)):
            law[sum(ends)] += math.prod(
                scale * b if end else 1 - scale * b for end, b in zip(ends, ceilings, strict=True)
            )
    for successes in range(len(ceilings) + 1):
        found = theorem(successes, ceilings)
        assert found == sum(truth[successes:])
        assert found >= sum(less[successes:])


@checks("risk.unequal_trials", count=20, trials=st.integers(1, 40), chance=_chances)
def equal_trials_are_binomial(theorem, trials, chance):
    law = binomial(trials, chance)
    for successes in (0, 1, trials // 2, trials):
        found = theorem(successes, [float(chance)] * trials)
        assert math.isclose(found, sum(law[successes:]), rel_tol=1e-12)


@checks(
    "risk.unequal_trials",
    cases=[
        {"chances": chances, "successes": successes, "holds": holds}
        for chances, successes, holds in (
            ([0, 1], 0, True),
            ([0.5], 1, True),
            ([0.5], 2, False),
            ([0.5], -1, False),
            ([0.5, 0.5], 0.5, False),
            ([0.5, 1.0000001], 1, False),
            ([-1e-300], 1, False),
        )
    ],
)
def it_is_cited_for_chances_and_counts(theorem, chances, successes, holds):
    assert theorem.applies(chances=chances, successes=successes) is holds
