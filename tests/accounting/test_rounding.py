"""Where floats lose digits no upper end may fall below the truth."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from mpmath import mp, mpf

import dpaccount as dpa
from dpaccount.accountants.chains import chain_epsilon
from dpaccount.adjacency import Direction
from dpaccount.mechanisms import canonical
from dpaccount.theorems import gdp


@pytest.fixture(autouse=True)
def _digits():
    with mp.workdps(40):
        yield


def scale(exponent):
    return f"1e{exponent}"


@pytest.mark.parametrize("exponent", [0, 1, 3, 5, 8, 11, 15, 17, 30, 100])
@pytest.mark.parametrize("method", ["best", "gdp", "rdp", "zcdp", "closed_form.exact_basic"])
def test_the_advantage_of_much_laplace_noise(method, exponent):
    truth = -mp.expm1(-1 / (2 * mpf(10) ** exponent))  # 1 - e^(-1/(2b))
    bound = dpa.delta(dpa.Laplace(scale(exponent)), 0, method=method)
    assert mpf(bound.upper) >= truth


@pytest.mark.parametrize("exponent", [0, 2, 8, 16, 60])
@pytest.mark.parametrize("method", ["best", "gdp", "rdp", "closed_form"])
def test_the_advantage_of_much_gaussian_noise(method, exponent):
    truth = 2 * mp.ncdf(1 / (2 * mpf(10) ** exponent)) - 1
    bound = dpa.delta(dpa.Gaussian(scale(exponent)), 0, method=method)
    assert mpf(bound.upper) >= truth
    sampled = dpa.PoissonSubsampled(dpa.Gaussian(scale(exponent)), "0.01")
    assert mpf(dpa.delta(sampled, 0, method=method).upper) >= truth / 100


@pytest.mark.parametrize("eps", [1e-100, 1e-17, 1e-8, 1e-3, 0.5, 0.999, 1.0, 5.0, 36.0, 300.0])
def test_mu_of_pure_dp(eps):
    with mp.workdps(300):  # 1/2 - 1/(1 + e^eps) is eps/4 for small eps
        mu = float(gdp.PURE(eps))
        truth = mp.tanh(mpf(eps) / 2)
        assert float(mp.erf(mpf(mu) / (2 * mp.sqrt(2))) / truth) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("fpr", ["1e-300", "1e-100", "1e-12", "0.3", "0.999"])
@pytest.mark.parametrize("mu", [1, 3, 10])
def test_the_rates_of_a_gaussian(mu, fpr):
    rate = Fraction(fpr)
    target = mpf(rate.numerator) / rate.denominator
    x = mpf(0)
    for _ in range(200):
        step = mp.log(mp.ncdf(x) / target) * mp.ncdf(x) / mp.npdf(x)
        x -= step
        if abs(step) < mpf(10) ** -35:
            break
    truth = mp.ncdf(x + mu)
    bound = dpa.profile(dpa.Gaussian(Fraction(1, mu))).tpr(fpr)
    assert truth <= mpf(bound.upper) <= truth * (1 + mpf(10) ** -6)


@pytest.mark.parametrize("count", [1000, 3000])
def test_sums_over_many_settings(count):
    parts = [Fraction(1, 3) + Fraction(i, 7919) for i in range(count)]
    run = dpa.Composed(tuple(dpa.Laplace(part) for part in parts))
    total = sum((1 / part for part in parts), Fraction(0))
    for method in ("rdp", "closed_form.exact_basic"):
        assert Fraction(dpa.epsilon(run, 0, method=method).upper) >= total
    rho = dpa.epsilon(run, "0.5", method="zcdp").details["rho"]
    assert Fraction(rho) >= sum((1 / part**2 for part in parts), Fraction(0)) / 2


def test_zero_beyond_a_bounded_loss_is_not_called_certified():
    bound = dpa.delta(dpa.Laplace(1), 2, method="rdp")
    assert (bound.lower, bound.upper) == (0.0, 0.0)
    assert bound.trust is dpa.Trust.PROVED


@pytest.mark.parametrize("steps", [50, 1000, 10**6, 10**9])
@pytest.mark.parametrize("eps", [1e-4, 0.01, 0.5])
@pytest.mark.parametrize("deviations", [-1, 2, 5])
def test_binomial_tails_are_good_to_nine_digits(steps, eps, deviations):
    from scipy.special import betainc, expit

    win = 1 / (1 + mp.exp(-mpf(eps)))
    wins = min(max(round(steps * float(win) + deviations * math.sqrt(steps) / 2), 1), steps)
    found = float(betainc(wins, steps - wins + 1, float(expit(eps))))
    # P(Bin >= wins) by the terms' ratio, in floats of relative error 1e-16 each: 1e5 of them
    first = mp.exp(
        mp.loggamma(steps + 1)
        - mp.loggamma(wins + 1)
        - mp.loggamma(steps - wins + 1)
        + wins * mp.log(win)
        + (steps - wins) * mp.log1p(-win)
    )
    k = np.arange(wins, min(steps, wins + 400_000), dtype=np.float64)
    ratios = np.log((steps - k) / (k + 1.0)) + eps
    truth = first * (1 + mpf(math.fsum(np.exp(np.cumsum(ratios)))))
    assert abs(found / truth - 1) <= 1e-9


def test_the_optimal_chain_ends_where_its_tails_are_not_known():
    few = dpa.DPSGD(noise_multiplier=1000, sampling_rate="1e-6", steps=10**9)
    assert dpa.epsilon(few, "1e-5", method="closed_form.exact_optimal").upper > 0
    more = dpa.DPSGD(noise_multiplier=1000, sampling_rate="1e-6", steps=10**9 + 1)
    with pytest.raises(dpa.Unsupported, match="1000000000 steps"):
        dpa.epsilon(more, "1e-5", method="closed_form.exact_optimal")


def test_a_target_is_never_rounded_up():
    # 0.1 as a float lies above 1/10: a cost between the two must not pass
    found = dpa.calibrate({"sampling_rate": 1, "steps": 1}, epsilon="0.1", delta="1e-5")
    assert Fraction(found.bound.upper) <= Fraction(1, 10)


def test_the_loss_of_a_sampled_release_at_the_ends_of_the_rate():
    step = dpa.PoissonSubsampled(dpa.Gaussian(1), 1)
    assert step.privacy_loss(Direction.REMOVE).support == (-math.inf, math.inf)
    with pytest.raises(dpa.Unsupported):
        dpa.PoissonSubsampled(dpa.Gaussian(1), 0).privacy_loss(Direction.REMOVE)


def test_an_accountant_takes_an_adjacency_by_name():
    run = dpa.DPSGD(noise_multiplier=1, sampling_rate="0.01", steps=10)
    named = dpa.RDP().profile(run, "remove").epsilon("1e-5")
    assert named == dpa.epsilon(run, "1e-5", method="rdp", adjacency="remove")
    assert dpa.RDP().epsilons([run], "1e-5", "remove")[0].upper == pytest.approx(named.upper)
    for call in (
        lambda: dpa.RDP().profile(run, "sideways"),
        lambda: dpa.RDP().epsilons([run], "1e-5", "sideways"),
        lambda: dpa.RDP().epsilons(run, "1e-5"),
        lambda: dpa.compare(run, "1e-5", time_limit="abc"),
        lambda: dpa.compare(run, "1e-5", deadline="x"),
        lambda: dpa.compare(run, "1e-5", time_limit=math.inf),
        lambda: dpa.compare(run, "1e-5", time_limit=-1, peers=False),
    ):
        with pytest.raises(dpa.InputError):
            call()


def test_a_bound_holds_numbers_and_can_be_a_key():
    with pytest.raises(ValueError, match="no number"):
        dpa.Bound(upper="x")
    assert len({dpa.Bound(upper=1.0), dpa.Bound(upper=1.0)}) == 1


@pytest.mark.slow
def test_thousands_of_settings_are_compared_in_time():
    run = dpa.Composed(
        tuple(
            dpa.DPSGD(
                noise_multiplier=Fraction(7, 10) + Fraction(i, 1500),
                sampling_rate=Fraction(1, 1000) + Fraction(i, 300_000),
                steps=100,
            )
            for i in range(1500)
        )
    )
    result = dpa.compare(run, "1e-5", peers=False)
    assert result.consistent
    assert chain_epsilon("moments_integer", canonical(run), math.log(1e-5)).epsilon > 0
