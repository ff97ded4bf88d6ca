"""Our RDP beside the RDP of others, all run for real: never looser, and never below the truth."""

from __future__ import annotations

import math

import pytest
from peers import autodp_runs
from peers.cases import W7, W7_HIGH, W7_LOW, W8, WORK, dpsgd

import dpaccount as dpa
from dpaccount.comparison import _peer_phases
from dpaccount.mechanisms import canonical

PEERS = ["opacus.rdp", "dp_accounting.rdp", "autodp"]


@pytest.fixture
def say(desk, quiet):
    """Epsilon by a peer's RDP."""

    def ask(peer, phases, delta):
        if peer == "autodp":
            pytest.importorskip("autodp")
            return autodp_runs.epsilon(phases, delta)
        result = desk.ask(peer, phases, delta)
        assert result.status == "ok", result.message
        return result.upper

    return ask


# W1 by autodp is the same number: see the test of one release
PAIRS = [(name, peer) for name in WORK for peer in PEERS if (name, peer) != ("W1", "autodp")]


@pytest.mark.parametrize(("name", "peer"), PAIRS)
def test_no_peer_is_tighter(say, name, peer):
    work = WORK[name]
    ours = dpa.epsilon(work.run, work.delta, method="rdp").upper
    theirs = say(peer, work.phases, work.delta)
    print(f"{name} {peer}: {theirs / ours - 1:.3g} above ours")
    assert work.low <= ours <= theirs < math.inf


def test_one_release_has_one_best_order(say):
    # autodp searches the real orders too, and without sampling the curve has a closed form: what
    # is left between the two is our outward rounding
    work = WORK["W1"]
    ours = dpa.epsilon(work.run, work.delta, method="rdp").upper
    theirs = say("autodp", work.phases, work.delta)
    assert theirs * (1 - 1e-14) <= ours <= theirs * (1 + 1e-13)


def test_a_run_that_is_hardly_private(say):
    work = WORK["W9"]
    ours = dpa.epsilon(work.run, work.delta, method="rdp").upper
    assert work.low <= ours <= 1.1 * work.high
    # fixed and integer orders do not reach the order that is needed
    assert say("dp_accounting.rdp", work.phases, work.delta) > 3 * work.high
    assert say("autodp", work.phases, work.delta) > 20 * work.high


def opacus_noise():
    utils = pytest.importorskip("opacus.accountants.utils")
    return utils.get_noise_multiplier(
        target_epsilon=2.0, target_delta=1e-5, sample_rate=0.01, steps=2000, accountant="rdp"
    )


def dp_accounting_noise():
    calibration = pytest.importorskip("dp_accounting.mechanism_calibration")
    from dp_accounting import dp_event
    from dp_accounting.rdp import RdpAccountant

    def event(noise):
        step = dp_event.PoissonSampledDpEvent(0.01, dp_event.GaussianDpEvent(noise))
        return dp_event.SelfComposedDpEvent(step, 2000)

    bracket = calibration.ExplicitBracketInterval(0.6, 3.0)
    return calibration.calibrate_dp_mechanism(RdpAccountant, event, 2.0, 1e-5, bracket)


def autodp_noise():
    zoo = pytest.importorskip("autodp.calibrator_zoo")
    from autodp.mechanism_zoo import NoisySGD_Mechanism

    found = zoo.eps_delta_calibrator()(
        lambda noise: NoisySGD_Mechanism(0.01, noise, 2000), 2.0, 1e-5, [0.6, 3.0]
    )
    return float(found.params["sigma"])


NOISE = {
    "opacus.rdp": opacus_noise,
    "dp_accounting.rdp": dp_accounting_noise,
    "autodp": autodp_noise,
}


@pytest.mark.parametrize("peer", NOISE)
def test_calibrated_noise(say, peer):
    found = dpa.calibrate(W7, epsilon=2, delta="1e-5", method="rdp")
    assert found.bound.upper <= 2
    assert found.value >= W7_LOW
    # the least noise that any RDP can allow is above the true least noise
    assert found.value <= 1.06 * W7_HIGH
    assert found.value <= NOISE[peer]()
    phases = _peer_phases(canonical(found.run))
    assert say(peer, phases, "1e-5") >= found.bound.upper


@pytest.fixture(scope="module")
def sweep():
    return dpa.RDP().epsilons(W8, "1e-5")


def test_a_thousand_budgets(sweep):
    assert len({(run.noise_multiplier, run.steps) for run in W8}) == 1000
    assert len(sweep) == 1000
    for i in (0, 19, 980, 999):
        alone = dpa.epsilon(W8[i], "1e-5", method="rdp").upper
        assert sweep[i].upper == pytest.approx(alone, rel=1e-12)


@pytest.mark.parametrize("peer", PEERS)
def test_a_sample_of_a_thousand_budgets(say, sweep, peer):
    # the corners, and every 47th, which meets each number of steps
    for i in {0, 19, 980, 999, *range(0, 1000, 47)}:
        theirs = say(peer, _peer_phases(canonical(W8[i])), "1e-5")
        assert 0 < sweep[i].upper <= theirs


@pytest.mark.parametrize("peer", ["opacus.rdp", "dp_accounting.rdp"])
@pytest.mark.parametrize("delta", ["1e-3", "1e-9", "1e-80"])
def test_other_runs(say, peer, delta):
    for run in (dpsgd("30", "0.001", 10), dpsgd("0.5", "0.3", 7), dpa.Gaussian("0.1")):
        ours = dpa.epsilon(run, delta, method="rdp").upper
        assert ours <= say(peer, _peer_phases(canonical(run)), delta)
