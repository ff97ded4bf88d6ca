"""A report as a file: a page, a card or a text, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dpaccount._files import place_of, write_place

if TYPE_CHECKING:
    from dpaccount.reports.model import Report

__all__ = ["check_report", "write_report"]


def _page(report: Report) -> str:
    return report.to_html()


def _card(report: Report) -> str:
    from dpaccount.reports.card import card_text

    return card_text(report)


def _text(report: Report) -> str:
    return report.to_markdown()


_FORMS: dict[str, Callable[[Report], str]] = {".html": _page, ".json": _card, ".md": _text}


def check_report(to: object, name: str = "to") -> Path:
    """The file of a report, before anything is computed.

    Args:
        to: A name that ends in .html, .json or .md.
        name: What it is called in a refusal: the argument, or the flag.

    Raises:
        InputError: For another end, or a place that cannot be written.
        Unsupported: If what writes it is not installed.
    """
    path = place_of(to, name, ends=tuple(_FORMS))
    if path.suffix.lower() == ".html":
        from dpaccount.reports.page import need_jinja
        from dpaccount.reports.plots import need_matplotlib

        need_jinja()
        need_matplotlib()
    return path


def write_report(report: Report, to: str | os.PathLike[str], name: str = "to") -> Path:
    """Write a report in the form that the name's end says; see `Report.save` and `check_report`."""
    path = check_report(to, name)
    text = _FORMS[path.suffix.lower()](report)
    return write_place(path, text.encode(), name, ends=tuple(_FORMS))
