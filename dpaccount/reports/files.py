"""A report as a file: a page, a card or a text, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dpaccount.errors import InputError, shown
from dpaccount.sweeps.parts import write_whole

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


def check_report(to: object) -> Path:
    """The file of a report, before anything is computed.

    Args:
        to: Text that ends in .html, .json or .md.

    Raises:
        InputError: For another end, or a folder that is not there.
        Unsupported: If what writes it is not installed.
    """
    path = Path(to) if isinstance(to, str) and "\0" not in to else None
    if path is None or path.suffix not in _FORMS:
        raise _place(shown(to) if path is None else to, "no name of a report")
    try:
        is_other, has_folder = path.exists() and not path.is_file(), path.parent.is_dir()
    except (OSError, ValueError) as error:  # a name that no file can have
        raise _place(to, getattr(error, "strerror", None) or "no name of a file") from error
    if is_other:
        raise _place(to, "no ordinary file")
    if not has_folder:
        raise _place(to, "no such folder")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise _place(to, "a folder that cannot be written to")
    if path.suffix == ".html":
        from dpaccount.reports.page import need_jinja
        from dpaccount.reports.plots import need_matplotlib

        need_jinja()
        need_matplotlib()
    return path


def write_report(report: Report, to: str) -> Path:
    """Write a report in the form that the name's end says; see `Report.save`."""
    path = check_report(to)
    text = _FORMS[path.suffix](report)
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise _place(to, error.strerror or str(error)) from error
    return path


def _place(to: object, why: str) -> InputError:
    return InputError(
        "--out",
        given=f"{why} ({to})",
        allowed="a file that can be written and ends in .html, .json or .md",
        advice="name for example report.html",
    )
