"""The reference of the command line, from the very commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

from dpaccount.cli.commands import app

__all__ = ["commands", "page"]

_HEAD = """# Command line

Made from the commands themselves; `dpaccount COMMAND --help` prints the same. Every number may be
written as a decimal or as a ratio, `256/60000`, and is read exactly. Exit status: 0 done, 1 a check
failed, 2 bad input, and then one line on stderr that says what was given, what is allowed and what
to do.
"""
_OTHERS = "Options"
_EXAMPLE = re.compile(r"^Examples?: *", flags=re.MULTILINE)


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that can be run, and its name as it is typed."""
    yield from _inside("dpaccount", typer.main.get_command(app))


def _inside(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for word, each in inner.items():
        if not each.hidden:
            yield from _inside(f"{name} {word}", each)


def page() -> str:
    """The page as Markdown."""
    return "\n".join(
        [_HEAD, *(line for name, command in commands() for line in _one(name, command))]
    )


def _one(name: str, command: Any) -> Iterator[str]:
    yield f"## {name}\n"
    yield _words(command.help or "")
    given = [p for p in command.params if not p.hidden]
    arguments = [p for p in given if p.param_type_name == "argument"]
    yield f"```text\n{' '.join([name, '[OPTIONS]', *map(_place, arguments)])}\n```\n"
    if arguments:
        yield from _table("argument", ((_place(p), p) for p in arguments))
    panels: dict[str, list[Any]] = {}
    for parameter in given:
        if parameter not in arguments:
            panels.setdefault(parameter.rich_help_panel or _OTHERS, []).append(parameter)
    for panel, options in panels.items():
        yield from _table(panel, ((_flags(p), p) for p in options))


def _words(text: str) -> str:
    """The help as paragraphs; an example is shown as one."""
    said, *examples = _EXAMPLE.split(text)
    blocks = [" ".join(paragraph.split()) for paragraph in said.split("\n\n")]
    for example in examples:
        blocks.append("```sh\n" + "\n".join(map(str.strip, example.strip().splitlines())) + "\n```")
    return "\n\n".join(block for block in blocks if block) + "\n"


def _place(parameter: Any) -> str:
    name = (parameter.metavar or parameter.name.upper()).strip("[]")
    return name if parameter.required else f"[{name}]"


def _flags(parameter: Any) -> str:
    names = [*parameter.opts, *parameter.secondary_opts]
    value = "" if parameter.is_flag else f" {parameter.metavar or parameter.name.upper()}"
    return ", ".join(names) + value


def _table(head: str, rows: Any) -> Iterator[str]:
    yield f"| {_cell(head)} | |\n| --- | --- |"
    for name, parameter in rows:
        yield f"| `{name}` | {_cell(parameter.help or '')}{_default(parameter)} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|").replace("<", "&lt;").replace("*", r"\*")


def _default(parameter: Any) -> str:
    value = parameter.default
    if value in (None, False, (), [], "") or parameter.required or callable(value):
        return ""
    return f" (default: `{value}`)"
