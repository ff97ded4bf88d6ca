"""Whether a page says in words and tables what its card says as data."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any, NamedTuple

from dpaccount.errors import Unsupported
from dpaccount.reports.attacker_sections import REACHED
from dpaccount.reports.card_check import is_of_this_version
from dpaccount.reports.model import Report
from dpaccount.reports.page import CARD_ID, words
from dpaccount.reports.sections import TRAINING, failure_words, warnings
from dpaccount.reports.spans import replaced, within

__all__ = ["PageChecked", "check_page"]

_CARD = (f'<script type="application/json" id="{CARD_ID}">', "</script>")
_ALERT = ('<p class="warning" role="alert">', "</p>")
_FIGURE = ("<figure>", "</figure>")
#: Parts that are not made from what is read back from a card, and their titles.
_APART = {"convergence": TRAINING, "attacks": REACHED}
_LINES = "the lines of the figures"
_WIDE = "The bracket is wide: "
#: What matplotlib draws with, where every letter is a path.
_MARKS = re.compile(
    r"<(?P<end>/?)(?P<tag>svg|defs|style|g|path|use|clipPath|rect)"
    r'(?P<more>(?:\s+[\w:-]+="[^"<>]*")*)\s*/?>'
)
_NAMES = frozenset({
    "xlink:href", "transform", "id", "d", "style", "clip-path", "x", "y", "width", "height",
    "xmlns", "xmlns:xlink", "viewBox", "type",
})  # fmt: skip
_SHEET = "*{stroke-linejoin: round; stroke-linecap: butt}"
#: What a part in words may be made of.
_WORDS = re.compile(
    r"</?(?:section|h2|p|dl|dt|dd|div|table|caption|thead|tbody|tr|th|td)"
    r'(?:\s+(?:id|class|role|tabindex|scope|data-title|aria-[a-z]+)="[^"<>]*")*>'
)


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
        return _head(page, report, "the words of the page, which another version wrote")
    try:
        meant = words(report)
    except Unsupported as why:
        return _head(page, report, f"the words of the page ({why.missing})")
    wrong, unknown = _alerts(page, card, report)
    for said, right in zip_longest(*_compared(page, meant, card), fillvalue=""):
        if said != right:
            wrong.append(f"the page says {_shown(said)}, where its card says {_shown(right)}")
            break
    shown = "every other word and table of the page: as its card has them"
    return PageChecked(tuple(wrong), (shown,), (_LINES, *unknown))


def _head(page: str, report: Report, unknown: str) -> PageChecked:
    """The number at the head of a page alone."""
    meant = f"epsilon {report.bound}"
    said = within(page, '<p class="number">', "</p>")
    wrong = []
    if [_plain(text).strip() for text in said] != [meant]:
        told = _shown(" ".join(said))
        wrong.append(f"the page says {told} at its head, where its card says {meant}")
    return PageChecked(tuple(wrong), ("the number at the head of the page",), (unknown, _LINES))


def _alerts(page: str, card: Mapping[str, Any], report: Report) -> tuple[list[str], list[str]]:
    """What is wrong with the warnings of a page; and what they say that no card holds."""
    meant = [*failure_words(card["failures"]), *warnings(report.bound)]
    said = [_plain(text) for text in within(page, *_ALERT)]
    unknown = []
    if said and said[-1].startswith(_WIDE) and not report.bound.is_narrow(1e-9):
        unknown.append("why the bracket is wide, which the page says in its own words")
        del said[-1]
    wrong = [f"the page does not warn: {each}" for each in meant if each not in said]
    more = [each for each in said if each not in meant] or said[len(meant) :]
    wrong += [f"the page warns: {_shown(each)}, which its card does not" for each in more]
    return wrong, unknown


def _compared(page: str, meant: str, card: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The lines of a page and those that it should have, without what is compared elsewhere."""
    page = replaced(page, r"<svg\b", "</svg>", _outline)
    for name, title in _APART.items():
        if card.get(name) is not None:
            page = page.replace(f'<li><a href="#{name}">{title}</a></li>', "", 1)
            page = replaced(page, f'<section id="{name}" ', "</section>", _foreign, most=1)
    said, right = ("\n".join(_lines(text)) for text in (page, meant))
    # a figure that could not be drawn is not there; one that is there is as it should be
    drawn = set(within(said, *_FIGURE))
    inside = [len(end) for end in _FIGURE]
    right = replaced(
        right, *_FIGURE, lambda each: each if each[inside[0] : -inside[1]] in drawn else ""
    )
    return _lines(said), _lines(right)


def _outline(found: str) -> str:
    """Nothing in the place of a drawing; of what is none, all that is more than lines."""
    drawing = replaced(found, "<!--", "-->")
    drawing = drawing.replace(f">{_SHEET}<", "><", 1)
    rest = _MARKS.sub(_mark, drawing).strip()
    return f"<svg>{rest}</svg>"


def _mark(found: re.Match[str]) -> str:
    for name, value in re.findall(r'([\w:-]+)="([^"]*)"', found["more"]):
        styles = [each.partition(":")[0].strip() for each in value.split(";") if each.strip()]
        if (
            name not in _NAMES
            or (name == "xlink:href" and not value.startswith("#"))
            or (name == "style" and not all(re.match("fill|stroke|opacity", s) for s in styles))
        ):
            return f"{found[0]} "
    return ""


def _foreign(found: str) -> str:
    """What of a part in words is no part of one."""
    return " ".join(re.findall("<[^>]*>?", _WORDS.sub("", found)))


def _lines(page: str) -> list[str]:
    for ends in (_CARD, _ALERT):
        page = replaced(page, *ends)
    return [line.strip() for line in page.splitlines() if line.strip()]


def _plain(text: str) -> str:
    """Text without its escapes; as it is where one of them is a number too long to be read."""
    try:
        return html.unescape(text)
    except ValueError:
        return text


def _shown(line: str) -> str:
    """A line of a page without its tags, and short."""
    text = " ".join(_plain(re.sub(r"<[^<>]*>", " ", line)).split()) or line or "nothing"
    return text if len(text) <= 100 else text[:97] + "..."
