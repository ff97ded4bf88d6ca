"""Answers in the words of a report, as the parts of one page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dpaccount import _validate
from dpaccount.ceilings import Risk
from dpaccount.errors import DPAccountError, InputError
from dpaccount.explorer.answer import ADJACENCY, Cost
from dpaccount.explorer.curve import HEIGHT, WIDTH, drawing
from dpaccount.explorer.question import FIELDS, Field, Question
from dpaccount.reports import attacker_sections as words
from dpaccount.reports import sections
from dpaccount.reports.document import Block, Facts
from dpaccount.reports.page import environment, kind
from dpaccount.reports.plain import describe

__all__ = ["Pages"]


class Pages:
    """The parts of the page as HTML.

    Raises:
        Unsupported: If jinja2 is not installed.
    """

    def __init__(self) -> None:
        found = environment("dpaccount.explorer", "dpaccount.reports")
        found.globals |= {
            "kind": kind, "nothing": lambda *_: None, "width": WIDTH, "height": HEIGHT,
        }  # fmt: skip
        self._templates = {
            name: found.get_template(f"{name}.html.jinja")
            for name in ("top", "cost", "attackers", "basis", "refused", "end")
        }

    def _made(self, name: str, **values: Any) -> str:
        text: str = self._templates[name].render(**values)
        return text

    def top(self, given: Sequence[tuple[str, str]]) -> str:
        """The page down to the fields, which hold what was given."""
        texts = dict(given)
        rows = [
            {"field": field, "value": texts[field.name], "place": nearest(field, texts[field.name])}
            for field in FIELDS
        ]
        return self._made("top", rows=rows, limits=sections.LIMITS)

    def cost(self, found: Cost) -> str:
        """The number, what it promises, and the curve."""
        question, bound = found.question, found.bound
        return self._made(
            "cost",
            interval=str(bound),
            about=sections.about_bound(bound, question.delta),
            lead=sections.factor(bound, question.delta),
            warnings=sections.warnings(bound),
            picture=drawing(found.curve, question.delta, bound, sections.upper(bound)),
            table=sections.curve_table(found.curve, question.delta),
            method=found.curve.method,
            question=question,
        )

    def basis(self, found: Cost) -> str:
        """What the number rests on, and how a shell is asked for it."""
        question, bound = found.question, found.bound
        facts = sections.cost_facts(bound, question.delta)
        facts += [
            ("Theorem ids", ", ".join(bound.theorems)),
            ("Run", describe(question.run)),
            ("Neighboring data", f"{ADJACENCY.value}. {sections.ADJACENCY[ADJACENCY]}"),
        ]
        return self._made("basis", facts=Facts(tuple(facts)), question=question)

    def attackers(self, question: Question, found: Risk) -> str:
        """The ceilings."""
        blocks: list[Block] = [
            words.whose(found), words.tests(found), words.picks(found), *words.advantage(found),
            Facts((("Theorem ids", ", ".join(found.theorems)), ("Run", describe(question.run)))),
        ]  # fmt: skip
        return self._made("attackers", title=words.TITLE, blocks=blocks, question=question)

    def refused(self, error: DPAccountError, *, begun: bool = False) -> str:
        """One line in the place of every number; of the ceilings, where the page has begun."""
        name = error.name if isinstance(error, InputError) else ""
        field = name if name in {field.name for field in FIELDS} else ""
        return self._made(
            "refused", message=str(error), field=field, title=words.TITLE, begun=begun
        )

    def end(self) -> str:
        """The rest of the page."""
        return self._made("end")


def nearest(field: Field, text: str) -> int:
    """The place of the slider's stop that is nearest, by ratio; the first for what is no number."""
    try:
        value = _log(text)
    except (DPAccountError, ValueError):
        return 0
    logs = [_log(stop) for stop in field.ladder]
    return min(range(len(logs)), key=lambda i: abs(logs[i] - value))


def _log(text: str) -> float:
    number = _validate.exact(text, "a number", allowed="a number")
    return _validate.log_of(number) if number > 0 else -math.inf
