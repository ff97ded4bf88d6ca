"""Files that people hand us: data, never code; numbers keep the text that stands in the file."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dpaccount.errors import InputError, install

__all__ = ["Unreadable", "read_json", "read_structured"]


class Unreadable(Exception):  # noqa: N818 - the caller turns it into its own refusal
    """Why a file could not be read, in a few words."""


def read_json(path: Path, most: int) -> object:
    """The data in a JSON file of at most `most` bytes.

    Raises:
        Unreadable: If it cannot be read, does not parse, or names one field twice.
    """
    text = _text(path, most)
    try:
        return _json(text)
    except (ValueError, RecursionError) as error:
        raise _no_parse(error, "JSON") from error


def read_structured(path: Path, most: int) -> object:
    """The data in a TOML or YAML file, by its suffix, or else JSON; as `read_json`."""
    suffix, text = path.suffix.lower(), _text(path, most)
    try:
        if suffix == ".toml":
            return tomllib.loads(text, parse_float=str)
        return _yaml(text) if suffix in (".yaml", ".yml") else _json(text)
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        form = {".toml": "TOML", ".yaml": "YAML", ".yml": "YAML"}.get(suffix, "JSON")
        raise _no_parse(error, form) from error


def _no_parse(error: Exception, form: str) -> Unreadable:
    return Unreadable(f"a file that is no {form}: {' '.join(str(error).split())}")


def _text(path: Path, most: int) -> str:
    try:
        if not path.is_file():
            why = "a folder" if path.is_dir() else "no ordinary file"
            raise Unreadable(why if path.exists() else "no such file")
        if path.stat().st_size > most:
            raise Unreadable(f"a file over {most // 2**20} MiB")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("a file that is no text in UTF-8") from error
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL
        raise Unreadable(getattr(error, "strerror", None) or "no name of a file") from error


def _json(text: str) -> object:
    # NaN reaches the check that refuses it, as text
    return json.loads(text, parse_float=str, parse_constant=str, object_pairs_hook=_once)


def _once(pairs: Sequence[tuple[Any, Any]]) -> dict[Any, Any]:
    """A mapping whose fields are named once: of two values, neither is the one that is meant."""
    data = dict(pairs)
    if len(data) != len(pairs):
        names = [str(name) for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice} stands in it twice")
    return data


def _yaml(text: str) -> object:
    try:
        import yaml
    except ImportError as error:
        raise InputError(
            "--run",
            given="a YAML file",
            allowed="JSON or TOML here",
            advice=f"{install('yaml')}, or write JSON",
        ) from error

    class Loader(yaml.BaseLoader):  # type: ignore[misc]  # yaml has no types; scalars stay text
        """BaseLoader that refuses a field named twice."""

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            pairs = [(key.value, None) for key, _ in node.value if isinstance(key.value, str)]
            _once(pairs)
            result: dict[Any, Any] = super().construct_mapping(node, deep)
            return result

    try:
        data: object = yaml.load(text, Loader=Loader)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
    return data
