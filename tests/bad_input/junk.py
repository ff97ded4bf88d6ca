"""Anything at all, drawn in a wrapper: not everything can be shown, and failures have to be."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from mechanisms.strategies import BAD_TEXT, Float, Rude

import dpaccount as dpa

_ODD = [
    *BAD_TEXT,
    0,
    1,
    -1,
    2.5,
    0.5,
    1e-5,
    1e308,
    5e-324,
    -0.0,
    10**30,
    -(10**400),
    10**5000,
    -(10**5000),
    Fraction(1, 10**400),
    Fraction(1, 10**5000),
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("-Infinity"),
    Decimal("1e-99999"),
    Decimal("1e99999"),
    True,
    False,
    np.float32(0.1),
    np.float64("nan"),
    np.int64(3),
    np.bool_(True),
    np.float16(1),
    np.longdouble(2),
    np.complex128(1),
    1j,
    Float("nan"),
    Float(0.3),
    object(),
    float,
    dpa.Gaussian,
    dpa.Gaussian(1),
    dpa.DPSGD,
    len,
    ...,
    None,
    NotImplemented,
    datetime.date(2000, 1, 1),
    range(3),
    np.zeros(2),
    np.array(1.0),
    np.array([0.5]),
    np.array("x"),
    Rude(),
    Rude,
    b"1",
    bytearray(b"1"),
    {1, 2},
    Exception("x"),
    iter([]),
    (x for x in [1]),
    lambda: 1,
    "shuffle",
    "poisson",
    "rdp",
    "add",
]


def _odd(i: int) -> Any:
    return _ODD[i]  # by index: hypothesis shows what it samples from


@dataclass(frozen=True)
class Hidden:
    """A value that is never shown whole."""

    value: Any

    def __repr__(self) -> str:
        return f"Hidden({type(self.value).__name__})"


_scalars = st.one_of(
    st.integers(0, len(_ODD) - 1).map(_odd),
    st.none(),
    st.booleans(),
    st.floats(),
    st.integers(),
    st.fractions(),
    st.decimals(),
    st.text(max_size=30),
    st.binary(max_size=20),
    st.complex_numbers(),
)
hidden = st.recursive(
    _scalars.map(Hidden),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: Hidden([part.value for part in parts])),
        st.tuples(inner, inner).map(lambda parts: Hidden(tuple(part.value for part in parts))),
        st.dictionaries(st.text(max_size=8), inner, max_size=3).map(
            lambda parts: Hidden({key: part.value for key, part in parts.items()})
        ),
    ),
    max_leaves=5,
)
#: The same without the wrapper.
junk = hidden.map(lambda wrapped: wrapped.value)

_FIELDS = [
    "kind",
    "noise_multiplier",
    "sampling_rate",
    "steps",
    "mechanism",
    "mechanisms",
    "batch_size",
    "dataset_size",
    "epochs",
    "clip_norm",
    "noise_std",
    "sampler",
    "surprise",
]
_KINDS = [
    "gaussian",
    "laplace",
    "poisson_subsampled",
    "self_composed",
    "composed",
    "identity",
    "dpsgd",
    "nonsense",
]
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
