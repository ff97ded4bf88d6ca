"""The kill table: of each theorem's mutants, how many its property and its proof caught."""

from __future__ import annotations

import re
from collections import Counter

from rich.console import Console
from rich.table import Table

#: The tests whose passing is a kill, and what did it.
_KILLERS = {
    "test_mutants.py::test_mutant_is_noticed": "property",
    "test_coq_proofs.py::test_mutant_breaks_the_proof": "Coq",
    "test_proofs.py::test_mutant_is_not_proved": "z3, balls, sympy",
}
_NAME = re.compile(r"(test_\w+\.py::\w+)\[(\w+\.\w+)")


def pytest_terminal_summary(terminalreporter):
    killed, tried = Counter(), Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            found = _NAME.search(report.nodeid)
            killer = found and _KILLERS.get(found[1])
            if killer:
                tried[found[2], killer] += 1
                killed[found[2], killer] += outcome == "passed"
    if not tried:
        return
    table = Table("mutants of", *_KILLERS.values(), title="killed of those tried", box=None)
    for theorem in sorted({theorem for theorem, _ in tried}):
        cells = [
            f"{killed[theorem, killer]} of {tried[theorem, killer]}"
            if tried[theorem, killer]
            else ""
            for killer in _KILLERS.values()
        ]
        table.add_row(theorem, *cells)
    table.add_row("all", *(
        f"{sum(n for (_, who), n in killed.items() if who == killer)} of "
        f"{sum(n for (_, who), n in tried.items() if who == killer)}"
        for killer in _KILLERS.values()
    ))  # fmt: skip
    Console(width=80).print(table)
