"""The search for the likeliest sentence: annealing by heat bath, words and order in turn.

Everything that decides how it goes on is in `Search.state()`, so that a search can be cut off and
taken up by another process and ends the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from dpaccount.attacks.likelihood.moves import moved_in, reorderings, replaced
from dpaccount.attacks.likelihood.relaxation import relax
from dpaccount.attacks.likelihood.score import Scorer
from dpaccount.attacks.likelihood.shortlist import Shortlists

__all__ = ["Search"]

Tokens = tuple[int, ...]

_FULL, _PART = 1800, 500  # evaluations from hot to cold, of all places or of some
_HOT, _WARM, _COLD = 0.008, 0.004, 0.0005  # temperatures, in squares of the clip norm
_MOST_ORDERS = 24  # reorderings tried at once while it is hot
_ALL = 64  # words in a vocabulary of which each is tried everywhere
_BY_RELAXING = 8  # words for a place that was free
_ORDERS = 400  # of the first words, of which the best English is taken
_MOST_CLIMBED = 252  # reorderings looked at before a climb is over
_CHUNK = 63  # reorderings looked at before the best of them is taken
_CLOSE = 0.1  # a round that ends no farther below the best is climbed to its end
_UNSURE = 0.04  # by how much the best word at a place leads where it is thought to be right
_RESTART = 6  # rounds in a row without a gain after which everything starts anew
_SETTLED = 14  # ... after which the search ends


class Search:
    """A search by the score alone.

    Args:
        scorer: Of the release.
        length: Tokens in the sentence, frame included.
        seed: Of its choices.
    """

    def __init__(self, scorer: Scorer, length: int, *, seed: int) -> None:
        """Begin with the words that the release names by itself, in any order."""
        self.scorer, self.length = scorer, length
        view = scorer.view
        self.target = view.target
        self.frame = (len(self.target.frame[0]), len(self.target.frame[1]))
        self.places = range(self.frame[0], length - self.frame[1])
        self.unit = view.clip_norm**2
        self.lists = Shortlists(view, length)
        self._lists_all = self.target.vocabulary <= _ALL
        self._random = np.random.default_rng(seed)
        self.current = self._beginning()
        (score,) = scorer([self.current])
        self.score, self.best, self.best_score = score, self.current, score
        self.rounds, self.settled, self._last_best = 0, 0, score
        self._start, self._length, self._active = scorer.evaluations, _FULL, list(self.places)
        self._leads = dict.fromkeys(self.places, 0.0)

    def run(self, evaluations: int, on_step: Callable[[Search], None] | None = None) -> None:
        """Search until so many evaluations are used, or nothing better was found for long.

        Args:
            evaluations: In all, those before included; the last step may need a few more.
            on_step: Called after each sweep.
        """
        while self.scorer.evaluations < evaluations and not self.is_done:
            before = self.scorer.known
            self._sweep()
            spent = self.scorer.evaluations - self._start
            if self.scorer.known == before or spent >= self._length:
                self._end_round(evaluations)
            if on_step is not None:
                on_step(self)

    @property
    def is_done(self) -> bool:
        """Whether the last rounds all ended at the best or below it."""
        return self.settled >= _SETTLED

    def state(self) -> dict[str, Any]:
        """All that the rest of the search depends on, as plain data."""
        return {
            "current": list(self.current), "score": self.score, "best": list(self.best),
            "best_score": self.best_score, "rounds": self.rounds, "settled": self.settled,
            "evaluations": self.scorer.evaluations, "random": self._random.bit_generator.state,
            "learnt": self.lists.state(), "scored": self.scorer.state(),
            "start": self._start, "length": self._length,
            "active": self._active, "last_best": self._last_best,
            "leads": [[place, lead] for place, lead in self._leads.items()],
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave."""
        self.current, self.best = tuple(state["current"]), tuple(state["best"])
        self.score, self.best_score = state["score"], state["best_score"]
        self.rounds, self.settled = state["rounds"], state["settled"]
        self.scorer.restore(state["scored"], state["evaluations"])
        self._random.bit_generator.state = state["random"]
        self.lists.restore(state["learnt"])
        self._start, self._length = state["start"], state["length"]
        self._last_best = state["last_best"]
        self._active, self._leads = list(state["active"]), dict(state["leads"])

    def _beginning(self) -> Tokens:
        count = len(self.places)
        words = self.lists.first(count // 2)
        while len(words) < count:
            words += self.lists.by_chance((), 0, None, count - len(words), self._random)
        orders = []
        for _ in range(_ORDERS if self.lists.language else 1):
            self._random.shuffle(words)
            orders.append((*self.target.frame[0], *words, *self.target.frame[1]))
        return self._likelier(orders, 1)[0]

    def _drawn(self, place: int, without: torch.Tensor | None, count: int) -> list[int]:
        return self.lists.by_chance(self.current, place, without, count, self._random)

    def _likelier(self, options: list[Tokens], count: int) -> list[Tokens]:
        """Drawn without replacement, the better English the sooner; all alike without a model."""
        keys = self._random.gumbel(size=len(options))
        if self.lists.language is not None:
            keys += [self.lists.language.log_chance(x) for x in options]
        return [options[i] for i in np.argsort(-keys)[:count]]

    def _temperature(self) -> float:
        done = (self.scorer.evaluations - self._start) / self._length
        hot = _HOT if self._length == _FULL else _WARM
        return float(hot * (_COLD / hot) ** min(done, 1.0)) * self.unit

    def _sweep(self) -> None:
        """Each active place once, and the order after every few of them."""
        relaxed = {} if self._lists_all else self._relaxed()
        pooled = None if self._lists_all else self._without_each()
        order = list(self._active)
        self._random.shuffle(order)
        for number, place in enumerate(order):
            without = None if pooled is None else pooled[place]
            self._choose_word(place, self._words(place, relaxed.get(place, []), without))
            if number % 3 == 2:
                self._choose_order(_MOST_ORDERS)
        self._choose_order(_MOST_ORDERS)

    def _relaxed(self) -> dict[int, list[int]]:
        """Words for each active place, with all of them free at once."""
        found = relax(self.scorer, self.current, self._active, _BY_RELAXING)
        return {
            place: [word for word in words.tolist() if word not in self.lists.special]
            for place, words in zip(self._active, found, strict=True)
        }

    def _without_each(self) -> dict[int, torch.Tensor] | None:
        """The pooled vector with the mean of all words in each place: forward passes only."""
        if self.target.shape.loss != "pooled":
            return None
        table = self.target.token_vectors()
        vectors = table[list(self.current)].repeat(len(self._active), 1, 1)
        for row, place in enumerate(self._active):
            vectors[row, place] = table.mean(dim=0)
        with torch.no_grad():
            found = self.target.module.encode(vectors).mean(dim=1)
        self.scorer.evaluations += len(self._active)
        return dict(zip(self._active, found, strict=True))

    def _words(self, place: int, relaxed: list[int], without: torch.Tensor | None) -> list[int]:
        lists = self.lists
        if self._lists_all:
            return list(range(self.target.vocabulary))
        found = lists.best_known(place, 6) + relaxed
        found += lists.by_regression(place, 4)
        found += lists.by_energy(place, 2)
        if without is not None:
            found += lists.by_pooled(without, 4)
        found += self._drawn(place, without, 10)
        found += self._random.choice(self.current, 2).tolist()
        return [word for word in dict.fromkeys(found) if word not in lists.special]

    def _choose_word(self, place: int, words: list[int]) -> None:
        words = list(dict.fromkeys([self.current[place], *words]))
        options = [replaced(self.current, place, word) for word in words]
        scores = self.scorer(options)
        self.lists.learn(place, words, scores)
        self._note_lead(place, scores)
        self._take(options, scores)

    def _note_lead(self, place: int, scores: list[float]) -> None:
        if len(scores) > 1:
            first, second = sorted(scores, reverse=True)[:2]
            self._leads[place] = first - second

    def _choose_order(self, most: int) -> None:
        options = self._likelier(reorderings(self.current, self.frame), most)
        options = [self.current, *options, *self._likelier(self._shifts(most), most // 2)]
        self._take(options, self.scorer(options))

    def _shifts(self, pairs: int) -> list[Tokens]:
        """Sentences in which one word is missing and another one is too many, put right."""
        found = []
        for _ in range(pairs):
            out, place = (int(self._random.choice(self.places)) for _ in range(2))
            rest = moved_in(self.current, out, place, self.current[out])
            words = self.lists.by_chance(rest, place, None, 4, self._random)
            words += self.lists.best_known(place, 4)
            found += [moved_in(self.current, out, place, word) for word in words]
        return list(dict.fromkeys(found))

    def _take(self, options: list[Tokens], scores: list[float], *, cold: bool = False) -> None:
        """Draw one by its weight at the temperature; remember the best ever seen."""
        values = np.array(scores)
        top = int(values.argmax())
        if values[top] > self.best_score:
            self.best, self.best_score = options[top], float(values[top])
        if not cold:
            weights = np.exp((values - values[top]) / self._temperature())
            top = int(self._random.choice(len(values), p=weights / weights.sum()))
        self.current, self.score = options[top], float(values[top])

    def _end_round(self, evaluations: int) -> None:
        if self.score >= self.best_score - _CLOSE * self.unit or self.rounds == 0:
            self._climb(evaluations)
        self.rounds += 1
        self.settled = 0 if self.best_score > self._last_best else self.settled + 1
        self._last_best = self.best_score
        self._begin_round()

    def _begin_round(self) -> None:
        """All anew after many rounds without a gain; else the best, but for a few places."""
        self._start = self.scorer.evaluations
        if self.settled and self.settled % _RESTART == 0:
            self._length, self._active = _FULL, list(self.places)
            self.current = self._beginning()
        else:
            self._length, self._active = _PART, self._unsure()
            self.current = self.best
            for place in self._active:
                words = self.lists.best_known(place, 24) + self._drawn(place, None, 8)
                self.current = replaced(self.current, place, int(self._random.choice(words)))
        (self.score,) = self.scorer([self.current])

    def _unsure(self) -> list[int]:
        """A third to a half of the places: neighbors, or those whose words lead by little."""
        count = len(self.places)
        size = int(self._random.integers(min(3, count), max(4, count // 2 + 1)))
        size = min(size, count)
        leads = np.array([self._leads[place] for place in self.places]) / (_UNSURE * self.unit)
        weights = np.exp(-leads) + 0.02
        weights /= weights.sum()
        if self._random.random() < 0.5:
            middle = int(self._random.choice(count, p=weights))
            first = min(max(middle - int(self._random.integers(size)), 0), count - size)
            return [self.places[i] for i in range(first, first + size)]
        drawn = self._random.choice(count, size, replace=False, p=weights)
        return [self.places[i] for i in sorted(drawn.tolist())]

    def _climb(self, evaluations: int) -> None:
        """To where no word that did well and no reordering is better."""
        while self.scorer.evaluations < evaluations:
            before = self.score
            while self._climb_order() and self.scorer.evaluations < evaluations:
                pass
            for place in self.places:
                words = [self.current[place], *self.lists.best_known(place, 10)]
                words += self.lists.by_regression(place, 8) + self._drawn(place, None, 6)
                words = list(dict.fromkeys(words))
                options = [replaced(self.current, place, word) for word in words]
                scores = self.scorer(options)
                self._note_lead(place, scores)
                self._take(options, scores, cold=True)
            if not self.score > before:
                break

    def _climb_order(self) -> bool:
        """One better order, or one word out and one in; whether there was one."""
        options = [*reorderings(self.current, self.frame), *self._insertions()]
        options = self._likelier(options, _MOST_CLIMBED)
        for start in range(0, len(options), _CHUNK):
            before = self.score
            some = [self.current, *options[start : start + _CHUNK]]
            self._take(some, self.scorer(some), cold=True)
            if self.score > before:
                return True
        return False

    def _insertions(self) -> list[Tokens]:
        """One word out, and one of the best at another place in."""
        best = {place: self.lists.best_known(place, 2) for place in self.places}
        return [
            moved_in(self.current, out, place, word)
            for out in self.places
            for place in self.places
            for word in best[place]
            if place != out
        ]
