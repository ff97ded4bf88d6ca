"""The facts of every privacy loss, against their definitions at high precision."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from types import SimpleNamespace

import pytest
from mpmath import mp, mpf
from privacy_loss.cases import gaussian, laplace, number
from privacy_loss.oracle import OPS

from dpaccount.adjacency import Direction
from dpaccount.privacy_loss import GaussianLoss, LaplaceLoss, PoissonGaussianLoss, PrivacyLoss

FLOATS = SimpleNamespace(exp=math.exp, log=math.log, sqrt=math.sqrt, number=float)
DIRECTIONS = ["remove", "add"]


def plain(mu_squared, direction):
    return GaussianLoss(number(mu_squared), Direction(direction))


LOSSES = [
    make(*setting, direction)
    for (make, setting), direction in itertools.product(
        [
            (plain, ("1",)),
            (plain, ("0.04",)),
            (gaussian, ("1.1", "256/60000")),
            (gaussian, ("0.5", "0.9")),
            (gaussian, ("4", "0.3")),
            (laplace, ("0.7", "1")),
            (laplace, ("2", "0.1")),
            (laplace, ("0.4", "0.95")),
        ],
        DIRECTIONS,
    )
]


def name(loss):
    setting = [f"{float(value):g}" for key, value in vars(loss).items() if key != "direction"]
    return "-".join([type(loss).__name__, *setting, loss.direction.value])


each = pytest.mark.parametrize("loss", LOSSES, ids=name)


def laws(loss):
    """Densities without and with the record, and points between which both are smooth."""
    if isinstance(loss, LaplaceLoss):
        b, q = OPS.number(loss.noise_multiplier), OPS.number(loss.sampling_rate)

        def density(x):
            return mp.exp(-abs(x) / b) / (2 * b)

        ends = [-60 * b, mpf(0), mpf(1), 1 + 60 * b]
    else:
        if isinstance(loss, GaussianLoss):
            b, q = 1 / mp.sqrt(OPS.number(loss.mu_squared)), mpf(1)
        else:
            b, q = OPS.number(loss.noise_multiplier), OPS.number(loss.sampling_rate)

        def density(x):
            return mp.npdf(x, 0, b)

        ends = [-12 * b, -4 * b, mpf(0), mpf(1), 1 + 4 * b, 1 + 12 * b]

    def with_record(x):
        return (1 - q) * density(x) + q * density(x - 1)

    return density, with_record, ends, b if isinstance(loss, GaussianLoss) else mpf(1)


def loss_at(loss, x, scale):
    """The loss at x, where the two plain laws lie at 0 and 1."""
    # GaussianLoss measures outputs in units of the noise
    return loss.log_ratio(x / scale, OPS)


def probability(loss, value):
    """P(L <= value) under the numerator, by integration over x."""
    without, with_record, ends, scale = laws(loss)
    remove = loss.direction is Direction.REMOVE
    numerator = with_record if remove else without
    inside = [loss_at(loss, x, scale) <= value for x in (ends[0], ends[-1])]
    if inside[0] == inside[1]:
        return mpf(int(inside[0]))
    low, high = ends[0], ends[-1]  # the loss is monotone in x
    for _ in range(90):
        middle = (low + high) / 2
        if (loss_at(loss, middle, scale) <= value) == inside[0]:
            low = middle
        else:
            high = middle
    side = [x for x in ends if (x < low) == inside[0] and x != low]
    cuts = sorted([*side, low]) if inside[0] else sorted([low, *side])
    return mp.quad(numerator, cuts)


def values(loss, count=7):
    """Losses inside the support, away from its ends."""
    low, high = loss.support
    low, high = max(low, -3.0), min(high, 3.0)
    return [low + (high - low) * (k + 0.5) / count for k in range(count)]


@each
def test_the_loss_is_the_log_ratio_of_the_two_laws(loss):
    with mp.workdps(30):
        without, with_record, _, scale = laws(loss)
        sign = 1 if loss.direction is Direction.REMOVE else -1
        for x in (mpf(-3), mpf("-0.4"), mpf("0.25"), mpf(1), mpf("2.7")):
            truth = sign * mp.log(with_record(x) / without(x))
            assert abs(loss_at(loss, x, scale) - truth) <= mpf("1e-25")


@each
def test_floats_and_mpmath_read_the_same_text(loss):
    for x in (-2.5, 0.0, 0.3, 1.0, 4.0):
        with mp.workdps(30):
            truth = loss.log_ratio(mpf(x), OPS)
            assert abs(loss.log_ratio(x, FLOATS) - truth) <= 1e-14 * (1 + abs(truth))


@each
def test_cdf_against_integration(loss):
    with mp.workdps(20):
        for value in values(loss):
            # the tails beyond the integral hold 1e-26 at most; float64 gives the rest
            assert abs(loss.cdf(value) - probability(loss, value)) <= 1e-13


@each
def test_cdf_rises_from_nothing_to_all(loss):
    low, high = loss.support
    assert loss.cdf(-math.inf) == 0.0
    assert loss.cdf(math.inf) == 1.0
    seen = [loss.cdf(value) for value in values(loss, 40)]
    assert seen == sorted(seen)
    assert all(0 <= value <= 1 for value in seen)
    if math.isfinite(low):
        assert loss.cdf(math.nextafter(low, -math.inf)) == 0.0
    if math.isfinite(high):
        assert loss.cdf(high) == 1.0


@each
def test_the_support_holds_every_loss_and_is_reached(loss):
    low, high = loss.support
    assert low < 0 < high
    with mp.workdps(30):
        scale = laws(loss)[3]
        found = [loss_at(loss, x, scale) for x in (mpf(-2000), mpf(0), mpf(1), mpf(2000))]
        for value in found:
            assert low - 1e-14 * abs(low) <= value <= high + 1e-14 * abs(high)
        for end, extreme in ((low, min(found)), (high, max(found))):
            if math.isfinite(end):
                assert abs(extreme - end) <= 1e-14 * (1 + abs(end))
            else:
                assert abs(extreme) > 50


@each
def test_reversing(loss):
    other = loss.reversed()
    assert other != loss
    assert other.reversed() == loss
    assert other.direction is not loss.direction
    assert other.support == (-loss.support[1], -loss.support[0])
    for x in (-1.0, 0.2, 3.0):
        assert other.log_ratio(x, FLOATS) == -loss.log_ratio(x, FLOATS)


@each
def test_atoms_are_those_of_laplace_noise(loss):
    assert isinstance(loss, PrivacyLoss)
    assert loss.has_atoms is isinstance(loss, LaplaceLoss)
    assert loss.infinity_mass == 0.0
    low, high = loss.support
    if loss.has_atoms:
        b, q = float(loss.noise_multiplier), float(loss.sampling_rate)
        far = 0.5 * math.exp(-1 / b)
        # P(x <= 0) and P(x >= 1) of the two laws
        if loss.direction is Direction.REMOVE:
            masses = (1 - q) / 2 + q * far, (1 - q) * far + q / 2
        else:
            masses = far, 0.5
        step = 1e-12
        assert loss.cdf(low + step) == pytest.approx(masses[0], abs=1e-9)
        assert 1 - loss.cdf(high - step) == pytest.approx(masses[1], abs=1e-9)


def delta(loss, eps):
    """E[(1 - e^(eps - L))_+], by parts: the integral of e^(eps - l) P(L > l) beyond eps."""
    low, high = (mpf(end) for end in loss.support)
    start = max(mpf(eps), low)
    stop = min(high, start + 40)
    before = 1 - mp.exp(eps - start)  # all of the mass lies above the lower end
    if not start < stop:
        return before if eps < low else mpf(0)
    cuts = [start + (stop - start) * k / 8 for k in range(9)]
    return before + mp.quad(lambda x: mp.exp(eps - x) * (1 - loss.cdf(float(x))), cuts, maxdegree=5)


@pytest.mark.parametrize(
    "loss", [loss for loss in LOSSES if loss.direction is Direction.ADD][::2], ids=name
)
@pytest.mark.parametrize("eps", [-0.4, 0.0, 0.3])
def test_reflection(loss, eps):
    reflected = 1 - mp.exp(eps) + mp.exp(eps) * delta(loss.reversed(), -eps)
    # the support of a sampled loss ends where the cdf has a corner: quadrature gets 5 digits there
    assert delta(loss, eps) == pytest.approx(reflected, abs=1e-5)


def test_mu_and_strip():
    assert plain("0.25", "add").mu == 0.5
    assert gaussian("3", "0.1", "add").strip == pytest.approx(9 * math.pi)


def test_the_support_of_a_rate_that_rounds_to_one():
    low, _ = gaussian("1", "0.99999999999999999999", "remove").support
    assert low <= -46.0


def test_the_support_of_laplace_at_a_rate_near_one():
    loss = laplace("0.02", "0.9999999999999999", "add")
    with mp.workdps(40):
        rest = mpf(10) ** -16
        assert loss.support[1] >= -mp.log(rest + (1 - rest) * mp.exp(-50)) * (1 - mpf("1e-15"))


def test_the_support_of_laplace_at_a_tiny_rate():
    loss = laplace("0.02", "1e-25", "remove")
    with mp.workdps(60):
        truth = mp.log1p(mpf(10) ** -25 * mp.expm1(50))
        # outward, by the digits that e^50 loses to the rounding of 50
        assert truth <= loss.support[1] <= truth * (1 + 52 * mpf(2) ** -50)


def test_the_cdf_of_laplace_far_out():
    assert 0 < laplace("0.001", "0.5", "remove").cdf(800.0) < 1


def test_a_loss_is_a_value():
    assert gaussian("1", "0.5", "add") == PoissonGaussianLoss(
        number(Fraction(1)), number("1/2"), Direction.ADD
    )
    assert len({gaussian("1", "0.5", "add"), gaussian("1.0", "0.50", "add")}) == 1
