"""Whether a page says in words and tables what its card says as data."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any, NamedTuple

from dpaccount.errors import Unsupported
from dpaccount.reports.card_check import is_of_this_version
from dpaccount.reports.model import Report
from dpaccount.reports.page import CARD_ID, words
from dpaccount.reports.sections import failure_words

__all__ = ["PageChecked", "check_page"]

#: What is not made from a card's data, or is compared in another way.
_APART = (
    rf'<script type="application/json" id="{CARD_ID}">.*?</script>',
    r"<figure>.*?</figure>",
    r'<section id="(?:convergence|attacks)" .*?</section>',
    r'<li><a href="#(?:convergence|attacks)">.*?</li>',
    r'<p class="warning" role="alert">.*?</p>',
)
_FIGURES = "the figures of the page"


class PageChecked(NamedTuple):
    """What of a page was checked, what was not, and what is wrong.

    Args:
        wrong: What the page says otherwise than its card.
        shown: What was checked.
        open: What was not.
    """

    wrong: tuple[str, ...]
    shown: tuple[str, ...]
    open: tuple[str, ...]


def check_page(page: str, card: Mapping[str, Any], report: Report) -> PageChecked:
    """Write a page anew from its card, and compare the words.

    Args:
        page: The text of the file.
        card: The card in it.
        report: What was read back from that card.
    """
    if not is_of_this_version(card):
        return PageChecked((), (), ("the words of the page, which another version wrote", _FIGURES))
    try:
        meant = _lines(words(report))
    except Unsupported as why:
        return PageChecked((), (), (f"the words of the page ({why.missing})", _FIGURES))
    alerts = html.unescape(" ".join(re.findall(_APART[-1], page, flags=re.DOTALL)))
    wrong = [
        f"the page does not warn: {each}"
        for each in failure_words(card["failures"]) if each not in alerts
    ]  # fmt: skip
    for said, right in zip_longest(_lines(page), meant, fillvalue=""):
        if said != right:
            wrong.append(f"the page says {_shown(said)}, where its card says {_shown(right)}")
            break
    shown = "every other word and table of the page: as its card has them"
    return PageChecked(tuple(wrong), (shown,), (_FIGURES,))


def _lines(page: str) -> list[str]:
    for pattern in _APART:
        page = re.sub(pattern, "", page, flags=re.DOTALL)
    return [line.strip() for line in page.splitlines() if line.strip()]


def _shown(line: str) -> str:
    """A line of a page without its tags, and short."""
    text = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", line)).split()) or line or "nothing"
    return text if len(text) <= 100 else text[:97] + "..."
