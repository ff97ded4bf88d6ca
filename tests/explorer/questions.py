"""Questions, and what the verbs of the library answer to them."""

from __future__ import annotations

from urllib.parse import urlencode

from dpaccount.explorer.question import START


def fields(**changed):
    assert set(changed) <= {name for name, _ in START}
    return {name: str(changed.get(name, text)) for name, text in START}


def link(**changed):
    return "?" + urlencode(fields(**changed))


QUESTIONS = [
    {},
    {"noise_multiplier": "2.5", "batch_size": 1000, "epochs": 10, "delta": "1e-7"},
    {"noise_multiplier": "0.80", "epochs": "1/2", "delta": "1/30000", "fpr": "0.1"},
    {"batch_size": 60_000, "epochs": 3, "candidates": 2},  # every record in every batch
    {"noise_multiplier": 20, "batch_size": 1, "epochs": 1, "delta": "0.01"},  # epsilon is 0
    {"epochs": 0},  # nothing is released
    {"delta": "1e-30", "fpr": 0, "candidates": 10**15},
]
#: What is no question, and a word of the line that says so.
REFUSED = [
    ("?", "epsilon"),  # an empty one is the start
    ("?noise_multiplier=1.1", "batch_size"),
    (link() + "&delta=1e-3", "several of delta"),
    (link() + "&sigma=3", "sigma"),
    (link(noise_multiplier="nan"), "noise_multiplier"),
    (link(noise_multiplier="inf"), "noise_multiplier"),
    (link(noise_multiplier=0), "noise_multiplier"),
    (link(noise_multiplier=-1), "noise_multiplier"),
    (link(noise_multiplier=""), "noise_multiplier"),
    (link(noise_multiplier="1,1"), "noise_multiplier"),
    (link(noise_multiplier="<script>alert(1)</script>"), "noise_multiplier"),
    (link(noise_multiplier="9" * 7000), "noise_multiplier"),
    (link(noise_multiplier="9" * 9000), "too long"),
    (link(batch_size=60_001), "batch_size"),
    (link(batch_size="2.5"), "batch_size"),
    (link(batch_size=0), "batch_size"),
    (link(dataset_size="1e17"), "dataset_size"),
    (link(epochs="1e15"), "steps"),
    (link(epochs="-1"), "epochs"),
    (link(delta=0), "delta"),
    (link(delta=1), "delta"),
    (link(delta="1/0"), "delta"),
    (link(fpr="1.5"), "fpr"),
    (link(candidates=1), "candidates"),
    (link(candidates="many"), "candidates"),
    ("?" + "%ff" * 20, "link"),
    ("?" + "&" * 5000, "link"),
    ("?" + "a=1&" * 1500, "link"),
][1:]
