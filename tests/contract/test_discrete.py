"""Losses of single values: certified sums against enumeration, and whole pipelines."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from functools import lru_cache

import pytest
from contract.cases import ADJACENCIES, ask
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from privacy_loss.test_discrete import BASES, pair
from properties.oracles import hockey_responses

import dpaccount as dpa
from dpaccount import Trust
from dpaccount.accounting import METHODS
from dpaccount.adjacency import Direction
from dpaccount.theorems import all_theorems

THEORIES = ["rdp", "zcdp", "gdp", "closed_form", "closed_form.exact_basic", "best", "lattice"]


_TINY = mpf(10) ** -34  # probabilities below it are left out of the truth


def rows(base, rate, direction):
    """Loss, and probability under the numerator, of each output; what is infinite apart."""
    numerator, denominator = pair(base, rate, Direction(direction))
    both = zip(numerator, denominator, strict=True)
    finite = [(mp.log(a / b), a) for a, b in both if a > _TINY and b]
    return finite, mp.fsum(a for a, b in zip(numerator, denominator, strict=True) if not b)


@lru_cache(maxsize=64)
def sums_of(parts, direction):
    """Every sum of losses with its probability, and the probability of an infinite one."""
    sums, kept = {mpf(0): mpf(1)}, mpf(1)
    for base, rate, steps in parts:
        finite, infinite = rows(base, rate, direction)
        for _ in range(steps):
            kept *= 1 - infinite
            again = {}
            for (loss, mass), (more, chance) in itertools.product(sums.items(), finite):
                at = mp.nint((loss + more) * mpf(10) ** 30) / mpf(10) ** 30
                again[at] = again.get(at, 0) + mass * chance
            sums = {loss: mass for loss, mass in again.items() if mass > _TINY}
    return sums, 1 - kept


def truth(parts, direction, eps):
    """Delta of a run of (base, rate, steps) by going through every sum of losses."""
    sums, infinite = sums_of(tuple(parts), direction)
    total = mp.fsum(m * -mp.expm1(eps - loss) for loss, m in sums.items() if loss > eps)
    return infinite + total


def run_of(parts):
    return dpa.Composed(
        tuple(dpa.SelfComposed(dpa.PoissonSubsampled(b, q), t) for b, q, t in parts)
    )


RUNS = {
    "responses": [(BASES["response"], "1", 7)],
    "five answers": [(BASES["five answers"], "1", 4)],
    "pure": [(BASES["pure"], "1", 6)],
    "two guarantees": [(dpa.PureDP("0.1"), "1", 4), (dpa.PureDP("0.25"), "1", 3)],
    "no common unit": [(dpa.PureDP("0.1"), "1", 4), (BASES["response"], "1", 3)],
    "geometric": [(BASES["wide geometric"], "1", 3)],
    "geometric and pure": [(BASES["wide geometric"], "1", 2), (BASES["pure"], "1", 3)],
    "gaussian": [(BASES["gaussian"], "1", 1)],
    "narrow gaussians": [(BASES["narrow gaussian"], "1", 3)],
    "gaussian and pure": [(BASES["narrow gaussian"], "1", 1), (BASES["pure"], "1", 2)],
    "sampled pure": [(BASES["pure"], "0.3", 5)],
    "sampled twice": [(BASES["pure"], "0.3", 3), (BASES["pure"], "0.1", 2)],
    "sampled answers": [(BASES["five answers"], "0.3", 3)],
    "sampled gaussian": [(BASES["gaussian"], "0.3", 1)],
    "sampled and not": [(BASES["narrow gaussian"], "0.3", 1), (BASES["response"], "1", 3)],
    "failing": [(BASES["promised"], "1", 3), (BASES["pure"], "1", 2)],
    "only failing": [(BASES["only failing"], "1", 2)],
    "failing on a sample": [(BASES["promised"], "0.3", 2)],
}
each = pytest.mark.parametrize("parts", RUNS.values(), ids=RUNS.keys())
EPSILONS = ["-2", "-0.1", "0", "0.07", "0.5", "1.1", "2.3"]


@each
@pytest.mark.parametrize("direction", ["remove", "add"])
def test_delta_holds_the_truth_between_two_ends_that_meet(parts, direction):
    curve = dpa.profile(run_of(parts), method="lattice", adjacency=direction)
    with mp.workdps(40):
        for eps in EPSILONS:
            bound, exact = curve.delta(eps), truth(parts, direction, mpf(eps))
            assert bound.lower <= exact * (1 + mpf(10) ** -25) + mpf(10) ** -28
            assert bound.upper >= exact * (1 - mpf(10) ** -25) - mpf(10) ** -28
            assert bound.upper - bound.lower <= 1e-12 * bound.upper
            assert bound.trust.is_guarantee


@each
@pytest.mark.parametrize("direction", ["remove", "add"])
@pytest.mark.parametrize("delta", ["0.3", "0.02", "1e-4"])
def test_epsilon_is_where_delta_is_met(parts, direction, delta):
    bound = dpa.epsilon(run_of(parts), delta, method="lattice", adjacency=direction)
    with mp.workdps(40):
        infinite = truth(parts, direction, mpf(200))
        if infinite > mpf(delta):
            assert bound.lower == bound.upper == math.inf
            return
        assert bound.upper - bound.lower <= 1e-12 * max(bound.upper, 1e-3)
        assert truth(parts, direction, mpf(bound.upper)) <= mpf(delta) * (1 + mpf(10) ** -25)
        if bound.lower > 0:
            assert truth(parts, direction, mpf(bound.lower)) >= mpf(delta) * (1 - mpf(10) ** -25)


@given(
    eps=st.fractions("0.02", 2, max_denominator=50),
    other=st.fractions("0.02", 2, max_denominator=50),
    steps=st.integers(1, 12),
    more=st.integers(0, 5),
    target=st.floats(-3, 6),
)
@settings(max_examples=60, deadline=None)
def test_the_optimal_composition_of_unequal_guarantees(eps, other, steps, more, target):
    run = dpa.Composed((
        dpa.SelfComposed(dpa.PureDP(eps), steps), dpa.SelfComposed(dpa.PureDP(other), more),
    ))  # fmt: skip
    bound = dpa.delta(run, target, method="lattice")
    with mp.workdps(40):
        groups = [(mpf(x.numerator) / x.denominator, t) for x, t in ((eps, steps), (other, more))]
        exact = hockey_responses(groups, mpf(target))
    assert bound.lower <= exact * (1 + mpf(10) ** -25)
    assert bound.upper >= exact * (1 - mpf(10) ** -25)


def test_a_million_responses_by_two_binomial_tails():
    run = dpa.SelfComposed(dpa.RandomizedResponse("0.501"), 10**6)
    with mp.workdps(40):
        eps = mp.log(mpf("0.501") / mpf("0.499"))

        def tail(wins, p):
            term = mp.exp(mp.loggamma(10**6 + 1) - mp.loggamma(wins + 1)
                          - mp.loggamma(10**6 - wins + 1)
                          + wins * mp.log(p) + (10**6 - wins) * mp.log1p(-p))  # fmt: skip
            total = mpf(0)
            for won in range(wins, wins + 9000):  # 18 standard deviations
                total += term
                term *= (10**6 - won) * p / ((won + 1) * (1 - p))
            return total

        for wins in (500_500, 503_000):
            target = (2 * wins - 10**6) * eps
            exact = tail(wins + 1, mpf("0.501")) - mp.exp(target) * tail(wins + 1, mpf("0.499"))
            bound = dpa.delta(run, str(target), method="lattice")
            assert bound.lower * (1 - 1e-9) <= exact <= bound.upper * (1 + 1e-9)
            assert bound.upper <= bound.lower * (1 + 1e-9)


@each
@pytest.mark.parametrize("method", [m for m in METHODS if m != "gdp_clt"])
def test_every_theory_that_answers_agrees(parts, method):
    run = run_of(parts)
    for adjacency in ADJACENCIES:
        certified = dpa.epsilon(run, "0.01", method="lattice", adjacency=adjacency)
        bound = ask("epsilon", "0.01", run, method, adjacency)
        if bound is not None:
            assert bound.upper >= certified.lower
            assert bound.lower is None or bound.lower <= certified.upper
            assert set(bound.theorems) <= set(all_theorems())
        for eps in (-1, 0, 0.4):
            found, exact = ask("delta", eps, run, method, adjacency), None
            if found is not None:
                exact = dpa.delta(run, eps, method="lattice", adjacency=adjacency)
                assert found.upper >= exact.lower
                assert found.lower is None or found.lower <= exact.upper


RELEASES = st.one_of(
    st.fractions("0.02", 3, max_denominator=50).map(dpa.PureDP),
    st.builds(dpa.RandomizedResponse, st.fractions("0.6", "0.98", max_denominator=50),
              st.integers(2, 5)),
    st.builds(dpa.DiscreteLaplace, st.fractions("0.2", 5, max_denominator=10), st.integers(1, 6)),
    st.builds(dpa.DiscreteGaussian, st.fractions("0.2", 5, max_denominator=10), st.integers(1, 4)),
    st.builds(dpa.ApproximateDP, st.fractions(0, 2, max_denominator=9), st.just("1e-7")),
)  # fmt: skip
PARTS = st.tuples(RELEASES, st.sampled_from(["1", "1", "0.2", "0.01"]), st.integers(1, 4))


@given(
    parts=st.lists(PARTS, min_size=1, max_size=3),
    delta=st.sampled_from(["0.3", "1e-3", "1e-6"]),
    adjacency=st.sampled_from(ADJACENCIES),
)
@settings(max_examples=15, deadline=None)
def test_any_pipeline(parts, delta, adjacency):
    run = run_of(parts)
    answers = {m: ask("epsilon", delta, run, m, adjacency) for m in THEORIES}
    known = [b for b in answers.values() if b is not None]
    if not known:  # a few things can be described that no theory covers
        assert any(isinstance(b, dpa.ApproximateDP) and q != "1" for b, q, _ in parts)
        return
    assert max(b.lower or 0.0 for b in known) <= min(b.upper for b in known)
    best, exact = answers["best"], answers["lattice"]
    assert best.upper <= min(b.upper for b in known) * (1 + 1e-12)
    if exact is None or exact.upper == math.inf:
        return
    assert best.method in ("lattice", "best")
    assert exact.upper - exact.lower <= 1e-11 * exact.upper
    for eps in (exact.upper, exact.lower):  # there and back
        back = dpa.delta(run, eps, method="lattice", adjacency=adjacency)
        if eps > 0:
            assert float(delta) == pytest.approx(back.upper, rel=1e-9)
    less = ask("epsilon", delta, run_of(parts[1:]), "lattice", adjacency)
    assert less is None or less.lower <= exact.upper


@each
def test_the_default_is_the_certified_sum(parts):
    bound = dpa.epsilon(run_of(parts), "0.01")
    assert bound.method == ("best" if parts == RUNS["only failing"] else "lattice")
    assert bound.trust is Trust.CERTIFIED
    sides = [dpa.epsilon(run_of(parts), "0.01", adjacency=side) for side in ("remove", "add")]
    assert (bound.lower, bound.upper) == (
        max(side.lower for side in sides), max(side.upper for side in sides)
    )  # fmt: skip


@pytest.mark.parametrize("method", THEORIES)
def test_what_stands_behind_a_pair_is_cited(method):
    for name, base in BASES.items():
        bound = ask("epsilon", "0.2", base, method)
        if bound is None:
            assert method in ("gdp", "closed_form", "closed_form.exact_basic")
            assert "gaussian" in name
            continue
        if isinstance(base, dpa.ApproximateDP):
            assert {"dp.failure", "pair.approximate_dp"} <= set(bound.theorems)
        elif method in ("rdp", "lattice"):
            assert base.privacy_loss(Direction.ADD).pair in bound.theorems
    sampled = dpa.PoissonSubsampled(BASES["pure"], "0.5")
    assert ("pair.poisson" in dpa.epsilon(sampled, "0.2", method=method).theorems) == (
        method in ("rdp", "lattice", "best")
    )


def test_an_approximate_guarantee_at_its_own_delta():
    one = dpa.ApproximateDP("0.5", "1e-6")
    for method in ("best", "lattice", "rdp", "closed_form"):
        assert dpa.epsilon(one, "1e-6", method=method).upper == pytest.approx(0.5, rel=1e-12)
        assert dpa.epsilon(one, "0.99e-6", method=method).upper == math.inf
    assert dpa.epsilon(one, "0.99e-6").lower == math.inf
    twice = dpa.SelfComposed(one, 2)
    least = 1 - (1 - Fraction(1, 10**6)) ** 2
    assert dpa.epsilon(twice, least).upper == pytest.approx(1.0, rel=1e-12)
    assert dpa.epsilon(twice, least - Fraction(1, 10**30)).lower == math.inf


@pytest.mark.parametrize("steps", [10, 10**6, 10**12])
def test_failures_of_many_steps(steps):
    run = dpa.Composed((
        dpa.SelfComposed(dpa.ApproximateDP(0, "1e-15"), steps), dpa.Gaussian(1),
    ))  # fmt: skip
    lost = -math.expm1(steps * math.log1p(-1e-15))
    for method in ("best", "rdp", "gdp"):
        found = dpa.delta(run, 1, method=method)
        alone = dpa.delta(dpa.Gaussian(1), 1, method=method)
        assert found.upper == pytest.approx(alone.upper + lost * (1 - alone.upper), rel=1e-12)
        assert dpa.delta(run, 1000, method=method).lower >= lost * (1 - 1e-12)
    least = dpa.epsilon(run, "1e-5", method="best")
    if lost < 1e-5:
        inner = dpa.epsilon(dpa.Gaussian(1), 1e-5 - lost)
        assert least.lower * (1 - 1e-9) <= inner.upper
        assert inner.lower <= least.upper * (1 + 1e-9)
    else:
        assert least.lower == math.inf


def test_a_pipeline_of_training_and_releases():
    training = dpa.DPSGD(noise_multiplier="1.1", sampling_rate="0.01", steps=1000)
    releases = (dpa.PureDP("0.5"), dpa.DiscreteGaussian(3), dpa.RandomizedResponse("0.75"))
    whole = dpa.Composed((training, *releases))
    bound = dpa.epsilon(whole, "1e-5")
    parts = [dpa.epsilon(part, "1e-5") for part in whole.mechanisms]
    assert bound.upper >= max(part.upper for part in parts)
    assert bound.upper <= sum(dpa.epsilon(part, "2.5e-6").upper for part in whole.mechanisms)
    failing = dpa.Composed((whole, dpa.ApproximateDP(0, "1e-7")))
    assert bound.upper < dpa.epsilon(failing, "1e-5").upper < bound.upper * 1.01


def test_training_with_a_step_that_may_fail_stays_certified():
    training = dpa.DPSGD(noise_multiplier="1.1", sampling_rate="0.01", steps=1000)
    run = dpa.Composed((training, dpa.ApproximateDP(0, "5e-6")))
    bound, alone = dpa.epsilon(run, "1e-5"), dpa.epsilon(training, "5e-6")
    assert bound.trust is Trust.CERTIFIED
    assert bound.method == "saddlepoint"
    assert bound.upper == pytest.approx(alone.upper, rel=1e-4)
    assert bound.lower <= bound.upper <= bound.lower * (1 + 1e-9)
    with pytest.raises(dpa.Unsupported):  # a certificate knows no failures
        dpa.certify(run, "1e-5")


@pytest.mark.parametrize(
    ("run", "pure"),
    [
        (dpa.SelfComposed(dpa.PureDP("0.1"), 10**15), 1e14),
        (dpa.SelfComposed(dpa.PureDP("0.1"), 4000), 400.0),  # more than its table keeps
        (dpa.RandomizedResponse("0.9", 10), math.log(81)),
        (dpa.SelfComposed(dpa.DiscreteLaplace("0.5", 3), 4), 8.0),
        (dpa.Composed((dpa.PureDP("0.1"), dpa.RandomizedResponse("0.75"))), 0.1 + math.log(3)),
        (dpa.PoissonSubsampled(dpa.PureDP(1), "0.1"), math.log1p(0.1 * math.expm1(1))),
    ],
    ids=["pure", "long", "responses", "geometric", "two", "sampled"],
)
@pytest.mark.parametrize("method", ["best", "rdp", "lattice", "closed_form"])
def test_delta_zero_costs_the_sum_of_the_largest_losses(run, pure, method):
    bound = ask("epsilon", 0, run, method)
    if bound is None:
        assert method == "lattice"
        assert pure == 1e14
        return
    assert pure * (1 - 1e-14) <= bound.upper <= pure * (1 + 1e-11)
    assert ask("delta", pure * (1 + 1e-9), run, method).upper <= 1e-300


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "run",
    [dpa.DiscreteGaussian(1), dpa.ApproximateDP(1, "1e-9"),
     dpa.PoissonSubsampled(dpa.ApproximateDP(1, "1e-9"), "0.1"),
     dpa.Composed((dpa.PureDP(1), dpa.Gaussian(1)))],
    ids=["discrete gaussian", "promised", "sampled", "mixed"],
)  # fmt: skip
def test_delta_zero_is_refused_where_the_loss_is_unbounded(run, method):
    with pytest.raises(dpa.DPAccountError):
        dpa.epsilon(run, 0, method=method)


@pytest.mark.parametrize(
    ("run", "word"),
    [
        (dpa.Gaussian(1), "Gaussian"),
        (dpa.SelfComposed(dpa.Laplace("0.001"), 10**9), "losses of"),
        (dpa.SelfComposed(dpa.PoissonSubsampled(dpa.DiscreteGaussian(1), "0.1"), 50), "no grid"),
        (dpa.SelfComposed(dpa.DiscreteGaussian(30, 40), 10**6), "values"),
        (dpa.DiscreteGaussian("1e7"), "values"),
        (dpa.SelfComposed(dpa.PureDP(10), 10**9), "losses of"),
        (dpa.Composed(tuple(dpa.SelfComposed(dpa.RandomizedResponse(f"0.{p}"), 99)
                            for p in (6, 7, 8, 9))), "no grid"),
    ],
    ids=["gaussian", "laplace", "sampled", "long", "wide", "large", "no grid"],
)  # fmt: skip
def test_what_is_too_much_is_refused_and_has_another_answer(run, word):
    with pytest.raises(dpa.Unsupported, match=word):
        dpa.epsilon(run, "1e-5", method="lattice")
    assert dpa.epsilon(run, "1e-5").upper < math.inf


def test_replacing_a_record():
    for run in (dpa.PureDP(1), dpa.RandomizedResponse("0.75"), dpa.ApproximateDP(1, "1e-3")):
        found = dpa.epsilon(run, "1e-2", adjacency="replace_one")
        assert found.upper == dpa.epsilon(run, "1e-2").upper
    for kind in (dpa.DiscreteGaussian, dpa.DiscreteLaplace):
        replaced = dpa.epsilon(kind(4, 3), "1e-2", adjacency="replace_one")
        assert replaced.upper == dpa.epsilon(kind(2, 6), "1e-2").upper


def test_what_an_attacker_can_reach():
    curve = dpa.profile(dpa.SelfComposed(dpa.PureDP("0.5"), 2))
    with mp.workdps(40):
        win = 1 / (1 + mp.exp(mpf("-0.5")))
    # the best test at false positive rate (1 - win)^2 says yes at the two wins only
    bound = curve.tpr(str((1 - win) ** 2))
    assert bound.lower * (1 - 1e-9) <= win**2 <= bound.upper
    assert bound.upper <= win**2 * (1 + 1e-9)
    assert curve.advantage().upper == pytest.approx(float(2 * win - 1), rel=1e-12)
    shown = dpa.profile(dpa.Composed((dpa.PureDP("0.5"), dpa.ApproximateDP(0, "0.01"))))
    assert shown.tpr(0).upper >= 0.01
    assert shown.reconstruction("0.001").upper >= 0.01
    assert shown.gdp_mu().upper == math.inf


@pytest.mark.parametrize("method", ["lattice", "best", "rdp"])
@pytest.mark.parametrize(
    "values",
    [[dpa.SelfComposed(dpa.PureDP("0.1"), t) for t in (1, 2, 5, 30, 200, 4000)],
     [dpa.DiscreteGaussian(s) for s in ("40", "5", "2", "1", "0.5", "0.2")],
     [dpa.RandomizedResponse(p) for p in ("0.5001", "0.6", "0.8", "0.99", "0.999999")],
     [dpa.PoissonSubsampled(dpa.PureDP(1), q) for q in ("1e-9", "0.01", "0.3", "0.999", 1)]],
    ids=["steps", "noise", "truth", "rate"],
)  # fmt: skip
def test_more_costs_more(values, method):
    found = [dpa.epsilon(run, "1e-7", method=method).upper for run in values]
    assert all(b >= a * (1 - 1e-9) for a, b in itertools.pairwise(found))


@pytest.mark.parametrize("eps", ["1e149", "-1e149", "1e-150", "700.5", "-700.5"])
def test_any_epsilon_has_its_delta(eps):
    for run in (dpa.PureDP("1e-100"), dpa.PureDP("1e8"), dpa.DiscreteGaussian("0.001"),
                dpa.SelfComposed(dpa.PoissonSubsampled(dpa.PureDP("1e-200"), "0.1"), 3),
                dpa.SelfComposed(dpa.RandomizedResponse("0.9"), 1000),
                dpa.SelfComposed(dpa.ApproximateDP("0.5", "1e-300"), 10**4)):  # fmt: skip
        for adjacency in ("add", "remove"):
            bound = dpa.delta(run, eps, adjacency=adjacency)
            assert 0.0 <= bound.lower <= bound.upper <= 1.0
            assert bound.upper - bound.lower <= 1e-9 * bound.upper + 1e-300


@pytest.mark.parametrize("delta", ["0.999999", "1e-30", "1e-300", "1e-3000"])
def test_any_delta_has_its_ends(delta):
    for run in (dpa.SelfComposed(dpa.PureDP("0.1"), 50), dpa.DiscreteGaussian(2, 3),
                dpa.PoissonSubsampled(dpa.DiscreteLaplace("0.5"), "1e-6")):  # fmt: skip
        bound = dpa.epsilon(run, delta, method="lattice")
        assert 0.0 <= bound.lower <= bound.upper < math.inf
        assert bound.upper - bound.lower <= 1e-12 * bound.upper
