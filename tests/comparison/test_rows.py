"""The rows of a comparison: who, what, how it is worth, and why."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

import dpaccount as dpa
from dpaccount import comparison
from dpaccount.accounting import METHODS
from dpaccount.cli import main
from dpaccount.comparison import Verdict, rows_sorted
from dpaccount.interop.peers import PEER_METHODS, PeerPhase, PeerResult, installed

OWN = [method for method in METHODS if method != "best"]
RUN = dpa.DPSGD(noise_multiplier="0.8", sampling_rate="0.01", steps=1000)
DELTA = "1e-6"
WORDS = ["compare", "--noise-multiplier", "1", "--sample-rate", "0.1", "--steps", "3"]

RUNS = {
    "sampled": RUN,
    "one release": dpa.Gaussian("1.5"),
    "nothing": dpa.Identity(),
    "laplace": dpa.SelfComposed(dpa.Laplace(2), 3),
    "sampled laplace": dpa.PoissonSubsampled(dpa.Laplace(2), "0.1"),
    "much noise": dpa.DPSGD(noise_multiplier=50, sampling_rate="0.001", steps=10),
    "hardly private": dpa.DPSGD(noise_multiplier="0.3", sampling_rate="0.05", steps=5000),
    "mixed": dpa.Composed((dpa.Gaussian(3), dpa.Gaussian(4), RUN, dpa.Laplace(5))),
}


def said(method="opacus.rdp", *, status="ok", message="", kind=None, **ends):
    package = method.partition(".")[0]
    numbers = {"lower": None, "upper": None, "estimate": None} | ends
    return PeerResult(
        method=method,
        source=package,
        version="1.0",
        kind=kind or PEER_METHODS[package][method],
        status=status,
        message=message,
        seconds=0.25 if status == "ok" else None,
        **numbers,
    )


def ask(run, method, adjacency):
    """A bound and why there is none."""
    try:
        return dpa.epsilon(run, DELTA, method=method, adjacency=adjacency), ""
    except dpa.Unsupported as refusal:
        return None, str(refusal)


@pytest.fixture
def hear(monkeypatch):
    """Compare, with given answers of peers; also what they were asked."""
    asked = []

    def compare(mechanism, *results, delta="1e-5", **options):
        def run_peers(phases, delta, **rest):
            asked.append((list(phases), delta, rest))
            return list(results)

        monkeypatch.setattr(comparison, "run_peers", run_peers)
        return dpa.compare(mechanism, delta, **options)

    compare.asked = asked
    return compare


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
@pytest.mark.parametrize("adjacency", ["add_remove", "add"])
def test_our_rows_are_our_bounds(run, adjacency):
    result = dpa.compare(run, DELTA, adjacency=adjacency, peers=False)
    assert [row.method for row in result.rows] == OWN
    uppers = []
    for row in result.rows:
        assert row.source == "dpaccount"
        assert row.note
        assert "\n" not in row.note
        assert row.seconds >= 0
        numbers = (row.lower, row.upper, row.estimate)
        bound, refusal = ask(run, row.method, adjacency)
        if bound is None:
            assert row.verdict is Verdict.REFUSED
            assert numbers == (None,) * 3
            assert (row.ratio, row.value, row.theorems) == (None, None, ())
            assert row.note == refusal
            continue
        assert numbers == (bound.lower, bound.upper, bound.estimate)
        assert (row.trust, row.theorems) == (bound.trust.value, bound.theorems)
        assert row.value == (bound.upper if bound.upper is not None else bound.estimate)
        if bound.upper is not None:
            uppers.append(bound.upper)
        if row.method == "gdp_clt" and bound.lower is None:
            assert row.verdict in (Verdict.NO_GUARANTEE, Verdict.BELOW_TRUTH)
        elif bound.lower is not None and bound.upper - bound.lower <= 1e-9 * bound.upper:
            assert row.verdict is Verdict.EXACT
        elif bound.upper == math.inf:
            assert row.verdict is Verdict.VACUOUS
        else:
            least = bound.upper == result.tightest
            assert row.verdict is (Verdict.TIGHTEST if least else Verdict.LOOSE)
    assert result.tightest == min(uppers)
    # the default is "best" of them, and it is nowhere below the least row
    default = dpa.epsilon(run, DELTA, adjacency=adjacency)
    assert default.upper >= result.tightest
    # but by what certainty costs: the float64 tier may be narrower by less than a part in 1e9,
    # and of Laplace noise the grid in floats has finer cells than the one in balls
    certain = 1e-8 if default.method == "lattice" else 1e-9
    assert default.upper == result.tightest or default.is_narrow(certain)
    assert result.consistent
    assert (result.delta, result.mechanism) == (DELTA, run)
    assert result.adjacency is dpa.Adjacency(adjacency)


def test_ratios_are_to_the_least_upper_end(hear):
    result = hear(
        RUN,
        said("opacus.rdp", upper=8.0),
        said("opacus.gdp", estimate=2.0),
        said("opacus.prv", status="failed", message="no"),
        said("dp_accounting.pld", upper=math.inf),
        said("prv_accountant.prv", lower=1.0, estimate=2.0, upper=3.0),
    )
    for row in result.rows:
        if row.value is None or math.isinf(row.value):
            assert row.ratio is None
        else:
            assert row.ratio == row.value / result.tightest
    assert [row.value for row in result.rows[-5:]] == [8.0, 2.0, None, math.inf, 3.0]


FACTS = comparison._Facts(None, None, math.log(1e-5), 100.0)


def test_opacus_orders_are_blamed_only_where_they_end_too_early():
    assert "never below 0.1029" in comparison._note("opacus.rdp", FACTS)
    for order in (8.1, 63.0, math.nan):
        note = comparison._note("opacus.rdp", replace(FACTS, order=order))
        assert "never below" not in note


def test_every_method_has_a_note():
    names = [*OWN, *(name for methods in PEER_METHODS.values() for name in methods)]
    notes = [comparison._note(name, FACTS) for name in names]
    assert all(notes)
    assert all("\n" not in note and len(note) < 100 for note in notes)


@pytest.mark.parametrize("package", PEER_METHODS)
def test_a_method_is_named_after_its_package(package):
    assert all(name.startswith(f"{package}.") for name in PEER_METHODS[package])


# one Gaussian release is known from both sides, so that a claim can be below the truth
ONE = dpa.epsilon(dpa.Gaussian(1), "1e-5")

VERDICTS = [
    (said(upper=ONE.upper * 1.5), Verdict.LOOSE),
    (said(upper=math.inf), Verdict.VACUOUS),
    (said(upper=ONE.lower * 0.999), Verdict.BELOW_TRUTH),
    (said(upper=ONE.lower * (1 - 1e-9)), Verdict.BELOW_TRUTH),
    (said(upper=0.0), Verdict.BELOW_TRUTH),
    # a peer prints what it computed to a few units in the last place
    (said(upper=ONE.lower * (1 - 1e-13)), Verdict.VALID),
    (said(upper=(ONE.lower + ONE.upper) / 2), Verdict.VALID),
    (said("opacus.gdp", estimate=ONE.upper * 2), Verdict.NO_GUARANTEE),
    (said("opacus.gdp", estimate=ONE.lower * 0.9), Verdict.BELOW_TRUTH),
    (said("opacus.prv", upper=ONE.upper + 0.01), Verdict.LOOSE),
    (said("opacus.prv", upper=ONE.lower - 0.01), Verdict.BELOW_TRUTH),
    (said("prv_accountant.prv", lower=4.3, estimate=4.4, upper=4.5), Verdict.LOOSE),
    (said("prv_accountant.prv", lower=4.1, estimate=4.2, upper=4.3), Verdict.BELOW_TRUTH),
    (said(status="failed", message="it died"), Verdict.FAILED),
    (said(status="timed out", message="stopped after 1 s"), Verdict.OVER_TIME),
]


@pytest.mark.parametrize(("result", "verdict"), VERDICTS)
def test_what_a_peers_claim_is_worth(hear, result, verdict):
    answer = hear(dpa.Gaussian(1), result)
    row = answer.rows[-1]
    assert len(answer.rows) == len(OWN) + 1
    assert row.verdict is verdict
    assert (row.method, row.source) == (result.method, result.source)
    assert (row.lower, row.upper, row.estimate) == (result.lower, result.upper, result.estimate)
    assert (row.trust, row.seconds, row.theorems) == (result.kind, result.seconds, ())
    facts = replace(FACTS, order=1.0)  # one Gaussian's best order is small
    assert row.note == (result.message or comparison._note(result.method, facts))
    # whatever a peer says: ours agree with each other, and the peer moves no number of ours
    assert answer.consistent
    assert answer.tightest == ONE.upper


def test_a_claim_below_the_certified_bracket_is_below_the_truth(hear):
    answer = hear(RUN, said("dp_accounting.pld", upper=3.70), delta=DELTA)
    row = answer.rows[-1]
    assert (row.verdict, row.verdict_text) == (Verdict.BELOW_TRUTH, "below truth by 0.167 %")
    assert row.ratio < 1


def test_without_a_lower_end_a_smaller_claim_is_no_contradiction(hear):
    # its losses are so small beside the grid that nothing is known from below
    run = dpa.SelfComposed(dpa.PoissonSubsampled(dpa.DiscreteGaussian(1), "1e-6"), 500)
    assert dpa.epsilon(run, "1e-6").lower == 0.0
    answer = hear(run, said("dp_accounting.pld", upper=5e-5), delta="1e-6")
    assert (answer.rows[-1].verdict, answer.rows[-1].gap) == (Verdict.VALID, None)


@pytest.mark.parametrize("run", [dpa.Identity(), dpa.Gaussian(1)], ids=["nothing", "release"])
def test_the_same_number_is_valid(hear, run):
    upper = dpa.epsilon(run, "1e-5").upper
    assert hear(run, said(upper=upper)).rows[-1].verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        (1.0902, "loose by 9.02 %"),
        (1 + 4e-5, "loose by 0.004 %"),
        (9.42, "loose by 842 %"),
        (1201.0, "loose by 120,000 %"),
        (2e12, "loose by 2e+14 %"),
        (0.5, "below truth by 50 %"),
    ],
)
def test_verdicts_say_by_how_much(hear, factor, text):
    row = hear(dpa.Gaussian(1), said(upper=ONE.upper * factor)).rows[-1]
    assert row.verdict_text == text


def test_bounds_of_ours_that_contradict_each_other_are_told(monkeypatch, capsys):
    real = comparison.profile

    class Lying:
        def epsilon(self, delta):
            return dpa.Bound(9.0, 10.0, None, "zcdp", dpa.Trust.PROVED, ())

    def profile(mechanism, *, method, adjacency):
        if method == "zcdp":
            return Lying()
        return real(mechanism, method=method, adjacency=adjacency)

    assert dpa.compare(dpa.Gaussian(1), "1e-5", peers=False).consistent
    assert main([*WORDS, "--delta", "1e-5", "--no-peers"]) == 0
    monkeypatch.setattr(comparison, "profile", profile)
    assert not dpa.compare(dpa.Gaussian(1), "1e-5", peers=False).consistent
    assert main([*WORDS, "--delta", "1e-5", "--no-peers"]) == 1
    capsys.readouterr()


def test_a_peer_that_is_wrong_is_no_failed_check(monkeypatch, capsys):
    results = [said(upper=0.0), said("opacus.gdp", status="failed", message="no")]
    monkeypatch.setattr(comparison, "run_peers", lambda *_, **__: results)
    words = ["compare", "--noise-multiplier", "1", "--sample-rate", "1", "--steps", "1"]
    assert main([*words, "--delta", "1e-5"]) == 0
    assert "below truth" in capsys.readouterr().out


@pytest.mark.parametrize("adjacency", ["add", "remove"])
def test_peers_are_not_asked_about_one_direction(hear, adjacency):
    result = hear(RUN, said(upper=1.0), adjacency=adjacency)
    assert len(result.rows) == len(OWN)
    assert hear.asked == []


def test_no_peers_means_none(hear, monkeypatch, capsys):
    assert len(hear(RUN, said(upper=1.0), peers=False).rows) == len(OWN)
    assert main([*WORDS, "--delta", "1e-5", "--no-peers"]) == 0
    assert "opacus" not in capsys.readouterr().out
    assert hear.asked == []
    assert main([*WORDS, "--delta", "1e-5"]) == 0
    assert len(hear.asked) == 1


@pytest.mark.parametrize(
    ("run", "adjacency", "phases"),
    [
        (RUN, "add_remove", [("gaussian", 0.8, 0.01, 1000)]),
        (RUN, "zero_out", [("gaussian", 0.8, 0.01, 1000)]),
        (dpa.Identity(), "add_remove", []),
        (dpa.Gaussian(2), "add_remove", [("gaussian", 2.0, 1.0, 1)]),
        # twice the sensitivity, so half the noise
        (dpa.Gaussian(2), "replace_one", [("gaussian", 1.0, 1.0, 1)]),
        (dpa.SelfComposed(dpa.Laplace(2), 7), "replace_one", [("laplace", 1.0, 1.0, 7)]),
        (dpa.PoissonSubsampled(dpa.Laplace(2), "1/8"), "add_remove", [("laplace", 2.0, 0.125, 1)]),
        # unsampled releases are one: 1/3^2 + 1/4^2 = 1/2.4^2
        (
            dpa.Composed((dpa.Gaussian(3), RUN, dpa.Gaussian(4), RUN)),
            "add_remove",
            [("gaussian", 2.4, 1.0, 1), ("gaussian", 0.8, 0.01, 2000)],
        ),
    ],
)
def test_what_the_peers_are_told(hear, run, adjacency, phases):
    hear(run, adjacency=adjacency)
    ((told, delta, options),) = hear.asked
    assert delta == "1e-5"
    assert options["time_limit"] == 10.0
    assert 0 < options["deadline"] <= 50.0
    assert [p.kind for p in told] == [kind for kind, _, _, _ in phases]
    for phase, (kind, noise, rate, steps) in zip(told, phases, strict=True):
        assert isinstance(phase, PeerPhase)
        assert phase.noise_multiplier == pytest.approx(noise, rel=1e-15)
        assert (phase.kind, phase.sampling_rate, phase.steps) == (kind, rate, steps)


def test_the_sampled_run_under_replacement_is_refused(hear):
    with pytest.raises(dpa.Unsupported):
        hear(RUN, adjacency="replace_one")
    assert hear.asked == []


def test_rows_in_order(hear):
    rows = rows_sorted(hear(RUN, said(upper=1.0), said(status="failed", message="x")).rows)
    values = [row.value for row in rows]
    known = [value for value in values if value is not None]
    assert known == sorted(known)
    assert values[len(known) :] == [None] * (len(values) - len(known))


def test_every_row_is_announced(monkeypatch):
    def run_peers(phases, delta, *, on_result, **rest):
        results = [said(upper=1.0), said("opacus.gdp", status="failed", message="x")]
        for result in results:
            on_result(result)
        return results

    monkeypatch.setattr(comparison, "run_peers", run_peers)
    heard = []
    result = dpa.compare(RUN, DELTA, on_row=heard.append)
    assert heard == [row.method for row in result.rows]


def test_bad_input_is_refused_before_anybody_is_asked(hear):
    for delta in (0, 1, "nan", None):
        with pytest.raises(dpa.InputError):
            hear(RUN, delta=delta)
    with pytest.raises(dpa.InputError):
        hear(RUN, adjacency="sideways")
    with pytest.raises(dpa.InputError):
        hear("RUN")
    assert hear.asked == []


def test_the_packages_are_found():
    assert set(installed()) <= set(PEER_METHODS)
