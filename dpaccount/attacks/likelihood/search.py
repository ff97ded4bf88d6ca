"""The search for the likeliest sentence: annealed from relaxed vectors, then mended piece by piece.

Everything that decides how it goes on is in `Search.state()`, so that a search can be cut off and
taken up by another process and ends the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dpaccount.attacks.likelihood import mending
from dpaccount.attacks.likelihood.ending import patience
from dpaccount.attacks.likelihood.moves import moved_in, reorderings, replaced
from dpaccount.attacks.likelihood.score import Scorer, Spent
from dpaccount.attacks.likelihood.shortlist import Shortlists

__all__ = ["Search"]

Tokens = tuple[int, ...]

_FULL, _AGAIN = 2000, 600  # evaluations from hot to cold: of a start, and of one more heating
_HOT, _WARM, _COLD = 0.02, 0.006, 0.001  # temperatures, in squared norms of a clipped gradient
_SWEPT = 9  # steps of a vector in a sweep
_ROWS = 2  # sentences relaxed from nothing at a start, of which the better is taken
_ALL = 64  # words in a vocabulary of which each is tried everywhere
_ORDERS, _PAIRS = 8, 2  # reorderings and shifts tried at once while it is hot
_MOST_CLIMBED = 300  # reorderings looked at before a climb is over
_CHUNK = 32  # reorderings scored before the best of them is taken
_DRAWN, _TRIED = 8, 8  # words drawn for a place, and how many of all its words are scored
_LOOKED, _KEPT = 2.5, 0.625  # times as many are looked at, and scored, where looks are cheap
_MENDED = 3  # variants mended at once
_FREE = 3  # places that are free at once where most are thought to be right
_TAKEN = 0.5  # of the noise, in the same: no more is taken up by free places
_LONGEST = 4  # places in a row, or not, that are filled anew
_UNSURE = 0.02  # by how much a score falls without a word of which one is rather sure
_POLISHED = 0.05  # a mended sentence that is no farther below is polished
_SHIFTS, _SHIFT_WORDS, _SHIFTS_KEPT = 6, 6, 16  # shifts that are tried, and from which is drawn
_IN_VAIN = 2  # mendings in a row without a gain, after which it is heated again
_HEATINGS = 4  # ... without a gain, after which it starts from nothing
_CLOSE = 0.05  # a heated sentence that is no farther below is climbed to the end


class Search:
    """A search by the score alone.

    Args:
        scorer: Of the release.
        length: Tokens in the sentence, frame included.
        seed: Of its choices.
    """

    def __init__(self, scorer: Scorer, length: int, *, seed: int) -> None:
        """Begin with any words."""
        self.scorer, self.length = scorer, length
        view = scorer.view
        self.target = view.target
        self.frame = (len(self.target.frame[0]), len(self.target.frame[1]))
        self.places = list(range(self.frame[0], length - self.frame[1]))
        self.lists = Shortlists(view, length)
        self._lists_all = self.target.vocabulary <= _ALL
        self._random = np.random.default_rng(seed)
        words = self.lists.by_chance((), 0, len(self.places), self._random)
        while len(words) < len(self.places):
            words += words
        words = words[: len(self.places)]
        self.current: Tokens = (*self.target.frame[0], *words, *self.target.frame[1])
        (score,) = scorer([self.current])
        self.unit = scorer.unit(self.current)
        # a free place takes up the noise along each coordinate of its vector
        noise = self.target.token_vectors().shape[1] * view.noise_std**2 / self.unit
        self.free = max(1, int(min(_TAKEN / noise, length) if noise > 0 else length))
        self.score, self.best, self.best_score = score, self.current, score
        self.phase, self.since, self.settled = "start", 0, 0
        self._start = scorer.evaluations
        self._broken_off: dict[str, Any] | None = None
        self._base, self._base_score, self._heatings = self.current, score, 0
        self._kind, self._in_vain = 0, 0  # of changes: which is next, how many were no gain
        self._looks: tuple[Tokens, list[float], list[tuple[int, int]]] | None = None

    def run(self, evaluations: int, on_step: Callable[[Search], None] | None = None) -> None:
        """Search until so many evaluations are used, or nothing better was found for long.

        A step for which too few are left is broken off: what it found counts, and a later run
        takes it from its beginning.

        Args:
            evaluations: In all, those before included; no more are used.
            on_step: Called after each step.
        """
        if self._broken_off is not None:
            self.restore(self._broken_off)
        self.scorer.limit = evaluations
        steps = {
            "start": self._begin, "anneal": self._sweep, "climb": self._climb, "mend": self._mend,
        }  # fmt: skip
        while self.scorer.evaluations < evaluations and not self.is_done:
            before = self.state()
            try:
                steps[self.phase]()
            except Spent:
                self._broken_off = before
                break
            if on_step is not None:
                on_step(self)

    @property
    def is_done(self) -> bool:
        """Whether nothing better than the best was found for long."""
        return self.settled >= patience(self.scorer, self.best, self.best_score)

    def state(self) -> dict[str, Any]:
        """All that the rest of the search depends on, as plain data."""
        if self._broken_off is not None:
            return self._broken_off
        return {
            "current": list(self.current), "score": self.score, "best": list(self.best),
            "best_score": self.best_score, "phase": self.phase, "since": self.since,
            "settled": self.settled,
            "random": self._random.bit_generator.state, "learnt": self.lists.state(),
            "scored": self.scorer.state(), "start": self._start, "base": list(self._base),
            "base_score": self._base_score, "heatings": self._heatings,
            "kind": self._kind, "in_vain": self._in_vain,
            "looks": None if self._looks is None else [list(part) for part in self._looks],
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave."""
        self._broken_off = None
        self.current, self.best = tuple(state["current"]), tuple(state["best"])
        self.score, self.best_score = state["score"], state["best_score"]
        self.phase, self.since, self.settled = state["phase"], state["since"], state["settled"]
        self.scorer.restore(state["scored"])
        self._random.bit_generator.state = state["random"]
        self.lists.restore(state["learnt"])
        self._start, self._base = state["start"], tuple(state["base"])
        self._base_score, self._heatings = state["base_score"], state["heatings"]
        self._kind, self._in_vain = state["kind"], state["in_vain"]
        looks = state["looks"]
        if looks is not None:
            looks = tuple(looks[0]), list(looks[1]), [(out, place) for out, place in looks[2]]
        self._looks = looks

    # -- from nothing ---------------------------------------------------------------------------

    def _begin(self) -> None:
        rows = mending.started(
            self.scorer, self.lists, self.current, self.places, _ROWS, self._random
        )
        self._take(rows, self.scorer(rows), cold=True)
        self.phase, self.since, self._start = "anneal", 0, self.scorer.evaluations
        self._base, self._base_score, self._heatings = self.current, self.score, 0

    def _temperature(self) -> float:
        length, hot = (_AGAIN, _WARM) if self._heatings else (_FULL, _HOT)
        done = (self.scorer.evaluations - self._start) / length
        return float(hot * (_COLD / hot) ** min(done, 1.0)) * self.unit

    def _sweep(self) -> None:
        """Each place once, and the order after every two of them."""
        before = self.scorer.known
        near: dict[int, list[int]] = {}
        if not self._lists_all:
            (near,) = mending.steepest(self.scorer, self.lists, [self.current], [self.places])
            parts = self._parts(min(self.free, -(-len(self.places) // 2)))[:2]
            rows = [self.current] * len(parts)
            for words in mending.relaxed(self.scorer, self.lists, rows, parts, steps=_SWEPT):
                near = {x: [*near[x], *words.get(x, [])[:4]] for x in near}
        order = list(self.places)
        self._random.shuffle(order)
        for number, place in enumerate(order):
            self._choose_word(place, self._words(place, near.get(place, [])))
            if number % 2:
                self._choose_order()
        self._choose_order()
        spent = self.scorer.evaluations - self._start
        if spent >= (_AGAIN if self._heatings else _FULL) or self.scorer.known == before:
            self.phase = "climb"

    def _words(self, place: int, near: list[int]) -> list[int]:
        if self._lists_all:
            return list(range(self.target.vocabulary))
        found = [*near, *self.lists.best_known(place, 2), *self.lists.by_regression(place, 1)]
        found += self.lists.by_chance(self.current, place, self._many(_DRAWN), self._random)
        others = [word for word in dict.fromkeys(found) if word != self.current[place]]
        options = [replaced(self.current, place, word) for word in others]
        best = self.scorer.sifted(options, self._few(_TRIED) - 1)
        return [self.current[place], *(x[place] for x in best)]

    def _many(self, count: int) -> int:
        """How many are worth a look, for so many that are scored where nothing sifts."""
        return int(_LOOKED * count) if self.scorer.sifts else count

    def _few(self, count: int) -> int:
        """How many of those are scored."""
        return int(_KEPT * count) if self.scorer.sifts else count

    def _choose_order(self) -> None:
        orders = reorderings(self.current, self.frame)
        count = self._many(_ORDERS)
        options = self._likelier(orders, count)
        if orders:
            some = self._random.choice(len(orders), min(count, len(orders)), replace=False)
            options += [orders[i] for i in some]
        options += self._likelier(self._shifts(self._many(_PAIRS)), self._many(2 * _PAIRS))
        others = [x for x in dict.fromkeys(options) if x != self.current]
        options = [self.current, *self.scorer.sifted(others, self._few(_ORDERS + _PAIRS))]
        self._take(options, self.scorer(options))

    def _likelier(self, options: list[Tokens], count: int) -> list[Tokens]:
        """Drawn without replacement, the better English the sooner; all alike without a model."""
        keys = self._random.gumbel(size=len(options))
        if self.lists.language is not None:
            keys += [self.lists.language.log_chance(x) for x in options]
        return [options[i] for i in np.argsort(-keys)[:count]]

    def _shifts(self, pairs: int) -> list[Tokens]:
        """Sentences in which one word is missing and another one is too many, put right."""
        found = []
        for _ in range(pairs):
            out, place = (int(self._random.choice(self.places)) for _ in range(2))
            rest = moved_in(self.current, out, place, self.current[out])
            words = self.lists.by_chance(rest, place, 3, self._random)
            words += self.lists.best_known(place, 2)
            found += [moved_in(self.current, out, place, word) for word in words]
        return list(dict.fromkeys(found))

    def _take(self, options: list[Tokens], scores: list[float], *, cold: bool = False) -> None:
        """Draw one by its weight at the temperature; remember the best ever seen."""
        values = np.array(scores)
        top = int(values.argmax())
        if values[top] > self.best_score:
            self.best, self.best_score, self.settled = options[top], float(values[top]), 0
        if not cold:
            weights = np.exp((values - values[top]) / self._temperature())
            top = int(self._random.choice(len(values), p=weights / weights.sum()))
        self.current, self.score = options[top], float(values[top])

    # -- to where no small change is better -------------------------------------------------------

    def _climb(self) -> None:
        """One kind of change; the next time the next one, until each was tried in vain."""
        kinds = (self._climb_order, self._climb_shift, self._climb_words)
        before = self.score
        kinds[self._kind]()
        self._kind = (self._kind + 1) % len(kinds)
        self._in_vain = 0 if self.score > before else self._in_vain + 1
        far = self.score < self._base_score - _CLOSE * self.unit
        if self._in_vain == len(kinds) or (far and self._kind == 0):
            self.phase, self._in_vain, self._kind = "mend", 0, 0
            self._keep_better()

    def _keep_better(self) -> None:
        """What was gained since this start is kept, what was lost is not."""
        if self.score > self._base_score:
            self._base, self._base_score = self.current, self.score
            self.since = self._heatings = 0
        elif self._heatings:
            self.since = _IN_VAIN - 1
        self.current, self.score = self._base, self._base_score

    def _climb_shift(self) -> None:
        """One word out, and elsewhere in a word near what that place comes to."""
        x = self.current
        pairs = self._looked_at()[1][:_SHIFTS]
        if not pairs or self._lists_all:
            return
        moved, places = [], [[place] for _, place in pairs]
        for out, place in pairs:  # from any word: it comes from it as well as from the one let go
            rest = moved_in(x, out, place, x[out])
            moved.append(replaced(rest, place, *self.lists.by_chance(rest, place, 1, self._random)))
        steep = mending.steepest(self.scorer, self.lists, moved, places)
        found = mending.relaxed(self.scorer, self.lists, moved, places)
        options = [x]
        for sentence, (_, place), first, near in zip(moved, pairs, steep, found, strict=True):
            words = [*first[place], *near[place][:_SHIFT_WORDS]]
            words += self.lists.by_chance(sentence, place, 3, self._random)
            options += [replaced(sentence, place, word) for word in words]
        self._take(options, self.scorer(options), cold=True)

    def _climb_words(self) -> None:
        """Every place with where its slope points to, and what a few free places come to."""
        near: dict[int, list[int]] = {}
        if not self._lists_all:
            (near,) = mending.steepest(self.scorer, self.lists, [self.current], [self.places])
            free = self._parts(min(self.free, _FREE))
            for words in mending.relaxed(self.scorer, self.lists, [self.current] * len(free), free):
                near = {place: [*near[place], *words.get(place, [])] for place in near}
        for place in self._random.permutation(self.places).tolist():
            self._choose_word(place, self._words(place, near.get(place, [])), cold=True)

    def _parts(self, size: int) -> list[list[int]]:
        """All places by chance, so many together."""
        order = self._random.permutation(self.places).tolist()
        return [sorted(order[start : start + size]) for start in range(0, len(order), size)]

    def _choose_word(self, place: int, words: list[int], *, cold: bool = False) -> None:
        options = [replaced(self.current, place, word) for word in words]
        scores = self.scorer(options)
        self.lists.learn(place, words, scores)
        self._take(options, scores, cold=cold)

    def _climb_order(self) -> None:
        """Better orders as long as there are some."""
        while self._better_order():
            pass

    def _better_order(self) -> bool:
        """One better order; whether there was one."""
        options = self._likelier(reorderings(self.current, self.frame), _MOST_CLIMBED)
        size = self._many(_CHUNK)
        for start in range(0, len(options), size):
            before = self.score
            best = self.scorer.sifted(options[start : start + size], self._few(_CHUNK))
            some = [self.current, *best]
            self._take(some, self.scorer(some), cold=True)
            if self.score > before:
                return True
        return False

    # -- piece by piece ---------------------------------------------------------------------------

    def _mend(self) -> None:
        """Fill some places anew, in a few variants; keep what is better."""
        before = self.score
        tokens, free = self._variants()
        found = mending.filled(self.scorer, self.lists, tokens, free, self._random)
        scores = self.scorer(found)
        top = int(np.argmax(scores))
        self._take([self.current, *found], [self.score, *scores], cold=True)
        if scores[top] > before - _POLISHED * self.unit:
            self._polish(found[top], scores[top], free[top])
        self.settled += 1
        self.since += 1
        if self.score > before:
            self.settled = 0 if self.score >= self.best_score else self.settled
            self._keep_better()
            self.phase = "climb"
        elif self.since >= _IN_VAIN:
            self.since, self._start = 0, self.scorer.evaluations
            self._heatings += 1
            self.phase = "anneal" if self._heatings <= _HEATINGS else "start"

    def _variants(self) -> tuple[list[Tokens], list[list[int]]]:
        without, shifts = self._looked_at()
        falls = (self.score - np.array(without)) / (_UNSURE * self.unit)
        weights = np.exp(-falls.clip(-2)) + 0.05
        weights /= weights.sum()
        tokens, free = [], []
        for _ in range(_MENDED):
            kind = self._random.random()
            x, count = self.current, len(self.places)
            longest = min(_LONGEST, self.free + 1, count)
            size = int(self._random.integers(min(2, count), longest + 1))
            if shifts and kind < 0.35:
                out, place = shifts[int(self._random.integers(len(shifts)))]
                x = moved_in(self.current, out, place, self.current[out])
                chosen = {place}
                for beside in (place - 1, place + 1):
                    if beside in self.places and self._random.random() < 0.5:
                        chosen.add(beside)
            elif kind < 0.7:
                middle = int(self._random.choice(count, p=weights))
                first = min(max(middle - int(self._random.integers(size)), 0), count - size)
                chosen = set(self.places[first : first + size])
            else:
                drawn = self._random.choice(count, size, replace=False, p=weights)
                chosen = {self.places[i] for i in drawn.tolist()}
            for place in chosen:  # vectors climb faster from words than from their mean
                word = self.lists.by_chance(x, place, 1, self._random)
                x = replaced(x, place, *word)
            tokens.append(x)
            free.append(sorted(chosen))
        return tokens, free

    def _looked_at(self) -> tuple[list[float], list[tuple[int, int]]]:
        """The score without each word, and the best shifts, of the current sentence: kept."""
        if self._looks is None or self._looks[0] != self.current:
            without = mending.missing(self.scorer, self.current, self.places)
            shifts = mending.shifted(self.scorer, self.current, self.places)[:_SHIFTS_KEPT]
            self._looks = self.current, without, shifts
        return self._looks[1:]

    def _polish(self, tokens: Tokens, score: float, free: list[int]) -> None:
        """Small changes of what was filled anew, as long as they are a gain."""
        kept, kept_score = self.current, self.score
        self.current, self.score = tokens, score
        while True:
            before = self.score
            for place in free:
                self._choose_word(place, self._words(place, []), cold=True)
            orders = reorderings(self.current, (min(free), self.length - max(free) - 1))
            options = [self.current, *self._likelier(orders, 24)]
            self._take(options, self.scorer(options), cold=True)
            if not self.score > before:
                break
        if self.score < kept_score:
            self.current, self.score = kept, kept_score
