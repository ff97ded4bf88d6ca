"""The likelihood attack, which uses every layer's gradient."""

from __future__ import annotations

from dpaccount.attacks.likelihood.attack import Likelihood
from dpaccount.attacks.likelihood.score import Scorer
from dpaccount.attacks.likelihood.search import Search
from dpaccount.attacks.likelihood.verdict import Outcome, Verdict, judge

__all__ = ["Likelihood", "Outcome", "Scorer", "Search", "Verdict", "judge"]
