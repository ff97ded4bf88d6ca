"""Naming one of K candidates: measured, simulated from inner products, and every ceiling.

python benchmarks/identification.py --targets attention,small --candidates 16,256 --trials 400
"""

from __future__ import annotations

import argparse
import dataclasses

import torch
from rich.console import Console
from rich.table import Table

import dpaccount as dpa
from dpaccount.attacks import Threat, draw_secrets, find_target
from dpaccount.attacks.audit import audit_identification
from dpaccount.attacks.gram import clipped_gram, enclosing_radius
from dpaccount.attacks.identification import simulate, succeed
from dpaccount.attacks.targets.texts import sentence_pool
from dpaccount.ceilings import identification, local_reconstruction

ERROR = 1e-6  # of the verdict, over the whole table


def drawn(target, count):
    """Candidates of one label, which the attacker may know."""
    if target.tokenizer is None:
        batch = draw_secrets(target, count, seed=0)
    else:
        rows = texts(target)[:count]
        batch = target.batch(rows, [1] * count)
    return dataclasses.replace(batch, labels=torch.ones(count, dtype=torch.int64))


def texts(target):
    """Real sentences and their two ends, cut ever shorter, in an order by chance."""
    pools = [sentence_pool(target, most=most, pieces=True) for most in (24, 20, 16, 12, 10)]
    rows = list(dict.fromkeys(row for pool in pools for row in pool))
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))
    return [rows[i] for i in order.tolist()]


def line(target, candidates, gram, sigma, trials, cells):
    count, threat = len(candidates), Threat(noise_multiplier=sigma)
    simulated = simulate(gram, noise_std=threat.noise_std, trials=50_000, seed=1)
    run, prior = dpa.Gaussian(sigma), f"1/{count}"
    radius = min(enclosing_radius(gram), 1.0)
    local = local_reconstruction(run, prior=prior, radius=radius, is_centered=True).upper
    rero = dpa.profile(run).reconstruction(prior).upper
    orthogonal = identification(count, mu=1 / threat.noise_std).upper
    cells_of = [target.name, str(count), sigma]
    verdict, mu = "", ""
    if trials:
        measured = succeed(target, candidates, threat, trials=trials, seed=2)
        low, high = measured.interval()
        cells_of.append(f"{measured.value:.3f} [{low:.3f}, {high:.3f}]")
        agree = low <= simulated.upper(0.025) and simulated.lower(0.025) <= high
        broken = measured.lower(ERROR / cells) > min(local, rero)
        verdict = "VIOLATION" if broken else ("agrees" if agree else "differs")
        audit = audit_identification(measured, prior=prior, delta="1e-5")
        mu = f"{audit.mu.lower:.3f} <= {1 / float(sigma):.3f}"
    else:
        cells_of.append("-")
    low, high = simulated.interval()
    cells_of += [f"{simulated.value:.4f} [{low:.4f}, {high:.4f}]"]
    cells_of += [f"{orthogonal:.4f}", f"{local:.4f}", f"{rero:.4f}", mu, verdict]
    return cells_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--targets", default="attention,small,minilm")
    parser.add_argument("--candidates", default="16,256")
    parser.add_argument("--sigmas", default="0.3,0.5,1,2")
    parser.add_argument("--trials", type=int, default=200, help="0 to leave the model's own out")
    given = parser.parse_args()
    torch.set_num_threads(1)
    console, table = Console(width=120), Table(box=None, pad_edge=False, header_style="bold")
    titles = ("target", "K", "sigma", "measured", "from the Gram matrix", "orthogonal", "local",
              "ReRo", "mu: audit, true", "")  # fmt: skip
    for title in titles:
        table.add_column(title, justify="right")
    targets, counts = given.targets.split(","), [int(k) for k in given.candidates.split(",")]
    sigmas = given.sigmas.split(",")
    cells = len(targets) * len(counts) * len(sigmas)
    for name in targets:
        target = find_target(name)
        for count in counts:
            candidates = drawn(target, count)
            gram = clipped_gram(target, candidates, Threat())
            for sigma in sigmas:
                row = line(target, candidates, gram, sigma, given.trials, cells)
                table.add_row(*row)
                console.print(" | ".join(row), highlight=False)
    console.print(table)


if __name__ == "__main__":
    main()
