"""The one style of every figure: readable, light, and told apart without color."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

from dpaccount._files import place_of, write_place
from dpaccount.errors import Unsupported, install

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "COLORS", "GRID", "INK", "MAP", "MARKS", "SOFT", "Line", "canvas", "check_picture", "decades",
    "legend", "need_matplotlib", "plain_ticks", "save", "styled", "svg",
]  # fmt: skip

#: Text and axes; second-rank text; the lines of a grid.
INK, SOFT, GRID = "#1b2430", "#586472", "#dde2e8"
#: Okabe and Ito's colors, which color-blind readers can tell apart, the palest of them left out.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b07a00", "#3a93c9")
#: With the colors go marks and dashes, so that no line is known by its color alone.
MARKS = "osD^vP"
DASHES = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (5, 2, 1.5, 2)), (0, (8, 3)), (0, (3, 1.5)))
#: Of equal steps to the eye, for color-blind readers and in gray.
MAP = "cividis"
KINDS = (".png", ".svg", ".pdf")

_STYLE: dict[str, Any] = {
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "xtick.minor.size": 0.0,
    "ytick.minor.size": 0.0,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "lines.linewidth": 1.7,
    "lines.markersize": 4.5,
    "svg.fonttype": "path",  # the same picture on every machine
    "svg.hashsalt": "dpaccount",  # and the same file from the same data
}

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Line(NamedTuple):
    """One line of a figure.

    Args:
        name: What the legend calls it.
        x: Where its points lie.
        y: Their values.
        rank: 0 for what the figure is about, 1 for what it is compared with, 2 for an estimate
            without a side.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    rank: int = 1


def need_matplotlib() -> Any:
    """The module, or one line that says how to get it.

    Raises:
        Unsupported: If it is not installed.
    """
    try:
        import matplotlib as mpl
        import matplotlib.figure
    except ImportError as error:
        raise Unsupported(
            "a figure",
            missing="matplotlib is not installed",
            advice=f"{install('report')}, or leave the figure out",
        ) from error
    return mpl


def styled(draw: Callable[_P, _R]) -> Callable[_P, _R]:
    """A function that draws in the style, and leaves no trace in matplotlib's own settings."""

    @wraps(draw)
    def drawn(*args: _P.args, **named: _P.kwargs) -> _R:
        with need_matplotlib().rc_context(_STYLE):
            return draw(*args, **named)

    return drawn


def canvas(
    width: float = 4.8, height: float = 3.3, rows: int = 1, columns: int = 1, **more: Any
) -> tuple[Figure, list[Axes]]:
    """A figure and its panels, row by row.

    A `Figure` without pyplot: no window system is asked for, no state is left behind.

    Args:
        width: In inches, of all of it.
        height: In inches, of all of it.
        rows: Panels below each other.
        columns: Panels beside each other.
        more: As matplotlib's `Figure.subplots` takes it.
    """
    from matplotlib.figure import Figure as Sheet

    figure = Sheet(figsize=(width, height), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, **more)
    return figure, list(grid.ravel())


def legend(axes: Axes, **more: Any) -> None:
    """A legend, where there is anything to tell apart."""
    handles, _ = axes.get_legend_handles_labels()
    if handles:
        axes.legend(**{"handlelength": 2.6, "labelspacing": 0.3, **more})


def plain_ticks(axis: Any) -> None:
    """On a logarithmic axis: powers of ten, and twice and five times one, in plain digits."""
    from matplotlib.ticker import LogLocator, NullLocator

    axis.set_major_locator(LogLocator(10.0, subs=(1.0, 2.0, 5.0), numticks=9))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(_plain)


def decades(axis: Any) -> None:
    """On a logarithmic axis of many decades: powers of ten as people type them, such as 1e-5."""
    from matplotlib.ticker import LogLocator, NullLocator

    low, high = axis.get_view_interval()
    few = high < 100 * low  # then powers of ten alone would be one tick, or none
    axis.set_major_locator(LogLocator(10.0, subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=8))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(_power)


def _power(value: float, _place: object) -> str:
    """A power of ten: 1e-9, 0.01, 1, 100, 1e6."""
    if 0.009 < value < 1001:
        return f"{value:g}"
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def _plain(value: float, _place: object) -> str:
    return f"{value:g}"


def check_picture(to: object, name: str = "to") -> Path:
    """The file of a figure, before anything is computed.

    Args:
        to: A name that ends in .png, .svg or .pdf.
        name: What it is called in a refusal: the argument, or the flag.

    Raises:
        InputError: For another end, or a place that cannot be written.
        Unsupported: If matplotlib is not installed.
    """
    path = place_of(to, name, ends=KINDS)
    need_matplotlib()
    return path


@styled
def save(figure: Figure, to: str | os.PathLike[str], name: str = "to") -> Path:
    """Write a figure to a file.

    Args:
        figure: As one of the plots makes it.
        to: A file that ends in .png, .svg or .pdf.
        name: What that is called in a refusal: the argument, or the flag.

    Raises:
        InputError: For another end, or a place that cannot be written.
    """
    kind = check_picture(to, name).suffix.lower()
    # no date and no version: the same figure is the same file
    nothing = {".png": "Software", ".svg": "Date", ".pdf": "CreationDate"}[kind]
    picture = io.BytesIO()
    figure.savefig(picture, dpi=150, format=kind[1:], metadata={nothing: None})
    return write_place(to, picture.getvalue(), name, ends=KINDS)


@styled
def svg(figure: Figure, name: str) -> str:
    """A figure as the text of an <svg> element that several may stand beside on one page.

    Its background is clear, its ids begin with the name, and it holds no address that is loaded.

    Args:
        figure: As one of the plots makes it.
        name: A word of letters, digits and hyphens.
    """
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'((?:xlink:)?href)="#', rf'\1="#{name}-', text)
    text = text.replace("url(#", f"url(#{name}-")
    head, rest = text.split(">", 1)
    # the size is the page's business; the proportions stay in viewBox
    return re.sub(r'\s(width|height|version)="[^"]*"', "", head) + ">" + rest
