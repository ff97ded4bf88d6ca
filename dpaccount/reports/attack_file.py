"""The table of `dpaccount attack run`, read back from its JSON: data that people hand us."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from dpaccount import _validate
from dpaccount.attacks.rates import Rate
from dpaccount.errors import InputError
from dpaccount.interop.files import Unreadable, read_json

__all__ = ["AttackResults", "AttackRow", "read_attacks"]

_MOST = 16 * 2**20
#: The chance that a table of true ceilings is called violated anywhere, as the attacks have it.
_ALARM = 1e-6


@dataclass(frozen=True)
class AttackRow:
    """One attack on one target at one level of noise.

    Args:
        target: What was attacked.
        attack: How.
        noise_multiplier: As text; "0" is no noise.
        epsilon: Upper end of what that noise costs; None without noise.
        trials: Secrets attacked.
        named: Secrets named.
        ceilings: What was counted, how often it succeeded, and the most that any attack may
            reach.
        verdict: In the words of the table.
    """

    target: str
    attack: str
    noise_multiplier: str
    epsilon: float | None
    trials: int
    named: int
    ceilings: tuple[tuple[str, int, float], ...]
    verdict: str

    @property
    def interval(self) -> tuple[float, float]:
        """Of the chance to name a secret, 95 %."""
        return Rate(self.named, self.trials).interval()

    @property
    def ceiling(self) -> float | None:
        """The most that any attack may reach of what `named` counts; None if nothing is known."""
        of = {what: ceiling for what, _, ceiling in self.ceilings}
        return of.get("up to order", of.get("secret"))


@dataclass(frozen=True)
class AttackResults:
    """A table of attacks, each row held against its ceilings anew.

    Args:
        delta: At which its epsilons are told.
        rows: One for each cell.
    """

    delta: str
    rows: tuple[AttackRow, ...]

    @property
    def violations(self) -> tuple[AttackRow, ...]:
        """Rows with more successes than a ceiling allows, beyond chance."""
        tests = max(1, sum(len(row.ceilings) for row in self.rows))
        return tuple(
            row
            for row in self.rows
            if row.verdict == "violation"
            or any(
                Rate(successes, row.trials).lower(_ALARM / tests) > ceiling
                for _, successes, ceiling in row.ceilings
            )
        )


def read_attacks(name: str) -> AttackResults:
    """Read a table that `dpaccount attack run --out FILE.json` wrote, or `--json` printed.

    Args:
        name: The file.

    Raises:
        InputError: If it is no such table, or its counts cannot be.
    """
    try:
        data = read_json(Path(name), _MOST)
    except (Unreadable, ValueError) as why:
        raise _refuse(f"{why} ({name})") from why
    try:
        return _read(data)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _refuse(f"a table without what it has to hold ({name})") from error


def _read(data: Any) -> AttackResults:
    rows = tuple(_row(row) for row in _list(data["rows"]))
    if not rows:
        raise _refuse("a table without rows")
    found = AttackResults(_validate.delta(data["question"]["delta"]).text, rows)
    told = _validate.count(data["violations"], "violations")
    if told != sum(row.verdict == "violation" for row in rows):
        raise _refuse("a number of violations that is not that of its rows")
    return found


def _row(row: Mapping[str, Any]) -> AttackRow:
    trials = _validate.count(row["trials"], "trials", least=1, most=10**12)
    upper = row["epsilon_upper"]
    ceilings = []
    for claim in _list(row["ceilings"]):
        ceiling = _number(claim["ceiling"], "ceiling")
        if not 0 <= ceiling <= 1:
            raise _refuse(f"a ceiling of {ceiling}")
        successes = _validate.count(claim["successes"], "successes", most=trials)
        ceilings.append((_word(claim["what"]), successes, ceiling))
    noise = _validate.exact(row["noise_multiplier"], "noise_multiplier")
    if not noise >= 0:
        raise _refuse(f"noise_multiplier {noise}")
    return AttackRow(
        _word(row["target"]), _word(row["attack"]), noise.text,
        None if upper is None else _number(upper, "epsilon_upper"), trials,
        _validate.count(row["named"], "named", most=trials), tuple(ceilings),
        _word(row["verdict"]),
    )  # fmt: skip


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > 100 or not value.isprintable():
        raise TypeError("no word")
    return value


def _number(value: Any, name: str) -> float:
    """A number from 0 that the file holds as text, or "inf"; rounded up."""
    if value == "inf":
        return math.inf
    number = _validate.exact(value, name)
    if not 0 <= number <= Fraction(sys.float_info.max):
        raise _refuse(f"{name} {number}")
    found = float(number)
    return found if Fraction(found) >= number else math.nextafter(found, math.inf)


def _refuse(what: str) -> InputError:
    return InputError(
        "--attacks",
        given=what,
        allowed="a table as JSON, as dpaccount attack run --out FILE.json writes it",
        advice="write it anew",
    )
