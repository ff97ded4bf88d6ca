"""How the sections of our docstrings are read, and names in them linked."""

from __future__ import annotations

import re
from typing import Any

import griffe

import dpaccount

__all__ = ["Sections", "sectioned"]

#: Paragraphs of our own, which begin with their name.
_PARAGRAPH = re.compile(r"^(Guarantee|Source): +(.+(?:\n(?!\s*$).+)*)", flags=re.MULTILINE)
_NAME = re.compile(rf"(?<![`\w\[])`({'|'.join(dpaccount.__all__)})`(?![`\w])")


def sectioned(text: str) -> str:
    """A docstring with those paragraphs as sections, which the reader of Google's style shows."""
    text = _PARAGRAPH.sub(lambda found: f"{found[1]}:\n{_indented(found[2])}", text)
    return re.sub(r"^Example:$", "Examples:", text, flags=re.MULTILINE)


def _indented(text: str) -> str:
    text = text[0].upper() + text[1:]
    return "\n".join(f"    {line.strip()}" for line in text.splitlines())


def linked(text: str) -> str:
    """A docstring with public names as links, but for its examples."""
    lines = text.splitlines()
    return "\n".join(
        line if line.lstrip().startswith((">>>", "...")) else _NAME.sub(_link, line)
        for line in lines
    )


def _link(found: re.Match[str]) -> str:
    return f"[`{found[1]}`][dpaccount.{found[1]}]"


class Sections(griffe.Extension):
    """Rewrites docstrings as they are loaded."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Put our paragraphs into the form of sections."""
        if obj.docstring:
            text = linked(sectioned(obj.docstring.value))
            if obj.is_class and "NamedTuple" in map(str, obj.bases):
                text = re.sub(r"^Args:$", "Attributes:", text, flags=re.MULTILINE)
            obj.docstring.value = text
