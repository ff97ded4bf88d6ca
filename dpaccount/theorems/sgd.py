"""Gradient descent whose gradients are perturbed: how far from the optimum it ends.

Steps are x' = x - eta (g(x) + noise), g the gradient; whatever came before, the noise has mean 0
and E |noise|^2 <= V. All constants are explicit.
"""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems import sgd_assumptions as given
from dpaccount.theorems.registry import Assumption, theorem

__all__ = ["CONVEX", "NONCONVEX", "PL", "QUADRATIC_EXACT", "SECTOR", "STRONGLY_CONVEX"]


def _strongly_convex(
    distance_squared: Any,
    convexity: Any,
    smoothness: Any,
    learning_rate: Any,
    variance: Any,
    steps: int,
) -> Any:
    """Expected squared distance to the minimum; rho is the larger of |1-eta mu|, |1-eta L|."""
    spread = learning_rate * (smoothness - convexity)
    rho = (spread + abs(2 - learning_rate * (smoothness + convexity))) / 2
    kept = (rho * rho) ** steps
    noise = learning_rate * learning_rate * variance
    return kept * distance_squared + noise * (1 - kept) / (1 - rho * rho)


STRONGLY_CONVEX = theorem(
    "sgd.strongly_convex",
    "For f with minimum x*, mu-strongly convex and L-smooth, and rho = max(|1 - eta mu|, |1 - eta "
    "L|), E|x_T - x*|^2 <= rho^(2T) |x_0 - x*|^2 + eta^2 V (1 - rho^(2T)) / (1 - rho^2).",
    "a gradient step contracts by rho, as (g(x) - g(y)).(x - y) (mu + L) >= |g(x) - g(y)|^2 + mu L "
    "|x - y|^2; Nesterov 2004, Introductory Lectures on Convex Optimization, Thm 2.1.12",
    formula=_strongly_convex,
    assumptions=[
        given.CURVED,
        given.SHORT_STEP,
        given.DISTANCE,
        given.STEPS,
    ],
    level="K",
    note="item number quoted from memory. An equality for f = mu |x - x*|^2 / 2 and noise of "
    "second moment V",
    latex=r"For $f$ with minimum $x^*$, $\mu$-strongly convex and $L$-smooth, $0 < \eta < 2/L$ "
    r"and $\rho = \max(|1 - \eta \mu|, |1 - \eta L|)$: $E|x_T - x^*|^2 \le \rho^{2T} |x_0 - "
    r"x^*|^2 + \eta^2 V \frac{1 - \rho^{2T}}{1 - \rho^2}$.",
)


SECTOR = theorem(
    "sgd.sector",
    "For g with (g(x) - m d).(L d - g(x)) >= 0, d = x - x*, at every x, f convex or not, steps "
    "projected to a convex set that has x* in it or not, E|noise|^2 <= V and rho = max(|1 - eta "
    "m|, |1 - eta L|), E|x_T - x*|^2 <= rho^(2T) |x_0 - x*|^2 + eta^2 V (1 - rho^(2T)) / (1 - "
    "rho^2).",
    "sgd.strongly_convex, whose contraction towards x* takes no more than this of f; the sector "
    "condition of Lessard, Recht and Packard 2016, arXiv 1408.3595",
    formula=_strongly_convex,
    assumptions=[
        Assumption(
            "0 < m <= L",
            lambda convexity, smoothness, **_: 0 < convexity <= smoothness,
            "use sgd.pl_sharp, or sgd.nonconvex",
        ),
        given.SHORT_STEP,
        given.DISTANCE,
        given.STEPS,
    ],
    uses=["sgd.convex"],
    level="P",
    latex=r"For $g$ with $(g(x) - m d) \cdot (L d - g(x)) \ge 0$, $d = x - x^*$, at every $x$, $f$ "
    r"convex or not, steps projected to a convex set that has $x^*$ in it or not, "
    r"$E|\mathrm{noise}|^2 \le V$, $0 < \eta < 2/L$ and $\rho = \max(|1 - \eta m|, |1 - \eta L|)$: "
    r"$E|x_T - x^*|^2 \le \rho^{2T} |x_0 - x^*|^2 + \eta^2 V \frac{1 - \rho^{2T}}{1 - \rho^2}$.",
)


def _pl(
    gap: Any, convexity: Any, smoothness: Any, learning_rate: Any, variance: Any, steps: int
) -> Any:
    """Expected value of f above its infimum."""
    kept = (1 - learning_rate * convexity) ** steps
    return kept * gap + learning_rate * smoothness * variance * (1 - kept) / (2 * convexity)


PL = theorem(
    "sgd.pl",
    "For f L-smooth with |g(x)|^2 >= 2 mu (f(x) - f*) and eta <= 1/L, E f(x_T) - f* <= (1 - eta "
    "mu)^T (f(x_0) - f*) + eta L V (1 - (1 - eta mu)^T) / (2 mu).",
    "the descent lemma, step by step; Karimi, Nutini and Schmidt 2016, arXiv 1608.04636v4, Thm 4",
    formula=_pl,
    assumptions=[
        given.CURVED,
        Assumption(
            "0 < eta <= 1/L",
            lambda learning_rate, smoothness, **_: 0 < learning_rate * smoothness <= 1,
            "take smaller steps",
        ),
        given.GAP,
        given.STEPS,
    ],
    level="K",
    note="item number quoted from memory",
    latex=r"For $f$ $L$-smooth with $|g(x)|^2 \ge 2 \mu (f(x) - f^*)$ and $0 < \eta \le 1/L$: $E "
    r"f(x_T) - f^* \le (1 - \eta \mu)^T (f(x_0) - f^*) + \frac{\eta L V (1 - (1 - \eta "
    r"\mu)^T)}{2 \mu}$.",
)


def _nonconvex(gap: Any, smoothness: Any, learning_rate: Any, variance: Any, steps: int) -> Any:
    """Mean over the steps of the expected squared gradient."""
    room = 2 - learning_rate * smoothness
    start = 2 * gap / (learning_rate * steps * room)
    return start + learning_rate * smoothness * variance / room


NONCONVEX = theorem(
    "sgd.nonconvex",
    "For f L-smooth and never below f*, and eta < 2/L, the mean of E|g(x_t)|^2 over the steps t = "
    "0, ..., T-1 is at most 2 (f(x_0) - f*) / (eta T (2 - eta L)) + eta L V / (2 - eta L).",
    "the descent lemma, summed; Ghadimi and Lan 2013, SIAM Journal on Optimization 23(4), section "
    "2",
    formula=_nonconvex,
    assumptions=[
        given.SMOOTH_AND_SHORT_STEP,
        given.GAP,
        given.SOME_STEPS,
    ],
    level="K",
    note="item number not checked at the source",
    latex=r"For $f$ $L$-smooth and never below $f^*$, and $0 < \eta < 2/L$: $\frac{1}{T} "
    r"\sum_{t=0}^{T-1} E|g(x_t)|^2 \le \frac{2 (f(x_0) - f^*)}{\eta T (2 - \eta L)} + "
    r"\frac{\eta L V}{2 - \eta L}$.",
)


def _convex(
    distance_squared: Any, gradient_squared: Any, learning_rate: Any, variance: Any, steps: int
) -> Any:
    """Expected value of f above its minimum at the mean of x_0, ..., x_(T-1)."""
    start = distance_squared / (2 * learning_rate * steps)
    return start + learning_rate * (gradient_squared + variance) / 2


CONVEX = theorem(
    "sgd.convex",
    "For f convex with |g| <= G where the iterates are, each step projected to a convex set that "
    "has x* in it, f at the mean of x_0, ..., x_(T-1) exceeds f(x*) in expectation by at most "
    "|x_0 - x*|^2 / (2 eta T) + eta (G^2 + V) / 2.",
    "the squared distance to x* falls by 2 eta (f(x_t) - f(x*)) - eta^2 (G^2 + V) a step, and f of "
    "the mean is at most the mean of f; Nemirovski, Juditsky, Lan and Shapiro 2009, SIAM Journal "
    "on Optimization 19(4), section 2.2",
    formula=_convex,
    assumptions=[
        given.STEP,
        given.GRADIENT,
        given.SOME_STEPS,
    ],
    level="K",
    note="item number not checked at the source",
    latex=r"For $f$ convex with $|g| \le G$ where the iterates are, each step projected to a "
    r"convex set that has $x^*$ in it: $E f\left(\frac{1}{T} \sum_{t=0}^{T-1} x_t\right) - "
    r"f(x^*) \le \frac{|x_0 - x^*|^2}{2 \eta T} + \frac{\eta (G^2 + V)}{2}$.",
)


def _quadratic(start: Any, curvature: Any, learning_rate: Any, noise_std: Any, steps: int) -> Any:
    """Expected square of one coordinate."""
    factor = 1 - learning_rate * curvature
    kept = (factor * factor) ** steps
    noise = learning_rate * learning_rate * noise_std * noise_std
    return kept * start * start + noise * (1 - kept) / (1 - factor * factor)


QUADRATIC_EXACT = theorem(
    "sgd.quadratic_exact",
    "For f = sum lambda_i x_i^2 / 2 and noise of variance tau^2 in each coordinate, E|x_T|^2 is "
    "the sum over the coordinates of a_i^(2T) x_(0,i)^2 + eta^2 tau^2 (1 - a_i^(2T)) / (1 - "
    "a_i^2), a_i = 1 - eta lambda_i, exactly.",
    "each coordinate is an autoregression of order one",
    formula=_quadratic,
    assumptions=[
        given.SHORT_STEP_ALONG,
        Assumption(
            "a finite start and noise",
            lambda start, noise_std, **_: abs(start) < math.inf and abs(noise_std) < math.inf,
            "give numbers",
        ),
        given.STEPS,
    ],
    level="K",
    latex=r"For $f = \frac{1}{2} \sum_i \lambda_i x_i^2$ and noise of variance $\tau^2$ in each "
    r"coordinate, $E|x_T|^2 = \sum_i \left(a_i^{2T} x_{0,i}^2 + \eta^2 \tau^2 \frac{1 - "
    r"a_i^{2T}}{1 - a_i^2}\right)$, $a_i = 1 - \eta \lambda_i$, exactly, for $0 < \eta "
    r"\lambda_i < 2$.",
)
