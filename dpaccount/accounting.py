"""The verbs: what did a run cost?"""

from __future__ import annotations

from dpaccount._validate import Number
from dpaccount.accountants import (
    CHAINS,
    GDP,
    PLD,
    RDP,
    ZCDP,
    Accountant,
    Best,
    ClosedForm,
    FastSaddlepoint,
    GDPLimit,
    LatticeSum,
    Saddlepoint,
)
from dpaccount.adjacency import Adjacency, adjacency_of
from dpaccount.errors import InputError, shown
from dpaccount.guarantees import Bound, PrivacyProfile
from dpaccount.mechanisms import Mechanism

__all__ = ["METHODS", "accountant_of", "delta", "epsilon", "profile"]

_BY_NAME: dict[str, Accountant] = {
    "best": Best(),
    "saddlepoint": Saddlepoint(),
    "saddlepoint.fast": FastSaddlepoint(),
    "lattice": LatticeSum(),
    "closed_form": ClosedForm(),
    "pld": PLD(),
    "rdp": RDP(),
    "zcdp": ZCDP(),
    "gdp": GDP(),
    "gdp_clt": GDPLimit(),
    **{f"closed_form.{chain}": ClosedForm(chain) for chain in CHAINS},
}

#: The names that `method` takes.
METHODS = tuple(_BY_NAME)


def accountant_of(method: Accountant | str | None) -> Accountant:
    """Read a method: an accountant, its name, or None for the tightest guarantee."""
    if method is None:
        return _BY_NAME["best"]
    if isinstance(method, Accountant):
        return method
    if isinstance(method, str) and method.strip().lower() in _BY_NAME:
        return _BY_NAME[method.strip().lower()]
    raise InputError(
        "method",
        given=method,
        allowed=", ".join(METHODS),
        advice="leave it out for the tightest guarantee",
    )


def profile(
    mechanism: Mechanism,
    *,
    method: Accountant | str | None = None,
    adjacency: Adjacency | str = Adjacency.ADD_REMOVE,
) -> PrivacyProfile:
    """The whole privacy curve of a run.

    Args:
        mechanism: What was run.
        method: A theory, or None for the tightest guarantee at each point.
        adjacency: Which datasets are neighbors.

    Raises:
        InputError: For anything outside its domain.
        Unsupported: If no registered theorem covers the run.

    Example:
        >>> from dpaccount.mechanisms import Gaussian
        >>> curve = profile(Gaussian(1))
        >>> round(curve.advantage().upper, 6)  # 2 Phi(1/2) - 1
        0.382925
    """
    if not isinstance(mechanism, Mechanism):
        raise InputError(
            "mechanism",
            given=shown(mechanism),
            allowed="a dpaccount mechanism",
            advice="give for example dpaccount.DPSGD(...)",
        )
    return accountant_of(method).profile(mechanism, adjacency_of(adjacency))


def epsilon(
    mechanism: Mechanism,
    delta: Number,
    *,
    method: Accountant | str | None = None,
    adjacency: Adjacency | str = Adjacency.ADD_REMOVE,
) -> Bound:
    """The epsilon that a run costs at a delta.

    Guarantee: both ends, certified, for Gaussian steps, sampled or not (method "saddlepoint", the
    default there), and for losses of single values (method "lattice"); other methods an upper end;
    `estimate` only for method "gdp_clt".

    Args:
        mechanism: What was run, such as `DPSGD`.
        delta: In (0, 1), as a number or as text ("1e-300"); 0 only where the loss is bounded.
        method: A theory or its name; None for the tightest guarantee.
        adjacency: Which datasets are neighbors.

    Returns:
        The least epsilon >= 0; exactly 0 for no steps or rate 0.

    Raises:
        InputError: For anything outside its domain.
        Unsupported: If no registered theorem covers the run.

    Example:
        >>> from dpaccount.mechanisms import DPSGD
        >>> run = DPSGD(noise_multiplier=1.1, batch_size=256, dataset_size=60_000, epochs=60)
        >>> bound = epsilon(run, 1e-5)
        >>> bound.method, bound.trust.value, round(bound.upper, 6)
        ('saddlepoint', 'certified', 2.38169)
    """
    return profile(mechanism, method=method, adjacency=adjacency).epsilon(delta)


def delta(
    mechanism: Mechanism,
    epsilon: Number,
    *,
    method: Accountant | str | None = None,
    adjacency: Adjacency | str = Adjacency.ADD_REMOVE,
) -> Bound:
    """The delta that goes with an epsilon; any real epsilon has one.

    Guarantee: as `epsilon`; `log_lower` and `log_upper` hold what is too small for a float.

    Args:
        mechanism: What was run, such as `DPSGD`.
        epsilon: Any real number.
        method: A theory or its name; None for the tightest guarantee.
        adjacency: Which datasets are neighbors.

    Raises:
        InputError: For anything outside its domain.
        Unsupported: If no registered theorem covers the run.

    Example:
        >>> from dpaccount.mechanisms import Gaussian
        >>> delta(Gaussian(1), 4.377178095681225).upper < 1.0000001e-5
        True
    """
    return profile(mechanism, method=method, adjacency=adjacency).delta(epsilon)
