"""The float64 tier: its brackets hold, each of its bounds is above the error, and none is idle."""

import itertools
import json
import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from flint import arb, ctx

import dpaccount as dpa
from dpaccount._validate import Exact, log_of
from dpaccount.accountants.saddlepoint.fast import (
    fast_delta,
    fast_epsilon,
    fast_tables,
)
from dpaccount.accountants.saddlepoint.fast.bounds import NotKnown
from dpaccount.accountants.saddlepoint.fast.chart import Shelf
from dpaccount.accountants.saddlepoint.fast.inversion import Inversion, log_chernoff
from dpaccount.accountants.saddlepoint.fast.nodes import Nodes
from dpaccount.accountants.saddlepoint.fast.plan import Outlook
from dpaccount.accountants.saddlepoint.solve import solve_delta, solve_epsilon
from dpaccount.certificates import Grid, Release, Run, Window
from dpaccount.certificates.inversion import Inversion as Balls
from dpaccount.certificates.numbers import enclose, log_above, log_below
from dpaccount.certificates.release import Sampled

HERE = Path(__file__).parent
REFERENCE = HERE.parents[1] / "reference"


def run_of(noise, rate, steps, *, add=False, mu_squared=0):
    release = Release(Fraction(noise), Fraction(rate), steps)
    return Run(Fraction(mu_squared), (release,), add)


W2 = ("1.1", "256/60000", 14_063)
W3 = ("0.8", "0.01", 1000)
W4 = ("2.5", "16384/1281167", 72_000)
PHASES = tuple(
    Release(Fraction(200 - 130 * k // 19, 100), Fraction(19 + 19 * k, 19_000), 500)
    for k in range(20)
)


# -- brackets -------------------------------------------------------------------------------------


def rows():
    for name in ("subsampled_gaussian_epsilon.json", "composed_epsilon.json"):
        for row in json.loads((REFERENCE / name).read_text())["rows"]:
            if "epsilon" in row:
                truth, radius = Decimal(row["epsilon"]), Decimal(row["radius"])
                low, high = truth - radius, truth + radius
            else:
                low, high = Decimal(row["epsilon_lower"]), Decimal(row["epsilon_upper"])
            releases = tuple(
                Release(
                    Fraction(str(one["noise_multiplier"])),
                    Fraction(*one["sampling_rate"]),
                    one["steps"],
                )
                for one in row.get("phases", [row])
            )
            run = Run(Fraction(0), releases, row["direction"] == "add")
            yield run, Exact(Fraction(str(row["delta"]))), low, high


def test_the_reference_lies_in_every_bracket():
    known = 0
    for run, delta, low, high in rows():
        found = fast_epsilon(run, delta)
        assert found.lower is None or found.lower <= high
        assert found.upper is None or found.upper >= low
        known += found.lower is not None and found.upper is not None
    assert known >= 15


@pytest.mark.parametrize("add", [False, True])
@pytest.mark.parametrize(
    ("setting", "delta"),
    [(W2, "1e-5"), (W3, "1e-6"), (W4, "8e-7"), (("0.3", "0.05", 5000), "1e-5")],
)
def test_the_workloads_are_narrow(setting, delta, add):
    found = fast_epsilon(run_of(*setting, add=add), Exact(Fraction(delta)))
    assert 0 <= found.upper - found.lower <= 1e-10 * found.upper
    assert found.line is not None


def spans(fast, low, high):
    return (fast.lower is None or fast.lower <= high) and (fast.upper is None or fast.upper >= low)


def random_cases(count, seed):
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("check", HERE / "check_fast_against_balls.py")
    check = module_from_spec(spec)
    import sys

    sys.modules["check"] = check
    spec.loader.exec_module(check)
    return [(check, *case) for case in check.cases(count, seed)]


@pytest.mark.parametrize(("count", "seed"), [(12, 1), pytest.param(120, 2, marks=pytest.mark.slow)])
def test_random_brackets_overlap_those_of_balls(count, seed):
    known = 0
    for check, run, delta in random_cases(count, seed):
        found = check.compare(run, delta, 1e-10)
        assert not found.missed
        known += math.isfinite(found.width)
    assert known > 0.6 * count


def test_several_settings_and_an_unsampled_part():
    delta = Exact(Fraction("1e-5"))
    for add in (False, True):
        run = Run(Fraction(1, 100), PHASES[:4], add)
        found, balls = fast_epsilon(run, delta), solve_epsilon(run, delta, 1e-11)
        assert spans(found, balls.lower, balls.upper)
        assert found.upper - found.lower <= 1e-9 * found.upper
        many = fast_epsilon(Run(Fraction(0), PHASES, add), delta)
        assert 0 < many.upper - many.lower <= 1e-10 * many.upper


@pytest.mark.parametrize("add", [False, True])
@pytest.mark.parametrize("epsilon", ["-3", "-1", "-0.1", "0", "0.5", "2", "5", "13/7"])
def test_delta_overlaps_that_of_balls(add, epsilon):
    run, value = run_of(*W3, add=add), Exact(Fraction(epsilon))
    found = fast_delta(run, value)
    low, high, _, _ = solve_delta(run, value, 1e-12)
    assert found.log_lower <= log_above(high)
    assert found.log_upper >= log_below(low)
    assert found.log_upper - found.log_lower < 1e-9
    assert found.lower <= math.exp(found.log_upper)
    assert found.upper >= math.exp(found.log_lower)


def test_delta_is_zero_beyond_a_bounded_loss():
    found = fast_delta(run_of("1", "0.01", 20, add=True), Exact(Fraction("0.21")))
    assert (found.lower, found.upper, found.log_upper) == (0.0, 0.0, -math.inf)


def test_an_epsilon_of_zero():
    found = fast_epsilon(run_of("2", "0.001", 500), Exact(Fraction("0.05")))
    assert (found.lower, found.upper) == (0.0, 0.0)


def test_tiny_deltas():
    run = run_of("1", "0.01", 1000, add=True)
    for delta in ("1e-30", "1e-300"):
        found, balls = (
            fast_epsilon(run, Exact(Fraction(delta))),
            solve_epsilon(run, Exact(Fraction(delta)), 1e-10),
        )
        assert spans(found, balls.lower, balls.upper)
        assert found.upper - found.lower <= 1e-8 * found.upper


def test_many_at_once_are_those_of_each():
    runs = [
        run_of(noise, "0.01", steps, add=add)
        for noise in ("0.6", "1.5")
        for steps in (100, 1000, 20_000)
        for add in (False, True)
    ]
    delta = Exact(Fraction("1e-5"))
    groups = [[run] for run in [*runs, run_of("1", "0.5", 1)]]
    together = [ends for ((ends,),) in fast_tables(groups, [delta])]
    assert together.pop().upper is None  # one step has a closed form: not asked here
    for run, many in zip(runs, together, strict=True):
        alone = fast_epsilon(run, delta)
        assert many.lower <= alone.upper
        assert many.upper >= alone.lower
        assert many.upper - many.lower <= 1e-8 * many.upper


@pytest.mark.parametrize(
    ("noise", "rate"), [("0.6", "0.001"), ("1.1", "0.01"), ("1.72449", "0.00194588"), ("4", "0.3")]
)
def test_a_table_is_what_each_cell_is_alone(noise, rate):
    deltas = [Exact(Fraction(text)) for text in ("0.2", "1e-3", "1e-5", "1e-6", "1e-9", "1e-12")]
    steps = (60, 200, 210, 230, 900, 5000, 5001, 10**6)
    groups = [[run_of(noise, rate, n, add=add) for add in (False, True)] for n in steps]
    # what has no line to share is among them
    groups += [[run_of("2", "0.5", 40, mu_squared=Fraction(1, 9))], [run_of("1", "0.5", 1)]]
    tables = fast_tables(groups, deltas)
    assert [len(table) for table in tables] == [len(deltas)] * len(groups)
    assert all(ends.upper is None for (ends,) in tables.pop())
    for group, table in zip(groups, tables, strict=False):
        for delta, found in zip(deltas, table, strict=True):
            alone = fast_tables([group], [delta])[0][0]
            tops = [
                [max(getattr(e, end) or 0.0 for e in side) for end in ("lower", "upper")]
                for side in (found, alone)
                if all(ends.upper is not None for ends in side)
            ]
            if len(tops) == 2:
                assert tops[0][0] <= tops[1][1]
                assert tops[1][0] <= tops[0][1]
            # what is narrow alone is narrow here
            narrow = [max(side, key=lambda e: e.upper or 0.0).is_narrow for side in (found, alone)]
            assert narrow[0] or not narrow[1]


@pytest.mark.parametrize("noise", ["0.6", "0.9", "1.5", "3"])
@pytest.mark.parametrize("delta", ["0.1", "1e-5", "1e-12"])
def test_what_is_shown_to_lie_below_does(noise, delta):
    target = Exact(Fraction(delta))
    runs = [
        [run_of(noise, "0.01", steps, add=add) for add in (True, False)]
        for steps in (30, 400, 5000, 60_000)
    ]
    groups = [ends for (ends,) in fast_tables(runs, [target])]
    for group, found in zip(runs, groups, strict=True):
        alone = [fast_epsilon(run, target) for run in group]
        assert not all(ends.is_below for ends in found)
        for ends, exact in zip(found, alone, strict=True):
            assert ends.lower <= exact.upper
            assert ends.upper >= exact.lower
        tops = [max(ends.upper for ends in side) for side in (found, alone)]
        assert tops[0] == pytest.approx(tops[1], rel=1e-8)
    below = [ends.is_below for found in groups for ends in found]
    assert any(below) or delta == "0.1"


@pytest.mark.parametrize(
    ("noise", "rate", "steps", "delta"),
    [("1.1", "0.01", 3, "1e-5"), ("2.1228", "0.0103593", 3, "5.71162e-10"),
     ("3.02957", "0.000372157", 30, "2.3337e-14"), ("3.30234", "0.000025604", 66, "4.169e-7"),
     ("0.8", "0.01", 1000, "1e-6")],
)  # fmt: skip
def test_both_directions_are_as_narrow_as_the_worse_one(noise, rate, steps, delta):
    run = dpa.DPSGD(noise_multiplier=noise, sampling_rate=rate, steps=steps)
    add, remove, both = (
        dpa.epsilon(run, delta, method="saddlepoint.fast", adjacency=adjacency)
        for adjacency in ("add", "remove", "add_remove")
    )
    assert both.upper <= max(add.upper, remove.upper) * (1 + 1e-9)
    assert both.lower >= max(add.lower, remove.lower) * (1 - 1e-9)


def test_the_exponent_alone_is_above_delta():
    shelf = Shelf()
    for add, mu in itertools.product((True, False), (0, Fraction(1, 4))):
        releases = (
            Release(Fraction(1), Fraction(1, 20), 300),
            Release(Fraction(3), Fraction(1, 9), 9),
        )
        run = Run(Fraction(mu), releases, add)
        outlook = Outlook(run, shelf, -11.0)
        for epsilon in (4.0, 6.0, 9.0):
            line = outlook.line_of_one(outlook.exponent(epsilon, 0.0))
            above = log_chernoff(run, line, epsilon, shelf)
            truth = fast_delta(run, Exact(Fraction(epsilon)))
            assert truth.log_lower <= above <= truth.log_upper + 4.0
            balls = Balls(run, line).delta_of(Fraction(epsilon))[1]
            assert above == pytest.approx(float(balls.log()), abs=0.01)
    assert outlook.exponent(0.1, -11.0) is None  # it would show nothing


# -- each bound is above its error ----------------------------------------------------------------

SETTINGS = [
    ("1.1", "256/60000", False, 7.0, None),
    ("1.1", "256/60000", True, 9.0, None),
    ("0.6", "0.3", False, 3.0, None),
    ("0.6", "0.9", True, 20.0, None),
    ("5", "0.001", False, 100.0, None),
    ("5", "0.001", True, 3000.0, None),
    ("2", "0.001", False, 40.0, Window(20.0, 1.0)),
]
FINE, COARSE = 0.1, 0.25


def short(value):
    mantissa, exponent = math.frexp(value)
    return math.ldexp(math.floor(mantissa * 4096), exponent - 12)


def outputs(noise, rate, add, c, cut, fineness):
    """Nodes, and the same release in balls on a grid that is fine beyond doubt."""
    sigma = float(Fraction(noise))
    unit = min(sigma, sigma**2)
    low = -11 * sigma - (c * float(Fraction(rate)) if add else 0.0)
    high = cut.center + 8 * cut.width if cut else 11 * sigma + (0 if add else c)

    def ends(spacing):
        return math.floor(low / spacing), math.ceil(high / spacing)

    spacing, thin = short(fineness * unit), short(0.03 * unit)
    first, last = ends(spacing)
    nodes = Nodes(sigma, float(Fraction(rate)), add, spacing, first, last, cut)
    grid = Grid(thin, *ends(thin), 0.4, 0.3, 0.3, cut)
    with ctx.workprec(200):
        truth = Sampled(Release(Fraction(noise), Fraction(rate), 1), grid)
    return nodes, truth, 1.0 - c if add else c


def best_tilt(nodes, power, height=0.0):
    """With the strip that gives the least error."""
    strips = (0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.3, 1.5)
    strip = min(strips, key=lambda one: nodes.log_ripple(power, height, one))
    return nodes.tilt(power, strip, height)


@pytest.mark.parametrize("fineness", [FINE, COARSE])
@pytest.mark.parametrize("setting", SETTINGS)
def test_the_moment(setting, fineness):
    nodes, truth, power = outputs(*setting, fineness)
    tilt = best_tilt(nodes, power)
    with ctx.workprec(200):
        exact = truth.moment(arb(power)).log()
        error = abs(exact - arb(tilt.log_moment)).upper()
    assert error <= tilt.error
    assert fineness == COARSE or tilt.error < 1e-12


@pytest.mark.parametrize("fineness", [FINE, COARSE])
@pytest.mark.parametrize("setting", SETTINGS)
def test_the_transform(setting, fineness):
    nodes, truth, power = outputs(*setting, fineness)
    # heights at which many steps turn by about a radian
    weights = best_tilt(nodes, power).terms
    spread = math.sqrt(np.cov(nodes.loss, aweights=weights / weights.sum()))
    height, count = short(0.02 / spread), 12
    tilt = best_tilt(nodes, power, height * count)
    center, a, b, errors = nodes.transform(tilt, height, count, 1e-25)
    sign = -1 if nodes.add else 1
    with ctx.workprec(200):
        values = truth.transform(arb(power), arb(sign * height), count)
        for k in range(1, count + 1):
            sine, cosine = (arb(center) * (-height * k)).sin_cos()
            z = values[k] / values[0].real
            real = z.real * cosine - z.imag * sine - 1 - arb(float(a[k - 1]))
            imag = z.real * sine + z.imag * cosine - arb(float(b[k - 1]))
            assert (real * real + imag * imag).sqrt().upper() <= errors[k - 1]
    assert fineness == COARSE or errors.max() < 1e-10


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_losses(setting):
    nodes, _, _ = outputs(*setting, FINE)
    with ctx.workprec(200):
        sigma, q = enclose(Fraction(setting[0])), enclose(Fraction(setting[1]))
        for j in range(0, nodes.count, 7):
            x = arb(nodes.first) + arb(nodes.spacing) * j
            exact = (q * ((2 * x - 1) / (2 * sigma * sigma)).expm1()).log1p()
            assert abs(exact - arb(float(nodes.loss[j]))).upper() <= nodes.d_loss[j]
            assert nodes.d_loss[j] <= 1e-9 * abs(nodes.loss[j]) + 1e-12


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_decay(setting):
    nodes, truth, power = outputs(*setting, FINE)
    tilt = best_tilt(nodes, power)
    slope = float((tilt.terms / tilt.moment) @ nodes.share)
    for angle in (0.02, 0.1, 0.3):
        height = short(angle * nodes.variance / slope)
        bound = nodes.log_decay(tilt, height, angle, 0.4)
        with ctx.workprec(120):
            for factor in (1, 1.5, 4):
                values = truth.transform(arb(power), arb(height * factor), 1)
                assert log_below(abs(values[1])) <= bound
            # and not above the bound that balls give with the same angle by much
            thin = truth.spacing, truth.nodes[0], truth.nodes[-1]
            grid = Grid(
                float(thin[0]), round(float(thin[1] / thin[0])), round(float(thin[2] / thin[0])),
                0.5, angle, 0.4, setting[4],
            )  # fmt: skip
            release = Release(Fraction(setting[0]), Fraction(setting[1]), 1)
            balls = Sampled(release, grid).decay(arb(power), arb(height)).log()
            assert abs(balls - arb(bound)) < 1e-6 + 1e-3 * abs(bound)


@pytest.mark.parametrize("strip", [0.1, 0.5, 1.2])
@pytest.mark.parametrize("setting", SETTINGS)
def test_the_ripple_is_above_that_of_balls_on_the_same_grid(setting, strip):
    nodes, truth, power = outputs(*setting, COARSE)
    height = short(0.2 * abs(power))
    first, last = round(nodes.first / nodes.spacing), round(nodes.last / nodes.spacing)
    grid = Grid(nodes.spacing, first, last, strip, 0.3, 0.3, setting[4])
    with ctx.workprec(120):
        balls = Sampled(Release(Fraction(setting[0]), Fraction(setting[1]), 1), grid)
        # without the outputs beyond the grid, which are bounded in another way
        found = nodes.log_ripple(power, height, strip)
        area = balls._ripple(arb(power), arb(height), False)
        assert found <= float(area.log()) + 0.5 or float(area) < 1e-25
    assert truth is not None


# -- no term is idle ------------------------------------------------------------------------------


def line_of(run, log_tolerance, delta=1e-5, **changes):
    outlook = Outlook(run, Shelf(), math.log(delta))
    epsilon = outlook.epsilon_at(math.log(delta))
    line = outlook.line(epsilon, math.log(delta), log_tolerance)
    return replace(line, **changes), epsilon


def truth_at(run, epsilon):
    low, high, _, _ = solve_delta(run, Exact(Fraction(epsilon)), 1e-13)
    return log_below(low), log_above(high)


def holds(inversion, epsilon, truth):
    low, high = inversion.log_bounds(epsilon)
    return low <= truth[1] and high >= truth[0]


def without(inversion, **terms):
    """The inversion with some of its error terms changed."""
    for name, value in terms.items():
        assert getattr(inversion, name) != value
        setattr(inversion, name, value)
    return inversion


@pytest.mark.parametrize("add", [False, True])
def test_the_left_alias_matters(add):
    run = run_of(*W2, add=add)
    line, epsilon = line_of(run, -30.0)
    line = replace(line, height=line.height * 2, nodes=line.nodes // 2)
    truth = truth_at(run, epsilon)
    assert holds(Inversion(run, line), epsilon, truth)
    assert not holds(without(Inversion(run, line), left=math.inf, right=math.inf), epsilon, truth)
    if not add:
        assert not holds(without(Inversion(run, line), left=math.inf), epsilon, truth)


def test_the_right_alias_matters():
    run = run_of(*W2, add=True)
    line, epsilon = line_of(run, -30.0)
    # far to the right the other alias is nothing
    line = replace(line, c=20.0, height=3.5, nodes=8)
    truth = truth_at(run, epsilon)
    assert holds(Inversion(run, line), epsilon, truth)
    assert not holds(without(Inversion(run, line), right=math.inf), epsilon, truth)


@pytest.mark.parametrize("add", [False, True])
def test_the_tail_matters(add):
    run = run_of(*W2, add=add)
    line, epsilon = line_of(run, -30.0)
    line = replace(line, nodes=line.nodes // 3)
    truth = truth_at(run, epsilon)
    assert holds(Inversion(run, line), epsilon, truth)
    assert not holds(without(Inversion(run, line), tail=0.0), epsilon, truth)


def test_what_a_cut_leaves_out_matters():
    run = run_of("0.8", "0.001", 1000)
    line, epsilon = line_of(run, -26.0, 1e-6)
    assert line.grids[0].cut  # the plan cuts here, further out
    nearer = replace(line.grids[0], cut=replace(line.grids[0].cut, center=7.0))
    line = replace(line, grids=(nearer,))
    truth = truth_at(run, epsilon)
    assert holds(Inversion(run, line), epsilon, truth)
    assert not holds(without(Inversion(run, line), log_lost=-math.inf), epsilon, truth)


@pytest.mark.parametrize("add", [False, True])
def test_the_quadrature_matters(add):
    run = run_of("4", "0.01", 20_000, add=add)
    line, epsilon = line_of(run, -30.0)
    grid = line.grids[0]
    coarse = replace(
        grid,
        spacing=1.5 * grid.spacing,
        first=math.floor(grid.first / 1.5),
        last=math.ceil(grid.last / 1.5),
    )
    line = replace(line, grids=(coarse,))
    truth = truth_at(run, epsilon)
    assert holds(Inversion(run, line), epsilon, truth)
    dropped = without(Inversion(run, line), sum_error=0.0, front_error=0.0)
    assert not holds(dropped, epsilon, truth)


def test_rounding_matters():
    # where quadrature, aliases and tail are far below it
    missed = 0
    for steps in (10**6, 3 * 10**6, 10**7, 3 * 10**7):
        for add in (False, True):
            run = run_of("4", "0.001", steps, add=add)
            line, epsilon = line_of(run, -60.0)
            low, high = Balls(run, replace(line, precision=256)).delta_of(Fraction(epsilon))
            truth = log_below(low), log_above(high)
            assert truth[1] - truth[0] < 1e-13
            assert holds(Inversion(run, line), epsilon, truth)
            missed += not holds(
                without(Inversion(run, line), sum_error=0.0, front_error=0.0), epsilon, truth
            )
    assert missed >= 2


# -- fail closed ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["tail", "sum_error", "front_error", "left", "right", "log_beyond", "log_front", "moved",
     "first", "center", "log_lost"],
)  # fmt: skip
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_a_number_is_not_known(name, value):
    run = run_of(*W2)
    line, epsilon = line_of(run, -25.0)
    low, high = Inversion(run, line).log_bounds(epsilon)
    harmless = value == math.inf and name in ("left", "right")  # exponents of what is left out
    spoiled = without(Inversion(run, line), **{name: value})
    found_low, found_high = spoiled.log_bounds(epsilon)
    assert not found_low > low or harmless
    assert not found_high < high
    if not harmless:
        assert not found_high - found_low < 10 * (high - low)


@pytest.mark.parametrize("add", [False, True])
@pytest.mark.parametrize("delta", ["1e-300", "1e-10", "0.3", "0.999999"])
@pytest.mark.parametrize(
    ("noise", "rate", "steps"),
    [
        ("0.01", "0.5", 3),
        ("1e-90", "0.5", 10**15),
        ("1e90", "0.5", 10),
        ("1", "1e-290", 10**15),
        ("1", "0.999999999", 100),
        ("1", "1e-9", 10**15),
        ("1000", "0.999", 10**15),
        ("0.1", "0.001", 10**15),
        ("30", "1e-7", 2),
    ],
)
def test_extremes_are_wide_or_right(noise, rate, steps, delta, add):
    number = Exact(Fraction(delta))
    found = fast_epsilon(run_of(noise, rate, steps, add=add), number)
    assert found.lower is None or 0 <= found.lower < math.inf
    assert found.upper is None or found.upper >= (found.lower or 0.0)
    curve = fast_delta(run_of(noise, rate, steps, add=add), Exact(Fraction("0.5")))
    if curve.log_upper is not None:
        assert curve.log_lower <= curve.log_upper <= 0.0
    if found.upper is not None and found.lower and found.upper < 1e6:
        at = fast_delta(run_of(noise, rate, steps, add=add), Exact(Fraction(found.upper)))
        assert at.log_lower is None or at.log_lower <= float(log_of(number)) + 1e-12


def test_lines_outside_the_assumptions_are_refused():
    run = run_of(*W2)
    line, _ = line_of(run, -20.0)
    grid = line.grids[0]
    bad = [
        replace(line, c=1.0),
        replace(line, beyond=line.c),
        replace(line, height=0.1),  # not short
        replace(line, nodes=0),
        replace(line, height=math.nan),
        replace(line, grids=()),
        replace(line, grids=(replace(grid, spacing=0.1),)),
        replace(line, grids=(replace(grid, strip=1.6),)),
        replace(line, grids=(replace(grid, shift=0.8, margin=0.8),)),
        replace(line, grids=(replace(grid, margin=math.nan),)),
        replace(line, grids=(replace(grid, first=1),)),
        replace(line, grids=(replace(grid, core=Window(1.0, 1.0)),)),
    ]
    for one in bad:
        with pytest.raises(NotKnown):
            Inversion(run, one)
    cut = replace(line, grids=(replace(grid, cut=Window(20.0, 0.5)),))
    with pytest.raises(NotKnown):
        Inversion(replace(run, add=True), cut)
