"""What autodp can do of the workloads, by each of its roads; the reasons are checked here.

    road                                            W1   W2-W6, W9, W10     W7, W8
    Composition of sampled steps, improved bound    yes  yes, integer rates  yes
    the same, general bound                         yes  yes, far looser     yes
    SubsampleGaussianMechanism(phi_off=False)       -    KeyError            -
    AmplificationBySampling_pld, ComposeAFA         -    AttributeError      -

So the first road is the one that is compared.
"""

from __future__ import annotations

import pytest
import scipy.integrate
from peers import autodp_runs
from peers.cases import WORK

pytest.importorskip("autodp")
pytestmark = pytest.mark.usefixtures("quiet")

SAMPLED = [name for name in WORK if name != "W1"]


@pytest.mark.parametrize("name", WORK)
def test_every_workload_has_an_answer_that_is_no_less_than_the_truth(name):
    work = WORK[name]
    assert work.low <= autodp_runs.epsilon(work.phases, work.delta) < 30 * work.high


@pytest.mark.parametrize("name", SAMPLED)
def test_autodp_is_given_its_better_bound(name):
    work = WORK[name]
    better, general = (
        autodp_runs.epsilon(work.phases, work.delta, improved=improved)
        for improved in (True, False)
    )
    assert better <= general
    if name == "W2":
        assert general > 1.3 * better


@pytest.mark.parametrize("name", [name for name in SAMPLED if name != "W6"])
def test_its_ready_made_mechanism_is_the_same(name):
    from autodp.mechanism_zoo import NoisySGD_Mechanism

    work = WORK[name]
    (only,) = work.phases
    ready = NoisySGD_Mechanism(only.sampling_rate, only.noise_multiplier, only.steps)
    composed = autodp_runs.epsilon(work.phases, work.delta)
    assert ready.get_approxDP(float(work.delta)) == pytest.approx(composed, rel=1e-9)


@pytest.mark.parametrize("side", ["remove_only", "add_only"])
def test_its_fourier_mechanism_does_not_run(side):
    from autodp.mechanism_zoo import SubsampleGaussianMechanism

    setting = {"prob": 0.01, "sigma": 0.8, "coeff": 1000}
    made = SubsampleGaussianMechanism(setting, phi_off=False, neighboring=side)
    with pytest.raises(KeyError, match="gamma"):  # it reads a name that it never sets
        made.get_approxDP(1e-6)


@pytest.mark.parametrize("side", ["remove_only", "add_only"])
@pytest.mark.skipif(hasattr(scipy.integrate, "quadrature"), reason="this scipy still has it")
def test_its_fourier_composition_needs_an_older_scipy(side):
    from autodp.mechanism_zoo import GaussianMechanism
    from autodp.transformer_zoo import AmplificationBySampling_pld, ComposeAFA

    def account():
        step = AmplificationBySampling_pld(PoissonSampling=True, neighboring=side)(
            GaussianMechanism(0.8, phi_off=False), 0.01
        )
        return ComposeAFA()([step], [1000]).get_approxDP(1e-6)

    with pytest.raises(AttributeError, match="quadrature"):
        account()
