"""One secret attacked: drawn, released, guessed, and held against the truth."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from dpaccount.attacks.attack import Guess, fibre_size, measure
from dpaccount.attacks.catalog import find_attack
from dpaccount.attacks.likelihood import Outcome, judge
from dpaccount.attacks.sweep.cells import Cell
from dpaccount.attacks.targets import Batch, Target, draw_secrets, find_target
from dpaccount.attacks.threat import Threat, View, expose

__all__ = ["Trial", "trial_of", "trials"]


class Trial(NamedTuple):
    """What came of one trial; 1 for yes.

    Args:
        exact: Whether the whole secret is right.
        modulo: Whether it is right up to what the gradient cannot tell (leak.fibre).
        token: Whether the token at one position is, which is drawn beforehand.
        position: Share of the positions that are right.
        bag: Share of the tokens.
        likely: Whether the answer is at least as likely as the truth.
        evaluations: Candidates that were looked at.
    """

    exact: int
    modulo: int
    token: int
    position: float
    bag: float
    likely: int
    evaluations: int


def trial_of(row: Sequence[str]) -> Trial:
    """A trial that was kept as text."""
    exact, modulo, token, position, bag, likely, evaluations = row
    return Trial(
        int(exact), int(modulo), int(token), float(position), float(bag), int(likely),
        int(evaluations),
    )  # fmt: skip


def trials(cell: Cell, first: int, last: int) -> list[Trial]:
    """The trials first <= i < last of a cell; the same wherever they run.

    Raises:
        InputError: If the attack does not fit the target.
    """
    from threadpoolctl import threadpool_limits

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # sums in the same order everywhere
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            return [_trial(cell, number) for number in range(first, last)]
    finally:
        torch.set_num_threads(threads)


@lru_cache(maxsize=8)
def _target(name: str) -> Target:
    found = find_target(name)
    # a real model is used as it is; small ones cost nothing
    return found if found.tokenizer is not None else find_target(name, dtype=torch.float64)


def _seed(*words: object) -> int:
    """A seed from words, the same on every machine."""
    parts = [w if isinstance(w, int) else zlib.crc32(str(w).encode()) for w in words]
    return int(np.random.SeedSequence(parts).generate_state(1)[0])


def _trial(cell: Cell, number: int) -> Trial:
    question, target = cell.question, _target(cell.target)
    seed, noise = question.seed, cell.noise_multiplier.text
    if cell.identifies:
        pool = _pool(cell, number)
        chosen = np.random.default_rng(_seed(seed, "chosen", cell.target, noise, number))
        secret = pool[int(chosen.integers(len(pool)))]
        attack = find_attack(cell.attack, candidates=pool)
    else:
        drawn = _seed(seed, "secret", cell.target, number)
        secret = draw_secrets(target, 1, seed=drawn, length=question.length)
        attack = find_attack(cell.attack)
    threat = Threat(
        clip_norm=float(question.clip_norm),
        noise_multiplier=float(cell.noise_multiplier),
        steps=question.steps,
        knows_labels=not cell.identifies,  # candidates have labels of their own
        knows_lengths=not cell.identifies,
    )
    of_noise = _seed(seed, "noise", cell.target, cell.attack, noise, number)
    view = expose(target, secret, threat, seed=of_noise)
    own = _seed(seed, "attack", cell.target, cell.attack, noise, number)
    guess = attack(view, evaluations=question.evaluations, seed=own)
    found = measure(guess, secret, target)
    # the Bayes rule tries every candidate
    likely = cell.identifies or found.exact == 1.0 or _is_likely(view, guess, secret)
    truth = _inside(secret.tokens[0], target)
    answer = _inside(guess.tokens[0], target) if guess.tokens else ()
    place = np.random.default_rng(_seed(seed, "place", cell.target, number)).integers(len(truth))
    token = len(answer) > place and answer[int(place)] == truth[int(place)]
    up_to_order = fibre_size(target, secret.tokens[0]) > 1
    modulo = found.modulo_order if up_to_order else found.exact
    return Trial(
        int(found.exact), int(modulo), int(token), found.position, found.bag, int(likely),
        guess.evaluations,
    )  # fmt: skip


def _pool(cell: Cell, number: int) -> Batch:
    """The K public candidates of a trial."""
    question, target = cell.question, _target(cell.target)
    drawn = _seed(question.seed, "pool", cell.target, question.candidates, number)
    return draw_secrets(target, question.candidates, seed=drawn, length=question.length)


def _inside(tokens: tuple[int, ...], target: Target) -> tuple[int, ...]:
    start, end = (len(part) for part in target.frame)
    return tokens[start : len(tokens) - end]


def _is_likely(view: View, guess: Guess, secret: Batch) -> bool:
    """Whether the answer explains the release as well as the truth does."""
    if not guess.tokens or len(guess.tokens[0]) != int(secret.lengths[0]):
        return False  # no answer, as the length is known
    return judge(guess, secret, view).outcome is not Outcome.SEARCH_FAILURE
