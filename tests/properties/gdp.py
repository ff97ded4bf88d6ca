"""Gaussian differential privacy: trade-off functions and the limit theorem."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import strategies as st
from mpmath import mp, mpf
from properties.oracles import (
    close,
    hockey_gaussian,
    hockey_poisson,
    integrate,
    log_moment,
    log_uniform,
)
from properties.registry import checks

import dpaccount as dpa
from dpaccount.adjacency import Adjacency
from dpaccount.guarantees import gaussian_mu
from dpaccount.mechanisms import canonical

FPRS = [
    mpf(x) for x in ("1e-12", "1e-6", "1e-3", "0.01", "0.1", "0.3", "0.5", "0.7", "0.9", "0.999")
]


def quantile(p):
    """Phi^-1 by root finding, as mpmath has none that keeps small p."""
    if p > mpf("0.5"):
        return -quantile(1 - p)
    start = -mp.sqrt(-2 * mp.log(p)) if p < mpf("0.1") else mpf(2) * p - 1
    # log of the distribution function is concave, so Newton's iteration cannot pass the root twice
    for _ in range(60):
        step = mp.log(mp.ncdf(start) / p) * mp.ncdf(start) / mp.npdf(start)
        start -= step
        if abs(step) <= mpf(10) ** -45:
            return start
    raise AssertionError("no quantile was found")


@checks("gdp.gaussian", count=6, sigma=log_uniform(0.2, 20), fpr=st.sampled_from(FPRS))
def best_test_has_the_stated_errors(theorem, sigma, fpr):
    mu = 1 / mpf(sigma)
    threshold = -quantile(fpr)
    # the likelihood-ratio test rejects beyond a threshold; its two errors by quadrature
    false_positive = integrate(mp.npdf, threshold, threshold + 20, 1)
    false_negative = integrate(lambda x: mp.npdf(x - mu), min(threshold, mu) - 20, threshold, 1)
    assert close(false_positive, fpr, 1e-25)
    assert close(false_negative, mp.ncdf(quantile(1 - fpr) - mu), 1e-20)
    profile = dpa.profile(dpa.Gaussian(sigma), method="gdp")
    lower = profile.tradeoff(float(fpr)).lower
    assert lower <= false_negative <= lower + mpf("1e-6")
    known = profile.gdp_mu()
    assert theorem.id in known.theorems
    assert known.lower <= mu <= known.upper


def _two_gaussians(first, second, eps):
    """Hockey stick of two independent releases: over the first one's loss, the other's delta."""

    def integrand(x):
        rest = eps - (first * x - first**2 / 2)
        return mp.npdf(x - first) * hockey_gaussian(second, rest)

    return integrate(integrand, first - 14, first + 14, min(1, second / first, 1 / first))


@checks(
    "gdp.composition",
    count=6,
    first=log_uniform(0.2, 3),
    second=log_uniform(0.2, 3),
    share=st.floats(-1, 3),
)
def squares_of_mu_add(theorem, first, second, share):
    first, second = mpf(first), mpf(second)
    mu = mp.sqrt(first**2 + second**2)
    eps = share * mu
    assert close(_two_gaussians(first, second, eps), hockey_gaussian(mu, eps), 1e-15)
    run = canonical(dpa.Composed((dpa.Gaussian(float(1 / first)), dpa.Gaussian(float(1 / second)))))
    known = gaussian_mu(run)
    assert theorem.id in known.theorems
    assert known.lower * (1 - 1e-14) <= mu <= known.upper * (1 + 1e-14)
    assert known.upper - known.lower <= 1e-14 * mu


@checks(
    "gdp.sampling_never_hurts",
    count=100,
    sigma=log_uniform(0.2, 20),
    rate=log_uniform(1e-9, 0.9999),
    share=st.floats(-10, 10),
)
def sampled_delta_stays_below_the_unsampled(theorem, sigma, rate, share):
    mu = 1 / mpf(sigma)
    eps = share * mu
    for direction in ("remove", "add"):
        sampled = hockey_poisson(sigma, rate, eps, direction)
        assert sampled <= hockey_gaussian(mu, eps) + mpf(10) ** -40


@checks("gdp.sampling_never_hurts", sigma=log_uniform(0.2, 5), rate=log_uniform(1e-6, 0.9))
def no_smaller_mu_holds(theorem, sigma, rate):
    mu = 1 / mpf(sigma)
    # far out the tail of the smaller mu, 5 % further away, is below rate times that of mu
    eps = 40 * (1 - mp.log(rate)) + 40 * mu**2
    with mp.workdps(60):
        sampled = hockey_poisson(sigma, rate, eps, "remove")
        assert sampled > hockey_gaussian(mpf("0.95") * mu, eps)
    run = dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=1)
    known = dpa.profile(run, method="gdp").gdp_mu()
    assert theorem.id in known.theorems
    assert known.upper >= mu * (1 - mpf("1e-15"))


@checks(
    "gdp.pure",
    cases=[{"eps": 1.0}],
    eps=log_uniform(1e-3, 60),
)
def gaussian_curve_touches_the_broken_line(theorem, eps):
    mu, eps = mpf(float(theorem.formula(eps))), mpf(eps)
    corner = 1 / (1 + mp.exp(eps))
    for fpr in [*FPRS, corner, corner / 2, 1 - corner]:
        line = max(1 - mp.exp(eps) * fpr, mp.exp(-eps) * (1 - fpr), mpf(0))
        gaussian = mp.ncdf(-quantile(fpr) - mu)
        if fpr == corner:
            assert close(gaussian, line, 1e-12)
        else:
            assert gaussian <= line * (1 + mpf("1e-12"))


@checks(
    "gdp.clt",
    cases=[{"groups": [(0.01, 100, 1.0)]}],
    count=6,
    groups=st.lists(
        st.tuples(log_uniform(1e-4, 0.5), st.integers(1, 10**6), log_uniform(0.3, 30)),
        min_size=1,
        max_size=2,
    ),
)
def squared_mu_is_the_total_chi_square(theorem, groups):
    total = mpf(0)
    for rate, steps, sigma in groups:
        total += steps * mp.expm1(log_moment(sigma, rate, 2))
    from properties.oracles import MP

    settings = [(mpf(rate), steps, 1 / mpf(sigma) ** 2) for rate, steps, sigma in groups]
    assert close(theorem.formula(settings, MP), mp.sqrt(total), 1e-14)
    # a numerical limit: the order-2 moment is close to e^(mu^2) only for small rates


@checks("gdp.clt", cases=[{"sigma": 1.0, "scale": 1.0}, {"sigma": 2.0, "scale": 5.0}])
def loss_approaches_that_of_the_limit(theorem, sigma, scale):
    """Mean and variance of the summed loss tend to mu^2/2 and mu^2, those of a Gaussian."""
    errors = []
    for steps in (10**4, 10**6, 10**8):
        rate = mpf(scale) / mp.sqrt(steps)
        mu2 = theorem.formula([(float(rate), steps, 1 / sigma**2)]) ** 2

        def mean(power, rate=rate):
            def integrand(x):
                away = rate * mp.expm1((2 * x - 1) / (2 * mpf(sigma) ** 2))
                density = mp.npdf(x, 0, sigma) * (1 + away)
                return density * mp.log1p(away) ** power

            return integrate(integrand, -16 * sigma, 1 + 20 * sigma, sigma / 2)

        first, second = mean(1), mean(2)
        off = abs(steps * first / (mu2 / 2) - 1)
        errors.append(max(off, abs(steps * (second - first**2) / mu2 - 1)))
    assert errors[-1] < 1e-2
    # the error falls as one over the root of the steps
    assert errors[1] < errors[0] / 5
    assert errors[2] < errors[1] / 5


def discretized_epsilon(sigma, rate, steps, delta, *, step=2e-5, log2_size=20, first=-1.0):
    """Two ends of epsilon for removing: losses rounded down, or up, and convolved by FFT."""
    from scipy.special import ndtr

    size = 2**log2_size
    edges = first + step * np.arange(1, size)
    inside = np.expm1(edges) + rate
    with np.errstate(invalid="ignore", divide="ignore"):
        x = sigma**2 * np.log(inside / rate) + 0.5
    x = np.where(inside > 0, x, -np.inf)
    below = (1 - rate) * ndtr(x / sigma) + rate * ndtr((x - 1) / sigma)
    mass = np.diff(np.concatenate([[0.0], below, [1.0]]))
    # the sum starts at steps * first; a roll brings the window back to [first, ...)
    phase = np.fft.rfft(np.roll(mass, round(first / step)))
    total = np.fft.irfft(phase**steps, size)
    total = np.roll(total, -round(first / step))
    losses = first + step * np.arange(size)

    def epsilon(shift):
        low, high = 0.0, 18.0
        while high - low > 1e-9:
            middle = (low + high) / 2
            excess = -np.expm1(np.minimum(middle - losses - shift, 0.0))
            low, high = (low, middle) if (total * excess).sum() <= delta else (middle, high)
        return high

    return epsilon(0.0), epsilon(steps * step)


@checks("gdp.clt")
def limit_under_reports(theorem):
    sigma, rate, steps, delta = 0.5, 0.001, 1000, 1e-5
    lower, upper = discretized_epsilon(sigma, rate, steps, delta)
    assert lower <= 3.239 <= upper <= lower + 0.03
    assert math.isclose(theorem.formula([(rate, steps, sigma**-2)]), 0.2315, rel_tol=1e-3)
    run = dpa.DPSGD(noise_multiplier="0.5", sampling_rate="0.001", steps=1000)
    bound = dpa.epsilon(run, "1e-5", method="gdp_clt", adjacency=Adjacency.REMOVE)
    assert math.isclose(bound.estimate, 0.852, abs_tol=5e-4)
    assert bound.upper is None
    assert not bound.trust.is_guarantee
