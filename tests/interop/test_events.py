"""Events of dp_accounting: read, written, and refused where they are something else."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pytest
from hypothesis import given, settings

import dpaccount as dpa
from dpaccount.interop.events import from_event, to_event
from dpaccount.mechanisms import phases
from dpaccount.testing.strategies import mechanisms

dp_event = pytest.importorskip("dp_accounting").dp_event

GAUSSIAN = dp_event.GaussianDpEvent(1.1)
STEP = dp_event.PoissonSampledDpEvent(0.01, GAUSSIAN)


def test_a_run_of_theirs_is_ours():
    event = dp_event.ComposedDpEvent([
        dp_event.SelfComposedDpEvent(STEP, 500), GAUSSIAN, dp_event.LaplaceDpEvent(3.0),
        dp_event.DiscreteLaplaceDpEvent(0.25, 2), dp_event.RandomizedResponseDpEvent(0.5, 4),
        dp_event.RandomizedResponseDpEvent(1.0, 4),
        dp_event.NoOpDpEvent(), dp_event.PoissonSampledDpEvent(0.5, dp_event.NoOpDpEvent()),
    ])  # fmt: skip
    ours = dpa.Composed((
        dpa.DPSGD(noise_multiplier="1.1", sampling_rate="0.01", steps=500),
        dpa.Gaussian("1.1"), dpa.Laplace(3), dpa.DiscreteLaplace(2, 2),
        dpa.RandomizedResponse("0.625", 4),
    ))  # fmt: skip
    assert phases(from_event(event)) == phases(ours)


def test_a_sample_of_a_sample():
    event = dp_event.PoissonSampledDpEvent(0.5, STEP)
    assert phases(from_event(event)) == phases(dpa.PoissonSubsampled(dpa.Gaussian("1.1"), "0.005"))


@given(run=mechanisms())
@settings(max_examples=60, deadline=None)
def test_there_and_back(run):
    def floats(mechanism):
        found = []
        for phase in phases(mechanism):
            fields = dataclasses.fields(phase.mechanism)
            numbers = [float(getattr(phase.mechanism, field.name)) for field in fields]
            kind = type(phase.mechanism)
            found.append((kind, *numbers, float(phase.sampling_rate), phase.steps))
        return found

    try:
        event = to_event(run)
    except dpa.Unsupported as refusal:
        message = str(refusal)
    else:
        message = ""
    if message:
        assert "dp_accounting 0.6.0 has none" in message
        return
    again = floats(from_event(event))
    for ours, theirs in zip(floats(run), again, strict=True):
        assert theirs[0] is ours[0]
        assert theirs[1:] == pytest.approx(ours[1:], rel=1e-14)


def test_their_accountant_reads_what_we_write():
    from dp_accounting.rdp import RdpAccountant

    run = dpa.DPSGD(noise_multiplier="1.1", sampling_rate="0.01", steps=500)
    accountant = RdpAccountant()
    accountant.compose(to_event(run))
    assert accountant.get_epsilon(1e-5) >= dpa.epsilon(run, "1e-5").lower


@pytest.mark.parametrize(
    "event",
    [dp_event.NonPrivateDpEvent(), dp_event.UnsupportedDpEvent(), dp_event.ZCDpEvent(0.1, 0),
     dp_event.SampledWithoutReplacementDpEvent(100, 10, GAUSSIAN),
     dp_event.PoissonSampledDpEvent(0.1, dp_event.SelfComposedDpEvent(GAUSSIAN, 2)),
     dp_event.ComposedDpEvent([dp_event.TruncatedSubsampledGaussianDpEvent(9, 0.1, 3, 1.0)])],
    ids=lambda event: type(event).__name__,
)  # fmt: skip
def test_what_is_another_mechanism_is_refused(event):
    with pytest.raises(dpa.Unsupported, match="do: "):
        from_event(event)


class GaussianDpEvent:
    """Theirs by name only."""


@pytest.mark.parametrize(
    "event", [None, 3, "x", SimpleNamespace(), GaussianDpEvent(), dp_event.GaussianDpEvent(0.0),
              dp_event.GaussianDpEvent(float("nan")), dp_event.SelfComposedDpEvent(GAUSSIAN, -1)],
    ids=lambda event: type(event).__name__,
)  # fmt: skip
def test_what_is_no_event_is_refused(event):
    with pytest.raises(dpa.InputError):
        from_event(event)


def test_events_without_end_are_refused():
    event = GAUSSIAN
    for _ in range(5000):
        event = dp_event.SelfComposedDpEvent(event, 1)
    with pytest.raises(dpa.InputError, match="inside each other"):
        from_event(event)
    with pytest.raises(dpa.InputError):
        to_event(None)
