"""Command lines, and how their answers are read."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from decimal import Decimal

from contract.cases import LAPLACE, MIXED, SAMPLED_LAPLACE

import dpaccount as dpa
from dpaccount.cli import main

DELTA = ["--delta", "1e-5"]
#: The example of every tutorial; its rate is no finite decimal.
TUTORIAL = {"noise_multiplier": "1.1", "batch_size": 256, "dataset_size": 60_000, "epochs": 60}
ORDINARY = {"noise_multiplier": "1.1", "sampling_rate": "256/60000", "steps": 14_063}

RUNS = {
    "tutorial": dpa.DPSGD(**TUTORIAL),
    "ordinary": dpa.DPSGD(**ORDINARY),
    "wide": dpa.DPSGD(noise_multiplier="20", sampling_rate="0.01", steps=500),
    "full": dpa.DPSGD(noise_multiplier="30", sampling_rate=1, steps=8),
    "little noise": dpa.DPSGD(noise_multiplier="0.001", sampling_rate="0.01", steps=10**9),
    "much noise": dpa.DPSGD(noise_multiplier="1e6", sampling_rate="0.01", steps=10),
    "nothing": dpa.DPSGD(noise_multiplier="1", sampling_rate="0.01", steps=0),
    "many digits": dpa.DPSGD(
        noise_multiplier="0." + "7" * 60, sampling_rate="1/" + "3" * 60, steps=10**15
    ),
    "mixed": MIXED,
    "many settings": dpa.Composed(
        tuple(
            dpa.DPSGD(noise_multiplier=f"1.{i}00000000{i}", sampling_rate=f"{i}/6001", steps=i)
            for i in range(1, 13)
        )
    ),
    "every kind": dpa.Composed((MIXED, LAPLACE, SAMPLED_LAPLACE, dpa.DPSGD(**ORDINARY))),
}

_FLAGS = {"sampling_rate": "--sample-rate"}


def flags(fields):
    """Fields of a run as words of a command line."""
    words = []
    for name, value in fields.items():
        words += [_FLAGS.get(name, "--" + name.replace("_", "-")), str(value)]
    return words


def run_words(run, folder):
    """A run as words: by flags where it has them, else by a file."""
    if isinstance(run, dpa.DPSGD):
        fields = {k: v for k, v in run.to_json().items() if k != "kind"}
        return flags(fields)
    path = folder / "run.json"
    path.write_text(json.dumps(run.to_json()))
    return ["--run", str(path)]


def answer(capsys, words, status=0):
    """What a command that succeeds prints; it says nothing on stderr."""
    code = main(words)
    out, err = capsys.readouterr()
    assert (code, err) == (status, ""), (words, out)
    assert "\x1b" not in out
    return out


def as_json(text):
    """JSON as the standard has it: no NaN, no Infinity."""

    def refuse(word):
        raise ValueError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def refusal(capsys, words):
    """The one line of a command that has to be refused."""
    code = main(words)
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1), (words, out, err)
    assert err.startswith("dpaccount: ")
    return err


def number(text):
    """A printed number, exactly."""
    return Decimal("Infinity") if text == "inf" else Decimal(text)


#: Seven digits are printed, so that rounding moves a number by less than this.
DIGITS = Decimal("1e-6")


def is_upper(text, exact):
    """Whether a printed number is at least an exact one, and not by much."""
    shown, true = number(text), Decimal(exact)
    return true <= shown and (shown.is_infinite() or shown <= true * (1 + DIGITS))


def is_lower(text, exact):
    """Whether a printed number is at most an exact one, and not by much."""
    shown, true = number(text), Decimal(exact)
    return true * (1 - DIGITS) <= shown <= true


def shows(text, bound):
    """Whether a headline gives the ends of a bound, rounded outward, and nothing more."""
    text = " ".join(text.split())
    both = re.search(r"epsilon in \[(\S+), (\S+)\]", text)
    if both:
        return is_lower(both[1], bound.lower) and is_upper(both[2], bound.upper)
    sign, shown = re.search(r"epsilon (<=|=|~) (\S+)", text).groups()
    if bound.upper is None:
        near = abs(number(shown) - Decimal(bound.estimate)) <= DIGITS * Decimal(bound.estimate)
        return sign == "~" and near and "no guarantee" in text
    assert "no guarantee" not in text
    if sign == "=":
        return number(shown) == Decimal(bound.upper) == Decimal(bound.lower)
    return sign == "<=" and bound.lower is None and is_upper(shown, bound.upper)


def fits(text, width=80):
    """Whether every line fits, with nothing cut off at its end."""
    return all(len(line) <= width for line in text.splitlines()) and "\u2026" not in text


def environment(**more):
    """The environment of a process of its own, which is no terminal."""
    dropped = ("FORCE_COLOR", "TTY_COMPATIBLE", "TERMINAL_WIDTH", "PYTHONUNBUFFERED")
    kept = {k: v for k, v in os.environ.items() if k not in dropped}
    return kept | {"COLUMNS": "80"} | more


def apart(words, command=(sys.executable, "-m", "dpaccount")):
    """A command in a process of its own."""
    return subprocess.run(
        [*command, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        env=environment(PYTHONIOENCODING="utf-8"),
    )
