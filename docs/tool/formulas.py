"""Formulas as MathML, which browsers draw by themselves: no script, no font of ours."""

from __future__ import annotations

import html
import re

from latex2mathml.converter import convert

__all__ = ["drawn"]

_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', flags=re.DOTALL)
#: Commands that the converter does not know, by ones that it knows.
_UNKNOWN = {r"\arg": r"\operatorname{arg}"}


def drawn(page: str) -> str:
    """A page with every formula that `pymdownx.arithmatex` marked drawn.

    Raises:
        ValueError: For a command that would be shown as its own name.
    """
    return _FORMULA.sub(_one, page)


def _one(found: re.Match[str]) -> str:
    kind, bracket, text = found[1], found[2], html.unescape(found[3])
    for unknown, known in _UNKNOWN.items():
        text = re.sub(re.escape(unknown) + r"(?![a-zA-Z])", lambda _, k=known: k, text)
    made = convert(text, display="block" if bracket == "[" else "inline")
    if left := re.search(r">\\[a-zA-Z]+", made):
        raise ValueError(f"no MathML for {left[0][1:]} in {text!r}")
    return f'<{kind} class="formula">{made}</{kind}>'
