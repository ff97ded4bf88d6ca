"""Products of gradients from their factors, against gradients that were formed."""

from __future__ import annotations

import pytest
import torch

from dpaccount.attacks import factorize, find_target
from dpaccount.attacks import factors as module
from dpaccount.attacks.targets import (
    attention_layer,
    digit_images,
    digits,
    draw_secrets,
    small_transformer,
)
from dpaccount.errors import InputError

F64 = torch.float64
TARGETS = {
    "attention": attention_layer(dtype=F64),
    "attention with positions": attention_layer(dtype=F64, positions=True, bias=True, heads=4),
    "attention, causal, each token": attention_layer(dtype=F64, causal=True, loss="token"),
    "small": small_transformer(dtype=F64, segments=2, layers=3),
    "small, normalized before": small_transformer(dtype=F64, norm="pre"),
    "language model": find_target("language-model", dtype=F64),
    "digits": digits(dtype=F64),
}


def some(target, count, seed=0):
    """Examples of different lengths, some tokens twice."""
    if not target.vocabulary:
        return digit_images(target, count, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    rows = [
        torch.randint(9, (int(n),), generator=generator).tolist()
        for n in torch.randint(2, 9, (count,), generator=generator)
    ]
    labels = {"next": None, "token": [[i % 4 for i in row] for row in rows]}.get(
        target.shape.loss, [i % 4 for i in range(count)]
    )
    return target.batch(rows, labels)


def flat(gradient, names):
    return torch.cat([gradient[name].flatten() for name in names])


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("embedding", [False, True])
def test_factors_are_the_gradients(name, embedding):
    target = TARGETS[name]
    names = target.names(embedding=embedding)
    one, other = some(target, 4), some(target, 3, seed=1)
    found, there = factorize(target, one, names=names), factorize(target, other, names=names)
    assert tuple(found) == names
    truth = torch.stack([flat(g, names) for g in target.gradients(one, names)])
    truth_there = torch.stack([flat(g, names) for g in target.gradients(other, names)])
    close = {"rtol": 1e-10, "atol": 1e-13}
    for place in range(4):
        formed = {n: part[place] for n, part in found.formed().items()}
        assert all(formed[n].shape == target.parameters()[n].shape for n in names)
        torch.testing.assert_close(flat(formed, names), truth[place], **close)
    given = {n: torch.randn(value.shape, dtype=F64) for n, value in target.parameters().items()}
    torch.testing.assert_close(found.inner(given), truth @ flat(given, names), **close)
    torch.testing.assert_close(found.squares(), truth.square().sum(dim=1), **close)
    torch.testing.assert_close(found.gram(), truth @ truth.T, **close)
    torch.testing.assert_close(found.gram(there), truth @ truth_there.T, **close)
    torch.testing.assert_close(found.select([2, 0]).gram(), (truth @ truth.T)[[2, 0]][:, [2, 0]])
    losses = target.losses(one.inputs, one.labels, one.lengths)
    torch.testing.assert_close(found.losses, losses, **close)


def test_a_table_made_block_by_block_is_the_same(monkeypatch):
    target = TARGETS["small"]
    found = factorize(target, some(target, 7))
    whole = found.gram()
    monkeypatch.setattr(module, "_MOST_ENTRIES", 100)
    torch.testing.assert_close(found.gram(), whole)


def test_no_hook_stays_and_no_parameter_wants_a_gradient():
    target = TARGETS["small"]
    factorize(target, some(target, 2))
    with pytest.raises(InputError, match="no_such"):
        factorize(target, some(target, 2), names=["no_such.weight"])
    with pytest.raises(RuntimeError):
        factorize(target, target.batch([[1, 2]], [0]).__class__(torch.ones(1, 2), None, None))
    for part in target.module.modules():
        assert not part._forward_hooks
    assert not any(p.requires_grad or p.grad is not None for p in target.module.parameters())


def test_factors_can_be_differentiated():
    """The derivative of |g|^2 by a token's vector, against a difference."""
    target = TARGETS["attention with positions"]
    batch = some(target, 1)
    vectors = target.module.embedding.look_up(batch.inputs)

    def squares(at, **more):
        moved = batch.__class__(at, batch.labels, batch.lengths)
        return factorize(target, moved, vectors=True, **more).squares().sum()

    leaf = vectors.clone().requires_grad_()
    (slope,) = torch.autograd.grad(squares(leaf, create_graph=True), leaf)
    direction = torch.randn(vectors.shape, dtype=F64)
    step = 1e-5
    rise = squares(vectors + step * direction) - squares(vectors - step * direction)
    assert (slope * direction).sum().item() == pytest.approx(rise.item() / (2 * step), rel=1e-6)


def test_the_real_one():
    target = find_target("minilm")
    batch = draw_secrets(target, 2, seed=0)
    found = factorize(target, batch)
    names = target.names()
    truth = torch.stack([flat(g, names).double() for g in target.gradients(batch)])
    torch.testing.assert_close(found.gram().double(), truth @ truth.T, rtol=1e-4, atol=1e-4)
