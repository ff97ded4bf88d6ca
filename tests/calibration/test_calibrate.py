"""Calibration lands on the safe side, and no further than it has to."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dpaccount as dpa

BASE = {"noise_multiplier": "1.1", "sampling_rate": "0.01", "steps": 2000}
SIZED = {"noise_multiplier": "1.1", "batch_size": 256, "dataset_size": 60_000}
TIGHT = Fraction(1, 10**9)


def check(found, target, delta, method=None, adjacency="add_remove"):
    """What holds of every answer: it is on the safe side, and says how far."""
    assert found.bound.upper <= float(target)
    assert found.bound.trust.is_guarantee
    assert found.slack == float(target) - found.bound.upper
    assert found.slack >= 0.0
    assert getattr(found.run, found.solve_for) == found.value
    again = dpa.epsilon(found.run, delta, method=method, adjacency=adjacency)
    assert again.upper == pytest.approx(found.bound.upper, rel=1e-12)


def cost(found, value, delta, method=None, adjacency="add_remove"):
    """What the run would cost at another value."""
    run = found.run.with_value(found.solve_for, value)
    return dpa.epsilon(run, delta, method=method, adjacency=adjacency).upper


@pytest.mark.parametrize(
    "method", [None, "rdp", "gdp", "zcdp", "closed_form.moments_integer", "closed_form.exact_basic"]
)
@pytest.mark.parametrize("epsilon", ["0.3", "2", "30"])
def test_noise(method, epsilon):
    found = dpa.calibrate(BASE, epsilon=epsilon, delta="1e-5", method=method)
    check(found, epsilon, "1e-5", method)
    assert cost(found, Fraction(found.value) * (1 - TIGHT), "1e-5", method) > float(epsilon)
    assert len(found.value.text.replace(".", "").lstrip("0").partition("e")[0]) <= 12


def test_noise_by_rdp_that_is_known():
    run = {"sampling_rate": "0.01", "steps": 2000}
    found = dpa.calibrate(run, epsilon=2, delta="1e-5", method="rdp")
    # the best order found elsewhere
    assert float(found.value) == pytest.approx(1.21597298, abs=1e-7)
    # the true least noise lies in [1.149310, 1.149331], so that no guarantee can be below it
    for method in (None, "rdp", "closed_form.moments_integer"):
        assert dpa.calibrate(run, epsilon=2, delta="1e-5", method=method).value >= 1.149310


def test_noise_of_one_gaussian_release():
    run = {"sampling_rate": 1, "steps": 1}
    found = dpa.calibrate(run, epsilon="4.377178095681224627650", delta="1e-5")
    assert float(found.value) == pytest.approx(1.0, rel=1e-10)
    assert found.bound.lower is not None
    assert found.bound.upper - found.bound.lower < 1e-10


@given(
    st.sampled_from(["0.0005", "0.01", "0.2", "1"]),
    st.sampled_from([1, 30, 4000]),
    st.sampled_from(["0.05", "1", "8"]),
    st.sampled_from(["1e-3", "1e-5", "1e-12"]),
)
@settings(max_examples=12, deadline=None)
def test_noise_of_any_run(rate, steps, epsilon, delta):
    run = {"sampling_rate": rate, "steps": steps}
    found = dpa.calibrate(run, epsilon=epsilon, delta=delta, method="rdp")
    check(found, epsilon, delta, "rdp")
    assert cost(found, Fraction(found.value) * (1 - TIGHT), delta, "rdp") > float(epsilon)


@pytest.mark.parametrize("method", ["rdp", "gdp", "closed_form.exact_advanced"])
@pytest.mark.parametrize("epsilon", ["2", "9"])
def test_steps(method, epsilon):
    noise = "1.1" if method == "rdp" else "30"
    run = {"noise_multiplier": noise, "sampling_rate": "0.01"}
    found = dpa.calibrate(run, epsilon=epsilon, delta="1e-5", solve_for="steps", method=method)
    check(found, epsilon, "1e-5", method)
    assert isinstance(found.value, int)
    assert found.value >= 1
    assert cost(found, found.value + 1, "1e-5", method) > float(epsilon)


def test_steps_are_no_more_than_the_domain():
    run = {"noise_multiplier": "1e9", "sampling_rate": "1e-6"}
    found = dpa.calibrate(run, epsilon=1, delta="1e-5", solve_for="steps", method="rdp")
    assert found.value == 10**15
    assert found.slack > 0.9


@pytest.mark.parametrize("method", [None, "rdp", "closed_form.moments_integer"])
@pytest.mark.parametrize("epsilon", ["1", "6"])
def test_rate(method, epsilon):
    run = {"noise_multiplier": "1.1", "steps": 2000}
    found = dpa.calibrate(
        run, epsilon=epsilon, delta="1e-5", solve_for="sampling_rate", method=method
    )
    check(found, epsilon, "1e-5", method)
    assert cost(found, Fraction(found.value) * (1 + TIGHT), "1e-5", method) > float(epsilon)


def test_rate_one_where_all_data_may_be_used():
    found = dpa.calibrate(
        {"noise_multiplier": 50, "steps": 10}, epsilon=1, delta="1e-5", solve_for="sampling_rate"
    )
    assert found.value == 1
    assert found.slack > 0


@pytest.mark.parametrize("epsilon", ["1", "4"])
def test_batch_at_fixed_steps(epsilon):
    run = {**SIZED, "batch_size": None, "steps": 3000}
    found = dpa.calibrate(run, epsilon=epsilon, delta="1e-5", solve_for="batch_size", method="rdp")
    check(found, epsilon, "1e-5", "rdp")
    assert cost(found, found.value + 1, "1e-5", "rdp") > float(epsilon)
    assert found.run.steps == 3000


def test_batch_at_fixed_epochs():
    run = {**SIZED, "batch_size": None, "epochs": 10}
    found = dpa.calibrate(run, epsilon="2", delta="1e-5", solve_for="batch_size", method="rdp")
    check(found, "2", "1e-5", "rdp")
    assert found.run.epochs == 10
    assert found.run.steps == math.ceil(Fraction(10 * 60_000, found.value))
    assert found.run.sampling_rate == Fraction(found.value, 60_000)
    assert min(cost(found, found.value + more, "1e-5", "rdp") for more in range(1, 40)) > 2.0


def test_the_whole_data_set_as_a_batch():
    run = {"noise_multiplier": 40, "dataset_size": 500, "epochs": 3}
    found = dpa.calibrate(run, epsilon=1, delta="1e-5", solve_for="batch_size")
    assert found.value == 500
    assert found.run.steps == 3


def test_a_run_described_by_epochs():
    run = dpa.DPSGD(**SIZED, epochs="2.5")
    found = dpa.calibrate(run, epsilon=1, delta="1e-5", method="rdp")
    check(found, 1, "1e-5", "rdp")
    assert found.run.steps == run.steps == math.ceil(Fraction(5 * 60_000, 2 * 256))
    rate = dpa.calibrate(run, epsilon=1, delta="1e-5", solve_for="sampling_rate", method="rdp")
    check(rate, 1, "1e-5", "rdp")
    assert rate.run.epochs == Fraction(5, 2)
    assert rate.run.steps == math.ceil(Fraction(5, 2) / rate.value)
    steps = dpa.calibrate(run, epsilon=1, delta="1e-5", solve_for="steps", method="rdp")
    check(steps, 1, "1e-5", "rdp")
    assert cost(steps, steps.value + 1, "1e-5", "rdp") > 1.0


@pytest.mark.parametrize("solve_for", ["noise_multiplier", "steps", "sampling_rate", "batch_size"])
def test_a_mapping_and_a_run_are_the_same_question(solve_for):
    full = {**SIZED, "steps": 3000}
    run = dpa.DPSGD(**full)
    by_run = dpa.calibrate(run, epsilon=2, delta="1e-5", solve_for=solve_for, method="rdp")
    unknown = {"sampling_rate": ("batch_size",)}.get(solve_for, (solve_for,))
    fields = {name: v for name, v in full.items() if name not in unknown}
    if solve_for == "sampling_rate":
        fields.pop("dataset_size")
    by_map = dpa.calibrate(fields, epsilon=2, delta="1e-5", solve_for=solve_for, method="rdp")
    assert by_map.value == by_run.value
    assert by_map.bound.upper == pytest.approx(by_run.bound.upper, rel=1e-12)
    assert run == dpa.DPSGD(**full)  # nothing was changed in place
    assert set(fields) == {name for name in full if name not in unknown} - (
        {"dataset_size"} if solve_for == "sampling_rate" else set()
    )


def test_noise_of_a_run_given_by_its_standard_deviation():
    run = dpa.DPSGD(noise_std=2, clip_norm="0.5", sampling_rate="0.01", steps=2000)
    found = dpa.calibrate(run, epsilon=2, delta="1e-5", method="rdp")
    assert float(found.value) == pytest.approx(1.21597298, abs=1e-7)


@pytest.mark.parametrize("adjacency", ["add", "remove"])
def test_one_direction(adjacency):
    found = dpa.calibrate(BASE, epsilon=2, delta="1e-5", method="rdp", adjacency=adjacency)
    check(found, 2, "1e-5", "rdp", adjacency)
    assert cost(found, Fraction(found.value) * (1 - TIGHT), "1e-5", "rdp", adjacency) > 2.0
    both = dpa.calibrate(BASE, epsilon=2, delta="1e-5", method="rdp")
    assert found.value <= both.value
    if adjacency == "add":
        assert found.value < both.value


def test_replace_one_is_refused_under_sampling_only():
    with pytest.raises(dpa.Unsupported, match="replace_one"):
        dpa.calibrate(BASE, epsilon=2, delta="1e-5", adjacency="replace_one")
    full = {"sampling_rate": 1, "steps": 4}
    twice = dpa.calibrate(full, epsilon=2, delta="1e-5", adjacency="replace_one")
    once = dpa.calibrate(full, epsilon=2, delta="1e-5")
    assert float(twice.value) == pytest.approx(2 * float(once.value), rel=1e-10)


def test_a_target_that_is_loose_gives_the_least_noise_there_is():
    found = dpa.calibrate({"sampling_rate": 1, "steps": 1}, epsilon="1e15", delta="1e-5")
    check(found, "1e15", "1e-5")


@pytest.mark.parametrize("solve_for", ["steps", "batch_size"])
def test_a_target_that_no_value_meets(solve_for):
    run = {"noise_multiplier": "0.01", "dataset_size": 100, "batch_size": 50, "epochs": 1}
    run.pop("epochs" if solve_for == "steps" else "batch_size")
    with pytest.raises(dpa.InputError) as error:
        dpa.calibrate(run, epsilon="0.1", delta="1e-5", solve_for=solve_for, method="rdp")
    assert "given 0.1" in str(error.value)
    assert "do: " in str(error.value)


def test_a_noise_that_no_one_can_add():
    run = {"sampling_rate": 1, "steps": 10**15}
    with pytest.raises(dpa.InputError, match="1e12"):
        dpa.calibrate(run, epsilon="1e-9", delta="1e-300", method="gdp")


def test_epsilon_zero_is_a_target_that_only_a_large_delta_meets():
    # delta(0) of one release of noise sigma is 2 Phi(1/(2 sigma)) - 1
    found = dpa.calibrate({"sampling_rate": 1, "steps": 1}, epsilon=0, delta="0.1")
    assert found.bound.upper == 0.0
    # 2 Phi(mu / 2) - 1 = 0.1 at mu = 0.2513226937...
    assert float(found.value) == pytest.approx(1 / 0.251322693, rel=1e-6)


def test_a_method_without_an_upper_end_is_refused():
    with pytest.raises(dpa.Unsupported, match="no upper end"):
        dpa.calibrate(BASE, epsilon=2, delta="1e-5", method="gdp_clt")


def test_a_method_that_does_not_cover_the_run_is_refused():
    with pytest.raises(dpa.Unsupported, match="do: "):
        dpa.calibrate(
            {"sampling_rate": "0.5", "steps": 10},
            epsilon=2,
            delta="1e-5",
            method="closed_form.moments_closed_form",
        )


def test_a_method_whose_range_ends_below_the_target_still_calibrates():
    # little noise is outside the classical theorem, but much noise is inside it
    found = dpa.calibrate(
        {"sampling_rate": 1, "steps": 1},
        epsilon="0.5",
        delta="1e-5",
        method="closed_form.classical_basic",
    )
    # sqrt(2 ln(1.25 / 1e-5)) / 0.5
    assert float(found.value) == pytest.approx(9.6896, abs=1e-3)


def test_an_answer_is_a_frozen_value():
    found = dpa.calibrate(BASE, epsilon=2, delta="1e-5", method="rdp")
    with pytest.raises(AttributeError):
        found.value = 1
    assert found.solve_for == "noise_multiplier"
    assert isinstance(found, dpa.Calibration)


def test_twice_the_same_answer():
    first, second = (dpa.calibrate(BASE, epsilon=2, delta="1e-5", method="rdp") for _ in range(2))
    assert first == second


def shown_edge(found, target, delta):
    """What the value next to the one found says, where the default method finds it."""
    beyond = found.refuted
    assert found.why_open == ""
    assert beyond.bound.trust is dpa.Trust.CERTIFIED
    assert beyond.bound.lower > float(target) >= found.bound.upper
    assert "pair.monotone" in beyond.bound.theorems
    costlier = beyond.value < found.value if found.solve_for == "noise_multiplier" else None
    assert costlier is not False
    if isinstance(found.value, int):
        assert beyond.value == found.value + 1
    else:
        assert 0 < found.gap <= 1e-9
        assert found.gap == pytest.approx(abs(beyond.value / found.value - 1))
    # by another road: the float64 tier, which shares neither plan nor arithmetic with the balls
    run = found.run.with_value(found.solve_for, beyond.value)
    again = dpa.epsilon(run, delta, method="saddlepoint.fast")
    assert again.upper > float(target)
    # moments are an upper end: never below what is shown
    assert dpa.epsilon(run, delta, method="rdp").upper >= beyond.bound.lower


@pytest.mark.parametrize("delta", ["1e-5", "1e-12"])
@pytest.mark.parametrize("target", ["0.01", "0.1", "1", "10", "100"])
def test_noise_is_shown_from_both_sides(target, delta):
    run = {"sampling_rate": "0.01", "steps": 2000}
    found = dpa.calibrate(run, epsilon=target, delta=delta)
    check(found, target, delta)
    shown_edge(found, target, delta)


@pytest.mark.parametrize("target", ["0.1", "2", "20"])
@pytest.mark.parametrize("solve_for", ["steps", "sampling_rate", "batch_size"])
def test_the_edge_is_shown_from_both_sides(target, solve_for):
    noise = {"0.1": "8", "2": "1.1", "20": "0.6"}[target]
    run = {"noise_multiplier": noise, "batch_size": 600, "dataset_size": 60_000, "steps": 2000}
    run.pop({"sampling_rate": "batch_size"}.get(solve_for, solve_for))
    if solve_for == "sampling_rate":
        run.pop("dataset_size")
    found = dpa.calibrate(run, epsilon=target, delta="1e-5", solve_for=solve_for)
    check(found, target, "1e-5")
    shown_edge(found, target, "1e-5")


@given(
    st.floats(-2.5, -1),
    st.integers(1000, 20_000),
    st.floats(-1, 1),
    st.sampled_from(["1e-4", "1e-6", "1e-9"]),
)
@settings(max_examples=8, deadline=None)
def test_any_edge_is_shown_from_both_sides(log_rate, steps, log_target, delta):
    run = {"sampling_rate": f"{10**log_rate:.6f}", "steps": steps}
    target = f"{10**log_target:.5f}"
    found = dpa.calibrate(run, epsilon=target, delta=delta)
    check(found, target, delta)
    shown_edge(found, target, delta)


@pytest.mark.slow
def test_few_steps_that_the_float64_tier_leaves_wide():
    found = dpa.calibrate({"sampling_rate": "0.02", "steps": 5}, epsilon="0.5", delta="1e-6")
    check(found, "0.5", "1e-6")
    shown_edge(found, "0.5", "1e-6")


@pytest.mark.parametrize(
    ("run", "target", "solve_for", "why"),
    [
        ({"noise_multiplier": 50, "steps": 10}, 1, "sampling_rate", "no rate is above 1"),
        ({"noise_multiplier": "1e9", "sampling_rate": "1e-6"}, 1, "steps", "1e15 steps"),
        (
            {"noise_multiplier": 40, "dataset_size": 500, "epochs": 3},
            1, "batch_size", "the whole data set",
        ),
        ({"sampling_rate": 1, "steps": 1}, "1e15", "noise_multiplier", "below 1e-6"),
    ],
)  # fmt: skip
def test_where_the_domain_ends_there_is_nothing_to_refute(run, target, solve_for, why):
    found = dpa.calibrate(run, epsilon=target, delta="1e-5", solve_for=solve_for)
    assert found.refuted is None
    assert found.gap is None
    assert why in found.why_open


def test_a_theory_without_a_lower_end_refutes_nothing():
    found = dpa.calibrate(BASE, epsilon=2, delta="1e-5", method="rdp")
    assert (found.refuted, found.why_open) == (None, "rdp gives no lower end")


def test_brackets_that_reach_over_the_target_leave_an_honest_gap(monkeypatch):
    plain = dpa.profile(dpa.DPSGD(**BASE), method="saddlepoint").sides[0].__class__.epsilon

    def widened(self, delta):
        bound = plain(self, delta)
        wide = bound.lower * (1 - 1e-5), bound.upper * (1 + 1e-5)
        return dataclasses.replace(bound, lower=wide[0], upper=wide[1])

    monkeypatch.setattr("dpaccount.accountants.saddlepoint.accountant.Side.epsilon", widened)
    found = dpa.calibrate(BASE, epsilon=2, delta="1e-5", method="saddlepoint")
    assert found.bound.upper <= 2 < found.refuted.bound.lower
    assert 5e-6 < found.gap < 1e-4
    assert "reach over the target" in found.why_open


@pytest.mark.parametrize("bad", [math.nan, None])
def test_an_answer_that_is_none_ends_in_no_value(monkeypatch, bad):
    """No path from what is no number to a smaller noise."""

    def broken(self, delta):
        return dpa.Bound(None, bad, None, "rdp")

    monkeypatch.setattr("dpaccount.guarantees.profile.WorstOf.epsilon", broken)
    with pytest.raises((ValueError, dpa.Unsupported)):
        dpa.calibrate(BASE, epsilon=2, delta="1e-5", method="rdp")


def test_a_jump_is_found_by_halving(monkeypatch):
    """A theory whose epsilon jumps at a noise: the value is just above the jump."""

    def jump(self, delta):
        noise = float(self.run.phases[0].mechanism.noise_multiplier)
        return dpa.Bound(None, 1.0 if noise >= 1.7 else 50.0, None, "rdp")

    monkeypatch.setattr("dpaccount.guarantees.profile.WorstOf.epsilon", jump)
    found = dpa.calibrate(BASE, epsilon=2, delta="1e-5", method="rdp")
    assert 1.7 <= found.value < 1.7 * (1 + TIGHT)


@pytest.mark.parametrize(
    ("size", "epochs", "noise", "target", "first"),
    [(400, "1.2", "2", "1.953236479", 148), (300, "2", "3", "1.571726378", 141)],
)
def test_no_larger_batch_of_a_run_in_epochs_keeps_the_target(size, epochs, noise, target, first):
    run = {"noise_multiplier": noise, "dataset_size": size, "epochs": epochs}
    found = dpa.calibrate(run, epsilon=target, delta="1e-5", solve_for="batch_size")
    check(found, target, "1e-5")
    shown_edge(found, target, "1e-5")
    # every one of them, by brute force
    runs = [found.run.with_value("batch_size", b) for b in range(found.value + 1, size + 1)]
    lowers = [b.lower for b in dpa.FastSaddlepoint().epsilons(runs, "1e-5")]
    assert min(lowers) > float(target)
    # and the first edge was not the last: with a step less a larger batch keeps the target again
    assert first < found.value
    assert dpa.epsilon(found.run.with_value("batch_size", first), "1e-5").upper <= float(target)
    assert dpa.epsilon(found.run.with_value("batch_size", first + 1), "1e-5").lower > float(target)
