"""The likelihood attack, which uses every layer's gradient."""

from __future__ import annotations

from dpaccount.attacks.likelihood.attack import Likelihood
from dpaccount.attacks.likelihood.judgment import Judgment, Outcome, judge
from dpaccount.attacks.likelihood.score import Scorer
from dpaccount.attacks.likelihood.search import Search

__all__ = ["Judgment", "Likelihood", "Outcome", "Scorer", "Search", "judge"]
