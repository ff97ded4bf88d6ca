"""Which code relies on which theorem: found from the source, and never less than what is cited."""

from __future__ import annotations

import importlib
import textwrap
from contextlib import suppress

import pytest
from architecture.repository import MODULES, PACKAGE
from contract.cases import LAPLACE, MIXED, PLAIN, SAMPLED_LAPLACE, dpsgd

import dpaccount as dpa
from dpaccount.accounting import METHODS
from dpaccount.proving import sources
from dpaccount.proving.reliance import _cites, relying, rests_on
from dpaccount.theorems import all_theorems, closure

KNOWN = all_theorems()

#: Theorems that no code relies on, and why they are registered.
NO_CODE = {
    "rdp.gaussian_optimal_order": "where the search over orders ends for a Gaussian; any order is "
    "a valid bound, so no number rests on the best one",
    "rdp.to_dp_mironov": "kept for comparison with rdp.to_dp_improved, which is never larger",
}


def relied_on():
    """What code cites, and all that this uses."""
    return set(closure(id for id, names in relying().items() if names))


def test_every_theorem_is_relied_on_or_listed_with_its_reason():
    assert set(KNOWN) - relied_on() == set(NO_CODE)


@pytest.mark.parametrize(
    ("id", "module"),
    [
        ("gdp.pure", "dpaccount.guarantees.profile"),  # by attribute
        ("dp.identity", "dpaccount.guarantees.bound"),  # by text
        ("invert.taylor", "dpaccount.certificates.standing"),
        ("invert.strip", "dpaccount.certificates.standing"),  # within the tuple invert.LINE
    ],
)
def test_the_modules_that_cite(id, module):
    assert module in relying()[id]


def test_what_only_speaks_of_theorems_does_not_rely_on_them():
    names = {name for found in relying().values() for name in found}
    assert names <= set(MODULES)
    assert not {name.split(".")[1] for name in names} & {"theorems", "proving", "cli"}


RUNS = {
    "sampled": dpsgd(PLAIN),
    "one step": dpsgd(PLAIN, steps=1),
    "little noise": dpsgd(PLAIN, noise_multiplier="0.3", steps=50),
    "nothing": dpsgd(PLAIN, steps=0),
    "mixed": MIXED,
    "laplace": LAPLACE,
    "sampled laplace": SAMPLED_LAPLACE,
    "gaussian": dpa.Gaussian(2),
    "pure": dpa.SelfComposed(dpa.PureDP("0.1"), 10),
    "approximate": dpa.Composed((dpa.ApproximateDP("0.1", "1e-7"), dpa.Gaussian(3))),
    "answers": dpa.SelfComposed(dpa.RandomizedResponse("0.75", 4), 5),
    "discrete gaussian": dpa.DiscreteGaussian(4),
    "discrete laplace": dpa.SelfComposed(dpa.DiscreteLaplace(3), 4),
    "sampled discrete": dpa.PoissonSubsampled(dpa.DiscreteLaplace(3), "0.1"),
}
QUESTIONS = {"epsilon": "1e-5", "delta": "0.5", "tpr": "0.01", "reconstruction": "1/16"}
#: A rate asks for delta many times, so few runs are asked for one.
RATES_OF = ("gaussian", "answers")


def cited(method):
    """What bounds of a method cite, by the question."""
    seen = {question: set() for question in QUESTIONS}
    for name, run in RUNS.items():
        for question, value in QUESTIONS.items():
            if question in ("epsilon", "delta") or name in RATES_OF:
                with suppress(dpa.Unsupported, dpa.NotConverged):
                    bound = getattr(dpa.profile(run, method=method), question)(value)
                    seen[question] |= set(bound.theorems)
    return seen


@pytest.mark.parametrize("method", [name for name in METHODS if name not in ("best", "pld")])
def test_nothing_is_cited_that_was_not_foreseen(method):
    """What bounds cite, at run time, is among what the source says that they can cite."""
    for question, seen in cited(method).items():
        assert seen or question in ("tpr", "reconstruction", "delta")
        assert seen <= set(rests_on(f"dpaccount.PrivacyProfile.{question}").citing)
        assert seen <= set(rests_on("dpaccount.profile").citing)
        if question in ("epsilon", "delta"):
            assert seen <= set(rests_on(f"dpaccount.{question}").citing)


@pytest.mark.parametrize(("kind", "name"), [(dpa.RDP, "RDP"), (dpa.GDP, "GDP"), (dpa.ZCDP, "ZCDP")])
def test_a_theory_cites_what_was_foreseen_for_it(kind, name):
    foreseen = set(rests_on(f"dpaccount.{name}").citing)
    assert not any(id.startswith("invert.") for id in foreseen)  # another theory's
    for run in RUNS.values():
        try:
            bound = dpa.epsilon(run, "1e-5", method=kind())
        except dpa.Unsupported:
            continue
        assert set(bound.theorems) <= foreseen


@pytest.mark.parametrize("solve_for", ["noise_multiplier", "steps", "sampling_rate"])
def test_a_calibration_cites_what_was_foreseen(solve_for):
    found = dpa.calibrate(dpsgd(PLAIN), epsilon=1, delta="1e-5", solve_for=solve_for)
    foreseen = set(rests_on("dpaccount.calibrate").citing)
    assert set(found.bound.theorems) | set(found.refuted.bound.theorems) <= foreseen


def test_what_a_function_does_not_touch_is_left_out():
    assert not rests_on("dpaccount.from_opacus").citing
    checker = set(rests_on("dpaccount.verify").citing)
    assert "invert.formula" in checker
    assert not any(id.startswith(("rdp.", "zcdp.", "pld.", "risk.")) for id in checker)
    assert "risk.reconstruction" not in rests_on("dpaccount.epsilon").citing
    assert "risk.reconstruction" in rests_on("dpaccount.risk").citing
    assert "pair.monotone" in rests_on("dpaccount.calibrate").citing
    assert "pair.monotone" not in rests_on("dpaccount.epsilon").citing


@pytest.mark.parametrize("name", dpa.__all__)
def test_every_public_name_can_be_asked_for(name):
    found = rests_on(f"dpaccount.{name}")
    assert set(found.citing) <= set(KNOWN)
    for places in found.citing.values():
        for place in places:
            module, _, inside = place.partition(":")
            assert inside.partition(".")[0] in {*vars(importlib.import_module(module)), ""}


@pytest.mark.parametrize(
    "name",
    [
        "dpaccount.accountants.rdp",
        "dpaccount.accountants",
        "dpaccount.accounting.epsilon",
        "dpaccount.RDP.profile",  # inherited
        "dpaccount.PrivacyProfile.tpr",
    ],
)
def test_modules_and_methods_can_be_asked_for(name):
    assert len(rests_on(name).citing) > 2


def test_a_package_is_all_of_its_modules():
    whole = set(rests_on("dpaccount.accountants").citing)
    assert whole >= set(rests_on("dpaccount.accountants.rdp").citing)
    assert whole >= {"pld.shift", "lattice.sum", "dp.advanced", "gdp.clt"}


@pytest.mark.parametrize(
    "name",
    ["", "dpaccount.epsilom", "numpy.array", "dpaccount.epsilon.x", "dpaccount.", ".", "x y"],
)
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(dpa.InputError):
        rests_on(name)


def test_a_slip_is_answered_with_what_may_have_been_meant():
    with pytest.raises(dpa.InputError, match=r"did you mean dpaccount\.epsilon"):
        rests_on("dpaccount.epsilom")


def read(text, name="dpaccount.accountants.example"):
    known = frozenset(sources.modules())
    return sources._Reader(sources.Module(name, False), known).read(textwrap.dedent(text))


@pytest.mark.parametrize(
    "text",
    [
        "from dpaccount.theorems import gdp\nX = gdp.PURE.id",
        "from dpaccount.theorems.gdp import PURE as p\nX = p",
        "import dpaccount.theorems.gdp\nX = dpaccount.theorems.gdp.PURE(1)",
        "import dpaccount.theorems.gdp as g\nX = [g.PURE]",
        "from dpaccount import theorems\nX = theorems.gdp.PURE",
        "def X():\n    from dpaccount.theorems import gdp\n    return gdp.PURE(1)",
        "from ..theorems import gdp\nX = lambda: gdp.PURE",
        "X = {'gdp.pure': 1}",
        "def X(a='gdp.pure'):\n    pass",
        "from dpaccount.theorems import gdp\nclass X:\n    y = gdp.PURE",
        "if True:\n    X = 'gdp.pure'",
        "try:\n    X = 'gdp.pure'\nexcept ValueError:\n    pass",
    ],
)
def test_every_way_to_cite_is_seen(text):
    parts = read(text).definitions.values()
    assert {id for part in parts for id in _cites(part)} == {"gdp.pure"}


@pytest.mark.parametrize(
    "text",
    [
        "'''As gdp.pure.'''",
        "def f():\n    'gdp.pure'",
        "from dpaccount.theorems import gdp",
        "from dpaccount.theorems import gdp\nx = gdp.math",
        "from elsewhere import gdp\nx = gdp.PURE",
        "x = 'by gdp.pure'",
    ],
)
def test_what_is_no_citation(text):
    parts = read(text).definitions.values()
    assert {id for part in parts for id in _cites(part)} == set()


def test_every_file_is_read():
    assert set(sources.modules()) == {"dpaccount", *MODULES}
    assert len(sources.modules()) == len(list(PACKAGE.rglob("*.py")))
