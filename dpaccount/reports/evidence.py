"""A certificate found in a report, and whether the report says what the certificate shows."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any

from dpaccount import _validate
from dpaccount.adjacency import adjacency_of
from dpaccount.certificates import Verification, verify
from dpaccount.certificates.document import Claim
from dpaccount.errors import DPAccountError, InputError
from dpaccount.mechanisms import canonical, mechanism_from_json
from dpaccount.reports.card import SCHEMA

__all__ = ["verify_any"]

_CARD = re.compile(
    r'<script type="application/json" id="dpaccount-card">(.*?)</script>', flags=re.DOTALL
)
#: A claim is the ends in twenty digits, rounded outward.
_HAIR = Fraction(1, 10**18)


def verify_any(text: str) -> Verification:
    """Check a certificate, or the one inside a card or a page.

    Of a card, and of the card in a page, it is also checked that its epsilon, delta, adjacency and
    run are those that the certificate shows. What a page says in words is not read.

    Args:
        text: What is in the file.

    Raises:
        InputError: If there is no certificate in it.
    """
    is_page = text.lstrip()[:9].lower() == "<!doctype"
    if is_page:
        cards = _CARD.findall(text)
        if len(cards) != 1:
            raise _none(f"a page with {len(cards)} cards of dpaccount")
        text = cards[0]
    card = _card(text)
    if card is None:
        if is_page:
            raise _none("a page without a card of this version")
        return verify(text)  # it refuses what is no certificate
    inside = card.get("certificate")
    if not isinstance(inside, dict):
        raise _none("a report without a certificate")
    found = verify(json.dumps(inside))
    wrong = _contradiction(card, found.claim) if found.holds else ""
    return Verification(False, wrong, found.claim) if wrong else found


def _card(text: str) -> dict[str, Any] | None:
    try:
        data = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and data.get("schema") == SCHEMA else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose fields are all different: of two values, neither is the one that is meant."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field twice")
    return found


def _contradiction(card: dict[str, Any], claim: Claim) -> str:
    """What of a card is not what its certificate shows; empty if all of it is."""
    from dpaccount.accountants.saddlepoint.accountant import Side

    try:
        relation = adjacency_of(card["adjacency"])
        if relation.value != claim.adjacency:
            return f"the report is about adjacency {relation.value}"
        if _validate.delta(card["delta"]) != claim.delta:
            return "the report is about another delta"
        run = canonical(mechanism_from_json(card["run"]["mechanism"]), relation)
        shown = Side(run, relation.directions[0], 1e-9).described
        if (shown.releases, shown.mu_squared) != (claim.releases, claim.mu_squared):
            return "the report is about another run"
        lower, upper = (_end(card["epsilon"][side]) for side in ("lower", "upper"))
        # written so that NaN is a contradiction
        if not lower * (1 - _HAIR) <= claim.lower or not upper * (1 + _HAIR) >= claim.upper:
            return "the report's epsilon is not what the certificate shows"
    except (DPAccountError, ArithmeticError, KeyError, TypeError, ValueError):
        return "the report does not say what it is about"
    return ""


def _end(value: Any) -> Fraction | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        if value == "inf":
            return float("inf")
        raise TypeError("no number")
    return Fraction(value)


def _none(what: str) -> InputError:
    return InputError(
        "certificate",
        given=what,
        allowed="a certificate, or a report or card that holds one",
        advice="write it by dpaccount budget --certificate or dpaccount report",
    )
