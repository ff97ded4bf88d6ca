"""Hypothesis strategies that several tests share: legal mechanisms, and junk."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

import dpaccount as dpa

#: Text that is no number, or none that may be expanded.
BAD_TEXT = [
    "", " ", "nan", "NaN", "inf", "-inf", "Infinity", "abc", "None", "True", "1e", "e5", ".", "-", "+",
    "1e999999999", "1e-999999999", "-1e999999999", "1/0", "1/0.0", "1/2/3", "/", "1/", "/2", "0x10",
    "1,5", "1 2", "1e5.5", "1+1j", "\u0661\u0662", "\u00bd", "\u221e", "\uff11", "1\n2", "\x00", "1\x00",
    "1" * 500, "1e1_0_", "_1", "1__0", "[1]", "${1}", "1;2", "0b1", "--", "1%", "1e5/1e-999999",
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


numbers = st.one_of(
    st.floats(), st.integers(), st.integers(-3, 3), st.fractions(), st.decimals(),
    st.sampled_from([
        0, 1, -1, 2.5, 0.5, 1e-5, 1e308, 5e-324, -0.0, 10**30, -(10**400), 10**5000,
        Fraction(1, 10**400), Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"),
        Decimal("1e-99999"), Decimal("1e99999"), True, False, np.float32(0.1), np.float64("nan"),
        np.int64(3), np.bool_(True), np.float16(1), np.longdouble(2), np.complex128(1), 1j,
        Float("nan"), Float(0.3),
    ]),
)
scalars = st.one_of(
    st.none(), st.booleans(), numbers, st.text(max_size=30), st.binary(max_size=20),
    st.complex_numbers(), st.sampled_from(BAD_TEXT),
    st.sampled_from([
        object(), float, dpa.Gaussian, dpa.Gaussian(1), len, ..., datetime.date(2000, 1, 1),
        range(3), np.zeros(2), np.array(1.0), np.array([0.5]), Rude(), Rude,
    ]),
)
#: Anything at all, nested.
junk = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3),
        st.tuples(inner), st.tuples(inner, inner),
    ),
    max_leaves=6,
)

_FIELDS = [
    "kind", "noise_multiplier", "sampling_rate", "steps", "mechanism", "mechanisms", "batch_size",
    "dataset_size", "epochs", "clip_norm", "noise_std", "sampler", "surprise",
]
_KINDS = ["gaussian", "laplace", "poisson_subsampled", "self_composed", "composed", "identity",
          "dpsgd", "nonsense"]
_VALUES = st.one_of(junk, st.sampled_from(["1", "0.1", 10, "1/3"]))
#: Objects that look like a mechanism's JSON.
json_like = st.recursive(
    st.fixed_dictionaries(
        {}, optional={"kind": st.sampled_from(_KINDS), **dict.fromkeys(_FIELDS[1:4], _VALUES)}
    ),
    lambda inner: st.fixed_dictionaries(
        {"kind": st.sampled_from(_KINDS)},
        optional={
            **dict.fromkeys(_FIELDS[1:], _VALUES),
            "mechanism": st.one_of(inner, junk),
            "mechanisms": st.one_of(st.lists(inner, max_size=3), junk),
        },
    ),
    max_leaves=5,
)

noise = st.fractions(Fraction(1, 1000), Fraction(1000))
rates = st.one_of(st.sampled_from([0, 1, "0.01", "256/60000"]), st.fractions(0, 1))
steps = st.integers(0, 10**6)
releases = st.recursive(
    st.one_of(noise.map(dpa.Gaussian), noise.map(dpa.Laplace)),
    lambda inner: st.builds(dpa.PoissonSubsampled, inner, rates),
    max_leaves=3,
)
runs = st.builds(dpa.DPSGD, noise_multiplier=noise, sampling_rate=rates, steps=steps,
                 clip_norm=st.none() | noise)
#: Any legal mechanism.
mechanisms = st.recursive(
    st.one_of(releases, runs, st.just(dpa.Identity())),
    lambda inner: st.one_of(
        st.builds(dpa.SelfComposed, inner, st.integers(0, 50)),
        st.lists(inner, max_size=4).map(lambda parts: dpa.Composed(tuple(parts))),
    ),
    max_leaves=6,
)
