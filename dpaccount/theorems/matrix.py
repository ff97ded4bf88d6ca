"""Noisy gradient descent on functions that are smooth with a matrix: curved in few directions.

f is M-smooth: f(y) <= f(x) + g(x).(y - x) + (y - x).M (y - x) / 2, with 0 <= M <= L. Noise that is
spread over all directions then raises f by E noise.M noise, which is at most Q, and not by L V.
"""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems import sgd_assumptions as given
from dpaccount.theorems.registry import Assumption, theorem

__all__ = ["MATRIX_LAST_ITERATE", "MATRIX_NOISE", "MATRIX_PL"]

_MATRIX_VARIANCE = Assumption(
    "a Q that is not negative",
    lambda matrix_variance, **_: matrix_variance >= 0,
    "bound the noise's second moment in the matrix",
)


def _matrix_noise(
    sampling_rate: Any,
    dataset_size: Any,
    matrix_square: Any,
    trace: Any,
    noise_multiplier: Any,
    clip_norm: Any,
) -> Any:
    """Second moment, in the matrix, of all that a step adds to the gradient."""
    batch = sampling_rate * dataset_size
    noise_std = noise_multiplier * clip_norm / batch
    return trace * noise_std * noise_std + (1 - sampling_rate) * matrix_square / batch


MATRIX_NOISE = theorem(
    "sgd.matrix_noise",
    "For a matrix M >= 0 of trace at most t, where no gradient is longer than C and the mean of "
    "g_i.M g_i is at most S, a step of DP-SGD moves along the true gradient plus noise of mean 0 "
    "with E noise.M noise <= t (sigma C / (q n))^2 + (1 - q) S / (q n).",
    "sgd.poisson_variance of the vectors M^(1/2) g_i, and a Gaussian whose E Z.M Z is the trace",
    formula=_matrix_noise,
    assumptions=[
        given.RATE,
        given.RECORDS,
        given.UNCLIPPED,
        Assumption(
            "a noise multiplier, a trace and a mean square that are not negative",
            lambda noise_multiplier, trace, matrix_square, **_: (
                0 <= noise_multiplier < math.inf and trace >= 0 and matrix_square >= 0
            ),
            "give the run's own",
        ),
    ],
    uses=["sgd.poisson_variance"],
    level="P",
    latex=r"For a matrix $M \ge 0$ of trace at most $t$, where no gradient is longer than $C$ and "
    r"the mean of $g_i \cdot M g_i$ is at most $S$, a step of DP-SGD moves along the true gradient "
    r"plus noise of mean 0 with $E\,\mathrm{noise} \cdot M\,\mathrm{noise} \le t (\sigma C/(q "
    r"n))^2 + (1 - q) S/(q n)$.",
)


def _matrix_pl(
    gap: Any,
    convexity: Any,
    smoothness: Any,
    learning_rate: Any,
    matrix_variance: Any,
    steps: int,
) -> Any:
    """Expected value of f above its infimum."""
    room = 2 - learning_rate * smoothness
    kept = (1 - learning_rate * convexity * room) ** steps
    return kept * gap + learning_rate * matrix_variance * (1 - kept) / (2 * convexity * room)


MATRIX_PL = theorem(
    "sgd.matrix_pl",
    "For f M-smooth with 0 <= M <= L and |g(x)|^2 >= 2 mu (f(x) - f*), noise with E noise.M noise "
    "<= Q, eta < 2/L and k = 1 - eta mu (2 - eta L), E f(x_T) - f* <= k^T (f(x_0) - f*) + eta Q (1 "
    "- k^T) / (2 mu (2 - eta L)).",
    "sgd.pl_sharp, of which this is the case Q = L V; smoothness matrices as in Safaryan, Hanzely "
    "and Richtarik 2021, arXiv 2102.07245",
    note="arXiv number quoted from memory",
    formula=_matrix_pl,
    assumptions=[
        given.CURVED,
        given.SHORT_STEP,
        Assumption("a gap that is not negative", lambda gap, **_: gap >= 0, "bound the gap"),
        _MATRIX_VARIANCE,
        given.STEPS,
    ],
    uses=["sgd.pl_sharp"],
    level="P",
    latex=r"For $f$ $M$-smooth with $0 \le M \le L$ and $|g(x)|^2 \ge 2 \mu (f(x) - f^*)$, noise "
    r"with $E\,\mathrm{noise} \cdot M\,\mathrm{noise} \le Q$, $0 < \eta < 2/L$ and $k = 1 - \eta "
    r"\mu (2 - \eta L)$: $E f(x_T) - f^* \le k^T (f(x_0) - f^*) + \frac{\eta Q (1 - k^T)}{2 \mu (2 "
    r"- \eta L)}$.",
)


def _matrix_last_iterate(
    tail_distance: Any,
    smoothness: Any,
    learning_rate: Any,
    variance: Any,
    matrix_variance: Any,
    tail: int,
) -> Any:
    """Expected value of f at the last iterate above its minimum."""
    room = 3 - learning_rate * smoothness - abs(1 - learning_rate * smoothness)
    square = learning_rate * learning_rate
    mean = (tail_distance / tail + square * variance) / (learning_rate * room)
    return mean + (tail + 1) * square * matrix_variance / 4


MATRIX_LAST_ITERATE = theorem(
    "sgd.matrix_last_iterate",
    "For f convex and M-smooth with 0 <= M <= L and minimum x*, steps that are not projected, "
    "noise with E|noise|^2 <= V and E noise.M noise <= Q, any k from 1 to T and any D >= E|x_(T-k) "
    "- x*|^2, E f(x_T) - f* <= (D / k + eta^2 V) / (2 eta min(1, 2 - eta L)) + (k + 1) eta^2 Q / "
    "4.",
    "sgd.last_iterate, of which this is the case Q = L V: a step raises E f by eta^2 Q / 2 at most",
    formula=_matrix_last_iterate,
    assumptions=[
        given.SMOOTH_AND_SHORT_STEP,
        given.TAIL_DISTANCE,
        _MATRIX_VARIANCE,
        given.TAIL,
    ],
    uses=["sgd.convex_smooth", "sgd.last_iterate"],
    level="P",
    latex=r"For $f$ convex and $M$-smooth with $0 \le M \le L$ and minimum $x^*$, steps that are "
    r"not projected, noise with $E|\mathrm{noise}|^2 \le V$ and $E\,\mathrm{noise} \cdot "
    r"M\,\mathrm{noise} \le Q$, any $k$ from 1 to $T$ and any $D \ge E|x_{T-k} - x^*|^2$: $E "
    r"f(x_T) - f^* \le \frac{D/k + \eta^2 V}{2 \eta \min(1, 2 - \eta L)} + (k + 1) \frac{\eta^2 "
    r"Q}{4}$.",
)
