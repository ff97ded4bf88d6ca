"""Every parameter of every public name: bad input is a one-line refusal, never a number."""

from __future__ import annotations

import inspect
import math
import pickle
from decimal import Decimal

import numpy as np
import pytest
from bad_input.junk import hidden
from hypothesis import given, settings
from mechanisms.strategies import BAD_TEXT, Rude

import dpaccount as dpa
from dpaccount.accounting import METHODS

RUN = {"noise_multiplier": "1.1", "sampling_rate": "0.01", "steps": 100}
SIZED = {"noise_multiplier": "1.1", "batch_size": 10, "dataset_size": 1000, "epochs": 2}
STD = {"noise_std": "1.1", "clip_norm": "1", "sampling_rate": "0.01", "steps": 100}
ONE = dpa.Gaussian(1)
TARGET = {"epsilon": 2, "delta": "1e-5", "method": "gdp"}

NO_NUMBER = [
    math.nan,
    "nan",
    math.inf,
    -math.inf,
    "inf",
    None,
    True,
    False,
    [],
    {},
    (),
    [1],
    object,
    object(),
    b"1",
    1j,
    "",
    "one",
    "1e",
    "0x1",
    "1,5",
    Decimal("NaN"),
    Decimal("Infinity"),
    np.float64("nan"),
    np.array([1.0]),
    np.bool_(True),
    len,
    ...,
]
BELOW = [-1, "-1", -1e-300, "-1e-300", -1e300, Decimal(-1), "-1/3"]
#: What every parameter of a kind refuses.
BAD = {
    "positive": [*NO_NUMBER, *BELOW, 0, 0.0, "0", "1e-5000", "1e5000", 1e300],
    "shift": [*NO_NUMBER, *BELOW, 0, 2.5, "1/3", 10**6 + 1],
    "truth": [*NO_NUMBER, *BELOW, 0, "0.5", 0.3, 1, "1.0", 1.1],
    "answers": [*NO_NUMBER, *BELOW, 0, 1, 2.5, 10**15 + 1],
    "part": [*NO_NUMBER, *BELOW, 1, "1", 1.5, "1e5000"],
    "rate": [*NO_NUMBER, *BELOW, 1.0000000000000002, "1.1", 2, 1e300, "1e-5000"],
    "fpr": [*NO_NUMBER, *BELOW, 1.0000000000000002, 2],
    "prior": [*NO_NUMBER, *BELOW, 0, "0", 1.0000000000000002, 2],
    "fprs": [None, 3, 0.5, "0.5", True, object(), len, [math.nan], ["0.1", -1], [2], [None], [[]]],
    "candidates": [None, 3, "2", True, object(), len, [math.nan], [2, 1], [2.5], [None], [[]]],
    "count": [*NO_NUMBER, *BELOW, 2.5, "2.5", "1/3", 1e-300, 10**15 + 1, "1e16", 10**5000],
    "size": [*NO_NUMBER, *BELOW, 0, 2.5, "1/3", 10**15 + 1],
    "nonnegative": [*NO_NUMBER, *BELOW],
    "delta": [*NO_NUMBER, *BELOW, 0, 0.0, "0", 1, 1.0, "1", 1.5, "1e5000", 10**400],
    "bounded delta": [*NO_NUMBER, *BELOW, 1, "1", 2],
    "epsilon": [*NO_NUMBER, "1e151", -1e200],
    "target": [*NO_NUMBER, *BELOW, "1e151"],
    "order": [
        [],
        [1],
        [0],
        [-1],
        ["nan"],
        [math.inf],
        [None],
        ["1e13"],
        [True],
        3,
        2.5,
        True,
        "x",
        object(),
        [[2]],
        {"a": 1},
    ],
    "accountant": ["", "x", None, 3, True, b"prv", [], object(), "a:", ":a", "a b:c", "prv\n", len],
    "only": ["", "truth", 3, True, object(), len, [], [3], [None], ["x"], [""], ["truth."]],
    "seconds": [math.nan, math.inf, -math.inf, 0, -1, None, True, "10", [], object(), 1j],
    "width": [*NO_NUMBER, *BELOW, 0, "0", "9e-15", 0.011, "1/99", 1, 1e300],
    "certificate": [
        None,
        1,
        True,
        [],
        {},
        object(),
        len,
        b"\xff",
        "",
        "x",
        "null",
        "[]",
        "{}",
        "NaN",
        '{"a": 1, "a": 2}',
        "[" * 100_000,
    ],
    "grid width": ["", "0.1", 0, -1.0, 0.1, 3, math.nan, math.inf, 2.0**-60, True, [], object()],
    "certified method": ["", "nonsense", "rdp", 3, True, [], {}, object(), dpa.RDP, dpa.RDP()],
    "method": [
        "",
        "nonsense",
        "RDP2",
        "closed_form.",
        "closed_form.nonsense",
        3,
        1.5,
        True,
        [],
        {},
        object(),
        dpa.RDP,
        b"rdp",
        ["rdp"],
        "rdp\n\nx",
    ],
    "adjacency": [
        "",
        "nonsense",
        None,
        3,
        True,
        [],
        {},
        object(),
        dpa.Adjacency,
        b"add",
        dpa.Direction.ADD,
        "add\nremove",
    ],
    "mechanism": [
        None,
        1,
        1.5,
        True,
        "gaussian",
        b"x",
        [],
        {},
        [ONE],
        (ONE,),
        object(),
        dpa.Gaussian,
        dpa.DPSGD,
        dpa.RDP(),
        {"kind": "gaussian", "noise_multiplier": 1},
    ],
    "release": [
        None,
        1,
        "gaussian",
        [],
        {},
        [ONE],
        object(),
        dpa.Gaussian,
        dpa.SelfComposed(ONE, 2),
        dpa.Identity(),
        dpa.Composed((ONE,)),
        dpa.DPSGD(**RUN),
    ],
    "mechanisms": [
        None,
        1,
        1.5,
        True,
        "ab",
        b"x",
        {"kind": "identity"},
        [1],
        [None],
        [[ONE]],
        object(),
        dpa.Gaussian,
        [dpa.Gaussian],
    ],
    "chain": [
        "",
        "nonsense",
        "exact",
        3,
        True,
        object(),
        "EXACT_BASIC ",
        b"exact_basic",
        [],
        {},
        ["exact_basic"],
    ],
    "sampler": [
        "",
        " ",
        None,
        3,
        True,
        [],
        {},
        object(),
        b"poisson",
        "shuffle",
        "without_replacement",
        "nonsense",
        "a\nb",
    ],
    "solve_for": [
        "",
        "nonsense",
        None,
        3,
        True,
        [],
        {},
        object(),
        "epochs",
        "delta",
        "kind",
        ["steps"],
    ],
    "run": [
        None,
        1,
        "run",
        [],
        [1],
        object(),
        ONE,
        dpa.SelfComposed(ONE, 2),
        dpa.DPSGD,
        {},
        {"surprise": 1},
        {1: 2},
        {None: None},
        {"sampling_rate": "0.1"},
        {"steps": 3},
    ],
    "event": [None, 1, "x", [], {}, object(), dpa.Gaussian, dpa.Gaussian(1), b"x", math.nan],
    "json": [
        None,
        1,
        "x",
        [],
        [1],
        object(),
        {},
        {"kind": "nonsense"},
        {"kind": None},
        {"kind": ["gaussian"]},
        {"kind": {}},
        {"kind": "gaussian"},
        {1: 2},
        {"surprise": 1},
        {"kind": "gaussian", "noise_multiplier": "nan"},
        {"kind": "gaussian", "noise_multiplier": 1, "surprise": 1},
        {"kind": "composed", "mechanisms": 3},
        {"kind": "self_composed", "steps": 2},
    ],
}


#: A list is an axis of a sweep, and so is text with commas.
AXIS = [[1, math.nan], ["0.5", "x"], "1:2", "2:1:3", "1:2:3:lin", ":", ",", [[1]], {1: 2}]
for _kind in ("positive", "rate", "count", "size", "nonnegative", "delta"):
    _bad = [bad for bad in BAD[_kind] if not isinstance(bad, (list, np.ndarray)) and bad != "1,5"]
    BAD[f"{_kind} axis"] = [*_bad, [], *AXIS]
BAD["table"] = [3, True, [], {}, object(), len, b"t.csv", "", ".", "t.txt", "/", "no/such/t.csv"]
BAD["processes"] = [*NO_NUMBER, *BELOW, 0, 2.5, 10**6]
BAD["scheduler"] = [3, True, [], {}, object(), len, b"x", "", "nonsense", "127.0.0.1:1"]


BAD["dpsgd"] = [
    None, 1, 1.5, "run", [], {}, RUN, object(), ONE, dpa.SelfComposed(ONE, 2), dpa.DPSGD,
]  # fmt: skip
BAD["problem"] = ["", "nonsense", None, 3, True, [], {}, object(), b"wells", len, "wells\n"]
BAD["trajectories"] = [*NO_NUMBER, *BELOW, 0, 1, 2.5, 10**8]
BAD["counts"] = [3, True, "64", object(), len, [], [0], [-1], [2.5], [math.nan], [None], [[]]]


def dpsgd(base):
    return lambda **change: dpa.DPSGD(**{**base, **change})


def verb(name, **rest):
    return lambda **change: getattr(dpa, name)(**{"mechanism": dpa.DPSGD(**RUN), **rest, **change})


def curve(what):
    return getattr(dpa.profile(ONE, method="gdp"), what)


def solve(**change):
    return dpa.calibrate(**{"run": RUN, **TARGET, **change})


def ceilings(**change):
    return dpa.risk(**{"run": ONE, "method": "gdp", **change})


def certify(**change):
    return dpa.certify(**{"mechanism": ONE, "delta": "0.1", **change})


def sweep(**change):
    base = {**RUN, "delta": "1e-5", "method": "gdp"}
    return dpa.sweep(**{**base, **change})


def sized_sweep(**change):
    run = {"noise_multiplier": 1, "batch_size": 10, "dataset_size": 1000, "epochs": 2}
    return dpa.sweep(**{**run, "delta": "1e-5", "method": "gdp", **change})


def examine(**change):
    base = {"accountant": "dpaccount", "only": ["answers.type"], "time_limit": 30, "deadline": 60}
    return dpa.conform(**{**base, **change})


TINY = dpa.DPSGD(noise_multiplier=1, sampling_rate=1, steps=1)


def train(**change):
    base = {"run": TINY, "problem": "clipping", "learning_rate": "0.1", "trajectories": 2}
    return dpa.converge(**{**base, **change})


def noise(**change):
    run = dpa.DPSGD(**SIZED, clip_norm=1)
    return dpa.gradient_noise(**{"run": run, "dimension": 2, "largest_gradient": 1, **change})


def advised(**change):
    base = {"problem": "clipping", "epsilon": 2, "delta": "1e-5", "batch_sizes": [5], "steps": [3]}
    return dpa.advise(**{**base, **change})


COMPARE = {"delta": "1e-5", "peers": False}
#: (public name, how to call it, parameter, kind)
CASES = [
    ("Gaussian", dpa.Gaussian, "noise_multiplier", "positive"),
    ("Laplace", dpa.Laplace, "noise_multiplier", "positive"),
    ("DiscreteGaussian", dpa.DiscreteGaussian, "noise_multiplier", "positive"),
    ("DiscreteGaussian", lambda **c: dpa.DiscreteGaussian("1", **c), "sensitivity", "shift"),
    ("DiscreteLaplace", dpa.DiscreteLaplace, "noise_multiplier", "positive"),
    ("DiscreteLaplace", lambda **c: dpa.DiscreteLaplace("1", **c), "sensitivity", "shift"),
    ("RandomizedResponse", dpa.RandomizedResponse, "truth_probability", "truth"),
    ("RandomizedResponse", lambda **c: dpa.RandomizedResponse("0.9", **c), "answers", "answers"),
    ("PureDP", dpa.PureDP, "epsilon", "target"),
    ("ApproximateDP", lambda **c: dpa.ApproximateDP(**{"delta": 0, **c}), "epsilon", "target"),
    ("ApproximateDP", lambda **c: dpa.ApproximateDP(**{"epsilon": 1, **c}), "delta", "part"),
    (
        "PoissonSubsampled",
        lambda **c: dpa.PoissonSubsampled(**{"mechanism": ONE, **c}),
        "sampling_rate",
        "rate",
    ),
    (
        "PoissonSubsampled",
        lambda **c: dpa.PoissonSubsampled(**{"sampling_rate": "0.1", **c}),
        "mechanism",
        "release",
    ),
    ("SelfComposed", lambda **c: dpa.SelfComposed(**{"mechanism": ONE, **c}), "steps", "count"),
    ("SelfComposed", lambda **c: dpa.SelfComposed(**{"steps": 3, **c}), "mechanism", "mechanism"),
    ("Composed", dpa.Composed, "mechanisms", "mechanisms"),
    ("DPSGD", dpsgd(RUN), "noise_multiplier", "positive"),
    ("DPSGD", dpsgd(RUN), "sampling_rate", "rate"),
    ("DPSGD", dpsgd(RUN), "steps", "count"),
    ("DPSGD", dpsgd(RUN), "sampler", "sampler"),
    ("DPSGD", dpsgd(STD), "noise_std", "positive"),
    ("DPSGD", dpsgd(STD), "clip_norm", "positive"),
    ("DPSGD", dpsgd(SIZED), "batch_size", "size"),
    ("DPSGD", dpsgd(SIZED), "dataset_size", "size"),
    ("DPSGD", dpsgd(SIZED), "epochs", "nonnegative"),
    ("RDP", dpa.RDP, "orders", "order"),
    ("PLD", dpa.PLD, "width", "grid width"),
    ("ClosedForm", dpa.ClosedForm, "chain", "chain"),
    ("Saddlepoint", dpa.Saddlepoint, "width", "width"),
    ("mechanism_from_json", dpa.mechanism_from_json, "data", "json"),
    ("from_event", dpa.from_event, "event", "event"),
    ("to_event", dpa.to_event, "mechanism", "mechanism"),
    ("epsilon", verb("epsilon", method="gdp"), "delta", "delta"),
    ("epsilon", verb("epsilon"), "delta", "delta"),
    ("epsilon", verb("epsilon", delta="1e-5"), "mechanism", "mechanism"),
    ("epsilon", verb("epsilon", delta="1e-5"), "method", "method"),
    ("epsilon", verb("epsilon", delta="1e-5", method="gdp"), "adjacency", "adjacency"),
    ("delta", verb("delta", method="gdp"), "epsilon", "epsilon"),
    ("delta", verb("delta", epsilon=2), "mechanism", "mechanism"),
    ("delta", verb("delta", epsilon=2), "method", "method"),
    ("delta", verb("delta", epsilon=2, method="gdp"), "adjacency", "adjacency"),
    ("profile", verb("profile"), "mechanism", "mechanism"),
    ("profile", verb("profile"), "method", "method"),
    ("profile", verb("profile"), "adjacency", "adjacency"),
    ("PrivacyProfile", curve("epsilon"), "delta", "delta"),
    ("PrivacyProfile", curve("delta"), "epsilon", "epsilon"),
    ("PrivacyProfile", curve("tpr"), "fpr", "fpr"),
    ("PrivacyProfile", curve("tradeoff"), "fpr", "fpr"),
    ("PrivacyProfile", curve("reconstruction"), "prior", "prior"),
    ("certify", certify, "mechanism", "mechanism"),
    ("certify", certify, "delta", "delta"),
    ("certify", certify, "adjacency", "adjacency"),
    ("certify", certify, "method", "certified method"),
    ("verify", dpa.verify, "text", "certificate"),
    ("risk", ceilings, "run", "mechanism"),
    ("risk", ceilings, "fprs", "fprs"),
    ("risk", ceilings, "candidates", "candidates"),
    ("risk", ceilings, "method", "method"),
    ("risk", ceilings, "adjacency", "adjacency"),
    ("calibrate", solve, "run", "run"),
    ("calibrate", solve, "epsilon", "target"),
    ("calibrate", solve, "delta", "delta"),
    ("calibrate", solve, "solve_for", "solve_for"),
    ("calibrate", solve, "method", "method"),
    ("calibrate", solve, "adjacency", "adjacency"),
    ("explain", verb("explain", delta="1e-5"), "mechanism", "mechanism"),
    ("explain", verb("explain"), "delta", "delta"),
    ("explain", verb("explain", delta="1e-5"), "method", "method"),
    ("explain", verb("explain", delta="1e-5"), "adjacency", "adjacency"),
    ("sweep", sweep, "noise_multiplier", "positive axis"),
    ("sweep", sweep, "sampling_rate", "rate axis"),
    ("sweep", sweep, "steps", "count axis"),
    ("sweep", sweep, "delta", "delta axis"),
    ("sweep", sized_sweep, "batch_size", "size axis"),
    ("sweep", sized_sweep, "dataset_size", "size axis"),
    ("sweep", sized_sweep, "epochs", "nonnegative axis"),
    ("sweep", sweep, "method", "method"),
    ("sweep", sweep, "adjacency", "adjacency"),
    ("sweep", sweep, "to", "table"),
    ("sweep", sweep, "processes", "processes"),
    ("sweep", sweep, "scheduler", "scheduler"),
    ("compare", verb("compare", **COMPARE), "mechanism", "mechanism"),
    ("compare", verb("compare", **COMPARE), "delta", "delta"),
    ("compare", verb("compare", **COMPARE), "adjacency", "adjacency"),
    ("gradient_noise", noise, "run", "dpsgd"),
    ("gradient_noise", noise, "dimension", "size"),
    ("gradient_noise", noise, "largest_gradient", "nonnegative"),
    ("gradient_noise", noise, "mean_square", "nonnegative"),
    ("Decaying", lambda **c: dpa.Decaying(**{"offset": 1, **c}), "scale", "positive"),
    ("Decaying", lambda **c: dpa.Decaying(**{"scale": 1, **c}), "offset", "positive"),
    ("converge", train, "run", "dpsgd"),
    ("converge", train, "problem", "problem"),
    ("converge", train, "learning_rate", "positive"),
    ("converge", train, "trajectories", "trajectories"),
    ("converge", train, "seed", "count"),
    ("converge", train, "false_alarm", "delta"),
    ("advise", advised, "problem", "problem"),
    ("advise", advised, "epsilon", "target"),
    ("advise", advised, "delta", "delta"),
    ("advise", advised, "batch_sizes", "counts"),
    ("advise", advised, "steps", "counts"),
    ("advise", advised, "clip_norm", "positive"),
    ("advise", advised, "method", "method"),
    ("conform", examine, "accountant", "accountant"),
    ("conform", examine, "only", "only"),
    ("conform", examine, "time_limit", "seconds"),
    ("conform", examine, "deadline", "seconds"),
]
# A parameter whose absence means something is not refused for being None.
OPTIONAL = {
    ("RDP", "orders"),
    ("PLD", "width"),
    ("ClosedForm", "chain"),
    ("epsilon", "method"),
    ("delta", "method"),
    ("profile", "method"),
    ("certify", "method"),
    ("conform", "only"),
    ("explain", "method"),
    ("risk", "method"),
    ("calibrate", "method"),
    ("advise", "method"),
    ("advise", "batch_sizes"),
    ("advise", "steps"),
    ("advise", "clip_norm"),
    ("converge", "learning_rate"),
    ("gradient_noise", "mean_square"),
    ("sweep", "method"),
    ("sweep", "to"),
    ("sweep", "processes"),
    ("sweep", "scheduler"),
}
IDS = [f"{name}-{parameter}-{kind}-{i}" for i, (name, _, parameter, kind) in enumerate(CASES)]
#: Names that take nothing from a user, or are taken care of elsewhere.
EXEMPT = {
    "Conformance",
    "FastSaddlepoint",
    "GDP",
    "ZCDP",
    "GDPLimit",
    "LatticeSum",
    "Identity",  # no parameters
    "Accountant",
    "Advice",
    "Convergence",
    "Mechanism",  # abstract
    "Bound",
    "Calibration",
    "Certified",
    "Comparison",
    "Explanation",
    "Refuted",
    "Risk",
    "Sweep",
    "SweepFile",
    "Verification",  # answers; see tests/guarantees
    "DPAccountError",
    "InputError",
    "NotConverged",
    "Stopped",
    "Unsupported",
    "Adjacency",
    "Direction",
    "Trust",
    "from_opacus",
    "read_opacus",
    "register_opacus",  # see tests/interop
}


def refused(call, **arguments):
    """The error of a call that has to be refused."""
    with pytest.raises(dpa.DPAccountError) as caught:
        call(**arguments)
    error, message = caught.value, str(caught.value)
    assert message
    assert "\n" not in message
    assert "\r" not in message
    assert message.isprintable()
    assert "do: " in message
    assert len(message) < 800
    if isinstance(error, dpa.InputError):
        assert "given " in message
        assert "allowed: " in message
        assert isinstance(error, ValueError)
    assert str(pickle.loads(pickle.dumps(error))) == message  # noqa: S301 - our own value
    return error


def test_every_public_name_is_covered():
    assert {name for name, *_ in CASES} | EXEMPT == set(dpa.__all__)
    assert not {name for name, *_ in CASES} & EXEMPT


def test_every_parameter_is_covered():
    covered = {}
    for name, _, parameter, _ in CASES:
        covered.setdefault(name, set()).add(parameter)
    for name in set(covered) - {"PrivacyProfile"}:
        known = set(inspect.signature(getattr(dpa, name)).parameters)
        # those of `compare` that are about time and display, not about privacy
        assert known - covered[name] <= {
            "peers",
            "time_limit",
            "deadline",
            "on_row",
            "progress",
            "on_check",
            "on_done",
        }


def bad_cases():
    """Each bad value of each parameter, once."""
    for name, call, parameter, kind in CASES:
        assert len(BAD[kind]) > 5
        for i, bad in enumerate(BAD[kind]):
            sized = name == "DPSGD" and parameter in ("epochs", "batch_size")
            if bad is None and ((name, parameter) in OPTIONAL or sized):
                continue
            label = f"{type(bad).__name__}-{i}"
            yield pytest.param(call, parameter, bad, id=f"{name}-{parameter}-{label}")


@pytest.mark.parametrize(("call", "parameter", "bad"), list(bad_cases()))
def test_bad_values(call, parameter, bad):
    refused(call, **{parameter: bad})


@pytest.mark.parametrize(
    "bad",
    [Rude(), Rude, [Rude()], {"kind": Rude()}],
    ids=["object", "class", "in a list", "in a mapping"],
)
@pytest.mark.parametrize(("name", "call", "parameter", "kind"), CASES, ids=IDS)
def test_objects_that_cannot_even_be_shown(name, call, parameter, kind, bad):
    refused(call, **{parameter: bad})


NUMBERS = {
    "shift",
    "truth",
    "answers",
    "part",
    "positive",
    "rate",
    "fpr",
    "count",
    "size",
    "nonnegative",
    "delta",
    "epsilon",
    "target",
}


@pytest.mark.parametrize(
    ("name", "call", "parameter", "kind"),
    [case for case in CASES if case[3] in NUMBERS],
    ids=[i for i, case in zip(IDS, CASES, strict=True) if case[3] in NUMBERS],
)
def test_text_that_is_no_number(name, call, parameter, kind):
    for text in BAD_TEXT:
        refused(call, **{parameter: text})


def no_nan(answer):
    """Whether an answer holds no NaN."""
    ends = [getattr(answer, end, None) for end in ("lower", "upper", "estimate", "value")]
    return not any(isinstance(end, float) and math.isnan(end) for end in ends)


@pytest.mark.parametrize(("name", "call", "parameter", "kind"), CASES, ids=IDS)
@given(value=hidden)
@settings(max_examples=30, deadline=None)
def test_anything_is_refused_or_valid(name, call, parameter, kind, value):
    if name == "compare" and parameter == "adjacency":
        return  # a legal value would run everything
    if name == "conform":
        return  # a legal value would start processes
    if name == "converge" and parameter == "trajectories":
        return  # a legal value may be work for a day
    if name == "sweep" and parameter in ("to", "processes", "scheduler"):
        return  # a legal value would write files, or start processes
    try:
        answer = call(**{parameter: value.value})
    except dpa.DPAccountError as error:
        message = str(error)
    else:
        assert no_nan(answer)
        return
    assert "\n" not in message
    assert "do: " in message


@pytest.mark.parametrize("method", [None, *METHODS])
@pytest.mark.parametrize("delta", [math.nan, 0, 1, -1e-9, "x", None])
def test_every_theory_refuses_a_bad_delta(method, delta):
    run = dpa.DiscreteGaussian(1) if method == "lattice" else dpa.DPSGD(**RUN)
    error = refused(lambda **a: dpa.epsilon(run, method=method, **a), delta=delta)
    assert isinstance(error, dpa.InputError)


@pytest.mark.parametrize("bad", BAD["bounded delta"], ids=lambda bad: str(type(bad))[:30])
def test_a_bounded_loss_takes_delta_zero_and_nothing_worse(bad):
    assert dpa.epsilon(dpa.Laplace(1), 0).upper >= 1.0
    refused(lambda **a: dpa.epsilon(dpa.Laplace(1), **a), delta=bad)


@pytest.mark.parametrize("missing", ["noise_multiplier", "sampling_rate", "steps"])
def test_missing(missing):
    fields = {name: v for name, v in RUN.items() if name != missing}
    assert missing in str(refused(dpa.DPSGD, **fields))


@pytest.mark.parametrize(
    "fields",
    [
        {**RUN, "batch_size": 10},
        {**SIZED, "dataset_size": None},
        {**SIZED, "batch_size": None},
        {**SIZED, "epochs": None},
        {**RUN, "noise_std": 1},
        {**STD, "clip_norm": None},
        {},
        {"clip_norm": 1},
        {**RUN, "noise_multiplier": None, "clip_norm": 1},
        {**RUN, "steps": None, "epochs": None},
    ],
)
def test_half_of_a_pair(fields):
    error = refused(dpa.DPSGD, **fields)
    assert "given nothing" in str(error)


@pytest.mark.parametrize(
    "fields",
    [
        {**RUN, "epochs": 2},
        {**SIZED, "sampling_rate": "0.02"},
        {**SIZED, "steps": 199},
        {**SIZED, "sampling_rate": 0.010000000000000002},
        {**STD, "noise_multiplier": "1.2"},
        {**SIZED, "batch_size": 1001},
        {**RUN, "sampling_rate": 0, "steps": None, "epochs": 1},
        {**SIZED, "epochs": "1e14"},
        {**STD, "noise_std": "1e99", "clip_norm": "1e-99"},
    ],
)
def test_what_contradicts_itself(fields):
    refused(dpa.DPSGD, **fields)


@pytest.mark.parametrize("value", ["1e150", "-1e150"])
def test_the_largest_epsilon_is_inside_and_named(value):
    assert 0.0 < dpa.delta(ONE, value).upper <= 1.0
    with pytest.raises(dpa.InputError) as caught:
        dpa.delta(ONE, value.replace("1e", "1.0000000000000001e"))
    assert "1e150" in caught.value.allowed  # "a finite number" would be wrong advice


@pytest.mark.parametrize("run", [dpa.DPSGD(**RUN), RUN, {"noise_multiplier": 1, "steps": 3}])
def test_a_batch_size_needs_a_data_set(run):
    refused(dpa.calibrate, run=run, **TARGET, solve_for="batch_size")


def test_an_unknown_attribute_is_pythons_own_error():
    with pytest.raises(AttributeError, match="nonsense"):
        dpa.nonsense  # noqa: B018 - the access is the test
    assert set(dpa.__all__) <= set(dir(dpa))
