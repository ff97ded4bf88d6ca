"""Many cells: attacks on small targets, over noise, candidates, steps and rates; planted bugs.

Run as a script it attacks more than 500 cells (twenty minutes on one core), reports violations,
of which there must be none, then plants bugs in the release, each of which must be reported as one,
and leaves with 1 otherwise. Tables are kept in the folder that is named: the same command continues
what was interrupted. The everyday tests check a small sample.

    python tests/attacks/check_many_cells.py folder
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections import Counter
from itertools import product
from pathlib import Path
from unittest import mock

from dpaccount.attacks.sweep import run_attacks, trial

#: The chance that any of all true ceilings is called violated.
ALARM = 1e-6
TARGETS = ["attention", "small", "language-model"]
NOISE = ["0.3", "0.5", "0.7", "1", "1.5", "2"]
COMMON = {"length": 4, "clip_norm": 1, "evaluations": 200}


def tables():
    """What is asked, table by table."""
    for count, steps in product([2, 4, 8, 16, 32, 64], [1, 4, 16]):
        # as much noise as more steps ask for, so that neither all nor nothing is named
        noise = [f"{float(level) * steps**0.5:.4g}" for level in NOISE]
        yield {
            "targets": TARGETS, "attacks": ["identify"], "noise_multipliers": noise,
            "candidates": count, "steps": steps, "trials": 10,
        }  # fmt: skip
    for count, (steps, rate) in product([2, 16], [(1, "0.5"), (4, "0.5"), (16, "0.2")]):
        yield {
            "targets": TARGETS, "attacks": ["identify"], "noise_multipliers": NOISE[1:],
            "candidates": count, "steps": steps, "sampling_rate": rate, "trials": 16,
        }  # fmt: skip
    for count, clip_norm in product([2, 16], ["0.05", "20"]):  # all are clipped, and none
        yield {
            "targets": TARGETS, "attacks": ["identify"],
            "noise_multipliers": ["0.01", "0.02", "0.05", "0.2", "1"], "candidates": count,
            "clip_norm": clip_norm, "trials": 10,
        }  # fmt: skip
    searching = {"noise_multipliers": ["1e-5", "1e-3", "0.03", "0.1", "0.3", "1"]}
    for length in (2, 4, 8):
        yield {**searching, "targets": TARGETS[:2], "attacks": ["span"], "length": length,
               "trials": 4}  # fmt: skip
    yield {**searching, "targets": TARGETS[2:], "attacks": ["span"], "trials": 3}
    yield {**searching, "targets": TARGETS[:1], "attacks": ["span"], "steps": 9, "trials": 8}
    yield {**searching, "targets": TARGETS, "attacks": ["likelihood"], "length": 3, "trials": 3}
    for length in (1, 2):  # few secrets there are, so that they can be found
        yield {
            "targets": TARGETS[:2], "attacks": ["likelihood"], "length": length,
            "noise_multipliers": ["0.05", "0.1", "0.2", "0.4", "0.8"], "trials": 10,
        }  # fmt: skip
    for attack in ("dlg", "inverting-gradients", "tag"):
        yield {**searching, "targets": TARGETS[:2], "attacks": [attack], "trials": 2}


def half_the_noise(threat):
    return dataclasses.replace(threat, noise_multiplier=threat.noise_multiplier / 2)


def noise_for_the_mean(threat):
    return dataclasses.replace(threat, noise_multiplier=threat.noise_multiplier / 8)


def no_clipping(threat):
    return dataclasses.replace(
        threat,
        clip_norm=1e3 * threat.clip_norm,
        noise_multiplier=threat.noise_multiplier / 1e3,
    )


#: What may be wrong with a release whose account is right.
BUGS = {
    "noise halved": half_the_noise,
    "noise for the mean of 8, accounted as that of the sum": noise_for_the_mean,
    "no clipping": no_clipping,
}
#: Where the bugs are planted: gradients are far longer than this clip norm.
BUGGY = {
    "one step": {"noise_multipliers": ["0.7"], "candidates": 16, "trials": 160},
    "9 steps": {"noise_multipliers": ["2.1"], "candidates": 16, "steps": 9, "trials": 160},
    "4 sampled steps": {
        "noise_multipliers": ["0.7"], "candidates": 16, "steps": 4, "sampling_rate": "0.5",
        "trials": 200,
    },
    "two candidates": {"noise_multipliers": ["1.2"], "candidates": 2, "trials": 240},
}  # fmt: skip


def plant(bug, how):
    """The cells of a release that is wrong, as a table; in this process, where the bug is."""
    real, asked = trial.expose, BUGGY[how]
    if bug != "noise halved":  # the others are seen sooner
        asked = asked | {"trials": asked["trials"] // 4}

    def wrong(target, secret, threat, *, seed):
        return real(target, secret, BUGS[bug](threat), seed=seed)

    with mock.patch.object(trial, "expose", wrong):
        return run_attacks(
            targets=TARGETS[:2], attacks=["identify"], **COMMON | {"clip_norm": "0.01"} | asked
        )


def cells_of(asked, to, *, false_alarm, processes=None):
    """The rows of one table, from its file if it is finished."""
    if to is not None and to.exists():
        return json.loads(to.read_text(encoding="utf-8"))["rows"]
    found = run_attacks(
        **COMMON | asked, false_alarm=false_alarm, processes=processes, progress=True, to=to
    )
    return found.to_json()["rows"]


def nearest(row):
    """Successes over what the tightest ceiling allows, the largest of a row's claims."""
    allowed = [claim["successes"] / row["trials"] / claim["ceiling"] for claim in row["ceilings"]]
    return max(allowed, default=0.0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--processes", type=int, default=None)
    parser.add_argument("--every", type=int, default=1, help="take each table of so many")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)

    begun, every = time.monotonic(), list(tables())
    rows = []
    for number in range(0, len(every), chosen.every):
        to = chosen.folder / f"table-{number:02}.json"
        rows += cells_of(
            every[number], to, false_alarm=ALARM / len(every), processes=chosen.processes
        )
        print(f"{len(rows)} cells after {time.monotonic() - begun:.0f} s", flush=True)
    wrong = [row for row in rows if row["verdict"] == "violation"]
    attacked = sum(row["trials"] for row in rows)
    decides = Counter(
        min((one for one in claim["of"] if one["decides"]), key=lambda one: one["upper"])["kind"]
        for row in rows
        for claim in row["ceilings"][:1]
    )
    print(
        f"{len(rows)} cells, {attacked} secrets attacked, {len(wrong)} violations; verdicts "
        f"{dict(Counter(row['verdict'] for row in rows))}; tightest ceiling {dict(decides)}; "
        f"{time.monotonic() - begun:.0f} s"
    )
    print(f"{'attack':20} {'cells':>5} {'named':>6} {'of':>6} {'most of what is allowed':>24}")
    for attack in dict.fromkeys(row["attack"] for row in rows):
        mine = [row for row in rows if row["attack"] == attack]
        named, of = sum(row["named"] for row in mine), sum(row["trials"] for row in mine)
        print(f"{attack:20} {len(mine):5} {named:6} {of:6} {max(map(nearest, mine)):24.3f}")
    for row in wrong:
        print("violation:", json.dumps({key: row[key] for key in list(row)[:12]}))

    missed = 0
    for bug, how in product(BUGS, BUGGY):
        found = plant(bug, how)
        seen = len(found.violations)
        missed += seen < len(found.rows)
        print(f"planted: {bug}, {how}: {seen} of {len(found.rows)} cells are violations")
    return 1 if wrong or missed else 0


if __name__ == "__main__":
    sys.exit(main())
