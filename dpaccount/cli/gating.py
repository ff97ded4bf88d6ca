"""`dpaccount init` and `dpaccount check`: a run as a file, and a gate on its budget."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from dpaccount.cli import options as opt
from dpaccount.cli import output
from dpaccount.errors import InputError
from dpaccount.guarantees import number_text

if TYPE_CHECKING:
    from dpaccount.reports.gate import Gate

__all__ = ["check", "init"]

_TOML = """\
# What was run, or is going to be, for `dpaccount budget`, `check`, `report` --run {name}.
# Numbers are exact: 0.01, "0.01" and "1/100" are one number. What is left out is derived; what is
# given twice has to agree.

kind = "dpsgd"            # training: clip each record's gradient, sum over a sample, add noise

noise_multiplier = "1.1"  # standard deviation of the noise / clip norm
# noise_std = "1.1"       # or: of the noise on the SUM of the gradients, together with
# clip_norm = "1.0"       # the largest norm of one record's gradient

batch_size = 256          # the EXPECTED batch size; a drawn batch may be larger or smaller
dataset_size = 60000      # how many records the data set has
# sampling_rate = "256/60000"  # or: the chance of each record to be in a batch

epochs = 60               # passes over the data: ceil(epochs / sampling_rate) steps
# steps = 14063           # or: the steps that really ran (Opacus's loader may run fewer)

sampler = "poisson"       # each record enters each batch by itself; shuffling is another sampler,
                          # can cost far more, and is refused

# Training in several phases, or training beside other releases, is one run:
#
# kind = "composed"
#
# [[mechanisms]]
# kind = "dpsgd"
# noise_multiplier = "2.0"
# sampling_rate = "0.01"
# steps = 500
#
# [[mechanisms]]          # a count that was published with Gaussian noise; more kinds are in
# kind = "gaussian"       # docs/how-to/pipeline.md
# noise_multiplier = "20"
"""


def _yaml() -> str:
    """The same in YAML: comments stay where they are."""
    import re

    lines = []
    for line in _TOML.splitlines():
        pair = re.fullmatch(r"((?:# )?)(\w+) = (\S+)( *)(#.*)?", line)
        if pair:
            mark, key, value, space, comment = pair.groups(default="")
            gap = " " + space if comment else ""
            lines.append(f"{mark}{key}: {value}{gap}{comment}")
        else:
            lines.append(line)
    text = "\n".join(lines) + "\n"
    head, _, _ = text.partition("# Training in several phases")
    return head + (
        "# Training in several phases, or training beside other releases, is one run:\n#\n"
        "# kind: composed\n# mechanisms:\n"
        '#   - {kind: dpsgd, noise_multiplier: "2.0", sampling_rate: "0.01", steps: 500}\n'
        '#   - {kind: gaussian, noise_multiplier: "20"}  # more kinds: docs/how-to/pipeline.md\n'
    )


def init(
    file: Annotated[
        str, typer.Argument(help="a new file: .toml, .yaml or .yml", metavar="[FILE]")
    ] = "run.toml",
) -> int:
    """Write a run file with a comment on every field, to be edited.

    Example: dpaccount init run.toml
    """
    path = Path(file)
    ends = {".toml": lambda: _TOML, ".yaml": _yaml, ".yml": _yaml}
    if path.suffix not in ends:
        raise _no_file(file, "no name of a run file")
    if not path.name.isprintable():  # it stands in a comment of the file, which is one line
        raise _no_file(file, "a name with signs that cannot be printed")
    text = ends[path.suffix]().replace("{name}", path.name, 1)
    try:
        with open(path, "x", encoding="utf-8") as made:  # never over a file that is there
            try:
                made.write(text)
                made.flush()
            except BaseException:
                path.unlink()
                raise
    except FileExistsError as error:
        raise _no_file(file, "a file that is there already", _free(path)) from error
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise _no_file(file, getattr(error, "strerror", None) or str(error)) from error
    output.say(
        f"wrote {path}",
        [("edit it", "every field has a comment"),
         ("then", f"dpaccount budget --run {path} --delta 1e-5")],
    )  # fmt: skip
    return 0


def _free(path: Path) -> str:
    """A name like it that nothing has."""
    names = (path.with_stem(f"{path.stem}-{i}") for i in range(2, 1000))
    return str(next((name for name in names if not name.exists()), path.with_stem("another")))


def _no_file(name: str, why: str, example: str = "run.toml") -> InputError:
    return InputError(
        "FILE",
        given=f"{why} ({name})",
        allowed="a new file that ends in .toml, .yaml or .yml, which can hold comments",
        advice=f"name another, such as {example}",
    )


@opt.describes_run
def check(
    *,
    max_epsilon: Annotated[
        Optional[str],  # noqa: UP045 - typer reads it at run time
        typer.Option(
            "--max-epsilon", help="the budget", metavar="NUMBER", rich_help_panel="The question"
        ),
    ] = None,
    delta: opt.Delta = None,
    fields: dict[str, str],
    run: opt.RunFile = None,
    from_opacus: opt.FromOpacus = None,
    method: opt.Method = None,
    adjacency: opt.AdjacencyName = "add_remove",
    json: opt.Json = False,
) -> int:
    """Does a run keep a budget? Exit 0 if it does, 1 if not, 2 for bad input.

    Example: dpaccount check --max-epsilon 3 --delta 1e-5 --run run.toml
    """
    from dpaccount.reports.gate import gate

    budget, asked = opt.required(max_epsilon, "max-epsilon"), opt.required(delta, "delta")
    mechanism = opt.mechanism_of(fields, run, from_opacus)
    found = gate(mechanism, max_epsilon=budget, delta=asked, method=method, adjacency=adjacency)
    status = 0 if found.holds else 1
    bound = found.bound
    if json:
        output.print_json(
            {
                "holds": found.holds,
                "verdict": found.verdict,
                "max_epsilon": found.budget.text,
                "epsilon": output.bound_json(bound),
                "slack": found.slack,
                "delta": found.delta.text,
                "method": bound.method,
                "trust": bound.trust.value,
                "level": bound.level,
                "adjacency": found.adjacency.value,
                "theorems": list(bound.theorems),
                "mechanism": mechanism.to_json(),
            }
        )
        return status
    facts: list[tuple[str, Any]] = [
        ("epsilon", f"{bound} at delta {found.delta}"),
        ("budget", _held(found)),
        ("run", output.describe(mechanism)),
        ("method", f"{bound.method} ({bound.trust.value}), adjacency {found.adjacency.value}"),
        output.standing(bound.theorems)[0],
    ]
    output.say(found.verdict, facts)
    return status


def _held(found: Gate) -> str:
    """The budget beside the end that the verdict rests on, whose digits stand above."""
    from dpaccount.reports.gate import ABOVE

    lower, upper = found.bound.lower, found.bound.upper
    if found.verdict == ABOVE and lower is not None and lower < math.inf:
        gap = Fraction(lower) - found.budget
        least = float(gap) if Fraction(float(gap)) <= gap else math.nextafter(float(gap), 0.0)
        return f"{found.budget}; the lower end is above it by at least {_three(least, 'lower')}"
    if found.holds or upper is None or upper == math.inf:
        return f"{found.budget}, slack {_three(found.slack, 'lower')}"
    return f"{found.budget}; the upper end is above it by at most {_three(-found.slack, 'upper')}"


def _three(value: float, side: str) -> str:
    return number_text(value, side, 3)
