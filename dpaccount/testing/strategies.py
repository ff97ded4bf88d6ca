"""Hypothesis strategies: legal mechanisms, runs and budgets, and the inside of a theorem.

Numbers are drawn as exact fractions, so that what fails is printed as what it is.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from dpaccount.adjacency import Direction
from dpaccount.errors import InputError, install, shown
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
)
from dpaccount.theorems.registry import Theorem

try:
    from hypothesis import strategies as st
except ImportError as error:  # an extra: nothing else here needs it
    raise ImportError(
        f"dpaccount.testing.strategies needs hypothesis; do: {install('testing')}"
    ) from error

__all__ = [
    "budgets",
    "deltas",
    "epsilons",
    "inside",
    "mechanisms",
    "noise_multipliers",
    "outside",
    "releases",
    "runs",
    "sampling_rates",
    "steps",
]

_Number = Fraction | int | float | str


def noise_multipliers(
    least: _Number = "1/1000", most: _Number = 1000
) -> st.SearchStrategy[Fraction]:
    """Noise multipliers, which are above 0."""
    return st.fractions(Fraction(least), Fraction(most))


def sampling_rates(
    least: _Number = 0, most: _Number = 1
) -> st.SearchStrategy[Fraction | int | str]:
    """Poisson sampling rates; the ends, and rates as people write them, come often."""
    low, high = Fraction(least), Fraction(most)
    usual = [r for r in (0, 1, "0.01", "256/60000") if low <= Fraction(r) <= high]
    drawn = st.fractions(low, high)
    return st.one_of(st.sampled_from(usual), drawn) if usual else drawn


def steps(most: int = 10**6) -> st.SearchStrategy[int]:
    """Numbers of steps, 0 included."""
    return st.integers(0, most)


def deltas(least_exponent: int = -300) -> st.SearchStrategy[str]:
    """Deltas in (0, 1) as text, evenly spread over their exponents; floats cannot hold them all."""
    return st.builds(
        lambda digits, exponent: f"{digits / 10}e{exponent}",
        st.integers(10, 99),
        st.integers(least_exponent, -1),
    )


def epsilons(most: _Number = 20) -> st.SearchStrategy[Fraction]:
    """Targets: from 0 upward."""
    return st.fractions(0, Fraction(most))


def budgets(most: _Number = 20) -> st.SearchStrategy[tuple[Fraction, str]]:
    """Pairs of an epsilon and a delta."""
    return st.tuples(epsilons(most), deltas())


def releases() -> st.SearchStrategy[Mechanism]:
    """One step: a noise, a response or a promise, on a Poisson sample or not."""
    noise, shifts = noise_multipliers(), st.integers(1, 20)
    responses = st.builds(
        RandomizedResponse, st.fractions(Fraction("0.51"), Fraction("0.999")), st.integers(2, 9)
    )
    small = epsilons(5)
    promises = st.one_of(
        st.builds(PureDP, small), st.builds(ApproximateDP, small, st.fractions(0, Fraction("0.9")))
    )
    discrete = st.one_of(
        st.builds(DiscreteGaussian, noise, shifts), st.builds(DiscreteLaplace, noise, shifts)
    )
    plain: list[st.SearchStrategy[Mechanism]] = [
        st.builds(Gaussian, noise), st.builds(Laplace, noise), responses, promises, discrete,
    ]  # fmt: skip
    return st.recursive(
        st.one_of(plain),
        lambda inner: st.builds(PoissonSubsampled, inner, sampling_rates()),
        max_leaves=3,
    )


def runs() -> st.SearchStrategy[DPSGD]:
    """Training runs, as people describe them."""
    return st.builds(
        DPSGD,
        noise_multiplier=noise_multipliers(),
        sampling_rate=sampling_rates(),
        steps=steps(),
        clip_norm=st.none() | noise_multipliers(),
    )


def mechanisms() -> st.SearchStrategy[Mechanism]:
    """Any legal mechanism, compositions of compositions included."""
    return st.recursive(
        st.one_of(releases(), runs(), st.just(Identity())),
        lambda inner: st.one_of(
            st.builds(SelfComposed, inner, st.integers(0, 50)),
            st.lists(inner, max_size=4).map(lambda parts: Composed(tuple(parts))),
        ),
        max_leaves=6,
    )


_ANY = st.floats(-100, 100)
_UNIT = st.floats(0, 1)
_VECTOR = st.lists(st.floats(-1, 10), min_size=1, max_size=4)
#: How a quantity that assumptions name is drawn: wider than they allow, so that both sides come.
_FLAG = st.sampled_from([0, 0, 0, 1])  # as a rule, so that several may be 0 together
_FEW_BELOW_ZERO = st.floats(-0.3, 5)
_QUANTITIES: dict[str, st.SearchStrategy[Any]] = {
    "sampling_rate": st.one_of(_UNIT, st.floats(0, 0.2)),
    "noise_multiplier": st.floats(0.1, 50),
    "order": st.one_of(st.integers(-2, 40), st.floats(0, 40)),
    "log_delta": st.floats(-700, 2),
    "log_slack": st.floats(-700, 2),
    "prior": st.floats(-1, 2),
    "truth": st.floats(0.01, 1.2),
    "answers": st.integers(2, 9),
    "settings": st.integers(1, 4),
    "orders": st.integers(-2, 9),
    "levels": st.integers(-3, 60),
    "direction": st.sampled_from([direction.value for direction in Direction]),
    "magnitudes": _VECTOR,
    "errors": _VECTOR,
    "eps": st.one_of(st.floats(-2, 3), _ANY),
    "epsilon": st.one_of(st.floats(-0.5, 0.5), st.floats(-50, 50)),
    "rise": st.floats(-1, 2),
    "width": st.floats(-1, 2),
    "c": st.floats(-1, 10),
    "beyond": st.floats(0, 100),
    "more": st.one_of(st.just(0.0), st.floats(-5, 5)),
    "above": st.floats(-0.1, 2),
    "rate": st.floats(-0.1, 1),
    "inverse_scale": st.floats(0.1, 20),
    "convexity": st.floats(-0.2, 1),
    "smoothness": st.floats(-0.2, 4),
    "curvature": st.floats(-0.2, 4),
    "learning_rate": st.floats(-0.1, 0.6),
    "variance": _FEW_BELOW_ZERO,
    "distance_squared": _FEW_BELOW_ZERO,
    "gradient_squared": _FEW_BELOW_ZERO,
    "gap": _FEW_BELOW_ZERO,
    "growth": st.floats(-0.1, 1),
    "learning_rates": st.lists(st.floats(-0.1, 0.6), max_size=4),
    "scale": st.one_of(st.floats(2, 30), st.floats(-0.2, 30)),
    "offset": st.one_of(st.floats(100, 4000), st.floats(-0.2, 400)),
    "tail": st.integers(-1, 9),
    "companion_squared": _FEW_BELOW_ZERO,
    "companion_gap": _FEW_BELOW_ZERO,
    "companion_slope": _FEW_BELOW_ZERO,
    "spread": _FEW_BELOW_ZERO,
    "share": st.floats(-0.1, 4),
    "matrix_variance": _FEW_BELOW_ZERO,
    "matrix_square": _FEW_BELOW_ZERO,
    "trace": _FEW_BELOW_ZERO,
    "slopes": _FEW_BELOW_ZERO,
    "tail_distance": _FEW_BELOW_ZERO,
    "squares": _FEW_BELOW_ZERO,
    "dataset_size": st.integers(-1, 9),
    "dimension": st.integers(-1, 4),
    "largest_gradient": st.floats(-0.1, 1),
    "clip_norm": st.floats(-0.1, 5),
    "mean_square": _FEW_BELOW_ZERO,
    "zeros": st.integers(-1, 12),
    "outlier": st.floats(-1, 20),
    "steps": st.integers(-1, 9),
    "tokens": st.integers(-2, 20),
    "heads": st.integers(-1, 4),
    "other_paths": st.integers(0, 2),
    "examples": st.integers(0, 3),
    "positions": _FLAG,
    "masked": _FLAG,
    "outputs_differ": _FLAG,
    "dependent_tokens": _FLAG,
    "rank_of_outer": st.integers(-1, 4),
    "multiplicities": st.lists(st.one_of(st.integers(1, 4), st.integers(0, 4)), max_size=4),
    "distance": st.floats(-0.2, 4),
    "chances": st.lists(st.floats(-0.05, 1.05), max_size=4),
    "trials": st.integers(-1, 40),
    "successes": st.integers(-1, 20),
    "error": st.floats(-0.1, 1.1),
    "reached": st.floats(-0.1, 1.1),
    "allowed": st.floats(-0.1, 1.1),
    "log_prior": st.floats(-50, 2),
    "delta": st.floats(-0.1, 1),
    "noise_std": st.floats(-0.1, 5),
    "bias_gradient": st.one_of(st.just(0.0), st.floats(-5, 5)),
    "radius": st.floats(-0.5, 1.5),
    "is_centered": st.booleans(),
    "shift": st.floats(-5, 50),
    "candidates": st.integers(-1, 300),
}


def inside(theorem: Theorem) -> st.SearchStrategy[dict[str, Any]]:
    """Quantities, by name, for which every assumption of a theorem holds.

    Args:
        theorem: A registered theorem; one without assumptions names no quantity, and gives {}.
    """
    return _quantities(theorem).filter(lambda values: theorem.applies(**values))


def outside(theorem: Theorem) -> st.SearchStrategy[dict[str, Any]]:
    """Quantities, by name, for which an assumption of a theorem fails, so that it is refused.

    Args:
        theorem: A registered theorem that has assumptions.

    Raises:
        InputError: For a theorem that assumes nothing: there is no outside.
    """
    drawn = _quantities(theorem)
    if not theorem.assumptions:
        raise InputError(
            "theorem",
            given=theorem.id,
            allowed="a theorem with assumptions",
            advice="draw from inside(theorem)",
        )
    return drawn.filter(lambda values: not theorem.applies(**values))


def _quantities(theorem: object) -> st.SearchStrategy[dict[str, Any]]:
    if not isinstance(theorem, Theorem):
        raise InputError(
            "theorem",
            given=shown(theorem),
            allowed="a registered theorem",
            advice="give for example all_theorems()['rdp.to_dp_improved']",
        )
    names = sorted({name for a in theorem.assumptions for name in _named(a.holds)})
    return st.fixed_dictionaries({name: _QUANTITIES.get(name, _ANY) for name in names})


def _named(holds: Callable[..., bool]) -> list[str]:
    """The quantities that a predicate takes: what has no default and a name of its own."""
    return [
        name
        for name, parameter in inspect.signature(holds).parameters.items()
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        and parameter.default is parameter.empty
    ]
