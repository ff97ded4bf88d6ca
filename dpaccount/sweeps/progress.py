"""A bar on stderr, where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["bar"]


@contextmanager
def bar(
    rows: int, done: int, *, wanted: bool, what: str = "budgets"
) -> Iterator[Callable[[int], object]]:
    """Yield what takes the number of rows that were answered.

    Args:
        rows: How many there are.
        done: How many were there before.
        wanted: Whether to show anything.
        what: What is counted.
    """
    if not (wanted and sys.stderr.isatty()):
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = what, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=rows, completed=done)
        yield lambda count: progress.advance(task, count)
