"""Noisy gradient descent, its distance to the minimum: steps that change, noise that grows.

Steps are x' = x - eta (g(x) + noise) as in `sgd`, where the noise may grow with the distance: E
|noise|^2 is at most V + W |x - x*|^2. What is said of projections is of one to a convex set that
has x* in it, where no other point is lower anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dpaccount.theorems import sgd_assumptions as given
from dpaccount.theorems.registry import Assumption, theorem

__all__ = ["DECAYING", "GROWTH", "QUADRATIC_AVERAGE", "QUADRATIC_LAW", "SCHEDULE"]


def _growth(
    distance_squared: Any,
    convexity: Any,
    smoothness: Any,
    learning_rate: Any,
    variance: Any,
    growth: Any,
    steps: int,
) -> Any:
    """Expected squared distance to the minimum."""
    spread = learning_rate * (smoothness - convexity)
    rho = (spread + abs(2 - learning_rate * (smoothness + convexity))) / 2
    kappa = rho * rho + learning_rate * learning_rate * growth
    kept = kappa**steps
    noise = learning_rate * learning_rate * variance
    return kept * distance_squared + noise * (1 - kept) / (1 - kappa)


GROWTH = theorem(
    "sgd.growth",
    "For f with minimum x*, mu-strongly convex and L-smooth, steps projected or not, noise with "
    "E|noise|^2 <= V + W |x - x*|^2, rho = max(|1 - eta mu|, |1 - eta L|) and kappa = rho^2 + "
    "eta^2 W < 1, E|x_T - x*|^2 <= kappa^T |x_0 - x*|^2 + eta^2 V (1 - kappa^T) / (1 - kappa).",
    "sgd.strongly_convex, whose step contracts by rho, with eta^2 W |x - x*|^2 more; a projection "
    "brings no point farther from x*",
    formula=_growth,
    assumptions=[
        given.CURVED,
        given.STEP,
        Assumption(
            "eta W < mu (2 - eta mu) and eta W < L (2 - eta L), so that eta < 2/L and kappa < 1",
            lambda learning_rate, growth, convexity, smoothness, **_: (
                learning_rate * growth < convexity * (2 - learning_rate * convexity)
                and learning_rate * growth < smoothness * (2 - learning_rate * smoothness)
            ),
            "take smaller steps or larger batches",
        ),
        given.GROWING,
        given.STEPS,
    ],
    uses=["sgd.strongly_convex", "sgd.convex"],
    level="K",
    latex=r"For $f$ with minimum $x^*$, $\mu$-strongly convex and $L$-smooth, steps projected or "
    r"not, noise with $E|\mathrm{noise}|^2 \le V + W |x - x^*|^2$, $\rho = \max(|1 - \eta \mu|, "
    r"|1 - \eta L|)$ and $\kappa = \rho^2 + \eta^2 W < 1$: $E|x_T - x^*|^2 \le \kappa^T |x_0 - "
    r"x^*|^2 + \eta^2 V \frac{1 - \kappa^T}{1 - \kappa}$.",
)


def _schedule(
    distance_squared: Any,
    convexity: Any,
    smoothness: Any,
    variance: Any,
    growth: Any,
    learning_rates: Sequence[Any],
) -> Any:
    """Expected squared distance to the minimum, step by step."""
    expected = distance_squared
    for rate in learning_rates:
        spread = rate * (smoothness - convexity)
        rho = (spread + abs(2 - rate * (smoothness + convexity))) / 2
        expected = (rho * rho + rate * rate * growth) * expected + rate * rate * variance
    return expected


SCHEDULE = theorem(
    "sgd.schedule",
    "For f and noise as in sgd.growth and any step sizes eta_0, ..., eta_(T-1) below 2/L, fixed in "
    "advance, E|x_T - x*|^2 <= e_T, where e_0 = |x_0 - x*|^2 and e_(t+1) = (rho_t^2 + eta_t^2 W) "
    "e_t + eta_t^2 V with rho_t = max(|1 - eta_t mu|, |1 - eta_t L|).",
    "one step of sgd.growth after the other; Bottou, Curtis and Nocedal 2018, SIAM Review 60(2), "
    "Thm 4.7, has the closed form of one such sequence",
    formula=_schedule,
    assumptions=[
        given.CURVED,
        Assumption(
            "0 < eta < 2/L at every step",
            lambda learning_rates, smoothness, **_: all(
                0 < rate * smoothness < 2 for rate in learning_rates
            ),
            "take smaller steps",
        ),
        given.GROWING,
    ],
    uses=["sgd.growth"],
    level="P",
    note="item number quoted from memory",
    latex=r"For $f$ and noise as in sgd.growth and any step sizes $\eta_0, \ldots, \eta_{T-1}$ "
    r"below $2/L$, fixed in advance: $E|x_T - x^*|^2 \le e_T$, where $e_0 = |x_0 - x^*|^2$ and "
    r"$e_{t+1} = (\rho_t^2 + \eta_t^2 W) e_t + \eta_t^2 V$ with $\rho_t = \max(|1 - \eta_t "
    r"\mu|, |1 - \eta_t L|)$.",
)


def _decaying(
    distance_squared: Any, convexity: Any, scale: Any, offset: Any, variance: Any, steps: int
) -> Any:
    """Expected squared distance to the minimum."""
    pull = scale * convexity
    start = offset * distance_squared
    noise = scale * scale * variance / (2 * pull - 1 - pull * pull / offset)
    return max(start, noise) / (offset + steps)


DECAYING = theorem(
    "sgd.decaying",
    "For f with minimum x*, mu-strongly convex and L-smooth, steps projected or not, and eta_t = b "
    "/ (c + t) with b (mu + L) <= 2 c and 2 b mu > 1 + (b mu)^2 / c, E|x_T - x*|^2 <= max(c |x_0 - "
    "x*|^2, b^2 V / (2 b mu - 1 - (b mu)^2 / c)) / (c + T).",
    "induction: (1 - b mu / s)^2 v / s + b^2 V / s^2 <= v / (s + 1) for s >= c; after Bottou, "
    "Curtis and Nocedal 2018, SIAM Review 60(2), Thm 4.7",
    formula=_decaying,
    assumptions=[
        given.CURVED,
        Assumption(
            "b > 0 and b (mu + L) <= 2 c",
            lambda scale, offset, convexity, smoothness, **_: (
                scale > 0 and scale * (convexity + smoothness) <= 2 * offset
            ),
            "let the first step be smaller",
        ),
        Assumption(
            "(2 b mu - 1) c > (b mu)^2",
            lambda scale, offset, convexity, **_: (
                (2 * scale * convexity - 1) * offset > scale * convexity * scale * convexity
            ),
            "let the steps fall from b = 1/mu, and c be larger",
        ),
        given.DISTANCE,
        given.STEPS,
    ],
    uses=["sgd.schedule"],
    level="P",
    note="item number quoted from memory",
    latex=r"For $f$ with minimum $x^*$, $\mu$-strongly convex and $L$-smooth, steps projected or "
    r"not, and $\eta_t = b/(c + t)$ with $b (\mu + L) \le 2 c$ and $2 b \mu > 1 + (b \mu)^2/c$: "
    r"$E|x_T - x^*|^2 \le \frac{1}{c + T} \max\left(c |x_0 - x^*|^2, \frac{b^2 V}{2 b \mu - 1 "
    r"- (b \mu)^2/c}\right)$.",
)


def _law(curvature: Any, learning_rate: Any, noise_std: Any, steps: int) -> Any:
    """Variance of one coordinate."""
    factor = 1 - learning_rate * curvature
    kept = (factor * factor) ** steps
    return (
        learning_rate * learning_rate * noise_std * noise_std * (1 - kept) / (1 - factor * factor)
    )


QUADRATIC_LAW = theorem(
    "sgd.quadratic_law",
    "For f = sum lambda_i x_i^2 / 2 and independent Gaussian noise of variance tau^2 in each "
    "coordinate, the coordinates of x_T are independent and Gaussian, with means a_i^T x_(0,i) and "
    "variances eta^2 tau^2 (1 - a_i^(2T)) / (1 - a_i^2), a_i = 1 - eta lambda_i; these tend to eta "
    "tau^2 / (lambda_i (2 - eta lambda_i)).",
    "each coordinate is a Gaussian autoregression of order one",
    formula=_law,
    assumptions=[
        given.SHORT_STEP_ALONG,
        Assumption(
            "finite noise", lambda noise_std, **_: abs(noise_std) < math.inf, "give a number"
        ),
        given.STEPS,
    ],
    level="P",
    latex=r"For $f = \frac{1}{2} \sum_i \lambda_i x_i^2$ and independent Gaussian noise of "
    r"variance $\tau^2$ in each coordinate, the coordinates of $x_T$ are independent and "
    r"Gaussian, with means $a_i^T x_{0,i}$ and variances $\eta^2 \tau^2 \frac{1 - a_i^{2T}}{1 - "
    r"a_i^2}$, $a_i = 1 - \eta \lambda_i$; these tend to $\frac{\eta \tau^2}{\lambda_i (2 - \eta "
    r"\lambda_i)}$.",
)


def _average(start: Any, curvature: Any, learning_rate: Any, noise_std: Any, steps: int) -> Any:
    """Expected square of one coordinate of the mean iterate."""
    pull = learning_rate * curvature
    factor = 1 - pull
    once, twice = 1 - factor**steps, 1 - (factor * factor) ** steps
    mean = start * once / (steps * pull)
    spread = steps - 2 * once / pull + twice / (1 - factor * factor)
    noise = noise_std / (curvature * steps)
    return mean * mean + noise * noise * spread


QUADRATIC_AVERAGE = theorem(
    "sgd.quadratic_average",
    "For f = sum lambda_i x_i^2 / 2 and noise of variance tau^2 in each coordinate, the mean y of "
    "x_0, ..., x_(T-1) has E y_i^2 = (x_(0,i) (1 - a_i^T) / (T eta lambda_i))^2 + (tau / "
    "(lambda_i T))^2 (T - 2 (1 - a_i^T) / (eta lambda_i) + (1 - a_i^(2T)) / (1 - a_i^2)), a_i = 1 "
    "- eta lambda_i, exactly.",
    "the noise of step s enters y with the weight -(1 - a^(T-1-s)) / (lambda T); Polyak and "
    "Juditsky 1992, SIAM Journal on Control and Optimization 30(4), for the limit",
    formula=_average,
    assumptions=[
        given.SHORT_STEP_ALONG,
        Assumption(
            "a finite start and noise",
            lambda start, noise_std, **_: abs(start) < math.inf and abs(noise_std) < math.inf,
            "give numbers",
        ),
        given.SOME_STEPS,
    ],
    uses=["sgd.quadratic_law"],
    level="P",
    latex=r"For $f = \frac{1}{2} \sum_i \lambda_i x_i^2$ and noise of variance $\tau^2$ in each "
    r"coordinate, the mean $y$ of $x_0, \ldots, x_{T-1}$ has $E y_i^2 = \left(\frac{x_{0,i} (1 - "
    r"a_i^T)}{T \eta \lambda_i}\right)^2 + \left(\frac{\tau}{\lambda_i T}\right)^2 \left(T - "
    r"\frac{2 (1 - a_i^T)}{\eta \lambda_i} + \frac{1 - a_i^{2T}}{1 - a_i^2}\right)$, $a_i = 1 - "
    r"\eta \lambda_i$, exactly.",
)
