"""A certificate found in a report, and whether the report says what the certificate shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dpaccount.certificates import verify
from dpaccount.certificates.document import Claim
from dpaccount.errors import InputError
from dpaccount.reports.card import SCHEMA
from dpaccount.reports.spans import within

__all__ = ["Verdict", "verify_any"]

_CARD = ('<script type="application/json" id="dpaccount-card">', "</script>")
_WITNESS = "every enclosure of the certificate, redone in ball arithmetic; its theorems, its digest"
_HAPPENED = "that this run is what happened"


@dataclass(frozen=True)
class Verdict:
    """Whether a certificate, a card or a page holds, and what of it was looked at.

    Args:
        kind: "certificate", "card" or "page".
        holds: Whether all that was checked is so.
        reason: What is not, as one line; empty if it holds.
        claim: What the certificate claims.
        checked: What was checked; empty if it does not hold.
        unchecked: What nothing here can check.
    """

    kind: str
    holds: bool
    reason: str
    claim: Claim
    checked: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()


def verify_any(text: str, *, on_part: Callable[[str], None] | None = None) -> Verdict:
    """Check a certificate, or the one inside a card or a page, and the card and the page by it.

    Args:
        text: What is in the file.
        on_part: Called with the name of each part as it is done.

    Raises:
        InputError: If there is no certificate in it.
    """
    kind, tell = "certificate", on_part or (lambda name: None)
    page = text if text.lstrip()[:9].lower() == "<!doctype" else None
    if page is not None:
        cards = within(page, *_CARD)
        if len(cards) != 1:
            raise _none(f"a page with {len(cards)} cards of dpaccount")
        text = cards[0]
    card = _card(text)
    if card is None:
        if page is not None:
            raise _none("a page without a card of this version")
        if text.lstrip()[:1] not in ("{", "[", '"'):
            raise _none("a file that is no JSON and no page")
        found = verify(text)  # it refuses what is no certificate
        shown = (_WITNESS,) if found.holds else ()
        return Verdict(kind, found.holds, found.reason, found.claim, shown, (_HAPPENED,))
    inside = card.get("certificate")
    if not isinstance(inside, dict):
        raise _none("a report without a certificate")
    kind = "card" if page is None else "page"
    found = verify(json.dumps(inside))
    tell("the certificate")
    if not found.holds:
        return Verdict(kind, False, f"its certificate: {found.reason}", found.claim)
    return _of_card(kind, card, page, found.claim, inside["theorems"], tell)


def _of_card(
    kind: str, card: dict[str, Any], page: str | None, claim: Claim, theorems: list[str],
    tell: Callable[[str], None],
) -> Verdict:  # fmt: skip
    from dpaccount.reports.card_check import check_card

    seen = check_card(card, claim, theorems, tell)
    wrong, shown, unchecked = list(seen.wrong), [_WITNESS, *seen.shown], list(seen.open)
    if page is not None and seen.report is not None:
        from dpaccount.reports.page_check import check_page

        words = check_page(page, card, seen.report)
        tell("the page")
        wrong, shown = list(words.wrong), [*shown, *words.shown]
        unchecked += words.open
    if wrong:
        more = f"; and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return Verdict(kind, False, wrong[0] + more, claim)
    return Verdict(kind, True, "", claim, tuple(shown), tuple(unchecked))


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


def _none(what: str) -> InputError:
    return InputError(
        "certificate",
        given=what,
        allowed="a certificate (.json), or a card (.json) or a page (.html) of dpaccount report "
        "that holds one",
        advice="write it by dpaccount budget --certificate or dpaccount report; a text (.md) "
        "cannot be verified",
    )
