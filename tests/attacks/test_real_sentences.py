"""Real sentences on the real model, without noise: all that the diagnosis calls recoverable."""

from __future__ import annotations

import pytest
import torch

from dpaccount.attacks import Threat, diagnose
from dpaccount.attacks.targets import minilm, sentences


@pytest.fixture(scope="module", params=[torch.float32, torch.float64], ids=["float32", "float64"])
def target(request):
    return minilm(dtype=request.param)


def forecast(target, rows, evaluations=20_000, **known):
    secrets = target.batch(rows, [place % 4 for place in range(len(rows))])
    threat = Threat(batch_size=len(rows), **known)
    return diagnose(target, secrets, threat, evaluations=evaluations)


def test_one_sentence(target):
    (row,) = sentences(target, 1, seed=0)
    found = forecast(target, [row])
    assert found.recoverable == found.observed == len(row)
    assert found.success.exact == 1
    ranks = {rank.part: rank.rank for rank in found.ranks}
    assert ranks == {
        "query": len(row),
        "key": len(row) - 1,
        "value": len(row),
        "all three": len(row),
    }


@pytest.mark.slow
def test_twenty_sentences():
    target = minilm()
    for row in sentences(target, 20):
        found = forecast(target, [row])
        assert found.recoverable == found.observed == len(row)
        assert found.success.exact == 1


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 20, 4))
def test_batches_of_four(start):
    target = minilm()
    found = forecast(target, sentences(target, 20)[start : start + 4], knows_labels=start != 12)
    assert all(token.spanned for token in found.tokens)
    assert found.kept
    assert found.observed == found.recoverable > 0
    assert found.success.exact == 1
