"""Bound, rounding outward, and the ways in which bounds are joined."""

from __future__ import annotations

import dataclasses
import itertools
import math
import pickle

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpaccount import Bound, Trust
from dpaccount.guarantees import down, from_log, tightest, up, worst
from dpaccount.theorems import all_theorems, closure

finite = st.floats(allow_nan=False, allow_infinity=False)
ends = st.one_of(st.none(), st.floats(0, 100), st.just(math.inf))


@pytest.mark.parametrize("name", ["lower", "upper", "estimate", "log_lower", "log_upper"])
def test_nan_is_refused_at_every_end(name):
    with pytest.raises(ValueError, match="NaN"):
        Bound(**{name: math.nan})
    Bound(**{name: 1.0})


@given(st.floats(), st.floats())
@settings(max_examples=200, deadline=None)
def test_crossed_ends_are_refused(lower, upper):
    if lower <= upper:
        bound = Bound(lower, upper)
        assert (bound.lower, bound.upper) == (lower, upper)
    else:
        with pytest.raises(ValueError, match=r"NaN|exceeds"):
            Bound(lower, upper)


def test_crossed_log_ends_are_refused():
    # both ends underflow to the same floats, so that only the logarithms can tell
    with pytest.raises(ValueError, match="exceeds"):
        Bound(0.0, 5e-324, log_lower=-1000.0, log_upper=-2000.0)


def test_a_bound_is_a_frozen_value():
    bound = Bound(0.5, 1.0, None, "m", Trust.PROVED, ("dp.basic",), {"order": 2.0})
    with pytest.raises(AttributeError):
        bound.upper = 0.0
    assert pickle.loads(pickle.dumps(bound)) == bound  # noqa: S301 - our own value


def test_nothing_known_is_a_bound():
    bound = Bound()
    assert (bound.lower, bound.upper, bound.estimate) == (None, None, None)


def test_zero_is_exact():
    zero = Bound.zero("rdp")
    assert (zero.lower, zero.upper) == (0.0, 0.0)
    assert (zero.log_lower, zero.log_upper) == (-math.inf, -math.inf)
    assert zero.trust is Trust.CERTIFIED
    assert zero.theorems == ("dp.identity",)


def test_only_certified_and_proved_are_guarantees():
    assert [t for t in Trust if t.is_guarantee] == [Trust.CERTIFIED, Trust.PROVED]


@given(finite, st.integers(1, 6))
@settings(max_examples=200, deadline=None)
def test_up_and_down_move_by_floats(value, ulps):
    above, below = up(value, ulps), down(value, ulps)
    assert below < value < above
    for _ in range(ulps):
        above, below = math.nextafter(above, -math.inf), math.nextafter(below, math.inf)
    if math.isfinite(up(value, ulps)):
        assert above == value
    if math.isfinite(down(value, ulps)):
        assert below == value


def test_up_and_down_keep_infinity_and_nan():
    assert up(math.inf) == math.inf
    assert down(-math.inf) == -math.inf
    assert math.isnan(up(math.nan))
    assert math.isnan(down(math.nan))


@given(st.floats(-744, 0), st.floats(0, 50))
@settings(max_examples=200, deadline=None)
def test_from_log_rounds_outward(log_value, width):
    low = log_value - width
    bound = from_log(low, log_value, method="m")
    with mpmath.workprec(120):
        assert mpmath.mpf(bound.lower) <= mpmath.exp(mpmath.mpf(low))
        assert mpmath.exp(mpmath.mpf(log_value)) <= mpmath.mpf(bound.upper)
    assert 0.0 <= bound.lower <= bound.upper <= 1.0
    assert bound.upper <= math.exp(log_value) * (1 + 1e-14) + 5e-323


def test_from_log_never_rounds_a_positive_upper_end_to_zero():
    bound = from_log(-1e6, -1e5, method="m")
    assert bound.lower == 0.0
    assert 0.0 < bound.upper < 1e-300
    assert (bound.log_lower, bound.log_upper) == (-1e6, -1e5)
    assert from_log(None, -math.inf, method="m").upper == 0.0


def test_from_log_stays_a_probability():
    assert from_log(None, 3.0, method="m").upper == 1.0
    assert from_log(None, 3.0, method="m").log_upper == 0.0
    # rounding can push both logarithms above 0
    assert from_log(1e-16, 1e-15, method="m").lower <= 1.0
    assert from_log(1e-16, 1e-15, method="m").upper == 1.0
    assert from_log(None, None, method="m").upper is None


@pytest.mark.parametrize("logs", [(math.nan, None), (None, math.nan), (math.nan, 0.0)])
def test_from_log_refuses_nan(logs):
    with pytest.raises(ValueError, match="NaN"):
        from_log(*logs, method="m")


def some_bound(pair, trust=Trust.PROVED, method="m"):
    lower, upper = pair
    if lower is not None and upper is not None and lower > upper:
        lower, upper = upper, lower
    return Bound(lower, upper, None, method, trust, ("dp.basic",))


@given(st.lists(st.tuples(ends, ends, st.sampled_from(Trust)), min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_worst_holds_for_every_number_it_joins(parts):
    bounds = [some_bound((low, high), trust) for low, high, trust in parts]
    joined = worst(bounds)
    # the largest of the numbers is known from above only if each of them is
    uppers = [b.upper for b in bounds]
    assert joined.upper == (None if None in uppers else max(uppers))
    lowers = [b.lower for b in bounds if b.lower is not None]
    assert joined.lower == (max(lowers) if lowers else None)
    order = list(Trust)
    assert joined.trust == max((b.trust for b in bounds), key=order.index)
    assert joined.trust.is_guarantee == all(b.trust.is_guarantee for b in bounds)


def test_worst_collects_theorems_and_takes_the_details_of_the_larger():
    a = Bound(
        None, 1.0, None, "a", Trust.PROVED, ("dp.basic", "pld.shift"), {"order": 1}, None, 0.0
    )
    b = Bound(
        None, 2.0, None, "b", Trust.CERTIFIED, ("pld.shift", "risk.tpr"), {"order": 2}, None, 0.5
    )
    for pair in itertools.permutations([a, b]):
        joined = worst(pair)
        assert joined.theorems == ("dp.basic", "pld.shift", "risk.tpr")
        assert (joined.details, joined.method, joined.log_upper) == ({"order": 2}, "b", 0.5)


def test_worst_of_estimates_needs_them_all():
    a, b = Bound(estimate=1.0), Bound(estimate=2.0)
    assert worst([a, b]).estimate == 2.0
    assert worst([a, Bound(upper=3.0)]).estimate is None
    assert worst([a, Bound(upper=3.0)]).upper is None


consistent = st.tuples(st.none() | st.floats(0, 50), st.none() | st.floats(50, 100))


@given(st.lists(st.tuples(consistent, st.sampled_from(Trust)), min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_tightest_has_the_least_guaranteed_upper_end(parts):
    bounds = [some_bound(pair, trust) for pair, trust in parts]
    usable = [b for b in bounds if b.upper is not None and b.trust.is_guarantee]
    if not usable:
        with pytest.raises(ValueError, match="upper end"):
            tightest(bounds)
        return
    best = tightest(bounds)
    assert best.upper == min(b.upper for b in usable)
    assert best.trust.is_guarantee


@given(
    st.permutations(
        [Bound(0.5, 2.0, method="a"), Bound(1.5, 3.0, method="b"), Bound(None, 2.5, method="c")]
    )
)
@settings(max_examples=6, deadline=None)
def test_tightest_keeps_the_largest_lower_end(bounds):
    best = tightest(bounds)
    assert (best.lower, best.upper, best.method) == (1.5, 2.0, "a")


@pytest.mark.parametrize("first", [(None, 1.0), (0.0, 1.0)])
def test_tightest_refuses_bounds_that_contradict_each_other(first):
    with pytest.raises(ValueError, match=r"exceeds|contradict"):
        tightest([Bound(*first, method="a"), Bound(2.0, 3.0, method="b")])


def test_tightest_passes_estimates_over():
    clt = Bound(None, 0.1, None, "clt", Trust.ASYMPTOTIC)
    audit = Bound(0.05, 0.2, None, "audit", Trust.EMPIRICAL)
    proved = Bound(None, 1.0, None, "rdp", Trust.PROVED)
    best = tightest([clt, audit, proved])
    assert (best.upper, best.lower, best.method) == (1.0, None, "rdp")


def test_tightest_joins_what_both_ends_stand_on():
    above = Bound(None, 2.0, None, "a", Trust.CERTIFIED, ("dp.basic",))
    below = Bound(1.0, 3.0, None, "b", Trust.PROVED, ("pld.shift",))
    best = tightest([above, below])
    assert (best.lower, best.upper, best.theorems) == (1.0, 2.0, ("dp.basic", "pld.shift"))
    assert best.trust is Trust.PROVED


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (Bound(None, 1.00000001), "<= 1.000001"),
        (Bound(1.99999999, None), ">= 1.999999"),
        (Bound(1.23456789, 1.23456789), "= 1.234568"),
        (Bound(1.23456789, 1.2345679), "in [1.234567, 1.234568]"),
        (Bound(0.0, 0.0), "= 0"),
        (Bound(None, math.inf), "<= inf"),
        (Bound(None, 123456789.0), "<= 1.234568e+8"),
        (Bound(None, 1.5e-300), "<= 1.500001e-300"),  # the float nearest to 1.5e-300 is above it
        (Bound(estimate=0.5), "~ 0.5 (an estimate, no guarantee)"),
        (Bound(), "not known"),
    ],
)
def test_a_bound_as_text_is_rounded_outward(bound, text):
    assert str(bound) == text


def test_a_theorem_that_is_not_registered_is_refused():
    with pytest.raises(ValueError, match=r"'dp\.basics'"):
        Bound(None, 1.0, None, "m", Trust.PROVED, ("dp.basic", "dp.basics"))
    bound = Bound(None, 1.0, None, "m", Trust.PROVED, ("dp.basic",))
    with pytest.raises(ValueError, match="registered"):
        dataclasses.replace(bound, theorems=("dp",))


def test_the_level_is_that_of_the_weakest_theorem_and_of_what_it_uses():
    known = all_theorems()
    for ids in itertools.combinations(known, 2):
        below = closure(ids)
        levels = {theorem.level for theorem in below.values()}
        weakest_of_all = max(levels, key="KSBYPC".index)
        assert Bound(upper=1.0, theorems=ids).level == weakest_of_all
        assert set(below) >= {use for id in ids for use in known[id].uses}
    assert Bound(upper=1.0).level == "C"  # nothing is named, so nothing is known
