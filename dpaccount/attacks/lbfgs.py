"""L-BFGS for many starting points at once, each with its own memory and its own step."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["minimize"]

_MEMORY = 20
_ARMIJO = 1e-4
_HALVINGS = 12
#: Where a row has arrived: what is left of its first slope, which alone may have been steep; and
#: how far its next step would lead, beside where it is.
_LEVEL, _STILL = 1e-10, 1e-8


def minimize(
    losses: Callable[[Tensor], Tensor], begin: Tensor, steps: int
) -> tuple[Tensor, Tensor, int]:
    """Minimize each row's loss by L-BFGS with backtracking.

    A row's course depends on that row alone: batched or one by one, it is the same up to rounding.

    Args:
        losses: Points (rows, ...) to losses (rows,), each of its own row alone.
        begin: Where to start.
        steps: Gradients computed for each row, those of a line search included; fewer where every
            row has arrived.

    Returns:
        The points, their losses, and the gradients computed.

    Source: Liu and Nocedal 1989, Mathematical Programming 45.
    """
    shape = begin.shape
    at = begin.flatten(1).clone()
    value, slope = _evaluate(losses, at, shape)
    passes = 1
    moves = turns = at.new_zeros(0, *at.shape)  # the oldest first; zeros count for nothing
    direction, along = -slope, -slope.square().sum(dim=1)
    step = (1 / slope.norm(dim=1).clamp_min(1e-300)).clamp_max(1.0)
    tries = torch.zeros(len(at), dtype=torch.int64)
    level = _LEVEL * slope.norm(dim=1)
    going = along < 0
    while passes < steps and bool(going.any()):
        tried = at + step[:, None] * direction
        got, got_slope = _evaluate(losses, tried, shape)
        passes += 1
        good = going & (got <= value + _ARMIJO * step * along)
        # each row takes its own step when it has one: none waits for another's line search
        moves = _remember(moves, tried - at, good)
        turns = _remember(turns, got_slope - slope, good)
        at = torch.where(good[:, None], tried, at)
        value, slope = torch.where(good, got, value), torch.where(good[:, None], got_slope, slope)
        tries = torch.where(good, 0, tries + 1)
        spent = going & (tries >= _HALVINGS)
        # along the slope itself there is nothing else to try
        going = going & ~(spent & (direction == -slope).all(dim=1))
        moves, turns = (torch.where(spent[:, None], 0.0, kept) for kept in (moves, turns))
        fresh, step = good | spent, torch.where(good | spent, 1.0, step / 2)
        tries = torch.where(spent, 0, tries)
        direction = torch.where(fresh[:, None], -_two_loops(slope, moves, turns), direction)
        along = (direction * slope).sum(dim=1)
        uphill = ~(along < 0)
        direction = torch.where(uphill[:, None], -slope, direction)
        along = torch.where(uphill, -slope.square().sum(dim=1), along)
        first = fresh & (direction == -slope).all(dim=1)
        step = torch.where(first, (1 / slope.norm(dim=1).clamp_min(1e-300)).clamp_max(1.0), step)
        arrived = (slope.norm(dim=1) <= level) & (direction.norm(dim=1) <= _STILL * at.norm(dim=1))
        going = going & (along < 0) & ~arrived
    return at.view(shape), value, passes * len(at)


def _remember(kept: Tensor, new: Tensor, rows: Tensor) -> Tensor:
    """The memory with what is new of some rows; the oldest of theirs goes."""
    if len(kept) < _MEMORY:
        kept = torch.cat([torch.zeros_like(new)[None], kept])
    shifted = torch.cat([kept[1:], new[None]])
    return torch.where(rows[:, None], shifted, kept)


def _evaluate(
    losses: Callable[[Tensor], Tensor], at: Tensor, shape: torch.Size
) -> tuple[Tensor, Tensor]:
    """Losses and their gradients; what is not finite counts as infinitely bad."""
    leaf = at.view(shape).detach().requires_grad_()
    value = losses(leaf)
    (slope,) = torch.autograd.grad(value.sum(), leaf)
    slope = slope.flatten(1)
    good = torch.isfinite(value) & torch.isfinite(slope).all(dim=1)
    value = torch.where(good, value.detach(), torch.full_like(value, torch.inf))
    return value, torch.where(good[:, None], slope, torch.zeros_like(slope))


def _two_loops(slope: Tensor, moves: Tensor, turns: Tensor) -> Tensor:
    """The inverse Hessian's estimate times the slope; pairs without curvature count for nothing."""
    pairs = []
    for move, turn in zip(moves, turns, strict=True):
        curvature = (move * turn).sum(dim=1)
        good = curvature > 1e-12 * turn.square().sum(dim=1)
        inverse = torch.where(good, 1 / torch.where(good, curvature, torch.ones_like(curvature)), 0)
        pairs.append((move, turn, inverse, good))
    found, kept = slope.clone(), []
    for move, turn, inverse, _ in reversed(pairs):
        share = inverse * (move * found).sum(dim=1)
        found = found - share[:, None] * turn
        kept.append(share)
    scale = torch.ones(len(slope), dtype=slope.dtype)
    for move, turn, _, good in pairs:
        ratio = (move * turn).sum(dim=1) / turn.square().sum(dim=1).clamp_min(1e-300)
        scale = torch.where(good, ratio, scale)
    found = found * scale[:, None]
    for (move, turn, inverse, _), share in zip(pairs, reversed(kept), strict=True):
        back = inverse * (turn * found).sum(dim=1)
        found = found + (share - back)[:, None] * move
    return found
