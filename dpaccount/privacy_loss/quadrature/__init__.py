"""Evaluators of Renyi moments, one per base law."""

from dpaccount.privacy_loss.quadrature.moments import LogMoments, log_moments, uses_quadrature

__all__ = ["LogMoments", "log_moments", "uses_quadrature"]
