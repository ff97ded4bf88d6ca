"""The inversion of the privacy loss's transform on a vertical line, one theorem per error term.

S is the sum of all losses, M(z) = E[e^(z S)] under the law without the numerator, and delta(eps) =
E[(e^S - e^eps)_+]. The derivations are in docs/explanation/certified-accountant.md.
"""

from __future__ import annotations

import math
from typing import Any

from dpaccount.theorems.registry import Assumption, theorem

__all__ = [
    "ALIASING_LEFT",
    "ALIASING_RIGHT",
    "ALL_PARTS",
    "ANGLE",
    "CHERNOFF",
    "CORE",
    "CUT",
    "DECAY",
    "FAR",
    "FORMULA",
    "LINE",
    "ONE_PART",
    "ONE_STEP",
    "ONE_STEP_ADDED",
    "STRIP",
    "SUPPORT",
    "TAYLOR",
    "TRUNCATION",
    "WINDOW",
]

_OWN = "derived in docs/explanation/certified-accountant.md"


def _formula(z: Any, log_transform: Any, epsilon: Any, ops: Any = math) -> Any:
    """The integrand F(z) = M(z) e^(-(z-1) eps) / (z (z-1))."""
    return ops.exp(log_transform - (z - 1) * epsilon) / (z * (z - 1))


FORMULA = theorem(
    "invert.formula",
    "For c > 1 with M(c) finite, delta(eps) is the integral of M(z) e^(-(z-1) eps) / (z (z-1)) "
    "over the line Re z = c, divided by 2 pi i.",
    "Alghamdi, Gomez, Asoodeh, Calmon, Kosut and Sankar 2023, arXiv 2208.09595v3, Thm 3.1",
    formula=_formula,
    assumptions=[Assumption("c > 1", lambda c, **_: c > 1, "move the line to the right of 1")],
    note="item number and version quoted from memory; the identity is checked numerically",
    latex=r"For $c > 1$ with $M(c) < \infty$, $\delta(\varepsilon) = \frac{1}{2 \pi i} \int_{\Re "
    r"z = c} F(z)\, dz$ with $F(z) = \frac{M(z) e^{-(z-1) \varepsilon}}{z (z-1)}$.",
    level="P",
)


def _alias_left(c: Any, height: Any, ops: Any = math) -> Any:
    """1 / (e^(2 pi (c-1) / h) - 1)."""
    return 1 / ops.expm1(2 * ops.pi * (c - 1) / height)


ALIASING_LEFT = theorem(
    "invert.aliasing_left",
    "The sum of F at c + i k h over all integers k, times h / (2 pi), is delta(eps) plus sums of "
    "e^(m (c-1) 2 pi/h) delta(eps + m 2 pi/h) over all integers m other than 0; none is negative. "
    "Those with m < 0 are together at most 1 / (e^(2 pi (c-1)/h) - 1), because delta <= 1.",
    "Poisson summation; " + _OWN,
    formula=_alias_left,
    assumptions=[
        Assumption("c > 1", lambda c, **_: c > 1, "move the line to the right of 1"),
        Assumption("h > 0", lambda height, **_: height > 0, "give a positive spacing"),
    ],
    uses=("invert.formula",),
    level="P",
    latex=r"$\frac{h}{2\pi} \sum_{k \in \mathbb{Z}} F(c + i k h) = \delta(\varepsilon) + \sum_{m "
    r"\ne 0} e^{2 \pi m (c-1)/h} \delta(\varepsilon + 2 \pi m/h)$, no term of which is "
    r"negative; those with $m < 0$ are together at most $1/(e^{2 \pi (c-1)/h} - 1)$, "
    r"because $\delta \le 1$.",
)


def _alias_right(c: Any, beyond: Any, height: Any, transform: Any, ops: Any = math) -> Any:
    """M(c') / (e^(2 pi (c'-c) / h) - 1), to be multiplied by e^(-(c'-1) eps)."""
    return transform / ops.expm1(2 * ops.pi * (beyond - c) / height)


ALIASING_RIGHT = theorem(
    "invert.aliasing_right",
    "The terms with m > 0 of invert.aliasing_left are together at most M(c') e^(-(c'-1) eps) / "
    "(e^(2 pi (c'-c)/h) - 1) for any c' > c, because delta(e) <= M(c') e^(-(c'-1) e).",
    "Poisson summation and invert.chernoff; " + _OWN,
    formula=_alias_right,
    assumptions=[
        Assumption("c' > c > 1", lambda c, beyond, **_: beyond > c > 1, "order the two points"),
        Assumption("h > 0", lambda height, **_: height > 0, "give a positive spacing"),
    ],
    uses=("invert.formula", "invert.chernoff", "invert.aliasing_left"),
    level="K",
    latex=r"The terms with $m > 0$ of invert.aliasing_left are together at most $\frac{M(c') "
    r"e^{-(c'-1) \varepsilon}}{e^{2 \pi (c'-c)/h} - 1}$ for any $c' > c$, because "
    r"$\delta(e) \le M(c') e^{-(c'-1) e}$.",
)


def _chernoff(c: Any, ops: Any = math) -> Any:
    """(1/c) (1 - 1/c)^(c-1), the factor of M(c) e^(-(c-1) eps)."""
    return ops.exp((c - 1) * ops.log1p(-1 / c)) / c


CHERNOFF = theorem(
    "invert.chernoff",
    "delta(eps) <= M(c) e^(-(c-1) eps) (1/c) (1 - 1/c)^(c-1) for c > 1.",
    "the largest ratio of (e^s - e^eps)_+ to e^(c s - (c-1) eps); the optimum is at e^(s - eps) = "
    "c/(c-1); Canonne, Kamath and Steinke 2020, arXiv 2004.00010v6, Prop 12",
    formula=_chernoff,
    assumptions=[Assumption("c > 1", lambda c, **_: c > 1, "move the line to the right of 1")],
    level="K",
    latex=r"$\delta(\varepsilon) \le M(c) e^{-(c-1) \varepsilon} \frac{1}{c} \left(1 - "
    r"\frac{1}{c}\right)^{c-1}$ for $c > 1$.",
)


def _truncation(bound: Any, top: Any, ops: Any = math) -> Any:
    """B / (pi t), to be multiplied by e^(-(c-1) eps)."""
    return bound / (ops.pi * top)


TRUNCATION = theorem(
    "invert.truncation",
    "If |M(c + it)| <= B for all t >= t_K = K h, the nodes beyond k = K on both sides add at most "
    "B e^(-(c-1) eps) / (pi t_K) to the sum.",
    "|z (z-1)| >= t^2 and a sum of 1/k^2 below its integral; " + _OWN,
    formula=_truncation,
    assumptions=[Assumption("t_K > 0", lambda top, **_: top > 0, "use at least one node")],
    uses=("invert.formula",),
    level="K",
    latex=r"If $|M(c + it)| \le B$ for all $t \ge t_K = K h > 0$, then $\frac{h}{2\pi} \sum_{|k| "
    r"> K} |F(c + i k h)| \le \frac{B e^{-(c-1) \varepsilon}}{\pi t_K}$.",
)

DECAY = theorem(
    "invert.decay",
    "For 0 < theta < pi/2, s real and all t >= t0 >= 0, |E_Q[r^(s+it) v]| is at most e^(theta^2 "
    "sigma^2/2) times the integral of phi |1-q+q e^(u+i theta)|^s e^(-t0 psi) V, where psi = "
    "arg(1 + l e^(i theta)), l = q e^u/(1-q), v is entire, bounded between the two lines and real "
    "on the first, and V bounds it on the moved one.",
    "moving x by i theta sigma^2, where nothing has a zero; " + _OWN,
    uses=("invert.angle", "invert.window"),
    level="P",
    latex=r"For $0 < \theta < \pi/2$, $s \in \mathbb{R}$ and all $t \ge t_0 \ge 0$, "
    r"$|E_Q[r^{s+it} v]| \le e^{\theta^2 \sigma^2/2} \int \phi\, |1-q+q e^{u+i\theta}|^s "
    r"e^{-t_0 \psi}\, V$, where $\psi = \arg(1 + \ell e^{i\theta})$, $\ell = q e^u/(1-q)$, "
    "and $V$ bounds the weight $v$ on the moved line.",
)


def _strip(area: Any, half_width: Any, spacing: Any, ops: Any = math) -> Any:
    """2 N / (e^(2 pi a / h) - 1)."""
    return 2 * area / ops.expm1(2 * ops.pi * half_width / spacing)


STRIP = theorem(
    "invert.strip",
    "The trapezoid sum over all integers of f, analytic with |f| <= K e^(-k (Re x)^2) for some K, "
    "k > 0 where |Im x| <= a, differs from the integral by at most 2 N / (e^(2 pi a/h) - 1) if N "
    "bounds the integral of |f| on both lines Im x = a and Im x = -a.",
    "Trefethen and Weideman 2014, SIAM Review 56(3), Thm 5.1",
    formula=_strip,
    assumptions=[
        Assumption(
            "a positive strip and a positive spacing",
            lambda half_width, spacing, **_: half_width > 0 and spacing > 0,
            "give a strip",
        )
    ],
    note="item number quoted from memory",
    latex=r"For $f$ analytic with $|f(x)| \le K e^{-k (\Re x)^2}$, some $K, k > 0$, where $|\Im x| "
    r"\le a$, $\left|h \sum_{j \in \mathbb{Z}} f(jh) - \int f\right| \le \frac{2N}{e^{2 \pi a/h} - "
    r"1}$ if $N$ bounds $\int |f|$ on both lines $\Im x = \pm a$.",
    level="P",
)


def _taylor(phase: Any, orders: int) -> Any:
    """x^n / n!."""
    bound = phase
    for m in range(2, orders + 1):
        bound = bound * phase / m
    return bound


TAYLOR = theorem(
    "invert.taylor",
    "For real x, e^(ix) differs from the sum of (ix)^m / m! over m < n by at most |x|^n / n!.",
    "the remainder as an n-fold integral of e^(ix)",
    formula=_taylor,
    assumptions=[Assumption("at least one term", lambda orders, **_: orders >= 1, "add terms")],
    level="Y",
    latex=r"For $x \in \mathbb{R}$, $n \ge 1$: $\left|e^{ix} - \sum_{m<n} (ix)^m/m!\right| \le "
    "|x|^n/n!$.",
)


def _angle(grown: Any) -> tuple[Any, Any]:
    """l/(1+l) and l^2/(1+l^2): the larger one bounds the angle per unit of theta."""
    return grown / (1 + grown), grown * grown / (1 + grown * grown)


ANGLE = theorem(
    "invert.angle",
    "For l >= 0 and 0 <= theta <= pi/2, the argument of 1 + l e^(i theta) is between 0 and theta "
    "max(l/(1+l), l^2/(1+l^2)), and it grows with theta; |1 + l e^(i theta)| is at most 1 + l and "
    "at least (1+l)^cos(theta).",
    "its derivative in theta is (l cos + l^2)/(1 + 2 l cos + l^2), monotone in the cosine; "
    "Bernoulli's inequality",
    formula=_angle,
    level="P",
    latex=r"For $\ell \ge 0$ and $0 \le \theta \le \pi/2$: $0 \le \arg(1 + \ell e^{i\theta}) \le "
    r"\theta \max\left(\frac{\ell}{1+\ell}, \frac{\ell^2}{1+\ell^2}\right)$, the argument "
    r"grows with $\theta$, and $(1+\ell)^{\cos\theta} \le |1 + \ell e^{i\theta}| \le 1 + "
    r"\ell$.",
)


def _window(shift: Any, width: Any, ops: Any = math) -> Any:
    """(a/w) e^(a^2 / (2 w^2)), the factor of the normal density."""
    ratio = shift / width
    return ratio * ops.exp(ratio * ratio / 2)


WINDOW = theorem(
    "invert.window",
    "For v(x) = Phi((X-x)/w) or its complement and |y| <= a, |v(x+iy)| <= v(x) + (a/w) "
    "e^(a^2/(2 w^2)) phi((x-X)/w); shifted by a further ib, the right side grows at most by the "
    "factor e^(b^2/(2 w^2)).",
    "|v'(x+iy)| = phi((x-X)/w) e^(y^2/(2 w^2))/w, and Phi and phi are integrals of shifted "
    "exponentials; " + _OWN,
    formula=_window,
    assumptions=[Assumption("a width > 0", lambda width, **_: width > 0, "give a width")],
    level="P",
    latex=r"For $v(x) = \Phi((X-x)/w)$ or $v(x) = 1 - \Phi((X-x)/w)$, and $|y| \le a$: $|v(x+iy)| "
    r"\le v(x) + \frac{a}{w} e^{a^2/(2w^2)} \phi((x-X)/w)$; shifted by a further $ib$, the right "
    r"side grows at most by the factor $e^{b^2/(2w^2)}$.",
)

CUT = theorem(
    "invert.cut",
    "Weighting each step of a removal by v in [0, 1] lowers delta, by at most the sum over the "
    "steps of 1 - E_P[v], P the law with the record.",
    "e^S is the density of the law with the record; a union bound",
    level="S",
    latex=r"Weighting each step of a removal by $v \in [0, 1]$ lowers $\delta$, by at most "
    r"$\sum_j (1 - E_P[v_j])$ over the steps, $P$ the law with the record.",
)


def _far(lost: Any, lost_without: Any, epsilon: Any, ops: Any = math) -> Any:
    """What the cut part of delta would be if every loss there were above eps."""
    return lost - ops.exp(epsilon) * lost_without


FAR = theorem(
    "invert.far",
    "The part of a removal's delta that cuts v leave out is at least a - e^eps b, a and b being 1 "
    "less the expected product of the cuts with and without the record, and exceeds it by at most "
    "e^eps times the sum over the steps of the largest 1 - v where one step's loss, with the least "
    "loss of every other step, is below eps.",
    _OWN,
    formula=_far,
    uses=("invert.cut",),
    level="S",
    latex=r"The part of a removal's $\delta$ that cuts $v_j$ leave out is at least $a - "
    r"e^{\varepsilon} b$, $a = 1 - E_P[\prod_j v_j]$ and $b = 1 - E_Q[\prod_j v_j]$ being "
    r"with and without the record, and exceeds it by at most $e^{\varepsilon}$ times the "
    "sum over the steps of the largest $1 - v_j$ where one step's loss, with the least "
    r"loss of every other step, is below $\varepsilon$.",
)

CORE = theorem(
    "invert.core",
    "delta is the part on which the product of the cores' weights does not count, plus the part on "
    "which it does; the latter, for steps that all stay where their losses add up to less than the "
    "way to eps, is 0 (remove) or M_core(1) - e^eps M_core(0) (add), and the rest of it is at most "
    "the sum of the cores' weights beyond, or M_core at a tilt (invert.chernoff).",
    _OWN,
    uses=("invert.chernoff", "invert.decay"),
    level="P",
    latex=r"$\delta$ is the part on which the product of the cores' weights does not count, plus "
    "the part on which it does; the latter, for steps that all stay where their losses add "
    r"up to less than the way to $\varepsilon$, is $0$ (remove) or $M_{core}(1) - "
    r"e^{\varepsilon} M_{core}(0)$ (add), and the rest of it is at most the sum of the "
    "cores' weights beyond, or $M_{core}$ at a tilt (invert.chernoff).",
)

ONE_PART = theorem(
    "invert.one_part",
    "delta of a composition is at least delta of each of its parts.",
    "leaving out the other outputs is post-processing",
    level="S",
    latex=r"$\delta(\varepsilon) \ge \delta_i(\varepsilon)$ for each part $i$ of a composition.",
)

ALL_PARTS = theorem(
    "invert.all_parts",
    "delta of a composition at eps_1 + ... + eps_n is at most the sum of delta_i(eps_i) of its "
    "parts, for any real eps_i.",
    "e^(s+t) - e^(a+b) <= (e^s - e^a)_+ e^t + min(e^s, e^a) (e^t - e^b)_+, in expectation; "
    "Dwork and Roth 2014, Thm 3.16",
    note="item number quoted from memory; the inequality proves it",
    level="S",
    latex=r"$\delta(\varepsilon_1 + \dots + \varepsilon_n) \le \sum_i \delta_i(\varepsilon_i)$ "
    r"for the parts of a composition and any $\varepsilon_i \in \mathbb{R}$.",
)

SUPPORT = theorem(
    "invert.support",
    "Where every loss is at most b, delta(eps) = 0 for eps at or above the sum of the b's; to add "
    "a record to one sampled Gaussian step, b = -log(1-q).",
    "by definition of the hockey-stick divergence",
    level="S",
    latex=r"Where every loss $L_j \le b_j$, $\delta(\varepsilon) = 0$ for $\varepsilon \ge \sum_j "
    r"b_j$; to add a record to one sampled Gaussian step, $b = -\ln(1-q)$.",
)


def _one_step(sampling_rate: Any, epsilon: Any, ops: Any = math) -> Any:
    """The eps of the unsampled release: log((e^eps - 1 + q) / q)."""
    return ops.log1p(ops.expm1(epsilon) / sampling_rate)


ONE_STEP = theorem(
    "invert.one_step",
    "delta of one Poisson-sampled release, to remove, is q times delta of the unsampled one at "
    "log((e^eps - 1 + q)/q) if e^eps > 1 - q, and 1 - e^eps otherwise.",
    "(1-q) + q r > e^eps exactly where r > (e^eps - 1 + q)/q; Balle, Barthe and Gaboardi 2018, "
    "arXiv 1807.01647v2, Thm 2",
    formula=_one_step,
    assumptions=[
        Assumption(
            "e^eps > 1 - q",
            lambda sampling_rate, epsilon, ops=math, **_: ops.expm1(epsilon) > -sampling_rate,
            "below, delta is 1 - e^eps",
        )
    ],
    uses=("pair.poisson",),
    note="item number quoted from memory",
    level="K",
    latex=r"To remove, one Poisson-sampled release has $\delta(\varepsilon) = q\, "
    r"\delta_1\left(\ln\frac{e^{\varepsilon} - 1 + q}{q}\right)$ if $e^{\varepsilon} > 1 - "
    r"q$, and $1 - e^{\varepsilon}$ otherwise, $\delta_1$ that of the unsampled one.",
)


def _one_step_added(sampling_rate: Any, epsilon: Any, ops: Any = math) -> Any:
    """The factor 1 - (1-q) e^eps, for small rates: only what lies near the edge cancels."""
    return sampling_rate * ops.exp(epsilon) - ops.expm1(epsilon)


ONE_STEP_ADDED = theorem(
    "invert.one_step_added",
    "delta of one Poisson-sampled Gaussian release, to add, is (1 - (1-q) e^eps) times delta of "
    "the unsampled one at -log((e^-eps - 1 + q)/q) if e^-eps > 1 - q, and 0 otherwise.",
    "1 - e^eps ((1-q) + q r) > 0 exactly where r < (e^-eps - 1 + q)/q; by the symmetry of the "
    "Gaussian; after Balle, Barthe and Gaboardi 2018, arXiv 1807.01647v2, Thm 2",
    formula=_one_step_added,
    assumptions=[
        Assumption(
            "e^-eps > 1 - q",
            lambda sampling_rate, epsilon, ops=math, **_: ops.expm1(-epsilon) > -sampling_rate,
            "beyond, delta is 0",
        )
    ],
    uses=("dp.gaussian_exact", "invert.one_step", "pair.poisson_gaussian"),
    note="item number quoted from memory",
    level="K",
    latex=r"To add, one Poisson-sampled Gaussian release has $\delta(\varepsilon) = (1 - (1-q) "
    r"e^{\varepsilon})\, \delta_1\left(-\ln\frac{e^{-\varepsilon} - 1 + q}{q}\right)$ if "
    r"$e^{-\varepsilon} > 1 - q$, and $0$ otherwise, $\delta_1$ that of the unsampled one.",
)

#: What delta on a line stands on, however the line is evaluated.
LINE = (
    "invert.aliasing_left",
    "invert.aliasing_right",
    "invert.angle",
    "invert.chernoff",
    "invert.decay",
    "invert.formula",
    "invert.strip",
    "invert.truncation",
)
