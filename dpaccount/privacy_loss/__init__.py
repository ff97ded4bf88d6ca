"""The one curve: privacy losses as facts, and the evaluators beside them."""

from dpaccount.privacy_loss.loss import GaussianLoss, LaplaceLoss, PoissonGaussianLoss, PrivacyLoss

__all__ = ["GaussianLoss", "LaplaceLoss", "PoissonGaussianLoss", "PrivacyLoss"]
