"""The checker: re-does the enclosures that a certificate names, and compares them with its claim.

It searches for nothing and knows nothing of how the witness was found. To trust a number is to
trust this file, `inversion.py`, `release.py` and `numbers.py`; `document.py`, `witness.py` and
`_validate.py`, which read what is claimed; Arb's balls; and the theorems that they name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from flint import arb, ctx

from dpaccount.certificates.document import Claim, digest, read, theorems_of
from dpaccount.certificates.inversion import Inversion, closed_form, is_closed, trivial
from dpaccount.certificates.numbers import enclose
from dpaccount.certificates.witness import Line, Run
from dpaccount.errors import InputError

__all__ = ["Verification", "verify"]

#: Values in balls that a certificate may ask for: about half a minute.
_MAX_WORK = 1.5e6
_MAX_RELEASES = 10_000
_MIN_BITS, _MAX_BITS = 64, 10**6
_CLOSED_BITS = 400


@dataclass(frozen=True)
class Verification:
    """Whether a certificate holds, and why not.

    Args:
        holds: Whether every part of the claim was shown.
        reason: What failed, as one line; empty if it holds.
        claim: What was claimed.
    """

    holds: bool
    reason: str
    claim: Claim


def verify(text: str) -> Verification:
    """Check a certificate: its digest, and that its witness shows its claim.

    Guarantee: where it holds, epsilon of the run that it names lies between both ends, certified;
    which theorems that stands on is part of what is checked. It does not show that this run is what
    happened, and its digest finds accidents, not forgery.

    Args:
        text: What `certify` or `dpaccount budget --certificate` wrote.

    Raises:
        InputError: If the text is no certificate, or asks for more work than is allowed.

    Example:
        >>> from dpaccount.accountants.saddlepoint import certify
        >>> from dpaccount.mechanisms import Gaussian
        >>> text = certify(Gaussian(1), "1e-5").text
        >>> verify(text).holds, verify(text.replace("4.377", "4.376")).holds
        (True, False)

    Source: docs/explanation/certified-accountant.md, sections 2 to 12.
    """
    data, claim, lines = read(text)
    if digest(data) != data["sha256"]:
        return Verification(False, "the digest does not fit the content: it was changed", claim)
    for release in claim.releases:
        if not 0 < release.sampling_rate < 1 or not release.steps > 0:
            return Verification(False, "a release outside its domain", claim)
    if claim.adjacency == "replace_one" and claim.releases:
        return Verification(False, "sampled steps have no theorem under replace_one", claim)
    if not claim.mu_squared >= 0 or not (claim.releases or claim.mu_squared > 0):
        return Verification(False, "a run outside its domain", claim)
    if not 0 <= claim.lower <= claim.upper:
        return Verification(False, "ends that are not in order", claim)
    work = sum(line.work for line in lines.values() if line is not None)
    if not work <= _MAX_WORK or len(claim.releases) > _MAX_RELEASES:
        raise InputError(
            "certificate",
            given=f"a witness of {work:.1e} values",
            allowed=f"at most {_MAX_WORK:.0e}",
            advice="ask for less precision",
        )
    if data["theorems"] != theorems_of(claim, lines):
        return Verification(False, "theorems that are not those it stands on", claim)
    lower_shown = claim.lower == 0
    for name, line in lines.items():
        run = Run(claim.mu_squared, claim.releases, name == "add")
        if line is not None and not (_MIN_BITS <= line.precision <= _MAX_BITS):
            return Verification(False, f"{name}: a precision out of bounds", claim)
        if line is not None and is_closed(run):
            return Verification(False, f"{name}: a line where there is a closed form", claim)
        try:
            upper, lower = _shown(run, line, claim)
        except ValueError as error:
            return Verification(False, f"{name}: a witness outside the theorems: {error}", claim)
        if not upper:
            return Verification(False, f"{name}: delta(upper) <= delta is not shown", claim)
        lower_shown = lower_shown or lower
    if not lower_shown:
        return Verification(False, "delta(lower) >= delta is not shown in any direction", claim)
    return Verification(True, "", claim)


def _shown(run: Run, line: Line | None, claim: Claim) -> tuple[bool, bool]:
    """Whether one direction shows delta(upper) <= delta, and delta(lower) >= delta."""
    with ctx.workprec(_CLOSED_BITS if line is None else line.precision):
        delta = enclose(claim.delta)
        evaluate = _evaluate(run, line)
        upper = claim.upper == math.inf or evaluate(enclose(claim.upper))[1] <= delta
        lower = evaluate(enclose(claim.lower))[0] >= delta
    return bool(upper), bool(lower)


def _evaluate(run: Run, line: Line | None) -> Callable[[arb], tuple[arb, arb]]:
    if line is not None:
        return Inversion(run, line).delta
    if is_closed(run):
        return lambda epsilon: closed_form(run, epsilon)
    return lambda epsilon: trivial(run, epsilon)
