"""A Python function under other meanings of the names that it reads."""

from __future__ import annotations

import builtins
import inspect
import math
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from dpaccount.proving.errors import NotTraced

__all__ = ["argument_names", "rebound", "takes_ops"]


def argument_names(function: Callable[..., Any]) -> list[str] | None:
    """Names of the arguments but `ops`; None where Python does not tell (a builtin)."""
    if not isinstance(function, FunctionType):
        return None
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    given = inspect.signature(function).parameters
    return [name for name, p in given.items() if p.kind not in kinds and name != "ops"]


def takes_ops(function: Callable[..., Any]) -> bool:
    """Whether a function takes its functions from `ops`."""
    return "ops" in inspect.signature(function).parameters


def rebound(
    function: Callable[..., Any], replaced: Mapping[str, Callable[..., Any]], functions: Any
) -> Callable[..., Any]:
    """The same function with other builtins, and with others in the place of `math`.

    Args:
        function: A function of Python, or one of the builtins that are replaced.
        replaced: What stands for a builtin, by its name.
        functions: What stands for `math`.

    Raises:
        NotTraced: It is another builtin.
    """
    for name, replacement in replaced.items():
        if function is getattr(builtins, name):
            return replacement
    if not isinstance(function, FunctionType):
        raise NotTraced(f"{function!r} is not a Python function")
    space = dict(function.__globals__)

    def again(old: FunctionType) -> FunctionType:
        made = FunctionType(old.__code__, space, old.__name__, old.__defaults__, old.__closure__)
        made.__kwdefaults__ = old.__kwdefaults__
        return made

    for name, value in function.__globals__.items():
        if isinstance(value, FunctionType) and value.__globals__ is function.__globals__:
            space[name] = again(value)
    space.update(replaced)
    if space.get("math") is math:
        space["math"] = functions
    return again(function)
