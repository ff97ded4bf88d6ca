"""Differential privacy accounting and verification for noised gradients.

Describe what was run, account for it by a named theory, and get a bound that says which theorems it
stands on and from which side it is true.

Names are loaded on first use, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dpaccount.accountants import (
        GDP,
        PLD,
        RDP,
        ZCDP,
        Accountant,
        ClosedForm,
        FastSaddlepoint,
        GDPLimit,
        LatticeSum,
        Saddlepoint,
    )
    from dpaccount.accountants.saddlepoint import Certified, certify
    from dpaccount.accounting import delta, epsilon, profile
    from dpaccount.adjacency import Adjacency, Direction
    from dpaccount.calibration import Calibration, Refuted, calibrate
    from dpaccount.ceilings import Risk, risk
    from dpaccount.certificates import Verification, verify
    from dpaccount.comparison import Comparison, compare
    from dpaccount.conformance import Conformance, conform
    from dpaccount.convergence.advice import Advice, advise
    from dpaccount.convergence.check import Convergence, converge
    from dpaccount.convergence.noise import gradient_noise
    from dpaccount.convergence.setting import Decaying
    from dpaccount.errors import DPAccountError, InputError, NotConverged, Stopped, Unsupported
    from dpaccount.explanation import Explanation, explain
    from dpaccount.guarantees import Bound, PrivacyProfile, Trust
    from dpaccount.interop.events import from_event, to_event
    from dpaccount.interop.opacus import from_opacus, read_opacus
    from dpaccount.interop.plugin import register_opacus
    from dpaccount.mechanisms import (
        DPSGD,
        ApproximateDP,
        Composed,
        DiscreteGaussian,
        DiscreteLaplace,
        Gaussian,
        Identity,
        Laplace,
        Mechanism,
        PoissonSubsampled,
        PureDP,
        RandomizedResponse,
        SelfComposed,
        mechanism_from_json,
    )
    from dpaccount.sweeps import Sweep, SweepFile, sweep

__version__ = "0.1.0"

_HOME = {
    "dpaccount.accountants": (
        "GDP",
        "PLD",
        "RDP",
        "ZCDP",
        "Accountant",
        "ClosedForm",
        "FastSaddlepoint",
        "GDPLimit",
        "LatticeSum",
        "Saddlepoint",
    ),
    "dpaccount.accountants.saddlepoint": ("Certified", "certify"),
    "dpaccount.accounting": ("delta", "epsilon", "profile"),
    "dpaccount.adjacency": ("Adjacency", "Direction"),
    "dpaccount.calibration": ("Calibration", "Refuted", "calibrate"),
    "dpaccount.ceilings": ("Risk", "risk"),
    "dpaccount.certificates": ("Verification", "verify"),
    "dpaccount.comparison": ("Comparison", "compare"),
    "dpaccount.conformance": ("Conformance", "conform"),
    "dpaccount.convergence.advice": ("Advice", "advise"),
    "dpaccount.convergence.check": ("Convergence", "converge"),
    "dpaccount.convergence.noise": ("gradient_noise",),
    "dpaccount.convergence.setting": ("Decaying",),
    "dpaccount.explanation": ("Explanation", "explain"),
    "dpaccount.errors": ("DPAccountError", "InputError", "NotConverged", "Stopped", "Unsupported"),
    "dpaccount.guarantees": ("Bound", "PrivacyProfile", "Trust"),
    "dpaccount.interop.events": ("from_event", "to_event"),
    "dpaccount.interop.opacus": ("from_opacus", "read_opacus"),
    "dpaccount.interop.plugin": ("register_opacus",),
    "dpaccount.mechanisms": (
        "DPSGD",
        "ApproximateDP",
        "Composed",
        "DiscreteGaussian",
        "DiscreteLaplace",
        "Gaussian",
        "Identity",
        "Laplace",
        "Mechanism",
        "PoissonSubsampled",
        "PureDP",
        "RandomizedResponse",
        "SelfComposed",
        "mechanism_from_json",
    ),
    "dpaccount.sweeps": ("Sweep", "SweepFile", "sweep"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "DPSGD",
    "GDP",
    "PLD",
    "RDP",
    "ZCDP",
    "Accountant",
    "Adjacency",
    "Advice",
    "ApproximateDP",
    "Bound",
    "Calibration",
    "Certified",
    "ClosedForm",
    "Comparison",
    "Composed",
    "Conformance",
    "Convergence",
    "DPAccountError",
    "Decaying",
    "Direction",
    "DiscreteGaussian",
    "DiscreteLaplace",
    "Explanation",
    "FastSaddlepoint",
    "GDPLimit",
    "Gaussian",
    "Identity",
    "InputError",
    "Laplace",
    "LatticeSum",
    "Mechanism",
    "NotConverged",
    "PoissonSubsampled",
    "PrivacyProfile",
    "PureDP",
    "RandomizedResponse",
    "Refuted",
    "Risk",
    "Saddlepoint",
    "SelfComposed",
    "Stopped",
    "Sweep",
    "SweepFile",
    "Trust",
    "Unsupported",
    "Verification",
    "advise",
    "calibrate",
    "certify",
    "compare",
    "conform",
    "converge",
    "delta",
    "epsilon",
    "explain",
    "from_event",
    "from_opacus",
    "gradient_noise",
    "mechanism_from_json",
    "profile",
    "read_opacus",
    "register_opacus",
    "risk",
    "sweep",
    "to_event",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'dpaccount' has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted([*globals(), *_MODULE_OF])
