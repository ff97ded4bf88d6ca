"""A report as Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dpaccount.reports.document import Block, Document, Evidence, Facts, Table, Text, Wanted
from dpaccount.reports.sections import document

if TYPE_CHECKING:
    from dpaccount.reports.model import Report

__all__ = ["markdown"]


def markdown(report: Report) -> str:
    """The report as text, its tables as tables, without figures.

    Args:
        report: As `report` gathers it.
    """
    made = document(report)
    lines = [f"# {_plain(made.title)}", "", f"**{_plain(made.number)}**, {_plain(made.at)}.", ""]
    lines += [_plain(made.lead), ""]
    for warning in made.warnings:
        lines += [f"> **Warning:** {_plain(warning)}", ""]
    lines += _body(made)
    return "\n".join([*lines, f"*{_plain(made.foot)}*", ""])


def _body(made: Document) -> list[str]:
    lines = []
    for section in made.sections:
        lines += [f"## {_plain(section.title)}", ""]
        for block in section.blocks:
            lines += [*_block(block), ""]
    return lines


def _block(block: Block) -> list[str]:
    match block:
        case Text():
            return [_plain(block.text)]
        case Facts():
            return [f"* **{_plain(name)}:** {_plain(text)}" for name, text in block.pairs]
        case Table():
            return _table(block)
        case Wanted():  # text holds no figure; what the page's shows is said
            return [f"*A figure of the page (.html): {_plain(block.alt)}*"]
        case Evidence():
            fence = "`" * (3 + max(map(len, re.findall("`+", block.text)), default=0))
            return [f"{_plain(block.words)} ({_plain(block.name)}):", "", f"{fence}json",
                    block.text.rstrip("\n"), fence]  # fmt: skip


def _table(table: Table) -> list[str]:
    signs = ["---:" if i in table.numbers else "---" for i in range(len(table.titles))]
    rows = [
        [f"**{_cell(cell)}**" if cell and i in table.marked else _cell(cell) for cell in row]
        for i, row in enumerate(table.rows)
    ]
    lines = [[_cell(title) for title in table.titles], signs, *rows]
    return [f"{_plain(table.caption)}:", "", *("| " + " | ".join(x) + " |" for x in lines)]


def _plain(text: str) -> str:
    """Words as words: nothing that a user wrote becomes a link, a tag or a heading."""
    line = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", line)


_cell = _plain
