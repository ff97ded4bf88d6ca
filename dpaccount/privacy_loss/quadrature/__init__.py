"""Evaluators of Renyi moments, one per base law."""

from dpaccount.privacy_loss.quadrature.moments import LogMoments, log_moments

__all__ = ["LogMoments", "log_moments"]
