"""`dpaccount attack diagnose`: what the gradients of a batch give away, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from dpaccount.cli import output
from dpaccount.cli.misuse import App
from dpaccount.errors import InputError

if TYPE_CHECKING:
    from dpaccount.attacks.diagnosis import Diagnosis
    from dpaccount.attacks.targets import Batch, Target

__all__ = ["attack"]

attack = App(
    help="What gradients give away: attacks, beside what theorems say of them.\n\n"
    "Example: dpaccount attack diagnose --target small",
    no_args_is_help=True,
)

_SECRETS, _RELEASE, _HOW = "The secrets", "The release", "How"
# typer reads these at run time, hence Optional and not `| None`
_Text = Optional[str]  # noqa: UP045
_Texts = Optional[list[str]]  # noqa: UP045


def _option(*names: str, help: str, panel: str, metavar: str = "NUMBER") -> Any:
    return typer.Option(*names, help=help, rich_help_panel=panel, metavar=metavar)


@attack.command()
def diagnose(
    target: Annotated[
        str,
        _option(
            "--target",
            help="attention, small, language-model or minilm",
            panel=_SECRETS,
            metavar="NAME",
        ),
    ] = "minilm",
    text: Annotated[
        _Texts,
        _option(
            "--text",
            help="a sentence, for minilm; again for a batch; else drawn",
            panel=_SECRETS,
            metavar="TEXT",
        ),
    ] = None,
    batch_size: Annotated[
        _Text, _option("--batch-size", help="examples that are drawn [default: 1]", panel=_SECRETS)
    ] = None,
    clip_norm: Annotated[
        str, _option("--clip-norm", help="largest norm of one gradient", panel=_RELEASE)
    ] = "1",
    noise_multiplier: Annotated[
        str,
        _option("--noise-multiplier", help="noise standard deviation / clip norm", panel=_RELEASE),
    ] = "0",
    embedding: Annotated[
        bool,
        typer.Option(
            "--embedding", help="release the embedding's gradient too", rich_help_panel=_RELEASE
        ),
    ] = False,
    evaluations: Annotated[
        str, _option("--evaluations", help="sequences tried by the attack", panel=_HOW)
    ] = "20000",
    seed: Annotated[str, _option("--seed", help="of secrets and noise", panel=_HOW)] = "0",
    json: Annotated[
        bool, typer.Option("--json", help="print JSON only", rich_help_panel=_HOW)
    ] = False,
) -> int:
    """Which gradients determine the input? Exit 1 if the attack misses what they give away.

    Example: dpaccount attack diagnose --target small
    """
    from dpaccount import _validate
    from dpaccount.attacks.extras import need

    tries = _validate.count(evaluations, "--evaluations", least=1)
    start = _validate.count(seed, "--seed", most=2**32)
    need("torch")
    from dpaccount.attacks.diagnosis import diagnose as look
    from dpaccount.attacks.targets import find_target
    from dpaccount.attacks.threat import Threat

    model = find_target(target)
    secrets = _secrets(model, text, batch_size, start)
    threat = Threat(
        clip_norm=clip_norm,  # type: ignore[arg-type]  # read as text, as every number here
        noise_multiplier=noise_multiplier,  # type: ignore[arg-type]
        batch_size=len(secrets),
        embedding=embedding,
    )
    with output.progress("attacking"):
        found = look(model, secrets, threat, seed=start, evaluations=tries)
    if json:
        output.print_json(found.to_json())
    else:
        _print(found)
    return 1 if found.kept is False else 0


def _secrets(model: Target, texts: list[str] | None, batch_size: str | None, seed: int) -> Batch:
    from dpaccount import _validate
    from dpaccount.attacks.targets import draw_secrets

    if not texts:
        count = (
            1
            if batch_size is None
            else _validate.count(batch_size, "--batch-size", least=1, most=10**6)
        )
        return draw_secrets(model, count, seed=seed)
    if model.tokenizer is None:
        raise InputError(
            "--text", given=texts[0], allowed="a target with a tokenizer", advice="take minilm"
        )
    if batch_size is not None:
        raise InputError(
            "--batch-size",
            given=batch_size,
            allowed="nothing beside --text",
            advice="leave it out: every --text is one example",
        )
    rows = [model.tokenizer.encode(text) for text in texts]
    return model.batch(rows, [place % model.shape.classes for place in range(len(rows))])


def _print(found: Diagnosis) -> None:
    from rich.console import Console
    from rich.table import Table

    size = sum(found.lengths)
    output.say(
        f"{found.target}: {len(found.lengths)} example(s), {size} tokens; clip norm "
        f"{found.threat.clip_norm:g}, noise multiplier {found.threat.noise_multiplier:g}"
    )
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("gradient of", no_wrap=True)
    for title in ("rank", "at most", "tokens spanned"):
        table.add_column(title, justify="right")
    table.add_column("theorem", no_wrap=True)
    for rank in found.ranks:
        largest = "" if rank.largest is None else str(rank.largest)
        table.add_row(
            rank.part, str(rank.rank), largest, f"{rank.spanned} of {size}", rank.theorem or ""
        )
    console = Console(highlight=False, width=80)
    console.print(table)
    unclear = sum(token.spanned and not token.recoverable for token in found.tokens)
    facts = [
        ("recoverable", f"{found.recoverable} of {size} tokens, by the span of all three"),
        ("spanned, not alone", f"{unclear}: other tokens lie in the span there too"),
        ("same gradient", f"{found.fibre} input(s): order leaves no trace (leak.fibre)"
         if found.fibre > 1 else "1 input: order leaves a trace"),
        ("embedding alone", f"its rows would name {found.embedding_alone} different tokens; it is "
         + ("released" if found.threat.embedding else "withheld")),
    ]  # fmt: skip
    output.say("\nForecast:", facts)
    if found.success is None or found.guess is None:
        return
    used = str(found.guess.evaluations)
    if found.cut_short and found.kept is None:
        used += ": all that were allowed, so what it missed says nothing"
    facts = [
        ("of the recoverable", f"{found.observed} of {found.recoverable} found"),
        ("right position", f"{found.success.position:.1%} of the tokens"),
        ("bag of words", f"{found.success.bag:.1%}"),
        ("whole examples", f"{found.success.exact:.1%}; up to order "
         f"{found.success.modulo_order:.1%}"),
        ("evaluations", used),
    ]  # fmt: skip
    output.say("\nThe span test, afterwards:", facts)
    console.print("\nFound:")
    for words in found.found:
        console.print(f"  {words}", markup=False)
    console.print("\nWhat one attack misses another may find: only ceilings hold for every attack.")
