"""Which of K candidates is it: the Bayes rule, and how often it is right."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dpaccount import _validate
from dpaccount._validate import Number
from dpaccount.attacks.attack import Guess
from dpaccount.attacks.factors import Factors, factorize_many
from dpaccount.attacks.gram import count_candidates, read_gram
from dpaccount.attacks.rates import Rate
from dpaccount.attacks.targets.model import Batch, Target
from dpaccount.attacks.threat import Threat, View, clip_factors, expose
from dpaccount.errors import InputError, shown
from dpaccount.theorems.likelihood import LIKELIHOOD, LIKELIHOOD_SAMPLED

__all__ = [
    "Identification",
    "Identify",
    "identify",
    "simulate",
    "succeed",
]

_MOST_FORMED = 2**24  # numbers of gradients that are formed at once
_ROUNDED = 1e-4  # of the largest eigenvalue: what float32 products may fall below 0
_STREAM = 0x6964656E74  # sets these random numbers apart from all others of the same seed


@dataclass(frozen=True)
class Identification:
    """What the Bayes rule says of candidates.

    Args:
        best: The place of the likeliest.
        log_posterior: Of each, up to a common constant.

    Example:
        >>> Identification(1, (-3.5, -0.25)).best
        1
    """

    best: int
    log_posterior: tuple[float, ...]


def identify(
    view: View, candidates: Batch, *, log_prior: Sequence[float] | None = None
) -> Identification:
    """The likeliest of K candidates for the one example behind a view.

    No attacker with the same knowledge names the secret more often (leak.likelihood; where steps
    may miss the record leak.likelihood_sampled, which sums over both cases of each step). What the
    view tells of the label is not used: an attacker who is told it gives only such candidates.

    Args:
        view: The release.
        candidates: K >= 2 examples.
        log_prior: The log of each one's chance, up to a constant; None for equal ones.

    Raises:
        InputError: For fewer than two candidates, a batch in the view, or chances that are none.

    Example:
        >>> from dpaccount.attacks.targets import small_transformer
        >>> target = small_transformer(dtype=torch.float64)
        >>> pair = target.batch([(3, 1, 4, 1), (5, 9, 2, 6)], [2, 0])
        >>> view = expose(target, pair[1], Threat(noise_multiplier="0.01"), seed=0)
        >>> identify(view, pair).best
        1

    Source: Bayes' rule; see leak.likelihood and leak.likelihood_sampled.
    """
    if view.batch_size != 1:
        raise InputError(
            "batch_size",
            given=view.batch_size,
            allowed="1: the candidates are for one example",
            advice="release the gradient of each example",
        )
    weights = _log_prior(log_prior, count_candidates(candidates))
    names = view.gradients if view.releases is None else view.releases
    blocks = (
        (part, part.squares()) for part in factorize_many(view.target, candidates, names=names)
    )
    return _identify(view, blocks, weights)


def _identify(view: View, blocks: Iterable[tuple[Factors, Tensor]], weights: Any) -> Identification:
    """By the candidates' gradients with their squared norms, and the log chances before."""
    scores = np.concatenate([_scores(view, *block) for block in blocks], axis=1)
    return _posterior(scores, weights, view.noise_std, view.sampling_rate)


def _scores(view: View, factors: Factors, squares: Tensor) -> Any:
    """S of each candidate at each step: (steps, candidates), one step for a mean."""
    share = clip_factors(squares, view.clip_norm)
    inner = factors.inner(view.gradients)[None] if view.releases is None else _each(view, factors)
    # the prior is added to the posterior, as it decides without noise too
    found = LIKELIHOOD(share * inner, share * share * squares, view.noise_std, 0.0)
    return found.double().numpy()


def _each(view: View, factors: Factors) -> Tensor:
    """<G_t, g> for each step and example: (steps, batch)."""
    assert view.releases is not None
    size = sum(part[0].numel() for part in view.releases.values())
    if len(factors.losses) * size <= _MOST_FORMED:  # small gradients are formed, once for all steps
        formed = factors.formed()
        products = [
            part.flatten(1) @ formed[name].flatten(1).T for name, part in view.releases.items()
        ]
        return torch.stack(products).sum(dim=0)
    steps = [
        factors.inner({name: part[step] for name, part in view.releases.items()})
        for step in range(view.steps)
    ]
    return torch.stack(steps)


def _posterior(scores: Any, weights: Any, noise_std: float, rate: float) -> Identification:
    """By S at each step, (steps, candidates)."""
    if not bool(np.isfinite(scores).all()):
        raise InputError(
            "candidates",
            given="one whose score is not finite",
            allowed="candidates with finite gradients",
            advice="look at the model's weights and the candidates",
        )
    posterior = _log_posterior(scores, weights, noise_std, rate)
    return Identification(int(posterior.argmax()), tuple(posterior.tolist()))


def _log_posterior(scores: Any, weights: Any, noise_std: float, rate: float) -> Any:
    """Of candidates, the last axis; summed over the steps, the axis before it."""
    if not noise_std > 0:  # whatever fits exactly; the prior decides between equals only
        # of steps that may miss the record, what is left of the logarithms as the noise vanishes
        fit = (scores if rate == 1 else np.maximum(scores, 0.0)).sum(axis=-2)
        return np.where(np.isneginf(weights), -math.inf, fit)
    if rate == 1:
        return scores.sum(axis=-2) / (2 * noise_std**2) + weights
    return LIKELIHOOD_SAMPLED(scores, noise_std, rate, np).sum(axis=-2) + weights


def _log_prior(values: Sequence[float] | None, count: int) -> Any:
    if values is None:
        return np.zeros(count)
    try:
        read = np.array([float(value) for value in values])
    except (TypeError, ValueError):
        read = np.array([math.nan])
    good = len(read) == count and not np.isnan(read).any() and (read < math.inf).all()
    if not (good and (read > -math.inf).any()):
        raise InputError(
            "log_prior",
            given=shown(values),
            allowed=f"{count} logarithms of chances, not all of them of 0",
            advice="give one for each candidate",
        )
    return read


def simulate(
    gram: Tensor,
    *,
    noise_std: Number,
    trials: Number,
    seed: Number,
    log_prior: Sequence[float] | None = None,
    steps: Number = 1,
    sampling_rate: Number = 1,
) -> Rate:
    """How often the Bayes rule is right, drawn from inner products alone.

    With c_j the clipped gradients, G = c_z + s n and L L^T their Gram matrix, all <G, c_j> are
    Gram[z] + s L n in law, for n of K coordinates: no gradient and no model is needed.

    Args:
        gram: <c_i, c_j>, (K, K).
        noise_std: s > 0, of each step.
        trials: How many draws, the secret among the K by the prior.
        seed: Of the draws.
        log_prior: As for `identify`.
        steps: Releases, each with noise of its own.
        sampling_rate: In (0, 1]: the chance of the secret to be in a step.

    Raises:
        InputError: For anything outside its domain.

    Example:
        >>> rate = simulate(torch.eye(2, dtype=torch.float64), noise_std=1.0, trials=4000, seed=0)
        >>> low, high = rate.interval(1e-6)
        >>> low < 0.76025 < high  # Phi(1 / sqrt 2)
        True

    Source: Bayes' rule; see leak.likelihood and leak.likelihood_sampled.
    """
    scale, table = (
        float(_validate.positive(noise_std, "noise_std", advice="add noise")),
        read_gram(gram),
    )
    count, draws = len(table), _validate.count(trials, "trials", least=1, most=10**9)
    start = _validate.count(seed, "seed", most=2**64)
    weights = _log_prior(log_prior, count)
    values, vectors = np.linalg.eigh(table)
    if values[0] < -_ROUNDED * values[-1]:
        raise InputError(
            "gram", given=f"an array with the eigenvalue {values[0]:.3g}",
            allowed="inner products of vectors: no eigenvalue below 0",
            advice="take it from clipped_gram",
        )  # fmt: skip
    root = vectors * np.sqrt(values.clip(min=0))  # a square root that a singular matrix has too
    threat = Threat(noise_multiplier=1, steps=steps, sampling_rate=sampling_rate)  # type: ignore[arg-type]
    rate, rows = threat.sampling_rate, threat.steps
    random = np.random.default_rng([_STREAM, start])
    chances = np.exp(weights - weights.max())
    right, block = 0, max(1, 4096 // rows)
    for done in range(0, draws, block):
        size = min(block, draws - done)
        secret = random.choice(count, size, p=chances / chances.sum())
        noise = random.standard_normal((size, rows, count)) @ root.T
        inner = table[secret][:, None] + scale * noise
        if rate < 1:
            present = random.random((size, rows, 1)) < rate
            inner = np.where(present, inner, scale * noise)
        found = _log_posterior(2 * inner - table.diagonal(), weights, scale, rate)
        right += int((found.argmax(axis=1) == secret).sum())
    return Rate(right, draws)


def succeed(
    target: Target,
    candidates: Batch,
    threat: Threat,
    *,
    trials: Number,
    seed: Number,
    log_prior: Sequence[float] | None = None,
) -> Rate:
    """How often the Bayes rule is right on releases of the real model.

    In each trial one of the candidates is drawn by the prior and its gradient released with new
    noise; `identify` sees the view alone.

    Args:
        target: The model.
        candidates: K >= 2.
        threat: What is released.
        trials: How many releases.
        seed: Of the draws and the noise.
        log_prior: As for `identify`.

    Raises:
        InputError: For fewer than two candidates, or anything outside its domain.

    Example:
        >>> from dpaccount.attacks.targets import small_transformer
        >>> target = small_transformer(dtype=torch.float64)
        >>> pair = target.batch([(3, 1, 4, 1), (5, 9, 2, 6)], [2, 0])
        >>> succeed(target, pair, Threat(noise_multiplier="0.01"), trials=20, seed=0)
        Rate(successes=20, trials=20)

    Source: as `identify`.
    """
    count, draws = (
        count_candidates(candidates),
        _validate.count(trials, "trials", least=1, most=10**9),
    )
    start, weights = _validate.count(seed, "seed", most=2**64), _log_prior(log_prior, count)
    chances = np.exp(weights - weights.max())
    random = np.random.default_rng([_STREAM, start, 1])
    names = target.names(embedding=threat.embedding)
    blocks = [(part, part.squares()) for part in factorize_many(target, candidates, names=names)]
    right = 0
    for _ in range(draws):
        secret = int(random.choice(count, p=chances / chances.sum()))
        view = expose(target, candidates[secret], threat, seed=int(random.integers(2**62)))
        right += _identify(view, blocks, weights).best == secret
    return Rate(right, draws)


@dataclass(frozen=True)
class Identify:
    """The Bayes rule as an attack: the secret is one of the candidates, all equally likely.

    Args:
        candidates: They are public.

    Example:
        >>> from dpaccount.attacks.targets import small_transformer
        >>> target = small_transformer(dtype=torch.float64)
        >>> pair = target.batch([(3, 1, 4, 1), (5, 9, 2, 6)], [2, 0])
        >>> view = expose(target, pair[1], Threat(noise_multiplier="0.01"), seed=0)
        >>> Identify(pair)(view, evaluations=2, seed=0).tokens
        ((5, 9, 2, 6),)

    Source: as `identify`.
    """

    candidates: Batch
    name: str = "identify"
    source: str = "Bayes' rule (theorems leak.likelihood, leak.likelihood_sampled)"

    def __call__(self, view: View, *, evaluations: int, seed: int) -> Guess:
        """Name the likeliest; every candidate is an evaluation, however many are allowed."""
        found = identify(view, self.candidates)
        likeliest = self.candidates[found.best]
        labels = likeliest.labels
        named = None if labels is None or labels.ndim > 1 else (int(labels[0]),)
        score = found.log_posterior[found.best]
        return Guess(likeliest.tokens, named, score, len(self.candidates))
