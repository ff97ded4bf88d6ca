from dataclasses import dataclass
from dpaccount.attacks.attack import Guess
from dpaccount.attacks.factors import factorize
from dpaccount.attacks.threat import clip_factors


@dataclass(frozen=True)
class Identify:
    candidates: object
    name: str = "identify"
    source: str = "x"

    def __call__(self, view, *, evaluations, seed):
        best = None
        for i, b in enumerate(self.candidates):
            f = factorize(view.target, b, names=tuple(view.gradients))
            sq = f.squares()
            c = clip_factors(sq, view.clip_norm)
            s = float((2 * c * f.inner(view.gradients) - c * c * sq)[0])
            if best is None or s > best[0]:
                best = (s, i)
        return Guess(
            (self.candidates[best[1]].tokens[0],),
            None if self.candidates.labels is None else (int(self.candidates.labels[best[1]]),),
            best[0],
            len(self.candidates),
        )
