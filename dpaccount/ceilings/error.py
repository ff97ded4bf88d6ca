"""The least error of any attacker on a continuous secret."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx

from dpaccount import _validate
from dpaccount._validate import Number
from dpaccount.certificates.numbers import below, enclose
from dpaccount.errors import InputError, NotConverged, shown
from dpaccount.guarantees import Bound, Trust
from dpaccount.theorems import leakage

__all__ = ["reconstruction_error"]

_METHOD, _BITS = "van_trees", 192


def reconstruction_error(
    information: Any, *, prior_information: Any, noise_std: Number, is_sampled: bool = False
) -> Bound:
    """The least expected squared error of any attacker who reconstructs a continuous secret.

    Guarantee: lower (risk.van_trees), for every attacker, biased ones too, who knows the prior;
    none where the information is itself an estimate: then the number is one too. It is an
    expectation: single errors may be smaller. The bound without a prior (Cramer-Rao,
    Fisher leakage) does not hold for attackers who have one, and is not offered.

    Args:
        information: E[J^T J], J the Jacobian of what is released (after clipping), the mean over
            the prior; a symmetric d x d array, or a number for d = 1.
        prior_information: E[(grad log p)(grad log p)^T] of the prior's density p; d x d, positive
            definite together with the rest. The density has to vanish at the edge of its support:
            a uniform one has no such number. Both are means of squares, so neither has an
            eigenvalue below 0.
        noise_std: Standard deviation of the noise in each coordinate; T releases of one function
            count as one with noise_std / sqrt(T).
        is_sampled: Whether the information is an average over a sample of the prior. The answer
            is then an estimate, of trust "empirical", without a side.

    Raises:
        InputError: For anything outside its domain.
        NotConverged: If the information has no inverse to working precision.

    Example:
        >>> print(reconstruction_error(4.0, prior_information=1.0, noise_std=2))  # 1 / (4/4 + 1)
        >= 0.5

    Source: van Trees 1968; Gill and Levit 1995. See risk.van_trees.
    """
    noise = _validate.positive(noise_std, "noise_std")
    estimated = _validate.flag(is_sampled, "is_sampled")
    known, given = (
        _square(information, "information"),
        _square(prior_information, "prior_information"),
    )
    if known.shape != given.shape:
        raise InputError(
            "prior_information", given=f"{given.shape[0]} by {given.shape[1]}",
            allowed=f"{known.shape[0]} by {known.shape[1]}, as information is",
            advice="give both for the same coordinates",
        )  # fmt: skip
    leakage.VAN_TREES.require(noise_std=noise)
    before, ctx.prec = ctx.prec, _BITS
    try:
        total = leakage.VAN_TREES(_balls(known), _balls(given), enclose(noise))
        least = below(_trace_of_inverse(total))
    finally:
        ctx.prec = before
    least, ids = max(least, 0.0), (leakage.VAN_TREES.id,)
    if estimated:
        return Bound(
            estimate=least, method=_METHOD, trust=Trust.EMPIRICAL, theorems=ids,
            details={"information_is": "an average over a sample"},
        )  # fmt: skip
    return Bound(least, None, None, _METHOD, Trust.CERTIFIED, ids)


def _square(value: Any, name: str) -> Any:
    try:
        found = np.atleast_2d(np.asarray(value, dtype=float))
    except (TypeError, ValueError):
        found = np.zeros((0, 1))
    good = found.ndim == 2 and found.shape[0] == found.shape[1] > 0 and np.isfinite(found).all()
    if not (good and np.array_equal(found, found.T)):
        raise InputError(
            name,
            given=shown(value),
            allowed="a finite symmetric matrix, or a number >= 0",
            advice="symmetrize it as (A + A.T) / 2",
        )
    return _without_negative(found, name)


def _without_negative(found: Any, name: str) -> Any:
    """The matrix, raised until no eigenvalue is below 0: more information, a lesser bound."""
    scale = float(np.abs(found).max()) or 1.0
    least = float(np.linalg.eigvalsh(found / scale)[0])
    room = 1e-12 * len(found)  # what rounding may leave of an eigenvalue 0
    if not least >= -room:
        raise InputError(
            name,
            given=f"an eigenvalue of {least * scale:.4g}",
            allowed="none below 0: it is a mean of squares",
            advice="give E[J^T J], or E[(grad log p)(grad log p)^T]",
        )
    if least >= room or len(found) == 1:
        return found
    return found + 2 * room * scale * np.eye(len(found))


def _balls(matrix: Any) -> arb_mat:
    return arb_mat([[arb(float(x)) for x in row] for row in matrix])


def _trace_of_inverse(total: arb_mat) -> arb:
    """The trace of the inverse of a matrix that is seen to be positive definite."""
    try:
        inverse = total.inv() if _is_positive_definite(total) else None
    except ZeroDivisionError:
        inverse = None
    if inverse is None:
        raise NotConverged(
            "the information is not positive definite to working precision: no bound follows"
        )
    trace = arb(0)
    for i in range(total.nrows()):
        trace += inverse[i, i]
    return trace


def _is_positive_definite(total: arb_mat) -> bool:
    """Whether all pivots of the elimination are above 0, in balls."""
    size = total.nrows()
    rows = [[total[i, j] for j in range(size)] for i in range(size)]
    for k in range(size):
        pivot = rows[k][k]
        if not pivot > 0:
            return False
        for i in range(k + 1, size):
            factor = rows[i][k] / pivot
            for j in range(k + 1, size):
                rows[i][j] -= factor * rows[k][j]
    return True
