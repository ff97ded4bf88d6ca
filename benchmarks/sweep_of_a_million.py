"""How long a sweep of a million budgets takes and how much memory: two sizes, and the line on.

    python benchmarks/sweep_of_a_million.py

takes some minutes. Each size is a part of the same million, every setting with all its steps and
deltas, in a process of its own. The line through the two is what a million takes, if the rest of it
is like these parts; start-up is in its constant.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sweeps import MILLION, google

from dpaccount.sweeps.grid import grid_of

#: Every so many noise multipliers, with all rates, steps and deltas.
_EVERY = (50, 25)
_PROCESSES = 2


def part(every: int) -> dict[str, str]:
    noises = grid_of(MILLION).axes["noise_multiplier"]
    return {**MILLION, "noise_multiplier": ",".join(value.text for value in noises[::every])}


def measure(every: int, path: str) -> None:
    """Run one part here and print what it took; memory in MB, of this process and of a worker."""
    import dpaccount as dpa

    start = time.perf_counter()
    made = dpa.sweep(**part(every), to=path, processes=_PROCESSES)
    seconds = time.perf_counter() - start
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(one.ru_utime + one.ru_stime for one in used)
    peaks = [one.ru_maxrss // 1024 for one in used]
    print(made.rows, seconds, processor, *peaks, made.wide, made.refused)


def main() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    found = []
    for every in _EVERY:
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "table.csv")
            done = subprocess.run(
                [sys.executable, __file__, str(every), path],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
        rows, seconds, processor, ours, workers, wide, refused = map(float, done.stdout.split())
        found.append((rows, seconds))
        print(
            f"{rows:.0f} rows: {seconds:.1f} s, {1e3 * seconds / rows:.3f} ms each ("
            f"{1e3 * processor / rows:.3f} ms of a processor); peak {ours:.0f} MB, "
            f"and {workers:.0f} MB in a worker; {wide:.0f} wide, {refused:.0f} refused"
        )
    (few, short), (many, long) = found
    rate = (long - short) / (many - few)
    million = long + (1e6 - many) * rate
    grid = grid_of(part(_EVERY[1]))
    step = grid.rows // 24
    start, used = time.perf_counter(), time.process_time()
    for i in range(24):
        (row,) = grid.budgets(i * step + 7 * i, i * step + 7 * i + 1)
        google(float(row.noise_multiplier), float(row.sampling_rate), row.steps, float(row.delta))
    theirs, processor = (time.perf_counter() - start) / 24, (time.process_time() - used) / 24
    print(f"a million: {million:.0f} s by the line on, {1e3 * rate:.3f} ms for a row more")
    print(
        f"dp-accounting's PLD at grid 1e-3: {1e3 * theirs:.1f} ms each ({1e3 * processor:.1f} "
        f"ms of a processor), in one process; {theirs * 1e6 / million:.0f} times as much"
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(int(sys.argv[1]), sys.argv[2])
    else:
        main()
