"""What is not installed with the package itself, asked for in one place."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

from dpaccount.errors import InputError, install

__all__ = ["folder_of", "need"]


def _missing(package: str) -> InputError:
    return InputError(
        package,
        given="nothing: it is not installed",
        allowed=f"an installed {package}",
        advice=install("attacks"),
    )


def need(module: str) -> Any:
    """A module of an optional package.

    Raises:
        InputError: Where the package is not installed.

    Example:
        >>> need("json").dumps([1])
        '[1]'
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise _missing(module.split(".")[0]) from error


def folder_of(package: str) -> Path:
    """The folder of an installed package, which is not imported: its own imports may take seconds.

    Raises:
        InputError: Where the package is not installed.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.origin:
        raise _missing(package)
    return Path(spec.origin).parent
