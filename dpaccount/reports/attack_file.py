"""The table of `dpaccount attack run`, read back from its JSON: data that people hand us."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from dpaccount import _validate
from dpaccount.attacks.rates import ALARM, Rate, exceeds
from dpaccount.errors import InputError
from dpaccount.interop.files import Unreadable, read_json

__all__ = ["AttackResults", "AttackRow", "read_attacks"]

_MOST, _TRIALS = 16 * 2**20, 10**7


class Held(NamedTuple):
    """Successes, and the most that any attack may reach.

    Args:
        what: Was counted.
        successes: How often.
        ceiling: On the mean chance of the trials.
        each: On the chance of each, and how many trials have that.
    """

    what: str
    successes: int
    ceiling: float
    each: tuple[tuple[float, int], ...]

    def exceeds(self, *, error: float) -> bool:
        """Whether it is beyond chance (risk.unequal_trials)."""
        every = [ceiling for ceiling, trials in self.each for _ in range(trials)]
        return exceeds(self.successes, every, error=error)


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
        ceilings: What they are held against.
        verdict: In the words of the table.
    """

    target: str
    attack: str
    noise_multiplier: str
    epsilon: float | None
    trials: int
    named: int
    ceilings: tuple[Held, ...]
    verdict: str

    @property
    def interval(self) -> tuple[float, float]:
        """Of the chance to name a secret, 95 %."""
        return Rate(self.named, self.trials).interval()

    @property
    def ceiling(self) -> float | None:
        """The most that any attack may reach of what `named` counts; None if nothing is known."""
        of = {held.what: held.ceiling for held in self.ceilings}
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
            or any(held.exceeds(error=ALARM / tests) for held in row.ceilings)
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
    trials = _validate.count(row["trials"], "trials", least=1, most=_TRIALS)
    upper = row["epsilon_upper"]
    ceilings = tuple(_held(claim, trials) for claim in _list(row["ceilings"]))
    noise = _validate.exact(row["noise_multiplier"], "noise_multiplier")
    if not noise >= 0:
        raise _refuse(f"noise_multiplier {noise}")
    return AttackRow(
        _word(row["target"]), _word(row["attack"]), noise.text,
        None if upper is None else _number(upper, "epsilon_upper"), trials,
        _validate.count(row["named"], "named", most=trials), ceilings,
        _word(row["verdict"]),
    )  # fmt: skip


def _held(claim: Mapping[str, Any], trials: int) -> Held:
    each = tuple(
        (_share(ceiling), _validate.count(count, "trials", least=1, most=trials))
        for ceiling, count in _list(claim["each"])
    )
    ceiling = _share(claim["ceiling"])
    if sum(count for _, count in each) != trials:
        raise _refuse(f"ceilings of other than {trials} trials")
    if abs(math.fsum(one * count for one, count in each) / trials - ceiling) > 1e-9:
        raise _refuse(f"a ceiling of {ceiling:g} that is not the mean of those of its trials")
    successes = _validate.count(claim["successes"], "successes", most=trials)
    return Held(_word(claim["what"]), successes, ceiling, each)


def _share(value: Any) -> float:
    found = _number(value, "ceiling")
    if not 0 <= found <= 1:
        raise _refuse(f"a ceiling of {found}")
    return found


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
