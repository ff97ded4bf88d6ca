"""How often vectors that leave their words come to the true ones, by the noise.

Of the likelihood attack's search, on real sentences and a real BERT. Where all other words are
right: is a missing word among the nearest to what its place comes to from a wrong word, alone or
with other places free? From nothing: how many of a sentence's words are among the nearest to what
any place comes to? And, for nothing: how many look most like the pooled vector that is released?

    python benchmarks/leakage_relaxation.py --sigmas 1e-2,3e-2
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from dpaccount.attacks import Threat, expose
from dpaccount.attacks.likelihood import mending
from dpaccount.attacks.likelihood.moves import replaced
from dpaccount.attacks.likelihood.score import Scorer
from dpaccount.attacks.likelihood.shortlist import Shortlists, read_pooled
from dpaccount.attacks.targets import minilm, sentences

LABEL, NEAR, TOP, USUAL = 1, 12, 50, (1996, 12000)


def missing(scorer, lists, sentence, free, random):
    """For each place that is set free with others: whether its word is the nearest, or near."""
    places = range(1, len(sentence) - 1)
    rows, chosen = [], []
    for place in places:
        others = random.permutation([x for x in places if x != place])[: free - 1]
        together = sorted([place, *map(int, others)])
        row = tuple(sentence)
        for x in together:
            row = replaced(row, x, int(random.integers(*USUAL)))
        rows.append(row)
        chosen.append(together)
    found = mending.relaxed(scorer, lists, rows, chosen)
    return [
        (words[x][:1] == [sentence[x]], sentence[x] in words[x][:NEAR])
        for words, together in zip(found, chosen, strict=True)
        for x in together
    ]


def named(scorer, lists, sentence, random):
    """The share of different words that a start from nothing names."""
    frame = scorer.view.target.frame
    begun = (*frame[0], *sentence[1:-1], *frame[1])  # vectors start from the mean, not from these
    mending.started(scorer, lists, begun, range(1, len(sentence) - 1), 2, random)
    inner = set(sentence[1:-1])
    return len(inner & {word for word, _ in lists.state()["named"]}) / len(inner)


def pooled(view, sentence):
    """The share of different words among those that look most like the pooled vector."""
    inner = set(sentence[1:-1])
    return len(inner & set(read_pooled(view).topk(TOP).indices.tolist())) / len(inner)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sigmas", default="1e-3,1e-2,3e-2,1e-1")
    parser.add_argument("--sentences", type=int, default=6)
    given = parser.parse_args()
    torch.set_num_threads(1)
    target, random = minilm(), np.random.default_rng(0)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("sigma", "1 free: nearest", f"of {NEAR}", "3 free: nearest", f"of {NEAR}",
                  "from nothing", f"of {TOP} by the pooled"):  # fmt: skip
        table.add_column(title, justify="right")
    for sigma in given.sigmas.split(","):
        alone, three, start, free = [], [], [], []
        for number, sentence in enumerate(sentences(target, given.sentences, seed=0)):
            secret = target.batch([sentence], [LABEL])
            scorer = Scorer(expose(target, secret, Threat(noise_multiplier=sigma), seed=number))
            lists = Shortlists(scorer.view, len(sentence))
            free.append(pooled(scorer.view, sentence))
            start.append(named(scorer, lists, sentence, random))
            alone += missing(scorer, lists, sentence, 1, random)
            three += missing(scorer, lists, sentence, 3, random)
        shares = [f"{share:.2f}" for part in (alone, three) for share in np.mean(part, axis=0)]
        table.add_row(sigma, *shares, f"{np.mean(start):.2f}", f"{np.mean(free):.2f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
