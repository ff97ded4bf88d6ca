"""A traced formula is the formula: as numbers, and as text."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import numpy as np
import pytest

from dpaccount.proving.coq_text import definitions, generated
from dpaccount.proving.tracing import Comparison, NotTraced, Term, trace
from dpaccount.theorems import Assumption, Theorem, all_theorems

_ARITHMETIC = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: a**b,
    "Rpower": lambda a, b: math.exp(b * math.log(a)),
    "Rmax": max,
    "Rmin": min,
    "neg": lambda a: -a,
    "INR": float,
}
_ORDER = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def value(result, names):
    """A trace as a number: by the expression alone, without the formula."""
    if isinstance(result, bool):
        return result
    if isinstance(result, tuple):
        _, condition, yes, no = result
        return value(yes if value(condition, names) else no, names)
    if isinstance(result, Comparison):
        return _ORDER[result.op](value(result.left, names), value(result.right, names))
    head, args = result.head, result.args
    if head == "var":
        return names[args[0]]
    if head == "const":
        return float(args[0])
    if head == "PI":
        return math.pi
    if head == "call":
        return names[args[0]](*(value(arg, names) for arg in args[1:]))
    if head in ("total", "multiplied"):
        walked, parts, body = args
        every = [item if len(parts) > 1 else (item,) for item in names[walked.args[0]]]
        inner = [dict(zip((p.args[0] for p in parts), item, strict=True)) for item in every]
        values = [value(body, {**names, **more}) for more in inner]
        return sum(values) if head == "total" else math.prod(values)
    numbers = [value(arg, names) for arg in args]
    return (_ARITHMETIC.get(head) or getattr(math, head))(*numbers)


LISTS = {
    "rdp.composition": {"divergences_steps": "list (R * R)"},
    "zcdp.composition": {"values": "list R"},
    "gdp.composition": {"values": "list R"},
    "dp.basic": {"values": "list R"},
    "dp.advanced": {"epsilons_steps": "list (R * R)"},
    "leak.fibre": {"multiplicities": "list nat"},
}
_PAIRS = [(0.1, 3.0), (0.5, 1.0), (0.02, 7.0)]
_ITEMS = {"list (R * R)": _PAIRS, "list R": [first for first, _ in _PAIRS], "list nat": [2, 1, 3]}


class _More:
    """`math`, the distribution function of the Gaussian, and the logarithm of a sum."""

    def __getattr__(self, name):
        return getattr(math, name)

    @staticmethod
    def ncdf(x):
        return math.erfc(-x / math.sqrt(2)) / 2

    @staticmethod
    def factorial(x):
        return math.gamma(x + 1)

    @staticmethod
    def logaddexp(x, y):
        return float(np.logaddexp(x, y))


def _traced():
    for identifier, theorem in all_theorems().items():
        if theorem.formula is not None:
            try:
                yield identifier, trace(theorem.formula, LISTS.get(identifier, {}))
            except NotTraced:
                continue


TRACED = dict(_traced())


def test_most_formulas_are_traced():
    assert len(TRACED) >= 35
    assert set(LISTS) - set(TRACED) <= {"gdp.composition"}


@pytest.mark.parametrize("identifier", list(TRACED))
def test_the_trace_has_the_values_of_the_formula(identifier):
    found, formula = TRACED[identifier], all_theorems()[identifier].formula
    rng, agreed = random.Random(identifier), 0
    for _ in range(400):
        given = {
            name: _ITEMS.get(sort, rng.choice([-1, 1, 1]) * 10 ** rng.uniform(-1.5, 1.0))
            for name, sort in found.arguments
        }
        try:
            builtin = not hasattr(formula, "__code__")
            ops = {"ops": _More()} if not builtin and "ops" in _names(formula) else {}
            want = formula(*given.values()) if builtin else formula(**given, **ops)
        except (ValueError, ZeroDivisionError, OverflowError):
            continue  # outside of what the formula is defined for
        if isinstance(want, complex):
            continue  # a root of a negative number
        more = {"ncdf": _More.ncdf, "logaddexp": _More.logaddexp, "factorial": _More.factorial}
        got = value(found.result, {**given, **more})
        assert got == pytest.approx(want, rel=1e-9, abs=1e-12)
        agreed += 1
    assert agreed >= 20


def _names(formula):
    return formula.__code__.co_varnames[: formula.__code__.co_argcount]


def text(formula, sorts=None, assumptions=()):
    made = Theorem("a.b", "", "", formula, assumptions)
    return definitions(made, sorts or {})


def body(formula, sorts=None):
    return " ".join(text(formula, sorts)["formula"].partition(":=")[2].split()).rstrip(".")


@pytest.mark.parametrize(
    ("formula", "coq"),
    [
        (lambda a, b, c: a - (b - c), "a - (b - c)"),
        (lambda a, b, c: a - b - c, "a - b - c"),
        (lambda a, b, c: a / (b * c), "a / (b * c)"),
        (lambda a, b, c: (a + b) * c, "(a + b) * c"),
        (lambda a, b: a - (a + 1) // b, "a - IZR (Int_part ((a + 1) / b))"),
        (lambda a: 1 // a * a, "IZR (Int_part (1 / a)) * a"),
        (lambda a: -a * a, "- a * a"),
        (lambda a: -(a * a), "- (a * a)"),
        (lambda a: (-a) ** 2, "(- a) ^ 2"),
        (lambda a: -(a**2), "- a ^ 2"),
        (lambda a: a**-2, "1 / a ^ 2"),
        (lambda a: a**0.5, "Rpower a (1 / 2)"),
        (lambda a: 0.1 * a, "1 / 10 * a"),
        (lambda a: a * Fraction(-1, 3), "a * - (1 / 3)"),
        (lambda a, b: max(a, b, 0), "Rmax (Rmax a b) 0"),
        (lambda a: abs(a) + 1, "Rabs a + 1"),
        (lambda a: 0 if a < 1 else a, "if Rlt_dec a 1 then 0 else a"),
        (lambda a: 0 if a != 1 else a, "if Req_EM_T a 1 then a else 0"),
        (
            lambda a, b: a if 0 < a < b else b,
            "if Rgt_dec a 0 then if Rlt_dec a b then a else b else b",
        ),
        (lambda a, ops=math: ops.log1p(ops.expm1(a)), "ln (1 + (exp a - 1))"),
        (lambda at: at + math.log(at), "at_ + ln at_"),
        (lambda a, ops: ops.ncdf(a + 1, a), "ncdf (a + 1) a"),
    ],
)
def test_text(formula, coq):
    assert body(formula) == coq


@pytest.mark.parametrize(
    ("formula", "sorts", "coq"),
    [
        (lambda a, n: a ** (2 * n + 1), {"n": "nat"}, "a ^ ((2 * n) + 1)%nat"),
        (lambda a, n: a * n, {"n": "nat"}, "a * INR n"),
        (lambda a, n: a**n / n, {"n": "nat"}, "a ^ n / INR n"),
        (lambda a, yes: a if yes else -a, {"yes": "bool"}, "if yes then a else - a"),
        (sum, {"xs": "list R"}, "total (fun x1a => x1a) xs"),
        (
            lambda xs: 1 + sum(a * b for a, b in xs),
            {"xs": "list (R * R)"},
            "1 + total (fun '(x1a, x1b) => x1a * x1b) xs",
        ),
        (
            lambda xs: 2 // math.prod(a + 1 for a in xs),
            {"xs": "list R"},
            "IZR (Int_part (2 / multiplied (fun x1a => x1a + 1) xs))",
        ),
        (lambda a, b: math.prod([a, b]) + 1, {}, "1 * a * b + 1"),
        (lambda n: n, {"n": "nat"}, "INR n"),
        (
            lambda a, n: n + 1 if a > 0 else a,
            {"n": "nat"},
            "if Rgt_dec a 0 then INR (n + 1) else a",
        ),
        (lambda xs: sum(xs, 1), {"xs": "list R"}, "1 + total (fun x1a => x1a) xs"),
        (
            lambda xs: sum(sum(xs) * a for a in xs),
            {"xs": "list R"},
            "total (fun x1a => total (fun x2a => x2a) xs * x1a) xs",
        ),
    ],
)
def test_text_of_sorts(formula, sorts, coq):
    assert body(formula, sorts) == coq


@pytest.mark.parametrize(
    "formula",
    [
        lambda a: a % 2,
        lambda a: a + math.inf,
        lambda a: a + "1",
        lambda a: [a],
        lambda a: next(iter(a)),
        lambda a: range(a + 1),
        lambda a: True,
        lambda a: a < 1,
        lambda a: 1 if a else 2,
        lambda a, ops: ops.inf - a,
        lambda a, ops: ops.log(a, 2),
        math.exp,
    ],
)
def test_what_has_no_symbolic_form_is_refused(formula):
    with pytest.raises(NotTraced):
        text(formula)


@pytest.mark.parametrize(
    "formula",
    [
        max,
        lambda xs: sum([a for a in xs if a > 0]),
        lambda xs: next(iter(xs)),
        lambda xs: sum(a * b for a in xs for b in xs),
        lambda xs: math.prod(a * b for a in xs for b in xs),
        lambda xs: math.prod([a for a in xs if a > 0]),
        lambda xs: sum(a + b for a, b in zip(xs, xs, strict=True)),
        lambda xs: sum(xs) if xs else 0,
        lambda xs: xs + 1,
    ],
)
def test_a_list_may_only_be_summed(formula):
    with pytest.raises(NotTraced):
        text(formula, {"xs": "list R"})


@pytest.mark.parametrize(
    ("holds", "coq"),
    [
        (lambda a, **_: 0 < a <= 1, "(a > 0) /\\ (a <= 1)"),
        (lambda a, **_: a < 0 or a > 1, "(a < 0) \\/ (a > 1)"),
        (lambda a, **_: not a < 0, "~ (a < 0)"),
        (lambda **_: True, "True"),
        (lambda a, b, ops=math: a >= ops.exp(b), "a >= exp b"),
        (lambda a, b: a < b and b != 1, "(a < b) /\\ (b <> 1)"),
    ],
)
def test_text_of_assumptions(holds, coq):
    made = text(lambda a: a, assumptions=(Assumption("it", holds),))
    assert " ".join(made["assumption_1"].partition(":=")[2].split()).rstrip(".") == coq


def test_an_assumption_about_words_has_no_definition():
    made = text(lambda a: a, assumptions=(Assumption("it", lambda d, **_: d == "remove"),))
    assert list(made) == ["formula"]


def test_the_text_says_where_it_comes_from():
    shown = generated(all_theorems()["rdp.to_dp_mironov"], {})
    assert "rdp.to_dp_mironov" in shown
    assert "python -m dpaccount.proving.coq" in shown
    assert "Assumption 2: 0 < delta < 1" in shown


def test_functions_of_the_module_are_read_too():
    assert isinstance(trace(_calls_another, {}).result, Term)
    assert body(_calls_another) == "Rmax a 1 + 1"


def _another(a):
    return max(a, 1)


def _calls_another(a):
    return _another(a) + 1
