"""More noise never costs more; more steps, a higher rate or a smaller delta never cost less."""

from __future__ import annotations

import itertools

import pytest
from contract.cases import ALL, FULL, PLAIN, WIDE, ask, counts, deltas, dpsgd, epsilon, rates, value
from contract.cases import sigmas as noises
from hypothesis import given, settings

import dpaccount as dpa

# What a search over orders, or over splits of delta, may miss; relative and absolute.
SEARCH = dict.fromkeys(ALL, 1e-09)
SEARCH |= {name: 1e-4 for name in ALL if name.endswith(("advanced", "optimal"))}

LADDERS = {
    "noise_multiplier": [
        "0.3",
        "0.5",
        "0.7",
        "0.9",
        "1",
        "1.001",
        "1.3",
        "2",
        "3.9",
        "4",
        "4.1",
        "6",
        "10",
        "25",
        "100",
        "1e6",
    ][::-1],
    "sampling_rate": [
        "1e-9",
        "1e-6",
        "0.0001",
        "0.001",
        "0.01",
        "0.010001",
        "0.05",
        "0.1999",
        "0.2",
        "0.5",
        "0.9",
        "0.999999",
    ],
    "steps": [1, 2, 3, 10, 99, 100, 1000, 30_000, 10**6, 10**9],
}


# Without sampling a run is one Gaussian, which these see better than its steps.
JUMPS_DOWN_AT_RATE_ONE = [name for name in ALL if name.startswith(("closed_form", "gdp_clt"))]


def rising(name, values):
    """Whether values never fall by more than a theory's search may miss."""
    slack = SEARCH[name]
    return all(b >= a * (1 - slack) - slack for a, b in itertools.pairwise(values))


@pytest.mark.parametrize("base", [PLAIN, WIDE, FULL], ids=["plain", "wide", "full"])
@pytest.mark.parametrize("field", LADDERS)
@pytest.mark.parametrize("method", ALL)
def test_epsilon_follows_the_setting(method, field, base):
    ladder = LADDERS[field]
    if field == "sampling_rate" and method not in JUMPS_DOWN_AT_RATE_ONE:
        ladder = [*ladder, "1"]
    bounds = [epsilon(dpsgd(base, **{field: rung}), method) for rung in ladder]
    values = [value(bound) for bound in bounds if bound is not None]
    assert rising(method, values), list(zip(ladder, values, strict=False))
    if base is WIDE:
        assert len(values) >= 4  # otherwise nothing was tested
    # a theorem's range ends once: an answer, then none, never in turns
    if field != "sampling_rate":
        known = [bound is not None for bound in bounds]
        assert sum(a != b for a, b in itertools.pairwise(known)) <= 2


@pytest.mark.parametrize("base", [PLAIN, WIDE, FULL], ids=["plain", "wide", "full"])
@pytest.mark.parametrize("method", ALL)
def test_epsilon_falls_as_delta_grows(method, base):
    ladder = ["0.9", "0.5", "0.1", "1e-3", "1e-5", "1e-8", "1e-20", "1e-100", "1e-300", "1e-1000"]
    bounds = [epsilon(dpsgd(base), method, delta) for delta in ladder]
    values = [value(bound) for bound in bounds if bound is not None]
    assert rising(method, values), list(zip(ladder, values, strict=False))
    if base is WIDE:
        assert len(values) >= 4


@pytest.mark.parametrize("base", [PLAIN, WIDE], ids=["plain", "wide"])
@pytest.mark.parametrize("method", [name for name in ALL if name != "best"])
def test_delta_falls_as_epsilon_grows(method, base):
    ladder = [30, 5, 1, 0.3, 0.01, 0, -0.01, -1, -30]
    if method in ("closed_form", "closed_form.exact_optimal"):  # these take a second each
        ladder = [5, 1, 0, -1]
    bounds = [ask("delta", eps, dpsgd(base), method) for eps in ladder]
    values = [value(bound) for bound in bounds if bound is not None]
    assert rising(method, values), list(zip(ladder, values, strict=False))
    assert all(0.0 <= v <= 1.0 for v in values)


@pytest.mark.parametrize("method", ALL)
def test_where_epsilon_has_an_answer_delta_has_one(method):
    run = dpsgd(WIDE)
    assert epsilon(run, method) is not None
    bound = ask("delta", 20, run, method)
    assert bound is not None
    assert value(bound) < 1e-5


@pytest.mark.parametrize("field", ["noise_multiplier", "sampling_rate", "steps"])
@pytest.mark.parametrize("method", ["rdp", "zcdp", "gdp", "closed_form.moments_integer"])
@given(noises, noises, rates, rates, counts, counts, deltas)
@settings(max_examples=12, deadline=None)
def test_two_runs_that_differ_in_one_thing(method, field, sigma, other, q, p, steps, more, delta):
    run = {"noise_multiplier": sigma, "sampling_rate": q, "steps": steps}
    changed = {"noise_multiplier": other, "sampling_rate": p, "steps": more}[field]
    pair = [dpa.DPSGD(**run), dpa.DPSGD(**{**run, field: changed})]
    pair.sort(key=lambda r: getattr(r, field), reverse=field == "noise_multiplier")
    low, high = (epsilon(r, method, delta).upper for r in pair)
    assert rising(method, [low, high])
