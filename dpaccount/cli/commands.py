"""The commands: parse, call, print."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Optional

import typer

from dpaccount._validate import exact
from dpaccount.accounting import profile
from dpaccount.adjacency import Adjacency, adjacency_of
from dpaccount.cli import options as opt
from dpaccount.cli import output
from dpaccount.cli.attack import attack
from dpaccount.cli.attack_run import run as attack_run
from dpaccount.cli.conformance import conformance
from dpaccount.cli.convergence import converge
from dpaccount.cli.gating import check, init
from dpaccount.cli.misuse import App
from dpaccount.cli.reporting import report
from dpaccount.cli.serving import serve
from dpaccount.cli.sweeping import sweep
from dpaccount.cli.theorems_command import prove, theorems
from dpaccount.cli.verifying import verify
from dpaccount.errors import InputError
from dpaccount.guarantees import Bound
from dpaccount.mechanisms import DPSGD, Mechanism

app = App(
    name="dpaccount",
    help="What did noised gradients cost in privacy? A bound, its side, and its theorems.\n\n"
    "Example: dpaccount init, then dpaccount budget --run run.toml --delta 1e-5",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _version(wanted: bool) -> None:
    if wanted:
        from dpaccount import __version__

        typer.echo(f"dpaccount {__version__}")
        raise typer.Exit


@app.callback()
def start(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="say which version this is", is_eager=True, callback=_version
        ),
    ] = False,
) -> None:
    """Nothing but what all commands share."""  # the help is that of the app


@dataclass(frozen=True)
class Status:
    """What a command returns to `main`: its exit status."""

    code: int = 0


def _sampler(mechanism: Mechanism) -> str:
    return mechanism.sampler if isinstance(mechanism, DPSGD) else "poisson"


def _details(bound: Bound, mechanism: Mechanism) -> dict[str, Any]:
    details = dict(bound.details)
    if isinstance(mechanism, DPSGD):
        given = "given" if mechanism.epochs is None else "ceil(epochs / sampling_rate)"
        details |= {
            "sampling_rate": mechanism.sampling_rate.text,
            "steps": mechanism.steps,
            "steps_from": given,
        }
    return details


def _how(bound: Bound, adjacency: Adjacency) -> list[tuple[str, str]]:
    return [
        ("method", f"{bound.method} ({bound.trust.value}), adjacency {adjacency.value}"),
        *output.standing(bound.theorems),
        *([("wide because", bound.details["why_wide"])] if "why_wide" in bound.details else []),
    ]


@app.command()
@opt.describes_run
def budget(
    *,
    delta: opt.Delta = None,
    fields: dict[str, str],
    run: opt.RunFile = None,
    from_opacus: opt.FromOpacus = None,
    method: opt.Method = None,
    adjacency: opt.AdjacencyName = "add_remove",
    certificate: opt.CertificateFile = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="what binds, what changes would cost, what it rests on, why others differ",
            rich_help_panel="The question",
        ),
    ] = False,
    json: opt.Json = False,
) -> Status:
    """What did a run cost: epsilon at a delta, with its side and its theorems.

    Example: dpaccount budget --run run.toml --delta 1e-5
    """
    asked = opt.required(delta, "delta")
    mechanism = opt.mechanism_of(fields, run, from_opacus)
    relation = adjacency_of(adjacency)
    if certificate is None:
        bound = profile(mechanism, method=method, adjacency=relation).epsilon(asked)
    else:
        bound = opt.write_certificate(certificate, mechanism, asked, method, relation)
    more: dict[str, Any] = {}
    if explain:
        from dpaccount.cli.explanation_text import explanation_json, print_explanation
        from dpaccount.explanation import explain as explained

        with output.progress("explaining"):
            explanation = explained(mechanism, asked, method=method, adjacency=relation)
        more = {"explanation": explanation_json(explanation)}
    if json:
        output.print_json(
            {
                "epsilon": output.bound_json(bound),
                "delta": asked,
                "method": bound.method,
                "trust": bound.trust.value,
                "level": bound.level,
                "adjacency": relation.value,
                "sampler": _sampler(mechanism),
                "theorems": list(bound.theorems),
                "mechanism": mechanism.to_json(),
                "details": _details(bound, mechanism),
                **more,
            }
        )
        return Status()
    output.say(
        f"epsilon {bound} at delta {asked}",
        [
            ("run", output.describe(mechanism)),
            *_how(bound, relation),
            *([("certificate", certificate)] if certificate is not None else []),
        ],
    )
    if explain:
        print_explanation(explanation)
    return Status()


@app.command()
@opt.describes_run
def compare(
    *,
    delta: opt.Delta = None,
    fields: dict[str, str],
    run: opt.RunFile = None,
    from_opacus: opt.FromOpacus = None,
    adjacency: opt.AdjacencyName = "add_remove",
    peers: Annotated[
        bool,
        typer.Option(
            "--peers/--no-peers", help="run the installed peers too", rich_help_panel="The question"
        ),
    ] = True,
    json: opt.Json = False,
) -> Status:
    """Every theory and every installed peer, side by side, and why they differ.

    Example: dpaccount compare --run run.toml --delta 1e-5
    """
    from dpaccount.comparison import compare as run_comparison
    from dpaccount.comparison import rows_sorted

    asked = opt.required(delta, "delta")
    mechanism = opt.mechanism_of(fields, run, from_opacus)
    with output.progress("comparing") as tick:
        result = run_comparison(mechanism, asked, adjacency=adjacency, peers=peers, on_row=tick)
    if json:
        output.print_json(
            {
                "rows": [output.row_json(row) for row in result.rows],
                "consistent": result.consistent,
                "mechanism": mechanism.to_json(),
                "delta": asked,
                "adjacency": result.adjacency.value,
                "sampler": _sampler(mechanism),
                "tightest": result.tightest,
            }
        )
    else:
        output.say(f"{output.describe(mechanism)}; delta {asked}")
        output.print_comparison(result, rows_sorted(result.rows))
    return Status(0 if result.consistent else 1)


@app.command()
@opt.describes_run
def calibrate(
    *,
    epsilon: opt.Epsilon = None,
    delta: opt.Delta = None,
    solve_for: Annotated[
        str,
        typer.Option(
            "--solve-for",
            help="noise-multiplier, steps, sample-rate or batch-size",
            metavar="NAME",
            rich_help_panel="The question",
            autocompletion=opt.offers("noise-multiplier", "steps", "sample-rate", "batch-size"),
        ),
    ] = "noise-multiplier",
    fields: dict[str, str],
    run: opt.RunFile = None,
    from_opacus: opt.FromOpacus = None,
    method: opt.Method = None,
    adjacency: opt.AdjacencyName = "add_remove",
    certificate: opt.CertificateFile = None,
    json: opt.Json = False,
) -> Status:
    """Which noise, steps, rate or batch size keep a budget, and that the next ones do not.

    Example: dpaccount calibrate --run run.toml --epsilon 2 --delta 1e-5
    """
    from dpaccount.calibration import calibrate as solve

    target = opt.required(epsilon, "epsilon")
    asked = opt.required(delta, "delta")
    known: Any = fields
    if run is not None or from_opacus is not None:
        known = opt.fields_of_file(fields, run, from_opacus)
    name = solve_for.strip().replace("-", "_")
    name = "sampling_rate" if name == "sample_rate" else name
    for also in (name, {"noise_multiplier": "noise_std", "steps": "epochs"}.get(name)):
        if also in fields:
            raise InputError(
                opt.flag_of(also),
                given=f"{fields[also]}, with --solve-for {solve_for.strip()}",
                allowed="nothing where it is solved for",
                advice="leave it out, or solve for another",
            )
    if certificate is not None:  # a place that cannot be written is found out before the work
        opt.check_certificate(certificate, None)
    with output.progress("calibrating"):
        found = solve(
            known, epsilon=target, delta=asked, solve_for=name, method=method, adjacency=adjacency
        )
    relation = adjacency_of(adjacency)
    written = ""
    if certificate is not None:
        shown = opt.write_certificate(certificate, found.run, asked, method, relation)
        # another theory's end may keep the target where the certified bracket is wide
        kept = shown.upper is not None and Fraction(shown.upper) <= exact(target, "epsilon")
        written = certificate if kept else f"{certificate} (shows only: epsilon {shown})"
    if json:
        output.print_json(
            {
                "solve_for": name,
                "value": output.value_text(found.value),
                "epsilon": output.bound_json(found.bound),
                "target": target,
                "slack": found.slack,
                "refuted": output.refuted_json(found),
                "why_open": found.why_open or None,
                "delta": asked,
                "method": found.bound.method,
                "trust": found.bound.trust.value,
                "level": found.bound.level,
                "adjacency": relation.value,
                "sampler": found.run.sampler,
                "theorems": list(found.bound.theorems),
                "mechanism": found.run.to_json(),
                "details": _details(found.bound, found.run),
            }
        )
        return Status()
    keeps = f"epsilon {found.bound} at delta {asked}; target {target}, slack {found.slack:.3g}"
    output.say(
        f"{name} = {found.value}",
        [
            ("keeps", keeps),
            ("does not", output.describe_refuted(found)),
            ("run", output.describe(found.run)),
            *_how(found.bound, relation),
            *([("certificate", written)] if written else []),
        ],
    )
    return Status()


app.command()(sweep)
app.command()(theorems)
app.command()(prove)
app.command()(conformance)
app.command()(converge)
attack.command("run")(attack_run)
app.add_typer(attack, name="attack")


@app.command()
@opt.describes_run
def risk(
    *,
    fpr: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer reads it at run time
        typer.Option(
            "--fpr",
            help="a false positive rate of membership tests; may be repeated",
            metavar="NUMBER",
            rich_help_panel="The question",
        ),
    ] = None,
    candidates: Annotated[
        Optional[list[str]],  # noqa: UP045 - as above
        typer.Option(
            "--candidates",
            help="how many records the right one is among; may be repeated",
            metavar="NUMBER",
            rich_help_panel="The question",
        ),
    ] = None,
    fields: dict[str, str],
    run: opt.RunFile = None,
    from_opacus: opt.FromOpacus = None,
    method: opt.Method = None,
    adjacency: opt.AdjacencyName = "add_remove",
    json: opt.Json = False,
) -> Status:
    """What any attacker can reach: membership tests and reconstruction.

    Example: dpaccount risk --run run.toml --fpr 0.001 --candidates 1024
    """
    from dpaccount.ceilings import risk as ceilings
    from dpaccount.cli.risk_text import print_risk, risk_json

    mechanism = opt.mechanism_of(fields, run, from_opacus)
    asked: dict[str, Any] = {"fprs": fpr, "candidates": candidates}
    asked = {name: values for name, values in asked.items() if values}
    with output.progress("looking for the ceilings") as tick:
        found = ceilings(mechanism, method=method, adjacency=adjacency, on_row=tick, **asked)
    if json:
        output.print_json({**risk_json(found), "sampler": _sampler(mechanism)})
        return Status()
    how = f"{found.method} ({found.trust.value}), adjacency {found.adjacency.value}"
    facts = [("run", output.describe(mechanism)), ("method", how)]
    print_risk(found, [*facts, *output.standing(found.theorems)])
    return Status()


app.command()(verify)
app.command()(init)
app.command()(check)
app.command()(report)
app.command()(serve)
