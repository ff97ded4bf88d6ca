"""What a report holds: one frozen value that the page, the card and the text are made from."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import category

from dpaccount._validate import Exact
from dpaccount.adjacency import Adjacency, Direction
from dpaccount.ceilings import Risk
from dpaccount.comparison import Comparison
from dpaccount.errors import InputError, shown
from dpaccount.guarantees import Bound
from dpaccount.mechanisms import Mechanism
from dpaccount.theorems import Theorem

if TYPE_CHECKING:
    from dpaccount.convergence.check import Convergence
    from dpaccount.reports.attack_file import AttackResults

__all__ = ["Cited", "Curve", "Point", "Report", "Statements", "are_words", "failures_of"]


def are_words(value: object, most: int) -> bool:
    """Whether a value is text that every form of a report can hold, and not too long.

    Args:
        value: What was given.
        most: Signs.
    """
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        return False
    # half of a sign is in no file; what moves a terminal's cursor is no word
    return not any(category(sign) in ("Cc", "Cs") and sign not in "\t\n\r" for sign in value)


def failures_of(consistent: bool, verdict: str | None, violations: int | None) -> tuple[str, ...]:
    """What contradicts a theorem of ours, in words.

    Args:
        consistent: Whether accountants of dpaccount agree with each other.
        verdict: Of `converge`, if it was asked.
        violations: Attacks above their ceilings, if a table was given.
    """
    found = []
    if not consistent:
        found.append("two accountants of dpaccount contradict each other")
    if verdict == "violated":
        found.append("a measured training exceeds a predicted bound")
    if violations:
        found.append("an attack exceeded its ceiling beyond chance")
    return tuple(found)


@dataclass(frozen=True)
class Statements:
    """What only the people who ran it can say; what is None is shown as not stated.

    Args:
        unit: Whose contribution counts as one record.
        released: What leaves the hands of those who hold the data.
        data_accesses: Which other looks at the data there were, and how they are covered.
        tuning: How settings were chosen: on these data, on others, not at all.
        sampler_evidence: How it was checked that the code draws batches as the run says.
        code: Which code ran: a repository and a commit, versions.
    """

    unit: str | None = None
    released: str | None = None
    data_accesses: str | None = None
    tuning: str | None = None
    sampler_evidence: str | None = None
    code: str | None = None

    def __post_init__(self) -> None:
        """Take words only, and no more than a page of them."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and not are_words(value, 5000):
                raise InputError(
                    field.name,
                    given="nothing" if value == "" else shown(value),
                    allowed="a sentence or two",
                    advice="leave it out where nothing can be said",
                )


class Point(NamedTuple):
    """Epsilon at one delta.

    Args:
        delta: The delta.
        bound: Epsilon there.
    """

    delta: Exact
    bound: Bound


class Curve(NamedTuple):
    """Epsilon against delta by one method.

    Args:
        method: Its name.
        is_guarantee: Whether its ends have a side; else they are estimates.
        points: Deltas, rising.
    """

    method: str
    is_guarantee: bool
    points: tuple[Point, ...]


class Cited(NamedTuple):
    """A theorem behind the numbers.

    Args:
        theorem: The theorem.
        is_cited: Whether a number names it; else it is used by one that is named.
    """

    theorem: Theorem
    is_cited: bool


@dataclass(frozen=True)
class Report:
    """What a run cost, for people: made by `report`, kept as a page, a card or a text.

    Args:
        title: What it is called.
        made: The day, as YYYY-MM-DD.
        run: What was run.
        described_by: Where the description came from: "flags", "a run file", "Opacus's record".
        statements: What only the people who ran it can say.
        adjacency: Which datasets are neighbors.
        delta: At which epsilon is told.
        bound: Epsilon of the run.
        directions: Epsilon of each direction of the adjacency.
        curves: Epsilon against delta; the first by the method of `bound`, the others by those
            that are not the same to the eye.
        risk: What any attacker can reach.
        roc: False positive rates, rising, and the largest true positive rate at each.
        comparison: Every accountant side by side.
        convergence: What the noise costs on a problem; None if it was not asked.
        attacks: What attacks reached; None if no table was given.
        theorems: Those behind the numbers and what they use.
        certificate: What shows `bound`, as `dpaccount verify` reads it; None if nothing does.
        versions: Of what made it.
    """

    title: str
    made: str
    run: Mechanism
    described_by: str
    statements: Statements
    adjacency: Adjacency
    delta: Exact
    bound: Bound
    directions: tuple[tuple[Direction, Bound], ...]
    curves: tuple[Curve, ...]
    risk: Risk | None
    roc: tuple[tuple[float, float], ...]
    comparison: Comparison
    convergence: Convergence | None
    attacks: AttackResults | None
    theorems: tuple[Cited, ...]
    certificate: str | None
    versions: tuple[tuple[str, str], ...]

    @property
    def failures(self) -> tuple[str, ...]:
        """What in it contradicts a theorem of ours: empty, unless something is wrong."""
        return failures_of(
            self.comparison.consistent,
            None if self.convergence is None else self.convergence.verdict,
            None if self.attacks is None else len(self.attacks.violations),
        )

    def to_json(self) -> dict[str, Any]:
        """The card: plain data in the schema that `dpaccount.reports.card.schema` gives."""
        from dpaccount.reports.card import card

        return card(self)

    def to_markdown(self) -> str:
        """The report as text."""
        from dpaccount.reports.markdown import markdown

        return markdown(self)

    def to_html(self) -> str:
        """The report as one page that needs nothing else.

        Raises:
            Unsupported: If jinja2 or matplotlib is not installed.
        """
        from dpaccount.reports.page import page

        return page(self)

    def save(self, to: str | os.PathLike[str]) -> Path:
        """Write it, whole or not at all.

        Args:
            to: A file that ends in .html, .json or .md.

        Raises:
            InputError: For another end, or a place that cannot be written.
            Unsupported: As `to_html`.
        """
        from dpaccount.reports.files import write_report

        return write_report(self, to)
