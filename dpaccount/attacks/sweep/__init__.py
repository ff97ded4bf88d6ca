"""Attacks over many levels of noise, each cell held against what theory allows.

The way of a cell: `cells` names it and its ceilings, `trial` attacks one secret after the other,
`verdict` counts, `verb` has it done here, in processes or by Dask, `table` and `plot` show it.
"""

from dpaccount.attacks.sweep.cells import Cell, Question
from dpaccount.attacks.sweep.table import AttackTable, Row
from dpaccount.attacks.sweep.verb import run_attacks
from dpaccount.attacks.sweep.verdict import Verdict

__all__ = ["AttackTable", "Cell", "Question", "Row", "Verdict", "run_attacks"]
