"""A report read back from its card: what a card holds as data, as `card` wrote it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from dpaccount import _validate
from dpaccount.adjacency import Direction, adjacency_of
from dpaccount.ceilings import Risk
from dpaccount.ceilings.summary import Membership, Pick
from dpaccount.comparison import OURS, Comparison, Row, Verdict
from dpaccount.guarantees import Bound, Trust
from dpaccount.mechanisms import mechanism_from_json
from dpaccount.reports.model import Cited, Curve, Point, Report, Statements
from dpaccount.theorems import all_theorems

__all__ = ["Said", "read_card"]


class Said(ValueError):  # noqa: N818 - it is caught where it is told
    """What of a card cannot be read, in words."""


class _At:
    """A value in a card, with the way to it, which is named where it is not what it should be."""

    def __init__(self, value: Any, way: str = "") -> None:
        self.value, self.way = value, way

    def __getitem__(self, key: str) -> _At:
        way = f"{self.way}.{key}".lstrip(".")
        if not isinstance(self.value, dict) or key not in self.value:
            raise Said(f"{way} is missing")
        return _At(self.value[key], way)

    def each(self) -> list[_At]:
        if not isinstance(self.value, list):
            raise Said(f"{self.way} is no list")
        return [_At(value, f"{self.way}[{i}]") for i, value in enumerate(self.value)]

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise Said(f"{self.way} is no text")
        return self.value

    def number(self) -> float | None:
        value = {"inf": math.inf, "-inf": -math.inf}.get(str(self.value), self.value)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
            raise Said(f"{self.way} is {json.dumps(self.value)}, and no number")
        return float(value)

    def made(self, make: Any, *more: Any, **named: Any) -> Any:
        """What is made of it, or why nothing can be."""
        try:
            return make(*(more or (self.value,)), **named)
        except Said:
            raise
        except (ValueError, ArithmeticError, TypeError, KeyError) as error:
            why = " ".join(str(error).split()).removeprefix(": ")
            raise Said(f"{self.way}: {why}") from error


def read_card(card: Mapping[str, Any], theorems: Sequence[str]) -> Report:
    """The report that a card is of, without its convergence and its attacks.

    Args:
        card: As `card` wrote it.
        theorems: Of its epsilon, as its certificate names them.

    Raises:
        Said: Where it is not what a card is, or contradicts itself.
        DPAccountError: If what it says was run is no run.
    """
    top = _At(dict(card))
    run = mechanism_from_json(top["run"]["mechanism"].value)
    relation, delta = adjacency_of(top["adjacency"].text()), _validate.delta(top["delta"].value)
    trust = top["trust"].made(Trust)
    bound = _bound(
        top["epsilon"], method=top["method"].text(), trust=trust, theorems=tuple(theorems)
    )
    directions = top["directions"].value
    if not isinstance(directions, dict):
        raise Said("directions is no object")
    statements, certificate = top["statements"], top["certificate"].value
    return Report(
        top["title"].text(), top["made"].text(), run, top["run"]["described_by"].text(),
        statements.made(lambda said: Statements(**said)), relation, delta, bound,
        tuple((top["directions"][name].made(Direction, name), _bound(top["directions"][name]))
              for name in directions),
        tuple(_curve(curve) for curve in top["curves"].each()),
        None if top["attackers"].value is None else _risk(top["attackers"], run, relation),
        () if top["attackers"].value is None else tuple(
            (_known(p["fpr"]), _known(p["tpr_upper"])) for p in top["attackers"]["roc"].each()
        ),
        _comparison(top["comparison"], run, delta.text, relation), None, None,
        tuple(_cited(cited) for cited in top["theorems"].each()),
        None if certificate is None else json.dumps(certificate, indent=1, sort_keys=True) + "\n",
        tuple(top["versions"].made(lambda said: tuple(dict(said).items()))),
    )  # fmt: skip


def _bound(at: _At, **more: Any) -> Bound:
    ends = {name: at[name].number() for name in ("lower", "upper", "estimate")}
    bound: Bound = at.made(Bound, ends["lower"], ends["upper"], ends["estimate"], **more)
    return bound


def _known(at: _At) -> float:
    number = at.number()
    if number is None:
        raise Said(f"{at.way} is null, where a number is needed")
    return number


def _curve(at: _At) -> Curve:
    points = [
        Point(point["delta"].made(_validate.delta), _bound(point)) for point in at["points"].each()
    ]
    return Curve(at["method"].text(), at["guarantee"].value is True, tuple(points))


def _ceiling(at: _At) -> Bound:
    named = {name: at[name].number() for name in ("lower", "upper", "log_lower", "log_upper")}
    _known(at["upper"])
    bound: Bound = at.made(
        Bound, named.pop("lower"), named.pop("upper"), None, at["method"].text(),
        at["trust"].made(Trust), tuple(id.text() for id in at["theorems"].each()), **named,
    )  # fmt: skip
    return bound


def _risk(at: _At, run: Any, relation: Any) -> Risk:
    return Risk(
        tuple(
            Membership(row["fpr"].made(_validate.fpr), _ceiling(row)) for row in at["tpr"].each()
        ),
        tuple(
            Pick(row["candidates"].made(_validate.count, row["candidates"].value, "candidates",
                                        least=2), _ceiling(row))
            for row in at["reconstruction"].each()
        ),
        _ceiling(at["advantage"]), run, relation,
    )  # fmt: skip


def _row(at: _At) -> Row:
    ends = _bound(at)  # refuses ends that are not in order
    return Row(
        at["method"].text(), at["source"].text(), ends.lower, ends.upper, ends.estimate,
        at["trust"].text(), at["verdict"].made(Verdict), at["seconds"].number(),
        at["ratio"].number(), at["gap"].number(), at["note"].text(),
        tuple(id.text() for id in at["theorems"].each()),
    )  # fmt: skip


def _comparison(at: _At, run: Any, delta: str, relation: Any) -> Comparison:
    rows = tuple(_row(row) for row in at["rows"].each())
    known = [row.upper for row in rows if row.source == OURS and row.upper is not None]
    return Comparison(
        rows, at["consistent"].value is True, min(known, default=None), run, delta, relation
    )


def _cited(at: _At) -> Cited:
    name = at["id"].text()
    if name not in all_theorems():
        raise Said(f"{at.way}.id: no registered theorem is called {name!r}")
    return Cited(all_theorems()[name], at["cited"].value is True)
