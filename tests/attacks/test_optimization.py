"""Gradient matching: starts batched or one by one, and what they reach."""

from __future__ import annotations

import pytest
import torch

from dpaccount.attacks import Attack, Threat, draw_secrets, expose, measure
from dpaccount.attacks.lbfgs import minimize
from dpaccount.attacks.optimization import dlg, inverting_gradients, tag
from dpaccount.attacks.targets import attention_layer, digit_images, digits, small_transformer
from dpaccount.errors import InputError

F64 = torch.float64
PLENTY = 10**9


def shown(seed, **changes):
    """Four tokens of width eight: a layer, its secret and what is released without noise."""
    target = attention_layer(seed=seed, dtype=F64, width=8, max_length=4, **changes)
    secrets = draw_secrets(target, 1, seed=seed, length=4)
    return target, secrets, expose(target, secrets, Threat(clip_norm=1000), seed=0)


@pytest.mark.parametrize("make", [dlg, inverting_gradients, tag])
def test_each_is_an_attack_and_names_its_paper(make):
    assert isinstance(make(), Attack)
    assert "arXiv" in make().source
    with pytest.raises(InputError, match="squared, cosine, both"):
        make(match="angle")
    with pytest.raises(InputError, match="lbfgs, adam"):
        make(optimizer="sgd")


def test_lbfgs_on_problems_with_known_answers():
    generator = torch.Generator().manual_seed(0)
    scales = torch.logspace(0, 3, 6, dtype=F64)
    centers = torch.randn(5, 6, dtype=F64, generator=generator)

    def quadratic(points):
        return (scales * (points - centers[: len(points)]).square()).sum(dim=1)

    found, values, used = minimize(quadratic, torch.zeros(5, 6, dtype=F64), 200)
    assert values.max() < 1e-15
    assert (found - centers).abs().max() < 1e-7
    assert used < 5 * 200  # who has arrived goes no farther
    assert minimize(quadratic, torch.zeros(5, 6, dtype=F64), 2000)[2] == used

    def banana(points):
        a, b = points[:, 0], points[:, 1]
        return (1 - a).square() + 100 * (b - a.square()).square()

    found, values, _ = minimize(banana, torch.tensor([[-1.2, 1.0], [0.0, 3.0]], dtype=F64), 300)
    assert values.max() < 1e-12
    assert (found - 1).abs().max() < 1e-5


def test_lbfgs_that_begins_on_a_steep_slope_is_not_soon_content():
    """Of the slope at 50 less than 1e-10 is left at 26, which is far from the least value."""
    for losses, begin in (
        (lambda x: torch.cosh(x - 1).sum(dim=1), 50.0),
        (lambda x: 1 + ((x - 1) ** 4).sum(dim=1), 1000.0),
    ):
        found, value, _ = minimize(losses, torch.full((1, 2), begin, dtype=torch.float64), 300)
        assert (found - 1).abs().max() < 1e-3
        assert value - losses(torch.ones_like(found)) < 1e-12


def test_lbfgs_where_values_are_not_finite():
    def wall(points):
        return torch.where(points[:, 0] > 0, points[:, 0] - points[:, 0].log(), torch.nan)

    found, values, _ = minimize(wall, torch.tensor([[3.0], [-1.0]], dtype=F64), 60)
    assert found[0, 0].item() == pytest.approx(1, abs=1e-6)
    assert values.tolist() == [pytest.approx(1), torch.inf]


def test_a_row_of_a_batch_goes_its_own_way():
    _, _, view = shown(0)
    # a course is chaotic once rounding differs, so its beginning is compared
    short, losses, used = dlg(starts=5, steps=6).descend(view, evaluations=PLENTY, seed=1)
    single, others, each = dlg(starts=5, steps=6, batched=False).descend(
        view, evaluations=PLENTY, seed=1
    )
    torch.testing.assert_close(short, single, rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(losses, others, rtol=1e-8, atol=1e-10)
    assert short.shape == (5, 4, 8)
    assert 0 < each <= 5 * 6
    assert 0 < used <= 5 * 6


def reached(view, target, secrets, attack):
    """Which starts end at the secret, up to order where order leaves no trace."""
    found, losses, _ = attack.descend(view, evaluations=PLENTY, seed=7)
    tokens = torch.cdist(found, target.token_vectors()).argmin(dim=2)
    truth = sorted(secrets.tokens[0])
    return [sorted(row) == truth for row in tokens.tolist()], losses


@pytest.mark.slow
def test_deep_leakage_without_noise():
    """A third of single starts, and nine of ten secrets with all of them."""
    single, batched = [], []
    for seed in range(10):
        target, secrets, view = shown(seed)
        hits, losses = reached(view, target, secrets, dlg(starts=16, steps=200))
        single += hits
        batched.append(hits[int(losses.argmin())])  # the start that the attack answers with
    assert sum(single) / len(single) >= 0.33
    assert sum(batched) / len(batched) >= 0.9


def test_the_answer_is_the_best_start():
    target, secrets, view = shown(2)
    attack = dlg(starts=6, steps=120)
    hits, losses = reached(view, target, secrets, attack)
    guess = attack(view, evaluations=PLENTY, seed=7)
    assert guess.score == -float(losses.min())
    assert measure(guess, secrets, target).modulo_order == hits[int(losses.argmin())]


@pytest.mark.slow
@pytest.mark.parametrize("make", [inverting_gradients, tag])
def test_the_others_find_some(make):
    hits = []
    for seed in range(3):
        target, secrets, view = shown(seed)
        found, losses = reached(view, target, secrets, make(starts=16, steps=400))
        hits += found
        assert torch.isfinite(losses).all()
    assert sum(hits) > 0


def test_digits():
    target = digits(dtype=F64)
    image = digit_images(target, 1, seed=1)
    view = expose(target, image, Threat(clip_norm=1000, knows_labels=False), seed=0)
    guess = dlg(starts=1, steps=50)(view, evaluations=PLENTY, seed=0)
    assert guess.values.shape == (1, 8, 8)
    first = dlg(starts=1, steps=1)(view, evaluations=PLENTY, seed=0)
    assert guess.score > first.score / 100
    assert (guess.values - image.inputs).abs().mean() < (first.values - image.inputs).abs().mean()


def test_evaluations_are_kept():
    _, _, view = shown(0)
    for evaluations in (1, 7, 50):
        for attack in (dlg(), tag(starts=4)):
            guess = attack(view, evaluations=evaluations, seed=0)
            assert 0 < guess.evaluations <= evaluations
            assert guess == attack(view, evaluations=evaluations, seed=0)


def test_what_it_is_not_for():
    target = small_transformer(dtype=F64)
    two = expose(target, draw_secrets(target, 2, seed=0), Threat(batch_size=2), seed=0)
    blind = expose(target, draw_secrets(target, 1, seed=0), Threat(knows_lengths=False), seed=0)
    for view in (two, blind):
        with pytest.raises(InputError, match="one example of known length"):
            dlg()(view, evaluations=10, seed=0)
    model = small_transformer(loss="next", causal=True)
    view = expose(model, draw_secrets(model, 1, seed=0), Threat(), seed=0)
    with pytest.raises(InputError, match="language model"):
        dlg()(view, evaluations=10, seed=0)
