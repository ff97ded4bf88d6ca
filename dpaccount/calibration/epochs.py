"""In a run described by epochs a larger batch may take one step less and keep a target again."""

from __future__ import annotations

import math
from dataclasses import replace

from dpaccount.calibration.search import Look
from dpaccount.calibration.unknowns import Value
from dpaccount.calibration.witness import Witness

__all__ = ["larger_batch"]


def larger_batch(witness: Witness, batch: Value) -> Look | None:
    """The next larger batch size that seems to keep the target; None if there is none, or unclear.

    Batches that share a number of steps cost more the larger they are, so the first of them tells.
    If it breaks the target with fewer steps too, so do all up to those that take so few
    (`pair.monotone`): some dozen looks cover all batches there are.
    """
    run = witness.run
    assert run.epochs is not None  # the caller asks for such runs alone
    assert run.dataset_size is not None
    records = run.epochs * run.dataset_size
    first = int(batch) + 1
    while first <= run.dataset_size:
        steps = math.ceil(records / first)
        look = _look(witness, first, steps)
        if look is None or look.keeps:
            return look
        if not look.breaks:
            return None
        # about so few steps would still break it
        fewer = max(math.floor(steps * math.exp(-1.2 * look.excess)), 1)
        other = _look(witness, first, fewer) if fewer < steps else look
        least = fewer if other is not None and other.breaks else steps
        if least == 1:
            return None
        first = max(math.ceil(records / (least - 1)), first + 1)
    return None


def _look(witness: Witness, batch: int, steps: int) -> Look | None:
    run = replace(witness.run, batch_size=batch, sampling_rate=None, steps=steps, epochs=None)  # type: ignore[arg-type]  # the rate follows
    return witness.in_floats(batch, run)
