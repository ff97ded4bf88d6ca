"""L-BFGS for many starting points at once, each with its own memory and its own step."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["minimize"]

_MEMORY = 20
_ARMIJO = 1e-4
_HALVINGS = 12


def minimize(
    losses: Callable[[Tensor], Tensor], begin: Tensor, steps: int
) -> tuple[Tensor, Tensor, int]:
    """Minimize each row's loss by L-BFGS with backtracking.

    A row's course depends on that row alone: batched or one by one, it is the same up to rounding.

    Args:
        losses: Points (rows, ...) to losses (rows,), each of its own row alone.
        begin: Where to start.
        steps: Gradients computed for each row, those of a line search included.

    Returns:
        The points, their losses, and the gradients computed.

    Source: Liu and Nocedal 1989, Mathematical Programming 45.
    """
    shape = begin.shape
    at = begin.flatten(1).clone()
    rows = len(at)
    value, slope = _evaluate(losses, at, shape)
    used = 1
    moves: list[Tensor] = []
    turns: list[Tensor] = []
    while used < steps:
        direction = -_two_loops(slope, moves, turns)
        along = (direction * slope).sum(dim=1)
        uphill = ~(along < 0)
        direction = torch.where(uphill[:, None], -slope, direction)
        along = torch.where(uphill, -slope.square().sum(dim=1), along)
        step = torch.ones(rows, dtype=at.dtype)
        if not moves:
            step = (1 / slope.norm(dim=1).clamp_min(1e-300)).clamp_max(1.0)
        open_ = torch.ones(rows, dtype=torch.bool)
        new_at, new_value, new_slope = at.clone(), value.clone(), slope.clone()
        for _ in range(_HALVINGS):
            tried = torch.where(open_[:, None], at + step[:, None] * direction, new_at)
            got, got_slope = _evaluate(losses, tried, shape)
            used += 1
            good = open_ & (got <= value + _ARMIJO * step * along)
            new_at = torch.where(good[:, None], tried, new_at)
            new_value = torch.where(good, got, new_value)
            new_slope = torch.where(good[:, None], got_slope, new_slope)
            open_ = open_ & ~good
            if not bool(open_.any()) or used >= steps:
                break
            step = torch.where(open_, step / 2, step)
        move, turn = new_at - at, new_slope - slope
        if not bool((move != 0).any()):
            break
        moves, turns = [*moves, move][-_MEMORY:], [*turns, turn][-_MEMORY:]
        at, value, slope = new_at, new_value, new_slope
    return at.view(shape), value, used * rows


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


def _two_loops(slope: Tensor, moves: list[Tensor], turns: list[Tensor]) -> Tensor:
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
