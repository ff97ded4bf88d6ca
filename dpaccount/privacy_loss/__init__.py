"""The one curve: privacy losses as facts, and the evaluators beside them."""

from dpaccount.privacy_loss.discrete import (
    DiscreteGaussianLoss,
    DiscreteLaplaceLoss,
    DiscreteLoss,
    GuaranteeLoss,
    Lattice,
    ResponseLoss,
)
from dpaccount.privacy_loss.loss import GaussianLoss, LaplaceLoss, PoissonGaussianLoss, PrivacyLoss

__all__ = [
    "DiscreteGaussianLoss",
    "DiscreteLaplaceLoss",
    "DiscreteLoss",
    "GaussianLoss",
    "GuaranteeLoss",
    "LaplaceLoss",
    "Lattice",
    "PoissonGaussianLoss",
    "PrivacyLoss",
    "ResponseLoss",
]
