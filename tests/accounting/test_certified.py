"""The certified accountant against what must hold of any true bracket, whatever the numbers are."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

import dpaccount as dpa
from dpaccount import Trust
from dpaccount.theorems import all_theorems

TUTORIAL = dpa.DPSGD(noise_multiplier="1.1", sampling_rate="256/60000", steps=14_063)
METHODS = ["saddlepoint", "saddlepoint.fast"]
DIRECTIONS = ["remove", "add"]


def dpsgd(sigma, rate, steps):
    return dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=steps)


def epsilon(run, delta, direction="add_remove", method="saddlepoint"):
    bound = dpa.epsilon(run, delta, adjacency=direction, method=method)
    assert bound.trust is Trust.CERTIFIED or (method.endswith("fast") and bound.trust.is_guarantee)
    assert 0.0 <= bound.lower <= bound.upper < math.inf
    assert set(bound.theorems) <= set(all_theorems())
    return bound


def width(bound):
    return (bound.upper - bound.lower) / bound.upper if bound.upper else 0.0


def overlap(first, second):
    return first.lower <= second.upper and second.lower <= first.upper


def inside(bound, truth):
    """Whether an exact number of mpmath lies between the ends."""
    return mpf(bound.lower) <= truth <= mpf(bound.upper)


@pytest.fixture(autouse=True)
def _digits():
    with mp.workdps(60):
        yield


def gaussian_delta(mu, eps):
    return mp.ncdf(mu / 2 - eps / mu) - mp.exp(eps) * mp.ncdf(-mu / 2 - eps / mu)


def one_step_delta(sigma, rate, eps, direction):
    """One sampled release by the event on which the ratio exceeds e^eps, in its own terms."""
    sigma, rate, eps = mpf(sigma), mpf(rate), mpf(eps)
    ratio = mp.exp(eps) if direction == "remove" else mp.exp(-eps)
    if ratio <= 1 - rate:
        return 1 - mp.exp(eps) if direction == "remove" else mpf(0)
    # the mixture is `ratio` times the plain law there
    x = sigma**2 * mp.log((ratio - (1 - rate)) / rate) + mpf(1) / 2
    if direction == "remove":
        plain, moved = mp.ncdf(-x / sigma), mp.ncdf((1 - x) / sigma)
        return (1 - rate) * plain + rate * moved - mp.exp(eps) * plain
    plain, moved = mp.ncdf(x / sigma), mp.ncdf((x - 1) / sigma)
    return plain - mp.exp(eps) * ((1 - rate) * plain + rate * moved)


# -- one release has a closed form -----------------------------------------------------------------


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("eps", ["-3", "-0.02", "-0.001", "0", "0.004", "0.5", "3", "20"])
@pytest.mark.parametrize(("sigma", "rate"), [("1.1", "0.01"), ("0.4", "0.3"), ("8", "0.001")])
def test_one_step_meets_its_closed_form(sigma, rate, eps, direction):
    bound = dpa.delta(dpsgd(sigma, rate, 1), eps, method="saddlepoint", adjacency=direction)
    truth = one_step_delta(sigma, rate, eps, direction)
    assert bound.trust is Trust.CERTIFIED
    if truth == 0:
        assert (bound.lower, bound.upper) == (0.0, 0.0)
        return
    log_truth = mp.log(truth)
    assert mpf(bound.log_lower) <= log_truth <= mpf(bound.log_upper)
    assert bound.log_upper - bound.log_lower <= 2e-15 * max(1, -bound.log_upper)
    assert inside(bound, truth) or truth < mpf("1e-307")


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("delta", ["0.01", "1e-5", "1e-100", "1e-3000"])
def test_the_epsilon_of_one_step(delta, direction):
    bound = epsilon(dpsgd("0.8", "0.3", 1), delta, direction)
    assert one_step_delta("0.8", "0.3", bound.lower, direction) >= mpf(delta)
    assert one_step_delta("0.8", "0.3", bound.upper, direction) <= mpf(delta)
    assert width(bound) <= 1e-15


@pytest.mark.parametrize("steps", [1, 4, 1000])
@pytest.mark.parametrize("delta", ["0.5", "0.1", "1e-5", "1e-300", "1e-3000"])
def test_rate_one_is_the_gaussian(steps, delta):
    bounds = [
        epsilon(run, delta)
        for run in (
            dpsgd("3", 1, steps),
            dpa.SelfComposed(dpa.Gaussian(3), steps),
            dpa.Composed((dpa.Gaussian(3),) * min(steps, 4) + (dpsgd("3", 1, max(steps - 4, 0)),)),
        )
    ]
    assert bounds[0] == bounds[1] == bounds[2]
    mu = mp.sqrt(steps) / 3
    low, high = (gaussian_delta(mu, mpf(end)) for end in (bounds[0].lower, bounds[0].upper))
    if bounds[0].upper == 0.0:
        assert high <= mpf(delta)
    else:
        assert high <= mpf(delta) <= low
    assert width(bounds[0]) <= 1e-15
    assert bounds[0].details["form"] == "closed"


# -- many steps ------------------------------------------------------------------------------------

RUNS = {
    "tutorial": TUTORIAL,
    "little noise": dpsgd("0.7", "0.01", 1000),
    "few steps": dpsgd("1", "0.1", 12),
    "much noise": dpsgd("30", "0.2", 500),
    "phases": dpa.Composed((dpsgd("1", "0.01", 100), dpsgd("2", "0.05", 60), dpa.Gaussian(8))),
}


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", RUNS)
def test_brackets_of_other_widths_share_the_truth(name, direction):
    bounds = []
    for aim in ("1e-3", "1e-6", "1e-9", "1e-12"):
        curve = dpa.profile(RUNS[name], method=dpa.Saddlepoint(width=aim), adjacency=direction)
        bounds.append(curve.epsilon("1e-6"))
        assert width(bounds[-1]) <= float(aim)
    assert all(overlap(a, b) for a, b in itertools.combinations(bounds, 2))
    # a finer one lies in a coarser one, but for the float at either end
    for coarse, fine in itertools.pairwise(bounds):
        slack = 1e-9 * coarse.upper
        assert coarse.lower - slack <= fine.lower <= fine.upper <= coarse.upper + slack


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", RUNS)
def test_epsilon_and_delta_are_one_curve(name, direction):
    for delta in ("0.01", "1e-8", "1e-30"):
        bound = epsilon(RUNS[name], delta, direction)
        below, above = (
            dpa.delta(RUNS[name], end, method="saddlepoint", adjacency=direction)
            for end in (bound.lower, bound.upper)
        )
        log_delta = math.log(float(delta))
        if bound.upper == 0.0:
            assert above.lower <= float(delta)
            continue
        # delta falls: at the lower end it is at least as large, at the upper at most
        assert below.log_upper >= log_delta - 1e-12
        assert above.log_lower <= log_delta + 1e-12
        assert below.log_upper - above.log_lower <= 1e-3


@pytest.mark.parametrize("method", METHODS)
def test_more_steps_rates_and_less_noise_or_delta_cost_more(method):
    def rising(way, runs, deltas=("1e-6",)):
        bounds = [epsilon(run, d, way, method) for run in runs for d in deltas]
        assert all(a.upper <= b.upper and a.lower <= b.lower for a, b in itertools.pairwise(bounds))
        assert bounds[0].upper < bounds[-1].lower

    for way in DIRECTIONS:
        rising(
            way, [dpsgd(s, "0.01", 400) for s in ("4", "2", "1.4", "1.1", "1.0999", "0.8", "0.6")]
        )
        rising(
            way, [dpsgd("1.1", q, 400) for q in ("0.001", "0.01", "0.010001", "0.03", "0.1", "0.5")]
        )
        rising(way, [dpsgd("1.1", "0.01", t) for t in (10, 50, 400, 401, 5000, 100_000)])
        rising(
            way, [TUTORIAL], ("0.5", "0.1", "1e-3", "1e-5", "0.99e-5", "1e-9", "1e-30", "1e-100")
        )


sigmas = st.fractions("0.5", "10", max_denominator=100)
rates = st.sampled_from(["0.001", "0.01", "256/60000", "0.1", "0.4"])
counts = st.sampled_from([10, 60, 1000, 14_063])
deltas = st.sampled_from(["0.1", "1e-5", "1e-9", "1e-20"])


@given(sigmas, sigmas, rates, rates, counts, deltas, st.sampled_from(DIRECTIONS))
@settings(max_examples=12, deadline=None)
def test_two_runs_of_which_one_costs_more(sigma, other, rate, another, steps, delta, way):
    less = dpsgd(max(sigma, other), min(rate, another, key=Fraction), steps)
    more = dpsgd(min(sigma, other), max(rate, another, key=Fraction), steps + 1)
    assert epsilon(less, delta, way).lower <= epsilon(more, delta, way).upper


def test_a_split_run_is_the_same_run():
    step = dpa.PoissonSubsampled(dpa.Gaussian("1.1"), "0.01")
    whole = dpa.SelfComposed(step, 300)
    for parts in (
        (dpa.SelfComposed(step, 120), dpa.SelfComposed(step, 180)),
        (dpsgd("1.1", "0.01", 299), step),
        (dpsgd("11/10", "1/100", 100),) * 3,
    ):
        assert epsilon(dpa.Composed(parts), "1e-6") == epsilon(whole, "1e-6")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_nearly_equal_phases_cost_nearly_the_same(direction, method):
    whole = epsilon(dpsgd("1.1", "0.01", 300), "1e-6", direction, method)
    for noise, rate in (("1.1000001", "0.01"), ("1.1", "0.0100000001"), ("1.09999999", "0.01")):
        parts = dpa.Composed((dpsgd("1.1", "0.01", 150), dpsgd(noise, rate, 150)))
        bound = epsilon(parts, "1e-6", direction, method)
        assert bound.upper == pytest.approx(whole.upper, rel=1e-5)
        assert bound != whole
        assert width(bound) < 1e-6
    # and they lie between the runs that are all of the one or all of the other
    mixed = dpa.Composed((dpsgd("1.1", "0.01", 150), dpsgd("1.3", "0.02", 150)))
    ends = [epsilon(dpsgd(s, q, 300), "1e-6", direction, method) for s, q in
            (("1.3", "0.01"), ("1.1", "0.02"))]  # fmt: skip
    between = epsilon(mixed, "1e-6", direction, method)
    assert ends[0].upper < between.lower
    assert between.upper < ends[1].lower


@pytest.mark.parametrize("count", [2, 10, 40])
def test_many_nearly_equal_phases(count):
    def of(noise):
        parts = [dpsgd(noise(i), "0.002", 100) for i in range(count)]
        return epsilon(dpa.Composed(tuple(parts)), "1e-5")

    bound = of(lambda i: Fraction(7, 10) + Fraction(i, 3000))
    assert width(bound) < 1e-6
    most = epsilon(dpsgd("0.7", "0.002", 100 * count), "1e-5")
    least = epsilon(dpsgd(Fraction(7, 10) + Fraction(count, 3000), "0.002", 100 * count), "1e-5")
    assert least.lower <= bound.lower <= bound.upper <= most.upper


# -- the loss of adding a record is bounded --------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 7, 1000])
def test_beyond_the_largest_loss_delta_is_exactly_zero(steps):
    run = dpsgd("1.1", "0.01", steps)
    edge = -steps * mp.log(mpf("0.99"))
    free = dpa.epsilon(run, 0, method="saddlepoint", adjacency="add")
    assert inside(free, edge)
    assert width(free) <= 1e-15
    assert free.trust is Trust.CERTIFIED
    for factor in ("1.000000000001", "2", "1e6"):
        beyond = dpa.delta(run, str(edge * mpf(factor)), method="saddlepoint", adjacency="add")
        assert (beyond.lower, beyond.upper) == (0.0, 0.0)
        assert beyond.trust is Trust.CERTIFIED
        assert "invert.support" in beyond.theorems
    before = dpa.delta(run, str(edge * mpf("0.9")), method="saddlepoint", adjacency="add")
    assert before.log_upper > -math.inf
    # no delta is small enough to cost more
    tiny = epsilon(run, "1e-3000", "add")
    assert tiny.upper <= free.upper
    assert tiny.upper > epsilon(run, "1e-30", "add").lower or steps == 1
    assert width(tiny) <= 1e-8 or tiny.details["why_wide"]


def test_the_default_answers_delta_zero_when_a_record_is_added():
    bound = dpa.epsilon(dpsgd("1.1", "0.01", 50), 0, adjacency="add")
    assert bound.method == "saddlepoint"
    assert inside(bound, -50 * mp.log(mpf("0.99")))
    for adjacency in ("remove", "add_remove", "zero_out"):  # the loss is not bounded there
        with pytest.raises(dpa.InputError, match=r"^delta"):
            dpa.epsilon(dpsgd("1.1", "0.01", 50), 0, adjacency=adjacency)
    with_release = dpa.Composed((dpsgd("1.1", "0.01", 50), dpa.Gaussian(100)))
    with pytest.raises(dpa.InputError, match=r"^delta"):
        dpa.epsilon(with_release, 0, adjacency="add")


# -- the whole range -------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    "delta", ["0.999999", "0.5", "0.01", "1e-5", "1e-15", "1e-30", "1e-100", "1e-300"]
)
def test_every_delta(delta, direction):
    bound = epsilon(TUTORIAL, delta, direction)
    assert width(bound) <= 1e-8
    assert bound.upper <= dpa.epsilon(TUTORIAL, delta, method="rdp", adjacency=direction).upper


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_delta_far_beyond_the_floats(direction):
    bound = epsilon(TUTORIAL, "1e-3000", direction)
    assert width(bound) <= 1e-8 or bound.details["why_wide"]
    assert bound.upper > epsilon(TUTORIAL, "1e-300", direction).lower
    # the default is no worse than any theory that it knows
    best = dpa.epsilon(TUTORIAL, "1e-3000", adjacency=direction)
    moments = dpa.epsilon(TUTORIAL, "1e-3000", method="rdp", adjacency=direction)
    assert best.lower <= best.upper <= min(moments.upper, bound.upper)


@pytest.mark.parametrize(
    "run",
    [TUTORIAL, RUNS["few steps"], RUNS["phases"], dpsgd("1.1", "0.1", 1), dpa.Gaussian(2)],
    ids=["tutorial", "few steps", "phases", "one step", "Gaussian"],
)
@pytest.mark.parametrize("eps", ["-40", "-2.5", "-0.3", "-1e-9", "0", "1e-9", "0.3", "2.5", "12"])
def test_each_direction_is_the_reflection_of_the_other(run, eps):
    curves = {
        way: dpa.profile(run, method="saddlepoint", adjacency=way) for way in ("add", "remove")
    }
    for one, other in (("add", "remove"), ("remove", "add")):
        here, there = curves[one].delta(eps), curves[other].delta(str(-Fraction(eps)))
        factor = mp.exp(mpf(eps))
        low, high = (1 - factor + factor * mpf(end) for end in (there.lower, there.upper))
        assert mpf(here.lower) <= high
        assert low <= mpf(here.upper)
        # neither is below what every pair costs
        assert mpf(here.upper) >= max(mpf(0), 1 - factor)
        assert here.upper <= 1.0


def test_delta_falls_over_all_real_epsilon():
    for way in DIRECTIONS:
        curve = dpa.profile(RUNS["little noise"], method="saddlepoint", adjacency=way)
        bounds = [curve.delta(eps) for eps in (-100, -3, -1, -0.1, 0, 0.1, 1, 2, 3, 6)]
        assert all(a.upper >= b.upper and a.lower >= b.lower for a, b in itertools.pairwise(bounds))
        assert bounds[0].lower >= 1 - 1e-15


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("bad", [math.nan, math.inf, "nan", "-1", 1, "x", None, True])
def test_what_is_no_delta_or_epsilon_is_refused(method, bad):
    with pytest.raises(dpa.InputError, match=r"^delta"):
        dpa.epsilon(TUTORIAL, bad, method=method)
    if bad not in (1, "-1") or bad is True:
        with pytest.raises(dpa.InputError, match=r"^epsilon"):
            dpa.delta(TUTORIAL, bad, method=method)


@pytest.mark.parametrize("bad", [math.nan, 0, -1, 1, "1e-15", "0.011", None, True, "x", []])
def test_what_is_no_width_is_refused(bad):
    with pytest.raises(dpa.InputError, match=r"^width"):
        dpa.Saddlepoint(width=bad)


def test_what_it_does_not_cover_is_refused():
    mixed = dpa.Composed((TUTORIAL, dpa.Laplace(3)))
    for run in (dpa.Laplace(3), dpa.PoissonSubsampled(dpa.Laplace(3), "0.1"), mixed):
        for method in METHODS:
            with pytest.raises(dpa.Unsupported, match="Gaussian steps"):
                dpa.epsilon(run, "1e-5", method=method)
        assert dpa.epsilon(run, "1e-5").method != "saddlepoint"
        with pytest.raises(dpa.Unsupported):
            dpa.certify(run, "1e-5")


# -- what an answer says of itself -----------------------------------------------------------------


def test_details_name_the_tier():
    balls = dpa.epsilon(TUTORIAL, "1e-5")
    assert balls.method == "saddlepoint"
    assert balls.details["tier"] == "balls"
    assert balls.details["nodes"] >= 1
    assert balls.details["bits"] >= 64
    fast = dpa.epsilon(TUTORIAL, "1e-5", method="saddlepoint.fast")
    assert (fast.method, fast.trust) == ("saddlepoint.fast", Trust.PROVED)
    assert fast.details["tier"] == "float64"
    assert overlap(balls, fast)
    # what is too far for floats comes from the balls, and says so
    far = dpa.epsilon(TUTORIAL, "1e-300", method="saddlepoint.fast")
    assert far.details["tier"] == "balls"
    assert overlap(far, dpa.epsilon(TUTORIAL, "1e-300"))


def test_the_direction_that_costs_more_is_named():
    both = dpa.epsilon(TUTORIAL, "1e-5")
    remove, add = (epsilon(TUTORIAL, "1e-5", way) for way in DIRECTIONS)
    assert both.details["direction"] == "remove"
    assert (both.lower, both.upper) == (remove.lower, remove.upper)
    assert add.upper < remove.lower


def test_a_wide_answer_says_why():
    """Wherever a bracket is wide, whichever runs those are."""
    for sigma, rate, steps, delta in itertools.product(
        ("0.4", "5"), ("0.001", "0.1"), (2, 100), ("1e-5", "1e-300")
    ):
        bound = dpa.epsilon(dpsgd(sigma, rate, steps), delta, method="saddlepoint")
        assert width(bound) <= 1e-6 or bound.details["why_wide"]


def test_certify_gives_the_same_bound_and_a_text_that_holds():
    for run in (*RUNS.values(), dpa.Gaussian(3), dpsgd("1", "0.1", 1)):
        found = dpa.certify(run, "1e-6")
        assert isinstance(found, dpa.Certified)
        verdict = dpa.verify(found.text)
        assert isinstance(verdict, dpa.Verification)
        assert (verdict.holds, verdict.reason) == (True, "")
        again = dpa.epsilon(run, "1e-6", method="saddlepoint")
        assert (found.bound.lower, found.bound.upper) == (again.lower, again.upper)
        assert verdict.claim.lower <= Fraction(again.lower)
        assert Fraction(again.upper) <= verdict.claim.upper


def test_a_certificate_of_another_width():
    coarse = dpa.certify(TUTORIAL, "1e-5", method=dpa.Saddlepoint(width="1e-3"))
    fine = dpa.certify(TUTORIAL, "1e-5", method=dpa.Saddlepoint(width="1e-12"))
    assert dpa.verify(coarse.text).holds
    assert dpa.verify(fine.text).holds
    assert width(fine.bound) < 1e-11 < width(coarse.bound)
    assert overlap(coarse.bound, fine.bound)


@pytest.mark.parametrize("method", [None, "saddlepoint"])
def test_a_largest_loss_below_the_other_epsilon_is_enough(method):
    run = dpa.DPSGD(noise_multiplier="0.4", sampling_rate="0.01", steps=20)
    sides = dpa.profile(run, method=method).sides
    remove, add = sides[0].epsilons_of([sides], "1e-5")[0]
    assert add.upper == pytest.approx(-20 * math.log(0.99), rel=1e-12)
    assert add.upper <= remove.lower
    assert (add.lower, add.theorems) == (0.0, ("invert.support", "pair.poisson_gaussian"))
    whole = dpa.epsilon(run, "1e-5", method=method)
    alone = dpa.epsilon(run, "1e-5", method=method, adjacency="remove")
    assert (whole.lower, whole.upper) == (alone.lower, alone.upper)
    # asked for by itself, that direction is as narrow as ever
    assert dpa.epsilon(run, "1e-5", method=method, adjacency="add").is_narrow(1e-9)


def test_a_largest_loss_above_the_other_epsilon_is_not():
    run = dpa.DPSGD(noise_multiplier="1.1", sampling_rate="0.01", steps=2000)
    sides = dpa.profile(run, method="saddlepoint").sides
    remove, add = sides[0].epsilons_of([sides], "1e-5")[0]
    assert remove.is_narrow(1e-9)
    assert add.is_narrow(1e-9)
    # with an unsampled release no loss is largest
    mixed = dpa.Composed(
        (dpa.DPSGD(noise_multiplier=1, sampling_rate="0.01", steps=5), dpa.Gaussian(9))
    )
    sides = dpa.profile(mixed, method="saddlepoint").sides
    assert all(bound.is_narrow(1e-9) for bound in sides[0].epsilons_of([sides], "1e-5")[0])
