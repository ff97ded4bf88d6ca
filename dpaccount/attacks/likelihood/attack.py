"""The likelihood attack: the Bayes rule, as far as a search comes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from dpaccount import _validate
from dpaccount._files import place_of, write_whole
from dpaccount.attacks.attack import Guess
from dpaccount.attacks.likelihood.score import Scorer
from dpaccount.attacks.likelihood.search import Search
from dpaccount.attacks.threat import View
from dpaccount.errors import InputError

__all__ = ["Likelihood"]

_FORMAT = 6  # of states: one of another kind of search is refused as that of another release is


@dataclass(frozen=True)
class Likelihood:
    """Search for the tokens under which the release is likeliest, by every layer's gradient.

    The rule that it approaches is right with the largest chance (leak.likelihood); a search that
    misses the largest score is not, so a failure proves nothing. One example, of known length.

    Args:
        state_file: Where to keep how far the search has come, after each step; an attack that was
            cut off goes on from there and ends the same. None to keep nothing.

    Example:
        >>> from dpaccount.attacks import Threat, expose
        >>> from dpaccount.attacks.targets import attention_layer, draw_secrets
        >>> target = attention_layer(causal=True)
        >>> secret = draw_secrets(target, 1, seed=0, length=3)
        >>> view = expose(target, secret, Threat(noise_multiplier="0.01"), seed=0)
        >>> Likelihood()(view, evaluations=700, seed=0).tokens == secret.tokens
        True

    Source: Bayes' rule; vectors that leave their words for a while, after Zhu, Liu and Han 2019,
    arXiv 1906.08935 (DLG); reordering, as Balunovic et al. 2022, arXiv 2202.08827 (LAMP).
    """

    state_file: str | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return "likelihood"

    @property
    def source(self) -> str:
        """Where it comes from."""
        return "Bayes' rule (leak.likelihood)"

    def __call__(self, view: View, *, evaluations: int, seed: int) -> Guess:
        """Guess the one example behind a view.

        Args:
            view: The release.
            evaluations: Candidates to be scored at most.
            seed: Of the search's own choices.

        Raises:
            InputError: For a batch, continuous inputs, an unknown length, or a state of another
                release.
        """
        most = _validate.count(evaluations, "evaluations", least=1)
        if view.lengths is None:
            raise InputError(
                "lengths",
                given="none",
                allowed="a known length for the likelihood attack",
                advice="set knows_lengths",
            )
        search = Search(Scorer(view), int(view.lengths[0]), seed=seed)
        store = None if self.state_file is None else _Store(self.state_file, view, seed)
        if store is not None:
            store.load(search)
        search.run(most, None if store is None else store.save)
        return Guess(
            (search.best,),
            None if search.scorer.label is None else tuple(search.scorer.label.flatten().tolist()),
            search.best_score,
            search.scorer.evaluations,
        )


class _Store:
    """A search's state in a file, which belongs to one release and one seed."""

    def __init__(self, file: str, view: View, seed: int) -> None:
        digest = hashlib.sha256(repr((_FORMAT, seed, view.noise_std, view.clip_norm)).encode())
        for name, gradient in view.gradients.items():
            digest.update(name.encode() + gradient.contiguous().numpy().tobytes())
        self.path, self.of = place_of(file, "state_file"), digest.hexdigest()

    def load(self, search: Search) -> None:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        state: dict[str, Any]
        try:
            state = json.loads(text)
            known = state.pop("of")
        except (ValueError, KeyError, AttributeError, TypeError):
            known = None
        if known != self.of:
            raise InputError(
                "state_file",
                given=self.path,
                allowed="the state of this release and seed",
                advice="name another file, or delete this one",
            )
        search.restore(state)

    def save(self, search: Search) -> None:
        """Whole or not at all: no half state is ever there."""
        write_whole(self.path, json.dumps({"of": self.of, **search.state()}).encode())
