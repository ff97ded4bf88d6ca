"""A run as users of autodp account for it: sampled Gaussian steps, composed by RDP."""

from __future__ import annotations


def composed(phases, *, improved=True):
    """The run; `improved` is the sampling bound that holds for Gaussian noise."""
    from autodp.mechanism_zoo import GaussianMechanism
    from autodp.transformer_zoo import AmplificationBySampling, Composition

    steps = []
    for i, phase in enumerate(phases):
        step = GaussianMechanism(phase.noise_multiplier, name=f"step{i}")
        if phase.sampling_rate < 1:
            sampled = AmplificationBySampling(PoissonSampling=True)
            step = sampled(step, phase.sampling_rate, improved_bound_flag=improved)
        steps.append(step)
    return Composition()(steps, [phase.steps for phase in phases])


def epsilon(phases, delta, **how):
    return float(composed(phases, **how).get_approxDP(float(delta)))
