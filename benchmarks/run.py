"""Measure every claim about speed and print the ratios; exit status 1 if one does not hold.

Each claim is a file beside this one. A ratio is ours to theirs, both measured in one run and on
one thread: seconds depend on the machine, ratios hardly.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # read by numpy and torch as they are imported below

import sys  # noqa: E402
import warnings  # noqa: E402

import batched_starts  # noqa: E402
import calibration  # noqa: E402
import certified_budget  # noqa: E402
import grid  # noqa: E402
import many_budgets  # noqa: E402
import one_budget  # noqa: E402
import start_up  # noqa: E402
import sweeps  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import track  # noqa: E402
from rich.table import Table  # noqa: E402


def main() -> int:
    warnings.simplefilter("ignore")  # the peers' own
    modules = [
        certified_budget, grid, calibration, one_budget, many_budgets, sweeps, batched_starts,
        start_up,
    ]  # fmt: skip
    errors = Console(stderr=True)
    found = [
        result
        for module in track(modules, "measuring", console=errors, disable=not errors.is_terminal)
        for result in module.results()
    ]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title, justify in [("claim", "left"), ("ours", "right"), ("theirs", "right")]:
        table.add_column(title, justify=justify)
    for title in ("ratio", "limit"):
        table.add_column(title, justify="right", no_wrap=True)
    for r in found:
        table.add_row(
            r.claim, f"{r.ours:.4f} s", f"{r.theirs:.4f} s", f"{r.ratio:.4f}", f"{r.limit:.4f}",
            style=None if r.holds else "red",
        )  # fmt: skip
    Console(width=100).print(table)
    broken = [r for r in found if not r.holds]
    for r in broken:
        print(f"FAILED: {r.claim}: {r.ratio:.4f}, allowed {r.limit:.4f}")
    print(f"{len(found) - len(broken)} passed, {len(broken)} failed")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
