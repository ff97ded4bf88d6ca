"""A privacy loss on a grid: what each cell holds, as integrals of positive functions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dpaccount.errors import NotConverged
from dpaccount.privacy_loss import PrivacyLoss
from dpaccount.privacy_loss.pieces import Atoms, Piece
from dpaccount.theorems import pld

__all__ = ["MOST_CELLS", "Cells", "cells_of"]

Array = NDArray[np.float64]

_UNIT = 2.0**-53
MOST_CELLS = 2**20
_MOST_PANELS = 2**20
_AT_ONCE = 2**17  # panels: bounds the memory
_FEW, _MANY = np.polynomial.legendre.leggauss(3), np.polynomial.legendre.leggauss(8)
# with a panel's exponents varying by 1/64 three nodes hold full accuracy, by 1 eight do
_NARROW = 1.0 / 64.0
#: Relative error of a cell's integral beyond that of its exponents: nodes, weights, summation.
_QUADRATURE = 2.0**-44


@dataclass(frozen=True)
class Cells:
    """What lies between grid points offset + k * width, under the numerator.

    Args:
        offset: A loss between which and an end of the support much mass may lie.
        first: Index of the grid point at the left end of the first cell.
        down: Of each cell, what connecting the dots gives to its left end.
        up: The same for its right end; the two sum to the cell's mass.
        sag: Of each cell, the most by which a chord lies above the curve.
        on: Of each grid point, the mass of losses on it, which no cell counts.
        error: A bound on the relative error of these: of each cell, and of all that lies on points.
        above: A bound on the mass above all cells that is not known to be infinite.
        below: A bound on the mass below all cells.
        infinite: Mass of infinite loss.
        shift: By how much rounding may have moved a loss.
    """

    offset: float
    first: int
    down: Array
    up: Array
    sag: Array
    on: Array
    error: Array
    error_on: float
    above: float
    below: float
    infinite: float
    shift: float


def cells_of(loss: PrivacyLoss, width: float, log_mass: float) -> Cells:
    """Put a loss on the grid of a width, a power of two.

    Args:
        loss: The loss of one step, in one direction.
        width: Distance of the grid points.
        log_mass: Log of the mass that may be cut off at each end of each piece.
    """
    pieces, atoms = loss.pieces, loss.atoms(log_mass)
    spans = [piece.reach(log_mass) for piece in pieces]
    ends = [piece.loss(np.array(span)) for piece, span in zip(pieces, spans, strict=True)] + [
        atoms.losses
    ]
    every = np.concatenate(ends)
    if not np.isfinite(every).all():
        raise NotConverged("pld: a loss that no float holds")
    low, high = float(every.min()), float(every.max())
    offset = loss.crowded
    if not any(0.0 <= abs(offset - end) < width for end in loss.support):
        offset = 0.0  # they are spread over cells: no grid point serves them
    if not (high - low) / width < MOST_CELLS:
        raise NotConverged(f"pld: more than {MOST_CELLS} cells of width {width:.3g}")
    # a loss may be off by rounding, and is moved by no more to the grid point that it is meant for
    near = 8.0 * _UNIT * (1.0 + max(abs(low), abs(high)) + loss.amplified)
    if not width > 8.0 * near:
        raise NotConverged("pld: a width that rounding of the losses reaches")
    first = math.floor((low - offset - near) / width)
    last = math.floor((high - offset + near) / width) + 1
    grid = _empty(offset, first, last - first, width, near)
    for piece, span in zip(pieces, spans, strict=True):
        _add_piece(piece, span, grid)
    _add_atoms(atoms, grid)
    cut = math.exp(log_mass) * len(pieces)
    return Cells(
        offset,
        first,
        grid.down,
        grid.up,
        grid.sag,
        grid.on,
        grid.error,
        float(grid.error.max()),
        above=cut + atoms.rest,
        below=cut,
        infinite=loss.infinity_mass,
        shift=2.0 * near,
    )


@dataclass(frozen=True)
class _Grid:
    """What is being filled; see `Cells`."""

    offset: float
    first: int
    width: float
    near: float
    down: Array
    up: Array
    sag: Array
    error: Array
    on: Array

    def add(self, cell: NDArray[np.intp], rise: Array, mass: Array, error: Array) -> None:
        """Add mass at losses `rise` above the left ends of cells: a row for each cell given."""
        beyond = rise - self.width
        if not (rise.min() >= -self.near and beyond.max() <= self.near):
            raise NotConverged("pld: a loss outside of its cell")
        at_left, at_right = rise <= self.near, np.abs(beyond) <= self.near
        if at_left.any() or at_right.any():
            left, right = (np.where(where, mass, 0.0).sum(axis=1) for where in (at_left, at_right))
            self.on[:-1] += self._sums(cell, left)
            self.on[1:] += self._sums(cell, right)
            mass = np.where(at_left | at_right, 0.0, mass)
        rise = np.clip(rise, 0.0, self.width)
        share = pld.CONNECT_THE_DOTS(rise, self.width, ops=np)
        self.down[:] += self._sums(cell, (mass * (1.0 - share)).sum(axis=1))
        self.up[:] += self._sums(cell, (mass * share).sum(axis=1))
        chord = pld.CHORD_ABOVE(share, rise, self.width, ops=np)
        self.sag[:] += self._sums(cell, (mass * chord).sum(axis=1))
        np.maximum.at(self.error, cell, error)
        self.error[:] += _UNIT * np.bincount(cell, minlength=self.error.size)  # of the sums

    def _sums(self, cell: NDArray[np.intp], terms: Array) -> Array:
        sums = np.bincount(cell, terms, minlength=self.down.size)
        return np.asarray(sums, dtype=np.float64)


def _empty(offset: float, first: int, count: int, width: float, near: float) -> _Grid:
    down, up, sag, error = np.zeros((4, count))
    return _Grid(offset, first, width, near, down, up, sag, error, np.zeros(count + 1))


def _add_piece(piece: Piece, span: tuple[float, float], grid: _Grid) -> None:
    low, high = span
    points = grid.offset + grid.width * np.arange(grid.first, grid.first + grid.down.size + 1)
    edges = np.maximum.accumulate(np.clip(piece.inverse(np.asarray(points)), low, high))
    count = math.ceil((high - low) / piece.panel)
    if count > _MOST_PANELS:
        raise NotConverged("pld: the density is too narrow for the work limit")
    mesh = np.linspace(low, high, count + 1)
    ends = np.sort(np.concatenate([edges, mesh]), kind="stable")
    wide = ends[1:] > ends[:-1]
    left, right = ends[:-1][wide], ends[1:][wide]
    cell = np.clip(np.searchsorted(edges, left, side="right") - 1, 0, grid.down.size - 1)
    few = right - left <= _NARROW * piece.panel
    for which, (nodes, weights) in ((few, _FEW), (~few, _MANY)):
        some = np.flatnonzero(which)
        for start in range(0, some.size, _AT_ONCE):
            part = some[start : start + _AT_ONCE]
            a, b, index = left[part], right[part], cell[part]
            half = 0.5 * (b - a)
            x = (0.5 * (a + b))[:, None] + half[:, None] * nodes
            exponent, losses = piece.log_density(x), piece.loss(x)
            # the exponent may be summed from a loss and what cancels it
            size = (np.abs(exponent) + 2.0 * np.abs(losses)).max(axis=1)
            grid.add(
                index,
                losses - points[index, None],
                np.exp(exponent) * (half[:, None] * weights),
                _QUADRATURE + 8.0 * _UNIT * size,
            )


def _add_atoms(atoms: Atoms, grid: _Grid) -> None:
    if not atoms.losses.size:
        return
    losses = atoms.losses - grid.offset
    index = np.floor(losses / grid.width).astype(np.intp) - grid.first
    grid.add(
        index,
        (losses - grid.width * (grid.first + index))[:, None],
        np.exp(atoms.log_masses)[:, None],
        _QUADRATURE + 8.0 * _UNIT * np.abs(atoms.log_masses),
    )
