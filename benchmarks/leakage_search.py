"""How much of real sentences the likelihood attack reads from noised gradients of a real BERT.

Resumable: each attack keeps its state in a folder, so that a run that was cut off, or one with more
evaluations, goes on where the last one ended. Work is counted in evaluations.

    python benchmarks/leakage_search.py --states DIR --sigmas 1e-2,3e-2 --evaluations 20000
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from dpaccount.attacks import Threat, expose
from dpaccount.attacks.likelihood import Likelihood, Outcome, judge
from dpaccount.attacks.rates import Rate
from dpaccount.attacks.targets import minilm, sentences

LABEL = 1


def attacked(target, sentence, sigma, *, evaluations, noise_seed, state_file):
    """One attack and what became of it, as plain data."""
    secret = target.batch([sentence], [LABEL])
    view = expose(target, secret, Threat(noise_multiplier=sigma), seed=noise_seed)
    began = time.perf_counter()
    guess = Likelihood(state_file=str(state_file))(view, evaluations=evaluations, seed=0)
    seconds = time.perf_counter() - began
    verdict = judge(guess, secret, view)
    return {
        "sigma": sigma,
        "tokens": len(sentence),
        "evaluations": guess.evaluations,
        "seconds": round(seconds, 1),
        "position": verdict.success.position,
        "bag": verdict.success.bag,
        "exact": verdict.success.exact,
        "optimal": verdict.success.optimal,
        "outcome": verdict.outcome.value,
        "score": guess.score,
        "truth_score": verdict.truth_score,
        "guess": target.tokenizer.decode(guess.tokens[0]),
        "truth": target.tokenizer.decode(sentence),
    }


def summary(rows):
    """A line for each noise: means, and how many searches failed with its interval."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("sigma", "runs", "position", "bag", "verbatim", "optimal", "search failed"):
        table.add_column(title, justify="right")
    for sigma in dict.fromkeys(row["sigma"] for row in rows):
        of = [row for row in rows if row["sigma"] == sigma]
        failed = Rate(sum(r["outcome"] == Outcome.SEARCH_FAILURE.value for r in of), len(of))
        low, high = failed.interval()
        table.add_row(
            sigma,
            str(len(of)),
            *(f"{sum(r[name] for r in of) / len(of):.2f}" for name in ("position", "bag")),
            f"{sum(r['exact'] == 1 for r in of)}/{len(of)}",
            f"{sum(bool(r['optimal']) for r in of)}/{len(of)}",
            f"{failed.successes}/{len(of)} [{low:.2f}, {high:.2f}]",
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--states", type=Path, required=True, help="folder of states and results")
    parser.add_argument("--sigmas", default="1e-3,1e-2,3e-2,1e-1")
    parser.add_argument("--sentences", default="0,1,2,3,4,5", help="which of them")
    parser.add_argument("--evaluations", type=int, default=20_000)
    parser.add_argument("--noise-seed", type=int, default=0)
    given = parser.parse_args()
    torch.set_num_threads(1)
    given.states.mkdir(parents=True, exist_ok=True)
    target, console, rows = minilm(), Console(width=100), []
    chosen = sentences(target, 6, seed=0)
    for sigma in given.sigmas.split(","):
        for number in map(int, given.sentences.split(",")):
            name = f"{sigma}-{number}-{given.noise_seed}"
            row = attacked(
                target, chosen[number], sigma, evaluations=given.evaluations,
                noise_seed=given.noise_seed, state_file=given.states / f"{name}.state.json",
            )  # fmt: skip
            (given.states / f"{name}.json").write_text(json.dumps(row, indent=1))
            rows.append(row)
            console.print(
                f"{sigma} sentence {number}: {row['outcome']}, position {row['position']:.2f}, "
                f"bag {row['bag']:.2f}, {row['evaluations']} evaluations, {row['seconds']} s\n"
                f"  {row['guess']}\n  {row['truth']}",
                highlight=False, markup=False,
            )  # fmt: skip
    console.print(summary(rows))


if __name__ == "__main__":
    main()
