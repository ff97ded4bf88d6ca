"""Many budgets in one call: grids of noise, rate, steps and delta, in memory or as a file.

The way of a row: `axes` reads what was asked, `grid` numbers the rows, `answers` accounts for a
piece of them, `runners` has pieces answered here, in processes or by Dask, `parts` keeps what is
finished, `table` joins it.
"""

from dpaccount.sweeps.table import Sweep, SweepFile
from dpaccount.sweeps.verb import sweep

__all__ = ["Sweep", "SweepFile", "sweep"]
