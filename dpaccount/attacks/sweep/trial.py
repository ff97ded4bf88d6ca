"""One secret attacked: drawn, released, guessed, and held against the truth."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from dpaccount.attacks.attack import Guess, fibre_size, measure
from dpaccount.attacks.catalog import find_attack
from dpaccount.attacks.likelihood import Outcome, judge
from dpaccount.attacks.sweep.cells import Cell, target_of
from dpaccount.attacks.sweep.geometry import radius_and_distance, sampled_radius, words_radius
from dpaccount.attacks.targets import Batch, draw_secrets
from dpaccount.attacks.threat import Threat, View, expose
from dpaccount.errors import InputError

__all__ = ["Trial", "trial_of", "trials"]


class Trial(NamedTuple):
    """What came of one trial; 1 for yes.

    Args:
        exact: Whether the whole secret is right.
        modulo: Whether it is right up to what the gradient cannot tell (leak.fibre).
        token: Whether the token at one position is, which is drawn beforehand.
        position: As in `Success`: recall by position.
        bag: As in `Success`: recall of the bag.
        likely: Whether the answer is at least as likely as the truth.
        evaluations: Candidates that were looked at.
        radius: Of a ball that holds the gradients that the secret can have, in clip norms: of all
            candidates of "identify", of a sample of secrets otherwise; None without noise.
        distance: The largest of two of all candidates' gradients; None where it is not taken.
        word_radius: Of a ball with the gradients of every word at that one position.
    """

    exact: int
    modulo: int
    token: int
    position: float
    bag: float
    likely: int
    evaluations: int
    radius: float | None = None
    distance: float | None = None
    word_radius: float | None = None


def trial_of(row: Sequence[str]) -> Trial:
    """A trial that was kept as text."""
    exact, modulo, token, position, bag, likely, evaluations, *distances = row
    radius, distance, word_radius = (float(text) if text else None for text in distances)
    return Trial(
        int(exact), int(modulo), int(token), float(position), float(bag), int(likely),
        int(evaluations), radius, distance, word_radius,
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


def _seed(*words: object) -> int:
    """A seed from words, the same on every machine."""
    parts = [w if isinstance(w, int) else zlib.crc32(str(w).encode()) for w in words]
    return int(np.random.SeedSequence(parts).generate_state(1)[0])


def _trial(cell: Cell, number: int) -> Trial:
    question, target = cell.question, target_of(cell.target)
    seed, noise = question.seed, cell.noise_multiplier.text
    pool = _pool(cell, number) if cell.identifies else None
    if pool is not None:
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
        sampling_rate=question.sampling_rate,  # type: ignore[arg-type]  # read exactly
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
    truth = target.inside(secret.tokens[0])
    answer = target.inside(guess.tokens[0]) if guess.tokens else ()
    drawn = _seed(seed, "place", cell.target, number)
    place = int(np.random.default_rng(drawn).integers(len(truth)))
    token = len(answer) > place and answer[place] == truth[place]
    # a candidate is told from another that has its words in another order
    up_to_order = not cell.identifies and fibre_size(target, secret.tokens[0]) > 1
    modulo = found.modulo_order if up_to_order else found.exact
    return Trial(
        int(found.exact), int(modulo), int(token), found.position, found.bag, int(likely),
        guess.evaluations, *_distances(cell, threat, pool, secret, place),
    )  # fmt: skip


def _distances(
    cell: Cell, threat: Threat, pool: Batch | None, secret: Batch, place: int
) -> tuple[float | None, float | None, float | None]:
    """What the ceilings of this trial are computed from: by the account, whatever was released."""
    if not cell.noise_multiplier:
        return None, None, None
    question, target = cell.question, target_of(cell.target)
    if pool is not None:
        return *radius_and_distance(target, pool, threat), None
    label = None if secret.labels is None else int(secret.labels[0])
    sample = _seed(question.seed, "sample", cell.target)
    radius = sampled_radius(target, threat, length=question.length, label=label, seed=sample)
    drawn_by_token = target.tokenizer is None
    words = words_radius(target, secret, place, threat) if drawn_by_token else None
    return radius, None, words


def _pool(cell: Cell, number: int) -> Batch:
    """The K public candidates of a trial, no two of the same words.

    Two of the same words would be right together, and be guessed right more often than 1/K.
    """
    question, target = cell.question, target_of(cell.target)
    count, seed = question.candidates, question.seed
    drawn = _seed(seed, "pool", cell.target, count, number)
    pool = draw_secrets(target, count, seed=drawn, length=question.length)
    if len(set(pool.tokens)) == count:
        return pool
    if not target.vocabulary**question.length >= count:
        raise InputError(
            "candidates", given=count,
            allowed=f"at most {target.vocabulary**question.length}: more secrets there are not",
            advice="take fewer candidates, or longer secrets",
        )  # fmt: skip
    found: dict[tuple[int, ...], Any] = {}
    for again in range(1, 1_000_000):
        labels = [None] * len(pool) if pool.labels is None else pool.labels.tolist()
        for tokens, label in zip(pool.tokens, labels, strict=True):
            found.setdefault(tokens, label)
        if len(found) >= count:
            break
        drawn = _seed(seed, "pool", cell.target, count, number, again)
        pool = draw_secrets(target, count, seed=drawn, length=question.length)
    rows = list(found)[:count]
    return target.batch(rows, None if pool.labels is None else [found[row] for row in rows])


def _is_likely(view: View, guess: Guess, secret: Batch) -> bool:
    """Whether the answer explains the release as well as the truth does."""
    if not guess.tokens or len(guess.tokens[0]) != int(secret.lengths[0]):
        return False  # no answer, as the length is known
    return judge(guess, secret, view).outcome is not Outcome.SEARCH_FAILURE
