from dpaccount.attacks.likelihood.score import Scorer

__all__ = ["Scorer"]
