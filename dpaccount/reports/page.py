"""A report as one HTML page that opens offline and loads nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable
from importlib import resources
from typing import TYPE_CHECKING, Any

from dpaccount.errors import Unsupported, install
from dpaccount.reports.card import card
from dpaccount.reports.document import Block, Evidence, Facts, Table, Text, Wanted
from dpaccount.reports.pictures import picture
from dpaccount.reports.plain import json_text
from dpaccount.reports.plots import style, svg
from dpaccount.reports.sections import document

if TYPE_CHECKING:
    from markupsafe import Markup

    from dpaccount.reports.model import Report

__all__ = ["CARD_ID", "environment", "kind", "need_jinja", "page", "sheet", "words"]

#: The element that holds the card, and in it the certificate.
CARD_ID = "dpaccount-card"
_KINDS = {Text: "text", Facts: "facts", Table: "table", Wanted: "picture", Evidence: "file"}


def need_jinja() -> Any:
    """The module, or one line that says how to get it.

    Raises:
        Unsupported: If it is not installed.
    """
    try:
        import jinja2
    except ImportError as error:
        raise Unsupported(
            "a report as a page",
            missing="jinja2 is not installed",
            advice=f"{install('report')}, or write .md or .json",
        ) from error
    return jinja2


def page(report: Report) -> str:
    """The report as HTML: no script, no request, figures as SVG inside.

    Args:
        report: As `report` gathers it.

    Raises:
        Unsupported: If jinja2 or matplotlib is not installed.
    """
    need_jinja()
    from markupsafe import Markup

    def drawn(block: Wanted) -> Markup | None:
        figure = picture(report, block.name)
        return None if figure is None else Markup(_themed(svg(figure, block.name)))

    return _rendered(report, drawn)


def words(report: Report) -> str:
    """The page with empty figures.

    Args:
        report: As `report` gathers it.

    Raises:
        Unsupported: If jinja2 is not installed.
    """
    need_jinja()
    from markupsafe import Markup

    return _rendered(report, lambda block: Markup("<svg></svg>"))


def _rendered(report: Report, drawn: Callable[[Wanted], Markup | None]) -> str:
    need_jinja()
    from markupsafe import Markup

    text: str = (
        environment("dpaccount.reports")
        .get_template("page.html.jinja")
        .render(
            made=document(report),
            kind=kind,
            drawn=drawn,
            encoded=lambda text: base64.b64encode(text.encode()).decode(),
            style=Markup(sheet()),
            card=Markup(_script(card(report))),
            card_id=CARD_ID,
        )
    )
    return text


def environment(*packages: str) -> Any:
    """Templates that escape what they are given, and refuse what they are not given.

    Args:
        packages: Where the templates lie, the first one first.

    Raises:
        Unsupported: If jinja2 is not installed.
    """
    jinja = need_jinja()

    def read(name: str) -> str | None:
        for package in packages:
            file = resources.files(package) / name
            if file.is_file():
                return file.read_text(encoding="utf-8")
        return None

    return jinja.Environment(
        autoescape=True, undefined=jinja.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        loader=jinja.FunctionLoader(read),
    )  # fmt: skip


def kind(block: Block) -> str:
    """What the templates call a block."""
    return _KINDS[type(block)]


def sheet() -> str:
    """The style of every page: light, dark, narrow, printed."""
    return (resources.files("dpaccount.reports") / "page.css").read_text(encoding="utf-8")


def _script(data: Any) -> str:
    """Data as JSON that cannot end the element it stands in."""
    text = json_text(data)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _themed(text: str) -> str:
    """A figure whose colors are the page's, so that it follows light and dark."""
    names = {style.INK: "ink", style.SOFT: "soft", style.GRID: "grid"}
    names |= {color: f"line-{i}" for i, color in enumerate(style.COLORS)}
    for color, name in names.items():
        text = text.replace(color, f"var(--{name})")
    return text
