"""Moments of many losses at once are those of each by itself: no row reads its neighbor's nodes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpaccount._validate import Exact
from dpaccount.adjacency import Direction
from dpaccount.privacy_loss import PoissonGaussianLoss
from dpaccount.privacy_loss.quadrature import log_moments


def loss(sigma, rate, direction):
    return PoissonGaussianLoss(Exact(sigma), Exact(rate), direction)


def agree(losses, orders):
    """Whether each row's bracket is the same alone, to the last digits."""
    together = log_moments(losses, np.arange(len(losses)), orders)
    for i, (one, e) in enumerate(zip(losses, orders, strict=True)):
        alone = log_moments([one], [0], [e])
        for ends, end in zip(together, alone, strict=True):
            assert ends[i] == pytest.approx(end[0], rel=1e-11)
        assert together.lower[i] <= alone.upper[0]
        assert alone.lower[0] <= together.upper[i]


def test_a_long_window_beside_a_row_of_two_modes():
    # for removing at order 12 the mass has two modes; counted twice it was ln 2 too much
    losses = [loss("0.5", "0.01", Direction.REMOVE), loss("0.5", "0.01", Direction.ADD)]
    agree(losses, [11.0, 11.0])


rows = st.tuples(
    st.fractions("0.1", 30, max_denominator=100),
    st.fractions("0.001", "0.99", max_denominator=1000),
    st.sampled_from(Direction),
    st.floats(-10, 10).map(lambda x: 2.0**x),
)


@given(st.lists(rows, min_size=2, max_size=8))
@settings(max_examples=60, deadline=None)
def test_many_at_once_are_one_by_one(chosen):
    agree([loss(*row[:3]) for row in chosen], [row[3] for row in chosen])
