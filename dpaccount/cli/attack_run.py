"""`dpaccount attack run`: what attackers do reach, beside what no attacker can."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Annotated, Any, Optional

import typer

from dpaccount.cli import output

__all__ = ["run"]

_WHAT, _HOW = "What is attacked", "How"
# typer reads these at run time, hence Optional and not `| None`
_Text = Optional[str]  # noqa: UP045


def _what(name: str, help: str, metavar: str, offers: Any = None) -> Any:
    return typer.Option(
        name, help=help, rich_help_panel=_WHAT, metavar=metavar, autocompletion=offers
    )


#: As in `dpaccount.attacks.sweep`, which a shell that waits for a word should not load.
TARGETS = ("attention", "small", "language-model", "minilm")
ATTACKS = ("identify", "likelihood", "span", "dlg", "inverting-gradients", "tag")


def _last_of(*names: str) -> Callable[[str], list[str]]:
    """What a shell completes the last of several names with commas to."""

    def begun(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        return [before + comma + name for name in names if name.startswith(last)]

    return begun


def _how(name: str, help: str, metavar: str) -> Any:
    return typer.Option(name, help=help, rich_help_panel=_HOW, metavar=metavar)


def run(
    target: Annotated[
        str,
        _what(
            "--target",
            "attention, small, language-model, minilm; a comma between",
            "NAMES",
            _last_of(*TARGETS),
        ),
    ] = "attention",
    how: Annotated[
        str,
        _what(
            "--attack", "such as span, identify; a comma between them", "NAMES", _last_of(*ATTACKS)
        ),
    ] = "span",
    noise_multiplier: Annotated[
        _Text, _what("--noise-multiplier", "levels of noise, such as 0,0.1,1", "NUMBERS")
    ] = None,
    epsilon: Annotated[
        _Text,
        _what("--epsilon", "budgets instead, such as 1,2,4,8: the noise is calibrated", "NUMBERS"),
    ] = None,
    delta: Annotated[_Text, _what("--delta", "in (0, 1); never guessed", "NUMBER")] = None,
    steps: Annotated[
        str, _what("--steps", "releases, each with noise of its own: 1 or more", "NUMBER")
    ] = "1",
    sample_rate: Annotated[
        str,
        _what(
            "--sample-rate",
            "in (0, 1]: the chance of the secret to be in a step; below 1 for identify alone",
            "NUMBER",
        ),
    ] = "1",
    clip_norm: Annotated[
        str, _what("--clip-norm", "norm that gradients are clipped to; above 0", "NUMBER")
    ] = "1",
    candidates: Annotated[
        str, _what("--candidates", "K of the attack identify: 2 to 1e6", "NUMBER")
    ] = "16",
    length: Annotated[
        str, _what("--length", "tokens of a secret, where tokens are drawn; 1 or more", "NUMBER")
    ] = "8",
    trials: Annotated[str, _how("--trials", "secrets in each cell", "NUMBER")] = "20",
    evaluations: Annotated[
        str, _how("--evaluations", "candidates that one attack may look at", "NUMBER")
    ] = "2000",
    seed: Annotated[str, _how("--seed", "of everything that is drawn", "NUMBER")] = "0",
    out: Annotated[
        _Text, _how("--out", "write .csv or .json; the same command goes on with it", "FILE")
    ] = None,
    figure: Annotated[
        _Text, _how("--figure", "draw success and ceilings: .png, .svg or .pdf", "FILE")
    ] = None,
    processes: Annotated[
        _Text, _how("--processes", "how many work on it; default: every core", "NUMBER")
    ] = None,
    scheduler: Annotated[
        _Text, _how("--scheduler", "a Dask scheduler, instead of processes", "ADDRESS")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="print JSON only", rich_help_panel=_HOW)
    ] = False,
) -> int:
    """Attack secrets at each level of noise, beside the ceilings. Exit 1 if one is exceeded.

    An attack that fails proves nothing: only the ceilings say what no attack
    can do. Exit 1 too if an attack shows a budget, from below, that is above
    the accounted one.

    Example:
    dpaccount attack run --attack identify --noise-multiplier 0.3,1 --delta 1e-5
    """
    from dpaccount.attacks.extras import need
    from dpaccount.cli import options as opt

    need("torch")
    from dpaccount.attacks.sweep import run_attacks

    if figure is not None:
        from dpaccount.reports.plots import check_picture

        check_picture(figure, "--figure")
    workers: Any = processes
    if processes is None and scheduler is None:
        workers = os.cpu_count() or 1
    try:
        found = run_attacks(
            targets=_listed(target),
            attacks=_listed(how),
            noise_multipliers=None if noise_multiplier is None else _listed(noise_multiplier),
            epsilons=None if epsilon is None else _listed(epsilon),
            trials=trials,
            evaluations=evaluations,
            candidates=candidates,
            length=length,
            clip_norm=clip_norm,
            steps=steps,
            sampling_rate=sample_rate,
            delta=opt.required(delta, "delta"),
            seed=seed,
            to=out,
            processes=workers,
            scheduler=scheduler,
            progress=True,
        )
    except KeyboardInterrupt:
        if out is not None:
            sys.stderr.write(
                f"dpaccount: interrupted; what is finished is kept in {out}.parts; do: give the "
                "same command to go on\n"
            )
        return 130
    if figure is not None:
        from dpaccount.reports.plots import attack_success, save

        save(attack_success(found), figure, "--figure")
    if json:
        output.print_json(found.to_json())
    else:
        _print_table(found)
    return 1 if found.violations else 0


def _listed(text: str) -> list[str]:
    """What stands between commas; an empty place is kept, to be refused as no value."""
    return [part.strip() for part in text.split(",")] if text.strip() else []


def _print_table(found: Any) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=False)
    groups = dict.fromkeys((row.cell.target, row.cell.attack) for row in found.rows)
    for target, attack in groups:
        rows = [r for r in found.rows if (r.cell.target, r.cell.attack) == (target, attack)]
        output.say(_title(rows[0].cell))
        console.print(_table(rows, found))
        output.say("")
    failed = sum(row.search_failures for row in found.rows)
    facts = [("violations", f"{len(found.violations)} of {len(found.rows)} cells")]
    if failed:
        facts.append(("search failed", f"for {failed} secrets: that proves nothing"))
    if any(not one.decides for row in found.rows for one in _ceilings(row).values()):
        facts.append(("~", "an estimate from a sample of secrets, which decides nothing"))
    if any(row.audit is not None for row in found.rows):
        facts.append(("shown", "epsilon from below; each is wrong with a chance of 5 %"))
    output.say("global and what follows: ceilings for any attack on what is named", facts)


def _title(cell: Any) -> str:
    question = cell.question
    steps = f"{question.steps} step" + ("s" if question.steps > 1 else "")
    rate = (
        "" if cell.is_whole else f", each with the secret at a chance of {question.sampling_rate}"
    )
    among = f" among {question.candidates}" if cell.identifies else ""
    return f"{cell.target}, {cell.attack}{among}; {steps}{rate}"


def _table(rows: Any, found: Any) -> Any:
    """The rows of one target and attack, with the ceilings that apply to it."""
    from rich.table import Table
    from rich.text import Text

    from dpaccount.attacks.sweep.ceilings import KINDS
    from dpaccount.guarantees import number_text

    kinds = [kind for kind in KINDS if any(kind in _ceilings(row) for row in rows)]
    audited = any(row.audit is not None for row in rows)
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    names = ["noise", "named", "95 %", *kinds, *(["shown"] if audited else ["bag"]), "epsilon"]
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict")
    for row in rows:
        budget, of, (_, low, high) = row.cell.epsilon, _ceilings(row), row.share
        last = number_text(row.audit.epsilon.lower, "lower", 3) if audited else f"{row.bag:.2f}"
        table.add_row(
            number_text(float(row.cell.noise_multiplier), "", 4), f"{row.modulo}/{row.trials}",
            f"{low:.2f}-{high:.2f}", *(_end(of.get(kind)) for kind in kinds), last,
            "inf" if budget is None else number_text(budget.upper, "upper", 4),
            Text(row.verdict.value, style="bold red" if row in found.violations else ""),
        )  # fmt: skip
    return table


def _ceilings(row: Any) -> dict[str, Any]:
    """On what is counted as named, by kind."""
    return {} if row.named is None else {one.kind: one for one in row.named.ceilings}


def _end(ceiling: Any) -> str:
    from dpaccount.guarantees import number_text

    if ceiling is None:
        return ""
    if not ceiling.decides:
        return f"~{number_text(ceiling.bound.estimate, '', 3)}"
    return number_text(ceiling.bound.upper, "upper", 3)
