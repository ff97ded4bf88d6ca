"""What a bound says of itself: theorems, trust and side; and what is refused instead of guessed."""

from __future__ import annotations

import pytest
from contract.cases import (
    ALL,
    FULL,
    GUARANTEES,
    LAPLACE,
    MIXED,
    PLAIN,
    SAMPLED_LAPLACE,
    WIDE,
    ask,
    dpsgd,
    epsilon,
)
from hypothesis import given, settings

import dpaccount as dpa
from dpaccount import Trust
from dpaccount.accounting import METHODS, accountant_of
from dpaccount.mechanisms import phases
from dpaccount.testing.strategies import mechanisms
from dpaccount.theorems import all_theorems, closure

RUNS = {
    "plain": dpsgd(PLAIN),
    "wide": dpsgd(WIDE),
    "full": dpsgd(FULL),
    "mixed": MIXED,
    "laplace": LAPLACE,
    "sampled laplace": SAMPLED_LAPLACE,
}
CHAINS = [name for name in ALL if name.startswith("closed_form.")]
LINKS = {
    "closed_form.classical_basic": {"dp.gaussian_classical", "dp.basic"},
    "closed_form.classical_advanced": {"dp.gaussian_classical", "dp.advanced"},
    "closed_form.classical_optimal": {"dp.gaussian_classical", "dp.optimal_homogeneous"},
    "closed_form.exact_basic": {"dp.gaussian_exact", "dp.basic"},
    "closed_form.exact_advanced": {"dp.gaussian_exact", "dp.advanced"},
    "closed_form.exact_optimal": {"dp.gaussian_exact", "dp.optimal_homogeneous"},
    "closed_form.moments_integer": {"dp.moments_integer", "rdp.composition", "rdp.to_dp_improved"},
    "closed_form.moments_closed_form": {
        "dp.moments_closed_form",
        "rdp.composition",
        "rdp.to_dp_improved",
    },
}
#: method -> what has to be cited for a sampled Gaussian run, beside the links of a chain
CITED = {
    "rdp": {"rdp.poisson", "rdp.composition", "rdp.to_dp_improved", "pair.poisson_gaussian"},
    "zcdp": {"zcdp.gaussian", "zcdp.composition", "zcdp.sampling_never_hurts"},
    "gdp": {"gdp.gaussian", "gdp.composition", "gdp.sampling_never_hurts", "dp.gaussian_exact"},
    "gdp_clt": {"gdp.clt"},
    "saddlepoint": {"invert.formula", "invert.taylor", "pair.poisson_gaussian", "pair.dimension"},
    "saddlepoint.fast": {"invert.formula", "invert.decay", "pair.poisson_gaussian"},
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
@pytest.mark.parametrize("method", ALL)
def test_every_bound_cites_registered_theorems_and_its_method(method, run):
    known = all_theorems()
    for what, argument in (("epsilon", "1e-5"), ("delta", 3)):
        if what == "delta" and method in ("best", "closed_form", "closed_form.exact_optimal"):
            continue  # the same answers as below, a second each
        bound = ask(what, argument, run, method)
        if bound is None:
            continue
        assert bound.theorems
        assert set(bound.theorems) <= set(known)
        assert bound.method in METHODS
        assert bound.method == method or method == "best"
        assert all(known[used] for id_ in bound.theorems for used in known[id_].uses)


@pytest.mark.parametrize("method", ALL)
def test_what_a_sampled_run_stands_on(method):
    bound = epsilon(dpsgd(WIDE), method)
    if method in LINKS:
        assert LINKS[method] <= set(bound.theorems)
        assert ("dp.amplification_poisson" in bound.theorems) == ("moments" not in method)
        assert bound.details["chain"] == method.removeprefix("closed_form.")
    elif method in CITED:
        assert CITED[method] <= set(bound.theorems)
    else:
        assert method in ("best", "closed_form")
        chain = bound.details.get("chain")
        expected = CITED[bound.method] if chain is None else LINKS[f"closed_form.{chain}"]
        assert expected <= set(bound.theorems)


#: A pure release -> what says that it is pure.
PURE = {
    dpa.Laplace(3): "dp.laplace",
    dpa.RandomizedResponse("0.75", 4): "pair.randomized_response",
    dpa.PureDP("0.5"): "pair.pure_dp",
    dpa.DiscreteLaplace(3): "pair.discrete_laplace",
}


@pytest.mark.parametrize("method", ["zcdp", "gdp", "closed_form.exact_basic"])
@pytest.mark.parametrize("run", PURE, ids=lambda run: type(run).__name__)
def test_what_makes_a_release_pure_is_cited(run, method):
    plain = epsilon(run, method)
    assert PURE[run] in plain.theorems
    assert "dp.amplification_poisson" not in plain.theorems
    assert not {"dp.gaussian_exact", "gdp.gaussian"} & set(plain.theorems) or method == "gdp"
    sampled = epsilon(dpa.PoissonSubsampled(run, "0.1"), method)
    assert {PURE[run], "dp.amplification_poisson"} <= set(sampled.theorems)


def test_a_vector_of_gaussian_noise_is_known_no_better_than_its_one_dimension():
    for method in ("rdp", "zcdp", "gdp", "closed_form.exact_basic", "closed_form.moments_integer"):
        for run in (dpa.Gaussian(20), dpsgd(PLAIN)):
            bound = epsilon(run, method)
            assert "pair.dimension" in closure(bound.theorems)
            assert bound.level == "P"


@pytest.mark.parametrize("kind", ["integer", "closed_form"])
def test_moments_of_a_gaussian_are_not_those_of_a_sampled_one(kind):
    sampled, plain = f"dp.moments_{kind}", "rdp.gaussian"
    wide = dpa.DPSGD(noise_multiplier=10, sampling_rate="0.01", steps=100)
    for run, cites, does_not in (
        (dpa.Gaussian(20), {plain}, {sampled}),
        (wide, {sampled}, {plain}),
        (dpa.Composed((wide, dpa.Gaussian(20))), {plain, sampled}, set()),
    ):
        cited = set(epsilon(run, f"closed_form.moments_{kind}").theorems)
        assert cites <= cited
        assert not does_not & cited


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
@pytest.mark.parametrize("method", ALL)
def test_trust_and_side(method, run):
    bound = epsilon(run, method)
    if bound is None:
        return
    if method == "gdp_clt":
        assert bound.trust is Trust.ASYMPTOTIC
        assert not bound.trust.is_guarantee
        assert (bound.lower, bound.upper) == (None, None)
        assert bound.estimate > 0.0
        return
    assert bound.trust in (Trust.CERTIFIED, Trust.PROVED)
    assert bound.upper is not None
    assert bound.upper > 0.0
    if bound.lower is not None:
        assert 0.0 <= bound.lower <= bound.upper


def test_who_gives_a_lower_end():
    assert epsilon(dpsgd(FULL), "gdp").lower is not None
    assert epsilon(dpsgd(FULL), "best").lower is not None
    for method in ("rdp", "zcdp", *CHAINS):
        assert epsilon(dpsgd(FULL), method).lower is None
    assert epsilon(dpsgd(PLAIN), "gdp").lower is None  # sampled: its mu is an upper end only


@pytest.mark.parametrize("method", [n for n in ALL if "classical" in n])
def test_the_classical_theorem_is_refused_outside_its_range(method):
    # one release at this noise costs eps > 1
    for sigma in ("0.5", "1", "4"):
        with pytest.raises(dpa.Unsupported, match=r"dp\.gaussian_classical.*do: "):
            dpa.epsilon(dpa.Gaussian(sigma), "1e-5", method=method)
    inside = dpa.epsilon(dpa.Gaussian(10), "1e-5", method=method)
    assert inside.upper <= 1.0 or method.endswith("advanced")
    assert inside.upper >= dpa.epsilon(dpa.Gaussian(10), "1e-5", method="gdp").lower


def test_the_edge_of_the_classical_theorem():
    # sqrt(2 ln(1.25 / 1e-5)) = 4.84480...
    with pytest.raises(dpa.Unsupported):
        dpa.epsilon(dpa.Gaussian("4.8448"), "1e-5", method="closed_form.classical_basic")
    bound = dpa.epsilon(dpa.Gaussian("4.8449"), "1e-5", method="closed_form.classical_basic")
    assert 0.99998 <= bound.upper <= 1.0


@pytest.mark.parametrize(
    ("sigma", "rate", "word"),
    [
        ("3.999", "0.01", "sigma >= 4"),
        ("4", "0.2000001", "q <= 1/5"),
        ("1", "0.5", "q <= 1/5"),
    ],
)
def test_the_moments_closed_form_is_refused_outside_its_range(sigma, rate, word):
    run = dpa.DPSGD(noise_multiplier=sigma, sampling_rate=rate, steps=10)
    with pytest.raises(dpa.Unsupported, match=word):
        dpa.epsilon(run, "1e-5", method="closed_form.moments_closed_form")


def test_the_moments_closed_form_at_the_edge_of_its_range():
    run = dpa.DPSGD(noise_multiplier=4, sampling_rate="0.2", steps=10)
    assert epsilon(run, "closed_form.moments_closed_form").upper >= epsilon(run, "rdp").upper


@pytest.mark.parametrize("method", [n for n in ALL if n.endswith("optimal")])
def test_optimal_composition_is_of_equal_steps_only(method):
    with pytest.raises(dpa.Unsupported, match=r"dp\.optimal_homogeneous"):
        dpa.epsilon(MIXED, "1e-5", method=method)


@pytest.mark.parametrize(
    "method", ["gdp_clt", "closed_form.moments_integer", "closed_form.moments_closed_form"]
)
@pytest.mark.parametrize(
    "run",
    [LAPLACE, SAMPLED_LAPLACE, dpa.Composed((LAPLACE, dpsgd(WIDE)))],
    ids=["plain", "sampled", "mixed"],
)
def test_theories_of_gaussians_refuse_laplace(method, run):
    with pytest.raises(dpa.Unsupported, match="do: "):
        dpa.epsilon(run, "1e-5", method=method)


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize(
    "run",
    [dpsgd(PLAIN), dpa.PoissonSubsampled(dpa.Laplace(1), "0.1"), MIXED],
    ids=["dpsgd", "laplace", "mixed"],
)
def test_replacing_a_record_under_sampling_is_refused(method, run):
    with pytest.raises(dpa.Unsupported, match="replace_one"):
        dpa.epsilon(run, "1e-5", method=method, adjacency="replace_one")


@pytest.mark.parametrize("method", GUARANTEES)
def test_replacing_a_record_is_twice_the_sensitivity(method):
    replaced = epsilon(dpa.Gaussian(60), method, adjacency="replace_one")
    removed = epsilon(dpa.Gaussian(30), method, adjacency="remove")
    assert replaced.upper == pytest.approx(removed.upper, rel=1e-12)


@pytest.mark.parametrize("method", ["best", "closed_form"])
def test_a_choice_of_theories_names_the_one_it_took(method):
    bound = epsilon(dpsgd(PLAIN), method)
    named = bound.method if method == "best" else f"closed_form.{bound.details['chain']}"
    again = epsilon(dpsgd(PLAIN), named)
    assert again.upper == pytest.approx(bound.upper, rel=1e-12)
    assert again.theorems == bound.theorems


def test_asking_by_name_is_asking_by_value():
    by_value = [dpa.RDP(), dpa.ZCDP(), dpa.GDP(), dpa.GDPLimit(), dpa.ClosedForm("exact_basic")]
    names = ["rdp", "zcdp", "gdp", "gdp_clt", "closed_form.exact_basic"]
    for accountant, name in zip(by_value, names, strict=True):
        assert accountant_of(f"  {name.upper()} ") == accountant
        assert dpa.epsilon(dpsgd(), 1e-5, method=accountant) == epsilon(dpsgd(), name)
    assert dpa.epsilon(dpsgd(), 1e-5) == epsilon(dpsgd(), "best")


@given(mechanisms())
@settings(max_examples=15, deadline=None)
def test_any_legal_run_has_a_bound_or_a_refusal(mechanism):
    for method in ("best", "rdp", "zcdp", "gdp", "closed_form.exact_basic", "gdp_clt"):
        bound = epsilon(mechanism, method)
        if bound is not None:
            assert (bound.upper if bound.trust.is_guarantee else bound.estimate) >= 0.0
        elif method != "gdp_clt":
            # what may be infinite on a sample has no moments, and discrete Gaussians no mu
            kinds = {type(p.mechanism) for p in phases(mechanism) if p.is_sampled}
            moments = dpa.ApproximateDP not in kinds
            assert not moments or method in ("gdp", "closed_form.exact_basic")
            assert kinds or any(
                isinstance(p.mechanism, dpa.DiscreteGaussian) for p in phases(mechanism)
            )
