"""A report as sections of plain blocks, which the page and the text both render."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Block", "Document", "Evidence", "Facts", "Section", "Table", "Text", "Wanted"]


class Text(NamedTuple):
    """A paragraph.

    Args:
        text: Its words.
        kind: "" or "warning".
    """

    text: str
    kind: str = ""


class Facts(NamedTuple):
    """Names and what they stand for.

    Args:
        pairs: In order.
    """

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """A table whose first column says what each row is about.

    Args:
        caption: What it shows.
        titles: Of the columns.
        rows: As many words each as there are titles.
        numbers: Which columns are numbers.
        marked: Rows to be seen first.
    """

    caption: str
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    marked: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        """Refuse rows that would shift."""
        if any(len(row) != len(self.titles) for row in self.rows):
            raise ValueError(f"a row of {self.caption!r} has not {len(self.titles)} cells")


class Wanted(NamedTuple):
    """A figure, where the form of the report can hold one.

    Args:
        name: Of the figure, as `dpaccount.reports.pictures` knows it.
        alt: What it shows, in words.
    """

    name: str
    alt: str


class Evidence(NamedTuple):
    """A file inside the report.

    Args:
        name: What it is called when it is saved.
        text: What it holds.
        words: What it is for.
    """

    name: str
    text: str
    words: str


Block = Text | Facts | Table | Wanted | Evidence


class Section(NamedTuple):
    """A part of a report.

    Args:
        id: A word for links.
        title: Its heading.
        blocks: What it holds.
    """

    id: str
    title: str
    blocks: tuple[Block, ...]


class Document(NamedTuple):
    """A whole report in words.

    Args:
        title: What it is called.
        number: The one number, with its side.
        at: What the number is about.
        lead: What that means, in a sentence or two.
        warnings: What is wrong with the run or the report; empty if nothing is.
        sections: In order.
        foot: Who made it, when.
    """

    title: str
    number: str
    at: str
    lead: str
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]
    foot: str
