"""Formulas over sympy: the functions they take, every way through their branches, identities.

An identity counts as proved only when sympy reaches 0 by its rewriting; it counts as refuted when
the two sides differ at one rational point; anything else is undecided, and that is no proof either.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sympy  # type: ignore[import-untyped]

from dpaccount.proving.errors import NotProved

__all__ = ["SYMBOLS", "Guided", "branches", "identical", "nonzero", "phi"]

_DIGITS = 40
_MOST_BRANCHES = 4096


def phi(x: Any) -> Any:
    """The standard normal distribution function."""
    return sympy.erfc(-x / sympy.sqrt(2)) / 2


class Symbols:
    """The functions that formulas take, as sympy expressions."""

    pi = sympy.pi
    exp = staticmethod(sympy.exp)
    log = staticmethod(sympy.log)
    sqrt = staticmethod(sympy.sqrt)
    binomial = staticmethod(sympy.binomial)
    ncdf = staticmethod(phi)

    @staticmethod
    def log1p(x: Any) -> Any:
        """log(1 + x)."""
        return sympy.log(1 + x)

    @staticmethod
    def expm1(x: Any) -> Any:
        """e^x - 1."""
        return sympy.exp(x) - 1

    @staticmethod
    def lgamma(x: Any) -> Any:
        """Log of the gamma function."""
        return sympy.log(sympy.gamma(x))


SYMBOLS = Symbols()


class _Guide:
    """Answers which of two expressions is larger from a list; a new question gets True.

    A question asked again, in whatever form, gets the answer that fits. A tie is no way of its own:
    what max, min and abs choose between is then equal, so either way has the same value.
    """

    def __init__(self, answers: Sequence[bool]) -> None:
        self.answers, self.asked = list(answers), 0
        self.settled: dict[Any, bool] = {}

    def larger(self, first: Any, second: Any) -> bool:
        """Whether the first is larger than the second."""
        difference = sympy.expand(first - second)
        forms = [difference]
        if not difference.has(sympy.log):
            forms.append(sympy.factor(sympy.together(difference)))
        for form in forms:
            if form.is_positive or form.is_nonpositive:
                return bool(form.is_positive)
        if difference in self.settled:
            return self.settled[difference]
        if self.asked == len(self.answers):
            self.answers.append(True)
        answer = self.answers[self.asked]
        self.asked += 1
        self.settled[difference], self.settled[sympy.expand(-difference)] = answer, not answer
        return answer


class Guided:
    """A sympy expression whose open comparisons are answered by a guide."""

    def __init__(self, value: Any, guide: _Guide) -> None:
        self.value, self.guide = sympy.sympify(value), guide

    def _of(self, value: Any) -> Guided:
        return Guided(value, self.guide)

    def __add__(self, other: Any) -> Guided:
        return self._of(self.value + plain(other))

    def __sub__(self, other: Any) -> Guided:
        return self._of(self.value - plain(other))

    def __mul__(self, other: Any) -> Guided:
        return self._of(self.value * plain(other))

    def __truediv__(self, other: Any) -> Guided:
        return self._of(self.value / plain(other))

    def __pow__(self, other: Any) -> Guided:
        return self._of(self.value ** plain(other))

    def __radd__(self, other: Any) -> Guided:
        return self._of(plain(other) + self.value)

    def __rsub__(self, other: Any) -> Guided:
        return self._of(plain(other) - self.value)

    def __rmul__(self, other: Any) -> Guided:
        return self._of(plain(other) * self.value)

    def __rtruediv__(self, other: Any) -> Guided:
        return self._of(plain(other) / self.value)

    def __neg__(self) -> Guided:
        return self._of(-self.value)

    def __abs__(self) -> Guided:
        return self if self > 0 else -self

    def __gt__(self, other: Any) -> bool:
        return self.guide.larger(self.value, plain(other))

    def __lt__(self, other: Any) -> bool:
        return self.guide.larger(plain(other), self.value)

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def __le__(self, other: Any) -> bool:
        return not self > other


def plain(value: Any) -> Any:
    """The expression inside."""
    return value.value if isinstance(value, Guided) else value


class _GuidedOps:
    """The functions of `SYMBOLS` on guided expressions."""

    def __init__(self, guide: _Guide) -> None:
        self._guide = guide

    def __getattr__(self, name: str) -> Any:
        found = getattr(SYMBOLS, name)
        if not callable(found):
            return found
        return lambda *values: Guided(found(*map(plain, values)), self._guide)


def branches(call: Callable[[Callable[[Any], Guided], Any], Any]) -> Iterator[Any]:
    """The value of a formula on every way through its open comparisons.

    Args:
        call: Evaluates the formula, given what turns an expression into a guided one, and `ops`.

    Raises:
        NotProved: If there are too many ways.
    """
    answers: list[bool] = []
    for _ in range(_MOST_BRANCHES):
        guide = _Guide(answers)
        yield plain(call(lambda value, g=guide: Guided(value, g), _GuidedOps(guide)))  # type: ignore[misc]
        answers = guide.answers[: guide.asked]
        while answers and not answers[-1]:
            answers.pop()
        if not answers:
            return
        answers[-1] = False
    raise NotProved(f"more than {_MOST_BRANCHES} ways through the formula")


def _samples(symbols: Sequence[Any], ranges: Mapping[Any, tuple[Any, Any]]) -> Iterator[Any]:
    """Three points with rational coordinates inside the ranges."""
    for turn in range(3):
        point = {}
        for symbol, place in zip(symbols, itertools.count(1)):
            share = sympy.Rational((5 * place + 7 * turn + 3) % 19 + 1, 21)
            given = (sympy.Rational(1, 5), 2) if symbol.is_positive else (-2, 2)
            low, high = ranges.get(symbol, given)
            point[symbol] = low + (sympy.sympify(high) - low) * share
        yield point


def nonzero(expression: Any, ranges: Mapping[Any, tuple[Any, Any]]) -> Any:
    """A rational point at which the expression is seen not to be 0, or None."""
    symbols = sorted(expression.free_symbols, key=str)
    for point in _samples(symbols, ranges):
        value = sympy.N(expression.subs(point), _DIGITS, chop=False)
        if not value.is_number or value.has(sympy.nan, sympy.zoo, sympy.oo):
            return point
        if abs(value) > sympy.Float("1e-25"):
            return point
    return None


def _rewritings(expression: Any) -> Iterator[Any]:
    """Equal forms, the quick ones first; a rational function has one that decides."""
    yield expression
    if expression.is_rational_function(*expression.free_symbols):
        yield sympy.cancel(sympy.together(expression))
        return
    yield sympy.expand(expression)
    yield sympy.cancel(sympy.together(expression))
    opened = sympy.expand_log(sympy.expand(expression), force=False)
    yield sympy.expand(opened)
    yield sympy.expand(sympy.powsimp(sympy.expand(opened)))
    yield sympy.cancel(sympy.together(sympy.expand(opened, power_exp=True)))
    yield sympy.simplify(sympy.expand(sympy.expand_func(opened)))
    yield sympy.simplify(expression)
    yield sympy.simplify(sympy.logcombine(opened))
    yield sympy.simplify(sympy.expand_log(sympy.factor(expression), force=False))


def identical(
    found: Any, wanted: Any, ranges: Mapping[Any, tuple[Any, Any]] | None = None, what: str = ""
) -> None:
    """Prove that two expressions are equal for all values of their symbols.

    Args:
        found: One side.
        wanted: The other.
        ranges: Where points are tried; a symbol's assumptions give it otherwise.
        what: What is claimed, for the message.

    Raises:
        NotProved: With a point at which they differ, or because sympy did not reach 0.
    """
    difference = sympy.sympify(found) - sympy.sympify(wanted)
    what = what or f"{found} = {wanted}"
    point = nonzero(difference, ranges or {})
    if point is not None:
        raise NotProved(f"refuted at {point}: {what}")
    for form in _rewritings(difference):
        if form == 0:
            return
    raise NotProved(f"not decided: {what}")
