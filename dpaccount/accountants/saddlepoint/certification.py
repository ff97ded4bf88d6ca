"""From a run to a certificate: the claim and the lines that show it, checked at once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

from dpaccount import _validate
from dpaccount._validate import Number
from dpaccount.accountants.saddlepoint.accountant import Saddlepoint, Side
from dpaccount.adjacency import Adjacency, adjacency_of
from dpaccount.certificates.check import verify
from dpaccount.certificates.document import Claim, write
from dpaccount.errors import InputError, NotConverged, shown
from dpaccount.guarantees import Bound, worst
from dpaccount.mechanisms import Mechanism, canonical

__all__ = ["Certified", "certify"]

_DIGITS = 20


@dataclass(frozen=True)
class Certified:
    """An epsilon and the certificate that shows it.

    Args:
        bound: Both ends.
        text: The certificate as JSON, for a file.
    """

    bound: Bound
    text: str


def certify(
    mechanism: Mechanism,
    delta: Number,
    *,
    adjacency: Adjacency | str = Adjacency.ADD_REMOVE,
    method: Saddlepoint | str | None = None,
) -> Certified:
    """Epsilon at a delta with a certificate that anyone can check.

    Guarantee: lower and upper, certified, as method "saddlepoint"; the certificate has passed
    `verify` before it is returned.

    Args:
        mechanism: What was run: Gaussian steps, sampled by Poisson or not.
        delta: In (0, 1).
        adjacency: Which datasets are neighbors.
        method: The certified accountant, for another width; "saddlepoint" is the usual one.

    Raises:
        InputError: For anything outside its domain, and for a run that releases nothing.
        Unsupported: If the certified accountant does not cover the run.

    Example:
        >>> from dpaccount.mechanisms import Gaussian
        >>> from dpaccount.certificates import verify
        >>> verify(certify(Gaussian(1), 1e-5).text).holds
        True

    Source: as `Saddlepoint`; docs/explanation/certified-accountant.md, section 12.
    """
    accountant = Saddlepoint() if method is None or method == "saddlepoint" else method
    if not isinstance(accountant, Saddlepoint):
        raise InputError(
            "method",
            given=shown(method),
            allowed='"saddlepoint" or a dpaccount.Saddlepoint(...)',
            advice="leave it out: no other theory has certificates",
        )
    relation = adjacency_of(adjacency)
    number = _validate.delta(delta)
    run = canonical(mechanism, relation)
    if run.is_identity:
        raise InputError(
            "run",
            given="a run that releases nothing",
            allowed="at least one step",
            advice="no certificate is needed: epsilon is exactly 0",
        )
    width = float(_validate.exact(accountant.width, "width"))
    sides = [Side(run, direction, width) for direction in relation.directions]
    lines, bounds = {}, []
    for side in sides:
        ends = side.ends(number)
        lines[side.direction.value] = ends.line
        bounds.append(side.bound_of(ends))
    bound = worst(bounds)
    assert bound.lower is not None  # both ends are always known
    assert bound.upper is not None
    described = sides[0].described
    claim = Claim(
        described.releases,
        described.mu_squared,
        relation.value,
        number,
        _outward(bound.lower, ROUND_FLOOR),
        _outward(bound.upper, ROUND_CEILING),
    )
    text = write(claim, lines)
    verdict = verify(text)
    if not verdict.holds:
        raise NotConverged(f"the certificate did not pass its own check: {verdict.reason}")
    return Certified(bound, text)


def _outward(value: float, rounding: str) -> Fraction | float:
    """A short decimal on the safe side of a float."""
    if value == float("inf"):
        return value
    short = Context(prec=_DIGITS, rounding=rounding).create_decimal(Decimal(value))
    return _validate.exact(str(short), "epsilon")
