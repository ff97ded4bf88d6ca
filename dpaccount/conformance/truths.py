"""What is true of a question: certified ends, and older brackets that other programs computed."""

from __future__ import annotations

from typing import ClassVar

from dpaccount import accounting
from dpaccount.conformance.candidate import Question
from dpaccount.errors import NotConverged, Unsupported
from dpaccount.mechanisms import DPSGD

__all__ = ["REFERENCES", "Truths"]

#: The workloads on which tools are set side by side, each with a bracket that was computed before
#: this suite was written: by ball arithmetic, or by grids that bound their own error.
REFERENCES: dict[str, tuple[Question, float, float]] = {
    "W1": (Question(1.0, 1.0, 1, 1e-5), 4.37717809568122, 4.37717809568123),
    "W2": (Question(1.1, 256 / 60000, 14_063, 1e-5), 2.38168972613, 2.38168972615),
    "W3": (Question(0.8, 0.01, 1000, 1e-6), 3.70618546886, 3.70618546888),
    "W4": (Question(2.5, 16384 / 1281167, 72_000, 8e-7), 7.464949, 7.464984),
    "W5": (Question(0.6, 1e-4, 100_000, 1e-9), 2.49973482128, 2.4997348213),
    # the least noise for epsilon 2 is above 1.149310 and below 1.149331
    "W7 below": (Question(1.149310, 0.01, 2000, 1e-5), 2.0, 2.001),
    "W7 above": (Question(1.149331, 0.01, 2000, 1e-5), 1.999, 2.0),
    "W9": (Question(0.3, 0.05, 5000, 1e-5), 909.517, 909.582),
    "W10": (Question(1.0, 0.01, 1000, 1e-15), 4.854532, 4.854538),
    "W10b": (Question(1.0, 0.01, 1000, 1e-30), 9.34189, 9.341896),
}


class Truths:
    """Brackets of what is true, computed once."""

    #: What was computed in this process; facts, whoever asks.
    _known: ClassVar[dict[str, tuple[float, float] | None]] = {}

    def __init__(self) -> None:
        self._older = {str(q): (low, high) for q, low, high in REFERENCES.values()}

    def of(self, question: Question) -> tuple[float, float] | None:
        """The certified ends; None where there are none."""
        key = str(question)
        if key not in self._known:
            self._known[key] = self._certified(question, self._older.get(key))
        return self._known[key]

    @staticmethod
    def _certified(
        question: Question, older: tuple[float, float] | None
    ) -> tuple[float, float] | None:
        run = DPSGD(
            noise_multiplier=question.noise_multiplier,
            sampling_rate=question.sampling_rate,
            steps=question.steps,
        )
        try:
            if question.epsilon is None:
                bound = accounting.epsilon(run, question.delta)
            else:
                bound = accounting.delta(run, question.epsilon)
        except (NotConverged, Unsupported):
            return older
        if bound.lower is None or bound.upper is None:
            return older
        if older is None:
            return bound.lower, bound.upper
        # whoever is examined, ourselves included, also has to keep the older bracket
        return max(bound.lower, older[0]), min(bound.upper, older[1])
