"""Noisy gradient descent, the values it reaches: wide steps, means over the steps, the last step.

Steps are x' = x - eta (g(x) + noise) as in `sgd`, where the noise may grow with the value: E
|noise|^2 is at most V + U (f(x) - f*). What is said of projections is of one to a convex set that
has x* in it, where no other point is lower anywhere.
"""

from __future__ import annotations

from typing import Any

from dpaccount.theorems import sgd_assumptions as given
from dpaccount.theorems.registry import Assumption, theorem

__all__ = ["CONVEX_ITERATES", "CONVEX_SMOOTH", "LAST_ITERATE", "PL_SHARP", "QUADRATIC_MEAN"]


def _pl_sharp(
    gap: Any, convexity: Any, smoothness: Any, learning_rate: Any, variance: Any, steps: int
) -> Any:
    """Expected value of f above its infimum."""
    room = 2 - learning_rate * smoothness
    kept = (1 - learning_rate * convexity * room) ** steps
    return kept * gap + learning_rate * smoothness * variance * (1 - kept) / (2 * convexity * room)


PL_SHARP = theorem(
    "sgd.pl_sharp",
    "For f L-smooth with |g(x)|^2 >= 2 mu (f(x) - f*) and eta < 2/L, with k = 1 - eta mu (2 - eta "
    "L), E f(x_T) - f* <= k^T (f(x_0) - f*) + eta L V (1 - k^T) / (2 mu (2 - eta L)).",
    "the descent lemma with all of its -eta (1 - eta L / 2) |g|^2, of which sgd.pl keeps half; an "
    "equality for f = L |x|^2 / 2",
    formula=_pl_sharp,
    assumptions=[
        given.CURVED,
        given.SHORT_STEP,
        given.GAP,
        given.STEPS,
    ],
    level="K",
    latex=r"For $f$ $L$-smooth with $|g(x)|^2 \ge 2 \mu (f(x) - f^*)$ and $0 < \eta < 2/L$, with "
    r"$k = 1 - \eta \mu (2 - \eta L)$: $E f(x_T) - f^* \le k^T (f(x_0) - f^*) + \frac{\eta L V "
    r"(1 - k^T)}{2 \mu (2 - \eta L)}$.",
)


def _convex_smooth(
    distance_squared: Any,
    smoothness: Any,
    learning_rate: Any,
    variance: Any,
    growth: Any,
    steps: int,
) -> Any:
    """Mean over the steps of the expected value of f above its minimum."""
    room = 3 - learning_rate * smoothness - abs(1 - learning_rate * smoothness)
    fall = learning_rate * room - learning_rate * learning_rate * growth
    return (distance_squared / steps + learning_rate * learning_rate * variance) / fall


CONVEX_SMOOTH = theorem(
    "sgd.convex_smooth",
    "For f convex and L-smooth with minimum x*, steps projected or not, and noise with E|noise|^2 "
    "<= V + U (f(x) - f*), the mean over t = 0, ..., T-1 of E f(x_t) - f* is at most (|x_0 - "
    "x*|^2 / T + eta^2 V) / (2 eta min(1, 2 - eta L) - eta^2 U). No more is f at the mean iterate.",
    "g(x).(x - x*) >= f(x) - f* + |g(x)|^2 / (2 L) (Nesterov 2004, Introductory Lectures on Convex "
    "Optimization, Thm 2.1.5), in the fall of the squared distance",
    formula=_convex_smooth,
    assumptions=[
        given.SMOOTH_STEP,
        Assumption(
            "eta U < 2 min(1, 2 - eta L), so that eta < 2/L",
            lambda learning_rate, growth, smoothness, **_: (
                learning_rate * growth < 2
                and learning_rate * growth < 4 - 2 * learning_rate * smoothness
            ),
            "take smaller steps or larger batches",
        ),
        given.GROWING_BY_VALUE,
        given.SOME_STEPS,
    ],
    uses=["sgd.convex"],
    level="P",
    note="item number quoted from memory",
    latex=r"For $f$ convex and $L$-smooth with minimum $x^*$, steps projected or not, and noise "
    r"with $E|\mathrm{noise}|^2 \le V + U (f(x) - f^*)$: $\frac{1}{T} \sum_{t=0}^{T-1} E f(x_t) "
    r"- f^* \le \frac{|x_0 - x^*|^2/T + \eta^2 V}{2 \eta \min(1, 2 - \eta L) - \eta^2 U}$. No "
    r"more is $f$ at the mean iterate.",
)


def _quadratic_mean(
    distance_squared: Any,
    smoothness: Any,
    learning_rate: Any,
    variance: Any,
    growth: Any,
    steps: int,
) -> Any:
    """Mean over the steps of the expected value of f above its minimum."""
    room = 2 * (2 - learning_rate * smoothness)
    fall = learning_rate * room - learning_rate * learning_rate * growth
    return (distance_squared / steps + learning_rate * learning_rate * variance) / fall


QUADRATIC_MEAN = theorem(
    "sgd.quadratic_mean",
    "For f = f* + (x - x*).H (x - x*) / 2 with 0 <= H <= L, steps projected or not, and noise with "
    "E|noise|^2 <= V + U (f(x) - f*), the mean over t = 0, ..., T-1 of E f(x_t) - f* is at most "
    "(|x_0 - x*|^2 / T + eta^2 V) / (2 eta (2 - eta L) - eta^2 U).",
    "as sgd.convex_smooth, with g(x).(x - x*) = 2 (f(x) - f*) and |g(x)|^2 <= 2 L (f(x) - f*)",
    formula=_quadratic_mean,
    assumptions=[
        given.SMOOTH_STEP,
        Assumption(
            "eta U < 2 (2 - eta L), so that eta < 2/L",
            lambda learning_rate, growth, smoothness, **_: (
                learning_rate * growth < 2 * (2 - learning_rate * smoothness)
            ),
            "take smaller steps or larger batches",
        ),
        given.GROWING_BY_VALUE,
        given.SOME_STEPS,
    ],
    uses=["sgd.convex_smooth"],
    level="P",
    latex=r"For $f = f^* + (x - x^*) \cdot H (x - x^*)/2$ with $0 \le H \le L$, steps projected or "
    r"not, and noise with $E|\mathrm{noise}|^2 \le V + U (f(x) - f^*)$: $\frac{1}{T} "
    r"\sum_{t=0}^{T-1} E f(x_t) - f^* \le \frac{|x_0 - x^*|^2/T + \eta^2 V}{2 \eta (2 - \eta L) "
    r"- \eta^2 U}$.",
)


def _last_iterate(
    tail_distance: Any, smoothness: Any, learning_rate: Any, variance: Any, tail: int
) -> Any:
    """Expected value of f at the last iterate above its minimum."""
    room = 3 - learning_rate * smoothness - abs(1 - learning_rate * smoothness)
    noise = learning_rate * learning_rate * variance
    mean = (tail_distance / tail + noise) / (learning_rate * room)
    return mean + (tail + 1) * smoothness * noise / 4


LAST_ITERATE = theorem(
    "sgd.last_iterate",
    "For f convex and L-smooth with minimum x*, steps that are not projected, noise with "
    "E|noise|^2 <= V, any k from 1 to T and any D >= E|x_(T-k) - x*|^2, E f(x_T) - f* <= (D / k + "
    "eta^2 V) / (2 eta min(1, 2 - eta L)) + (k + 1) L eta^2 V / 4.",
    "a step raises E f by at most L eta^2 V / 2, so the last value is at most the mean of the k "
    "before it, which sgd.convex_smooth bounds, plus (k + 1) / 2 such rises",
    formula=_last_iterate,
    assumptions=[
        given.SMOOTH_AND_SHORT_STEP,
        given.TAIL_DISTANCE,
        given.TAIL,
    ],
    uses=["sgd.convex_smooth"],
    level="P",
    latex=r"For $f$ convex and $L$-smooth with minimum $x^*$, steps that are not projected, noise "
    r"with $E|\mathrm{noise}|^2 \le V$, any $k$ from 1 to $T$ and any $D \ge E|x_{T-k} - "
    r"x^*|^2$: $E f(x_T) - f^* \le \frac{D/k + \eta^2 V}{2 \eta \min(1, 2 - \eta L)} + (k + 1) "
    r"\frac{L \eta^2 V}{4}$.",
)


def _convex_iterates(
    distance_squared: Any, gradient_squared: Any, learning_rate: Any, variance: Any, steps: int
) -> Any:
    """Mean over the steps of the expected value of f above its minimum."""
    start = distance_squared / (2 * learning_rate * steps)
    return start + learning_rate * (gradient_squared + variance) / 2


CONVEX_ITERATES = theorem(
    "sgd.convex_iterates",
    "For f convex with |g| <= G where the iterates are, each step projected to a convex set that "
    "has x* in it, the mean over t = 0, ..., T-1 of E f(x_t) - f(x*) is at most |x_0 - x*|^2 / (2 "
    "eta T) + eta (G^2 + V) / 2.",
    "the proof of sgd.convex before its last step: f of the mean is at most the mean of f",
    formula=_convex_iterates,
    assumptions=[
        given.STEP,
        given.GRADIENT,
        given.SOME_STEPS,
    ],
    uses=["sgd.convex"],
    level="P",
    latex=r"For $f$ convex with $|g| \le G$ where the iterates are, each step projected to a "
    r"convex set that has $x^*$ in it: $\frac{1}{T} \sum_{t=0}^{T-1} E f(x_t) - f(x^*) \le "
    r"\frac{|x_0 - x^*|^2}{2 \eta T} + \frac{\eta (G^2 + V)}{2}$.",
)
