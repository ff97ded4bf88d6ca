"""The attacks by name, each loaded when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dpaccount.attacks.attack import Attack
from dpaccount.errors import InputError, shown

__all__ = ["ATTACKS", "find_attack"]

#: Where each attack lives; "identify" is told the candidates.
ATTACKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "identify": ("dpaccount.attacks.identification", "Identify"),
        "likelihood": ("dpaccount.attacks.likelihood", "Likelihood"),
        "span": ("dpaccount.attacks.exact", "SpanTest"),
        "identity": ("dpaccount.attacks.exact", "AttentionIdentity"),
        "embedding-rows": ("dpaccount.attacks.exact", "EmbeddingRows"),
        "dlg": ("dpaccount.attacks.optimization", "dlg"),
        "inverting-gradients": ("dpaccount.attacks.optimization", "inverting_gradients"),
        "tag": ("dpaccount.attacks.optimization", "tag"),
    }
)


def find_attack(name: str, **options: Any) -> Attack:
    """The attack of a name.

    Args:
        name: One of `ATTACKS`.
        options: What its maker takes.

    Raises:
        InputError: For a name that is none.

    Example:
        >>> find_attack("span").source
        'Petrov, Dimitrov, Baader, Mueller and Vechev 2024, DAGER, arXiv 2405.15586'
    """
    if not isinstance(name, str) or name not in ATTACKS:
        raise InputError(
            "attack", given=shown(name), allowed=", ".join(ATTACKS), advice="name one of these"
        )
    module, maker = ATTACKS[name]
    found: Attack = getattr(importlib.import_module(module), maker)(**options)
    return found
