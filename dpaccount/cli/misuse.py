"""What is said of a command line that cannot be read: what it should perhaps have been."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand

from dpaccount.errors import DPAccountError, InputError

__all__ = ["App", "advised", "told"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Once(TyperCommand):
    """A command whose options are given once: of two values, neither is the one that is meant."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as typer does, then look at what was given."""
        given = list(args)
        rest: list[str] = super().parse_args(ctx, args)  # help, and what cannot be read, come first
        seen = set()
        for each in self.make_parser(ctx).parse_args(args=given)[2]:
            if each.param_type_name != "option" or each.multiple:
                continue
            if each.name in seen:
                names = " or ".join(
                    name for name in each.opts + each.secondary_opts if len(name) > 2
                )
                raise InputError(
                    names, given="more than once", allowed="once", advice="leave all but one out"
                )
            seen.add(each.name)
        return rest


class App(typer.Typer):
    """A typer whose commands take each option once, but for those that are meant to repeat."""

    def command(self, name: str | None = None, **options: Any) -> Callable[[_Function], _Function]:
        """See `typer.Typer.command`."""
        return super().command(name, **{"cls": _Once, **options})


#: What people call what has another name here.
_MEANT = {
    "--sigma": "--noise-multiplier",
    "--q": "--sample-rate",
    "--sampling-rate": "--sample-rate",
    "--eps": "--epsilon",
    "--target-epsilon": "--epsilon",
    "--max-grad-norm": "--clip-norm",
    "--clip": "--clip-norm",
    "--accountant": "--method",
    "--output": "--out",
    "--lr": "--learning-rate",
}

#: What a command has no use for, and why.
_NEEDLESS = {
    ("dpaccount risk", "--delta"): InputError(
        "--delta",
        given="to risk, which asks for none",
        allowed="--fpr and --candidates: a ceiling is of the whole curve, at no one delta",
        advice="leave it out; dpaccount budget gives epsilon at a delta",
    ),
    ("dpaccount risk", "--epsilon"): InputError(
        "--epsilon",
        given="to risk, which asks for none",
        allowed="--fpr and --candidates: a ceiling is of the whole curve, at no one epsilon",
        advice="leave it out; dpaccount calibrate looks for a run that keeps an epsilon",
    ),
}


def advised(error: Any) -> str:
    """One line on a usage error: what is wrong, and the nearest that is right.

    Args:
        error: As typer raises it.

    Returns:
        Nothing for an error without a message: help was printed instead.
    """
    message = " ".join(str(getattr(error, "format_message", error.__str__)()).split())
    if not message:
        return ""
    context: Any = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "") or "dpaccount"
    command = getattr(context, "command", None)
    see = f"see {path} --help"
    option = getattr(error, "option_name", None)
    if option is not None and hasattr(error, "possibilities"):
        if (path, option) in _NEEDLESS:
            return str(_NEEDLESS[path, option])
        near = _nearest(
            option, [name for p in command.params for name in p.opts] if command else []
        )
        return f"No such option: {option}; do: {_did_you_mean(near)}{see}"
    commands = getattr(command, "commands", None)
    if commands and context.invoked_subcommand is None and message.startswith("No such command"):
        typed = message.split("'")[1]
        near = _nearest(typed, list(commands))
        return f"No such command: {typed}; do: {_did_you_mean(near)}{see}"
    return f"{message.rstrip('.')}; do: {see}"


#: Where the flag is not the name in Python with dashes.
_FLAGS = {"sampling_rate": "--sample-rate", "to": "--out"}


def told(error: DPAccountError, words: Sequence[str]) -> str:
    """The message of a refusal; a value that came by a flag is called by that flag.

    Args:
        error: What was refused.
        words: The command line.
    """
    if not isinstance(error, InputError):
        return str(error)
    flag = _FLAGS.get(error.name, "--" + error.name.replace("_", "-"))
    if not any(word == flag or word.startswith(f"{flag}=") for word in words):
        return str(error)
    return str(InputError(flag, given=error.given, allowed=error.allowed, advice=error.advice))


def _did_you_mean(names: list[str]) -> str:
    return f"did you mean {' or '.join(names)}? " if names else ""


def _nearest(typed: str, known: list[str]) -> list[str]:
    """At most two names that are like it: what it means elsewhere, what it begins, what is near."""
    name = typed.lower().replace("_", "-")
    meant = _MEANT.get(name)
    if meant in known:
        return [meant] if meant else []
    begun = [full for full in known if len(name) > 3 and full.startswith(name)]
    return (begun or difflib.get_close_matches(name, known, n=1, cutoff=0.65))[:2]
