"""What attackers do reach: gradients given away, and what noise leaves of that.

An attack reads a `View` and answers a `Guess`. An attack that fails proves nothing: what no attack
can exceed are the ceilings.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dpaccount.attacks.attack import Attack, Guess, Success, fibre_size, measure
    from dpaccount.attacks.audit import (
        Audit,
        audit_identification,
        audit_membership,
        audit_rates,
    )
    from dpaccount.attacks.diagnosis import Diagnosis, diagnose
    from dpaccount.attacks.factors import Factors, factorize
    from dpaccount.attacks.gram import clipped_gram, enclosing_radius
    from dpaccount.attacks.identification import identify, simulate, succeed
    from dpaccount.attacks.likelihood import Judgment, Likelihood, Outcome, judge
    from dpaccount.attacks.rates import Rate
    from dpaccount.attacks.targets import Batch, Target, draw_secrets, find_target
    from dpaccount.attacks.threat import Threat, View, clip_factors, expose

_HOME = {
    "dpaccount.attacks.attack": ("Attack", "Guess", "Success", "fibre_size", "measure"),
    "dpaccount.attacks.audit": (
        "Audit", "audit_identification", "audit_membership", "audit_rates",
    ),
    "dpaccount.attacks.diagnosis": ("Diagnosis", "diagnose"),
    "dpaccount.attacks.factors": ("Factors", "factorize"),
    "dpaccount.attacks.gram": ("clipped_gram", "enclosing_radius"),
    "dpaccount.attacks.identification": ("identify", "simulate", "succeed"),
    "dpaccount.attacks.likelihood": ("Judgment", "Likelihood", "Outcome", "judge"),
    "dpaccount.attacks.rates": ("Rate",),
    "dpaccount.attacks.targets": ("Batch", "Target", "draw_secrets", "find_target"),
    "dpaccount.attacks.threat": ("Threat", "View", "clip_factors", "expose"),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}
#: They count what happened and read no model.
_WITHOUT_TORCH = ("dpaccount.attacks.audit", "dpaccount.attacks.rates")

__all__ = [
    "Attack",
    "Audit",
    "Batch",
    "Diagnosis",
    "Factors",
    "Guess",
    "Judgment",
    "Likelihood",
    "Outcome",
    "Rate",
    "Success",
    "Target",
    "Threat",
    "View",
    "audit_identification",
    "audit_membership",
    "audit_rates",
    "clip_factors",
    "clipped_gram",
    "diagnose",
    "draw_secrets",
    "enclosing_radius",
    "expose",
    "factorize",
    "fibre_size",
    "find_target",
    "identify",
    "judge",
    "measure",
    "simulate",
    "succeed",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dpaccount.attacks.extras import need

    if _MODULE_OF[name] not in _WITHOUT_TORCH:
        need("torch")  # one line, where the extra is not installed
    return getattr(importlib.import_module(_MODULE_OF[name]), name)
