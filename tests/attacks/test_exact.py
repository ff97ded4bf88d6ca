"""Attacks that are exact where nothing is noised, on everything but the largest target."""

from __future__ import annotations

import math

import pytest
import torch

from dpaccount.attacks import Attack, Threat, diagnose, draw_secrets, expose, measure
from dpaccount.attacks.exact import (
    AttentionIdentity,
    EmbeddingRows,
    LabelRecovery,
    SpanTest,
    linear_input,
    recover_inputs,
    recover_label,
    rows_that_changed,
)
from dpaccount.attacks.exact.arrange import Descent
from dpaccount.attacks.exact.labels import predicted_tokens
from dpaccount.attacks.targets import attention_layer, digit_images, digits, small_transformer
from dpaccount.errors import InputError, Unsupported

F64 = torch.float64


def shown(target, secrets, **more):
    return expose(target, secrets, Threat(batch_size=len(secrets), **more), seed=0)


@pytest.mark.parametrize("attack", [AttentionIdentity, EmbeddingRows, LabelRecovery, SpanTest])
def test_each_is_an_attack_and_names_its_paper(attack):
    assert isinstance(attack(), Attack)
    assert "arXiv" in attack().source
    assert attack().name


@pytest.mark.parametrize("clip_norm", [1e-2, 1e3])
def test_the_input_of_the_last_layer(clip_norm):
    target = small_transformer(dtype=F64)
    secrets = draw_secrets(target, 1, seed=3)
    view = shown(target, secrets, clip_norm=clip_norm)
    with torch.no_grad():
        vectors = target.module.embedding.look_up(secrets.inputs)
        truth = target.module.encode(vectors).mean(dim=1)[0]
    assert (linear_input(view, "head") - truth).abs().max() < 1e-12
    with pytest.raises(InputError, match=r"no gradient of tail\.weight"):
        linear_input(view, "tail")
    for part in view.gradients.values():
        part.zero_()
    with pytest.raises(Unsupported, match=r"leak\.linear"):
        linear_input(view, "head")


def test_the_label():
    for seed in range(12):
        target = small_transformer(seed=seed)
        view = shown(target, draw_secrets(target, 1, seed=seed), knows_labels=False)
        truth = draw_secrets(target, 1, seed=seed).labels[0]
        assert recover_label(view) == truth
        assert LabelRecovery()(view, evaluations=1, seed=0).labels == (truth,)
    assert (view.need("head.bias")[0] < 0).sum() == 1
    with pytest.raises(InputError, match="2 examples"):
        recover_label(shown(target, draw_secrets(target, 2, seed=0)))


def test_the_bag_of_a_language_model():
    target = small_transformer(loss="next", causal=True, max_length=12)
    for seed in range(6):
        tokens = draw_secrets(target, 1, seed=seed, length=10).tokens[0]
        tokens = (*tokens, tokens[3], tokens[4])
        view = shown(target, target.batch([tokens]))
        assert predicted_tokens(view, 11) == tuple(sorted(tokens[1:]))
        assert LabelRecovery()(view, evaluations=1, seed=0).tokens == (tuple(sorted(tokens[1:])),)


def test_the_rows_of_the_embedding():
    target = attention_layer(bias=True)
    secrets = target.batch([(5, 3, 3, 60)], [1])
    view = shown(target, secrets, embedding=True)
    assert set(rows_that_changed(view)) == {5, 3, 60}
    loud = shown(target, secrets, embedding=True, clip_norm=1, noise_multiplier=1e-3)
    assert set(rows_that_changed(loud)) == {5, 3, 60}
    with pytest.raises(InputError, match=r"no gradient of embedding\.token\.weight"):
        EmbeddingRows()(shown(target, secrets), evaluations=1, seed=0)


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("loss", ["pooled", "token"])
def test_attention_in_closed_form(heads, causal, loss):
    target = attention_layer(dtype=F64, positions=True, heads=heads, causal=causal, loss=loss)
    secrets = draw_secrets(target, 1, seed=heads)
    view = shown(target, secrets)
    try:
        found = recover_inputs(view, 8)
    except Unsupported as refusal:  # a mean over few heads: dX has a smaller rank than tokens
        assert "8 independent rows of dX" in str(refusal)  # noqa: PT017
        assert loss == "pooled"
        return
    vectors = target.module.embedding(target.module.embedding.look_up(secrets.inputs))[0]
    assert (found - vectors).abs().max() < 1e-8
    guess = AttentionIdentity()(view, evaluations=1, seed=0)
    assert measure(guess, secrets, target).exact == 1


def test_patches_in_closed_form():
    from dpaccount.attacks.targets import Architecture, random_target

    shape = Architecture(
        width=16, heads=4, patch=8, max_length=8, residual=False, projection=False, loss="token",
        classes=4,
    )  # fmt: skip
    target = random_target("rows", shape, dtype=F64)
    image = digit_images(digits(dtype=F64), 1).inputs[0]
    view = shown(target, target.batch([image], [[0, 1, 2, 3, 0, 1, 2, 3]]))
    guess = AttentionIdentity()(view, evaluations=1, seed=0)
    assert (guess.values[0] - image).abs().max() < 1e-8


@pytest.mark.parametrize(("changes", "missing"), [
    ({"positions": True, "residual": True}, r"leak\.attention_identity"),
    ({"positions": False}, "dX"), ({"positions": True, "norm": "post"}, "dX"),
    ({"positions": True, "norm": "pre"}, r"leak\.attention_identity"),
])  # fmt: skip
def test_where_the_identity_does_not_hold(changes, missing):
    target = attention_layer(dtype=F64, **changes)
    with pytest.raises(Unsupported, match=missing):
        AttentionIdentity()(shown(target, draw_secrets(target, 1, seed=0)), evaluations=1, seed=0)


def test_the_identity_is_for_one_example():
    target = attention_layer(dtype=F64, positions=True, loss="token")
    with pytest.raises(Unsupported, match="one example"):
        AttentionIdentity()(shown(target, draw_secrets(target, 2, seed=0)), evaluations=1, seed=0)


ARCHITECTURES = [
    (attention_layer, changes)
    for changes in (
        {}, {"heads": 1}, {"heads": 4}, {"causal": True}, {"causal": True, "heads": 1},
        {"loss": "token"}, {"positions": True}, {"bias": True, "projection": True},
        {"positions": True, "residual": True, "norm": "pre"},
    )
] + [
    (small_transformer, changes)
    for changes in (
        {}, {"layers": 1}, {"layers": 4}, {"norm": "pre"}, {"loss": "next", "causal": True},
        {"loss": "token"},
    )
]  # fmt: skip


@pytest.mark.parametrize(("maker", "changes"), ARCHITECTURES)
@pytest.mark.parametrize("batch_size", [1, 2])
def test_all_that_the_diagnosis_calls_recoverable_is_found(maker, changes, batch_size):
    for seed in range(2):
        target = maker(seed=seed, dtype=F64, **changes)
        secrets = draw_secrets(target, batch_size, seed=seed, length=8 if batch_size == 1 else 5)
        found = diagnose(target, secrets, Threat(batch_size=batch_size), evaluations=4000)
        for rank in found.ranks:
            assert rank.largest is None or rank.rank <= rank.largest, rank
            assert rank.rank <= sum(found.lengths)
        assert found.kept
        assert found.observed == found.recoverable
        last = batch_size if target.shape.loss == "next" else 0  # it predicts nothing
        spanned = sum(token.spanned for token in found.tokens)
        assert spanned == sum(found.lengths) - last
        if batch_size == 1:
            assert found.recoverable == spanned
            assert found.success.bag == 1
            assert found.fibre > 1 or found.success.exact == 1
            assert found.success.modulo_order == 1
        else:
            assert found.recoverable >= spanned / 2


def test_what_the_three_gradients_span_by_themselves():
    """One head: the first causal token is in no query span; no token is in a key span."""
    target = attention_layer(heads=1, causal=True, dtype=F64)
    found = diagnose(target, target.batch([(3, 1, 4, 5, 9)], [0]), Threat(), attack=False)
    by_part = {rank.part: rank for rank in found.ranks}
    assert [by_part[p].rank for p in ("query", "key", "value", "all three")] == [4, 4, 1, 5]
    assert [by_part[p].largest for p in ("query", "key", "value", "all three")] == [4, 4, 1, 5]
    assert by_part["query"].spanned == 4
    assert by_part["key"].spanned == 0
    assert by_part["all three"].spanned == 5
    assert found.kept is None
    assert found.embedding_alone == 5


def test_a_span_that_holds_more_than_its_tokens():
    """Three corners of a parallelogram of tokens and positions bring the fourth."""
    target = attention_layer(dtype=F64, positions=True, loss="token", residual=False)
    secrets = target.batch([(5, 6), (5, 9), (6, 6)], [[0, 1], [2, 3], [1, 1]])
    found = diagnose(target, secrets, Threat(batch_size=3), attack=False)
    # 5@0, 6@0 and 6@1 span 5@1, and with 9@1 also 9@0: neither is in an example
    assert all(token.spanned and token.others == 1 for token in found.tokens)
    assert found.recoverable == 0


def test_no_promise_under_noise():
    target = small_transformer(dtype=F64)
    secrets = draw_secrets(target, 1, seed=0)
    quiet = diagnose(target, secrets, Threat(), attack=False)
    loud = diagnose(target, secrets, Threat(noise_multiplier=1), attack=False)
    assert quiet.recoverable == 8
    assert loud.recoverable == 0
    guess = SpanTest()(shown(target, secrets, noise_multiplier=1.0), evaluations=100, seed=0)
    assert measure(guess, secrets, target).position < 0.5


def test_a_length_that_is_not_known():
    target = small_transformer(dtype=F64)
    secrets = draw_secrets(target, 1, seed=0, length=6)
    view = shown(target, secrets, knows_lengths=False, knows_labels=False)
    assert SpanTest()(view, evaluations=100, seed=0).tokens == secrets.tokens
    for bad in (
        shown(target, draw_secrets(target, 2, seed=0), knows_lengths=False),
        shown(target, secrets, knows_lengths=False, noise_multiplier=1e-3),
    ):
        with pytest.raises(InputError, match="known lengths"):
            SpanTest()(bad, evaluations=100, seed=0)


def test_a_layer_whose_gradient_is_kept_back():
    target = small_transformer(dtype=F64)
    view = shown(target, draw_secrets(target, 1, seed=0))
    kept = {name: part for name, part in view.gradients.items() if "query" not in name}
    from dataclasses import replace

    with pytest.raises(InputError, match=r"no gradient of blocks\.0\.attention\.query\.weight"):
        SpanTest()(replace(view, gradients=kept), evaluations=1, seed=0)


def test_continuous_inputs_are_refused():
    target = digits(dtype=F64)
    secrets = digit_images(target, 1)
    with pytest.raises(InputError, match="a target that reads tokens"):
        diagnose(target, secrets, Threat())
    with pytest.raises(InputError, match="a target that reads tokens"):
        SpanTest()(shown(target, secrets), evaluations=1, seed=0)


def test_the_same_seed_is_the_same_guess():
    target = attention_layer(causal=True, dtype=F64)
    view = shown(target, draw_secrets(target, 1, seed=0))
    one, other = (SpanTest()(view, evaluations=3000, seed=5) for _ in range(2))
    assert one == other
    assert one.evaluations <= 3000


def test_descent_stays_within_its_evaluations_and_its_choices():
    seen = []

    def score(rows):
        seen.extend(map(tuple, rows.tolist()))
        return (rows - torch.tensor([4, 1, 7])).abs().sum(dim=1).double()

    descent = Descent([[1, 4], [1, 4, 9], [7, 0]], score, enough=0, evaluations=50, seed=0)
    assert descent.run() == ((4, 1, 7), 0)
    assert descent.used == len(seen) <= 50
    assert all(a in (1, 4) and b in (1, 4, 9) and c in (7, 0) for a, b, c in seen)
    flat = Descent([[1, 4], [1, 4]], lambda rows: torch.ones(len(rows)), enough=0,
                   evaluations=7, seed=0)  # fmt: skip
    assert math.isfinite(flat.run()[1])
    assert flat.used <= 7 + 1


def test_an_attack_without_evaluations_left_is_no_broken_promise():
    target = attention_layer(dtype=torch.float64)
    secrets = target.batch([(3, 1, 4, 9, 5, 9, 2, 6)], [0])  # 9 twice; 1 twice is looked at first
    short = diagnose(target, secrets, Threat(), evaluations=1)
    assert (short.recoverable, short.observed, short.guess.evaluations) == (8, 7, 1)
    assert short.cut_short
    assert short.kept is None
    whole = diagnose(target, secrets, Threat(), evaluations=100)
    assert whole.kept is True
    assert not whole.cut_short
