"""What is asked: the fields of the page, and a link as a question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from dpaccount import _validate
from dpaccount._validate import Exact
from dpaccount.errors import InputError
from dpaccount.mechanisms import DPSGD

__all__ = ["FIELDS", "START", "Field", "Question", "given_in", "question_of"]

#: More than any link of ours; a field of it alone may hold a number of some hundred digits.
_LONGEST = 8000


class Field(NamedTuple):
    """One number that can be changed.

    Args:
        name: In links.
        label: On the page.
        hint: What it is, in a few words.
        start: Where it begins.
        ladder: The values that its slider stops at, rising or falling.
    """

    name: str
    label: str
    hint: str
    start: str
    ladder: tuple[str, ...]


def _two_digits(low: int, high: int, shift: int = 0) -> list[int]:
    """Integers of two digits and zeros from low to high; `shift` places stand behind the point."""
    return [
        digits * 10**zeros
        for zeros in range(12 + shift)
        for digits in (range(1, 100) if zeros == 0 else range(10, 100))
        if low <= digits * 10**zeros <= high
    ]


def _whole(low: int, high: int, more: Iterable[int] = ()) -> tuple[str, ...]:
    values = {*_two_digits(low, high), *more}
    return tuple(str(value) for value in sorted(values) if low <= value <= high)


def _hundredths(low: int, high: int) -> tuple[str, ...]:
    values = sorted(set(_two_digits(low, high)))
    return tuple(f"{value // 100}.{value % 100:02d}".rstrip("0").rstrip(".") for value in values)


def _decades(first: int, last: int, digits: str) -> tuple[str, ...]:
    return tuple(f"{digit}e-{k}" for k in range(first, last + 1) for digit in digits)


FIELDS = (
    Field("noise_multiplier", "Noise multiplier", "standard deviation of the noise / clip norm",
          "1.1", _hundredths(40, 2000)),
    Field("batch_size", "Batch size", "expected number of records in a batch", "256",
          _whole(1, 100_000, (2**k for k in range(18)))),
    Field("epochs", "Epochs", "passes over the data", "60", _whole(1, 1000)),
    Field("dataset_size", "Records", "in the data set", "60000", _whole(100, 10_000_000)),
    Field("delta", "Delta", "well below 1 / records", "1e-5", _decades(2, 15, "521")),
    Field("fpr", "False positive rate", "of a membership test", "0.001",
          ("0.5", "0.2", "0.1", "0.05", "0.02", "0.01", "0.005", "0.002", "0.001",
           *_decades(4, 9, "521"))),
    Field("candidates", "Candidates K", "that the right record is among", "1024",
          _whole(2, 1_000_000, (2**k for k in range(1, 20)))),
)  # fmt: skip

#: What the page shows where a link says nothing.
START = tuple((field.name, field.start) for field in FIELDS)


@dataclass(frozen=True)
class Question:
    """A run, and what is asked about it.

    Args:
        given: Every field as it was typed, in the order of the page.
        run: What was run.
        delta: In (0, 1).
        fpr: Of membership tests.
        candidates: How many records the right one is among.
    """

    given: tuple[tuple[str, str], ...]
    run: DPSGD
    delta: Exact
    fpr: Exact
    candidates: int

    @property
    def query(self) -> str:
        """The part of a link that asks this again."""
        return urlencode(self.given)

    @property
    def command(self) -> str:
        """The line that asks a shell the same."""
        import shlex

        words = ["dpaccount", "budget"]
        for name, text in self.given:
            if name not in ("fpr", "candidates"):
                words += [f"--{name.replace('_', '-')}", text]
        return shlex.join(words)


def given_in(query: str) -> tuple[tuple[str, str], ...]:
    """The fields of a link, as typed; those of the start for an empty one.

    Args:
        query: What stands behind the question mark.

    Raises:
        InputError: For a field that is missing, unknown or there twice: a link that was cut off
            would show other numbers than its sender saw.
    """
    if not query:
        return START
    if len(query) > _LONGEST:
        raise _no_link("a link too long")
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=None)
    names = [name for name, _ in pairs]
    for field in FIELDS:
        if names.count(field.name) != 1:
            what = "none" if field.name not in names else "several"
            raise _no_link(f"a link with {what} of {field.name}")
    if len(names) > len(FIELDS):
        known = [field.name for field in FIELDS]
        raise _no_link("a link with " + next(name for name in names if name not in known))
    found = dict(pairs)
    return tuple((field.name, found[field.name].strip()) for field in FIELDS)


def question_of(given: Iterable[tuple[str, str]]) -> Question:
    """The question that the fields ask.

    Args:
        given: Each field as typed.

    Raises:
        InputError: For a number outside its domain.
    """
    texts = dict(given)
    names = ("noise_multiplier", "batch_size", "dataset_size", "epochs")
    run = DPSGD(**{name: texts[name] for name in names})  # type: ignore[arg-type]  # it reads text
    return Question(
        tuple(given),
        run,
        _validate.delta(texts["delta"]),
        _validate.fpr(texts["fpr"]),
        _validate.count(texts["candidates"], "candidates", least=2),
    )


def _no_link(what: str) -> InputError:
    return InputError(
        "link",
        given=what,
        allowed="each of " + ", ".join(field.name for field in FIELDS) + " once",
        advice="copy the whole link, or open the page without one",
    )
