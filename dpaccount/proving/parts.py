"""The machine-checked parts of a proof that are written in Python: found, loaded by path, run."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

from dpaccount.proving.errors import NotProved
from dpaccount.theorems import Theorem

__all__ = ["NAMES", "attempt", "load"]

#: File names of the parts, each with the level that it gives.
NAMES = {"smt.py": "S", "box.py": "B", "symbolic.py": "Y"}


def load(path: Path) -> Callable[[Theorem], None]:
    """The function `prove` of a part."""
    name = "_".join(["dpaccount_proof", *path.parts[-3:-1], path.stem])
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    prove: Callable[[Theorem], None] = module.prove
    return prove


def attempt(prove: Callable[[Theorem], None], theorem: Theorem) -> None:
    """Run a part; whatever the arithmetic raises means that nothing was proved.

    Raises:
        NotProved: Always when the part did not return.
    """
    try:
        prove(theorem)
    except NotProved:
        raise
    except Exception as error:
        raise NotProved(f"{type(error).__name__}: {error}") from error
