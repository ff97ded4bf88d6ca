"""What is attacked, from one layer of attention to a real BERT."""

from __future__ import annotations

from dpaccount.attacks.targets.catalog import TARGETS, draw_secrets, find_target
from dpaccount.attacks.targets.images import digit_images, digits
from dpaccount.attacks.targets.model import Batch, Target
from dpaccount.attacks.targets.pretrained import minilm
from dpaccount.attacks.targets.small import attention_layer, random_target, small_transformer
from dpaccount.attacks.targets.texts import sentences
from dpaccount.attacks.targets.transformer import Architecture, Transformer

__all__ = [
    "TARGETS",
    "Architecture",
    "Batch",
    "Target",
    "Transformer",
    "attention_layer",
    "digit_images",
    "digits",
    "draw_secrets",
    "find_target",
    "minilm",
    "random_target",
    "sentences",
    "small_transformer",
]
