"""Which noise, steps, rate or batch size keep a budget, and that the next ones do not."""

from dpaccount.calibration.answer import Calibration, Refuted, calibrate

__all__ = ["Calibration", "Refuted", "calibrate"]
