"""Hypothesis strategies that several tests share: legal mechanisms."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

import dpaccount as dpa

#: Text that is no number, or none that may be expanded.
BAD_TEXT = [
    "",
    " ",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "Infinity",
    "abc",
    "None",
    "True",
    "1e",
    "e5",
    ".",
    "-",
    "+",
    "1e999999999",
    "1e-999999999",
    "-1e999999999",
    "1/0",
    "1/0.0",
    "1/2/3",
    "/",
    "1/",
    "/2",
    "0x10",
    "1,5",
    "1 2",
    "1e5.5",
    "1+1j",
    "\u0661\u0662",
    "\u00bd",
    "\u221e",
    "\uff11",
    "1\n2",
    "\x00",
    "1\x00",
    "1" * 500,
    "1e1_0_",
    "_1",
    "1__0",
    "[1]",
    "${1}",
    "1;2",
    "0b1",
    "--",
    "1%",
    "1e5/1e-999999",
]


class Float(float):
    """A subclass whose text lies."""

    def __repr__(self) -> str:
        return "0.5"

    __str__ = __repr__


class Rude:
    """An object whose every conversion fails."""

    def __float__(self) -> float:
        raise RuntimeError("no")

    def __int__(self) -> int:
        raise RuntimeError("no")

    def __bool__(self) -> bool:
        raise RuntimeError("no")

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


noise = st.fractions(Fraction(1, 1000), Fraction(1000))
rates = st.one_of(st.sampled_from([0, 1, "0.01", "256/60000"]), st.fractions(0, 1))
steps = st.integers(0, 10**6)
shifts = st.integers(1, 20)
responses = st.builds(dpa.RandomizedResponse, st.fractions("0.51", "0.999"), st.integers(2, 9))
budgets = st.fractions(0, 5)
guarantees = st.one_of(
    st.builds(dpa.PureDP, budgets), st.builds(dpa.ApproximateDP, budgets, st.fractions(0, "0.9"))
)
discrete = st.one_of(
    st.builds(dpa.DiscreteGaussian, noise, shifts), st.builds(dpa.DiscreteLaplace, noise, shifts)
)
releases = st.recursive(
    st.one_of(noise.map(dpa.Gaussian), noise.map(dpa.Laplace), responses, guarantees, discrete),
    lambda inner: st.builds(dpa.PoissonSubsampled, inner, rates),
    max_leaves=3,
)
runs = st.builds(
    dpa.DPSGD, noise_multiplier=noise, sampling_rate=rates, steps=steps, clip_norm=st.none() | noise
)
#: Any legal mechanism.
mechanisms = st.recursive(
    st.one_of(releases, runs, st.just(dpa.Identity())),
    lambda inner: st.one_of(
        st.builds(dpa.SelfComposed, inner, st.integers(0, 50)),
        st.lists(inner, max_size=4).map(lambda parts: dpa.Composed(tuple(parts))),
    ),
    max_leaves=6,
)
