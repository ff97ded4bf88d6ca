"""A formula read as an expression: it is run once on symbols, and what it did to them is kept.

The accountants evaluate a Python function; a proof needs the same function as a term. `trace` calls
it with a `Term` for each argument. `sum`, `max`, `min` and `math` are replaced by their symbolic
forms, a comparison splits the trace in two, and a sum or a product over a list of any length binds
one variable.

What is not kept: the functions of real analysis are total in a proof, where Python raises (1/0, the
logarithm of 0). A proof says by its hypotheses that it stays away from those points.
"""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from typing import Any

from dpaccount.proving.errors import NotTraced
from dpaccount.proving.rebinding import argument_names, rebound, takes_ops

__all__ = ["Comparison", "NotTraced", "Term", "Trace", "trace"]

#: What `ops` knows by name; any other function of `ops` becomes an argument of the expression.
KNOWN = ("exp", "log", "log1p", "expm1", "sqrt", "sin", "cos", "sinh", "cosh", "tanh", "fabs")
_MOST_FORKS = 12
_ORDERS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class _Fork(BaseException):
    """A comparison whose answer the trace has not been told; not for the formula to catch."""

    def __init__(self, condition: Any) -> None:
        self.condition = condition


@dataclass
class _State:
    """One run of a formula: the answers it was told, the lists it walks over, what it calls."""

    told: dict[str, bool]
    open: list[Term] = field(default_factory=list)
    functions: dict[str, int] = field(default_factory=dict)
    bound: int = 0


_STATE: ContextVar[_State] = ContextVar("state")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two terms compared; asked for its truth, it splits the trace."""

    op: str
    left: Term
    right: Term

    def __bool__(self) -> bool:
        return _decide(self)

    def __repr__(self) -> str:
        return f"({self.op} {self.left!r} {self.right!r})"


@dataclass(frozen=True, eq=False)
class Term:
    """A node of an expression.

    Args:
        head: `var`, `const`, an operator, the name of a function, `total` or `if`.
        args: Terms, or the name of a variable, or the value of a constant.
        sort: `R`, `nat`, `bool` or `list ...`; a constant is an `R` that may serve as a `nat`.
    """

    head: str
    args: tuple[Any, ...]
    sort: str = "R"

    def __repr__(self) -> str:
        return f"({self.head} {' '.join(map(str, self.args))})"

    def __bool__(self) -> bool:
        if self.sort != "bool":
            raise NotTraced("a number is used as a truth value")
        return _decide(self)

    def __iter__(self) -> Iterator[Any]:
        if not self.sort.startswith("list "):
            raise NotTraced("a number is walked over")
        state = _STATE.get()
        state.bound += 1
        sorts = self.sort.removeprefix("list ").strip("()").split(" * ")
        names = [f"x{state.bound}{'abc'[i]}" for i in range(len(sorts))]
        parts = tuple(Term("var", (n,), s) for n, s in zip(names, sorts, strict=True))
        state.open.append(Term("loop", (self, parts)))
        yield parts if len(parts) > 1 else parts[0]

    def __add__(self, other: Any) -> Term:
        return _binary("+", self, other)

    def __radd__(self, other: Any) -> Term:
        return _binary("+", other, self)

    def __sub__(self, other: Any) -> Term:
        return _binary("-", self, other)

    def __rsub__(self, other: Any) -> Term:
        return _binary("-", other, self)

    def __mul__(self, other: Any) -> Term:
        return _binary("*", self, other)

    def __rmul__(self, other: Any) -> Term:
        return _binary("*", other, self)

    def __truediv__(self, other: Any) -> Term:
        return _binary("/", self, other)

    def __rtruediv__(self, other: Any) -> Term:
        return _binary("/", other, self)

    def __floordiv__(self, other: Any) -> Term:
        return Term("floor", (_binary("/", self, other),))

    def __rfloordiv__(self, other: Any) -> Term:
        return Term("floor", (_binary("/", other, self),))

    def __pow__(self, other: Any) -> Term:
        return _power(self, other)

    def __rpow__(self, other: Any) -> Term:
        return _power(other, self)

    def __neg__(self) -> Term:
        return Term("neg", (_real(self),))

    def __pos__(self) -> Term:
        return self

    def __abs__(self) -> Term:
        return Term("fabs", (_real(self),))

    def __lt__(self, other: Any) -> Comparison:
        return _compared("<", self, other)

    def __le__(self, other: Any) -> Comparison:
        return _compared("<=", self, other)

    def __gt__(self, other: Any) -> Comparison:
        return _compared(">", self, other)

    def __ge__(self, other: Any) -> Comparison:
        return _compared(">=", self, other)

    def __eq__(self, other: object) -> Comparison:  # type: ignore[override]
        return _compared("==", self, other)

    def __ne__(self, other: object) -> Comparison:  # type: ignore[override]
        return _compared("!=", self, other)

    __hash__ = object.__hash__


def _decide(condition: Comparison | Term) -> bool:
    if isinstance(condition, Comparison):
        left, right = condition.left, condition.right
        if left.head == right.head == "const":
            return bool(_ORDERS[condition.op](left.args[0], right.args[0]))
    told = _STATE.get().told
    if repr(condition) not in told:
        raise _Fork(condition)
    return told[repr(condition)]


def _term(value: Any) -> Term:
    """A number as a constant; a float is the decimal that `repr` prints."""
    if isinstance(value, Term):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
        raise NotTraced(f"{value!r} is no number")
    if isinstance(value, float) and not math.isfinite(value):
        raise NotTraced(f"{value!r} is no real number")
    return Term("const", (Fraction(repr(value)) if isinstance(value, float) else Fraction(value),))


def _natural(term: Term) -> bool:
    """Whether a term can be read as a natural number."""
    if term.head == "const":
        return bool(term.args[0].denominator == 1 and term.args[0] >= 0)
    return term.sort == "nat"


def _real(value: Any) -> Term:
    term = _term(value)
    if term.sort == "nat":
        return Term("INR", (term,))
    if term.sort != "R":
        raise NotTraced(f"a {term.sort} is used as a number")
    return term


def _binary(op: str, left: Any, right: Any) -> Term:
    left, right = _term(left), _term(right)
    if op in "+*" and "nat" in (left.sort, right.sort) and _natural(left) and _natural(right):
        return Term(op, (left, right), "nat")
    return Term(op, (_real(left), _real(right)))


def _power(base: Any, exponent: Any) -> Term:
    """Repeated multiplication where the exponent is a natural number, else e^(y ln x)."""
    exponent = _term(exponent)
    if _natural(exponent):
        return Term("^", (_real(base), exponent))
    if exponent.head == "const" and exponent.args[0].denominator == 1:
        return Term("/", (_term(1), Term("^", (_real(base), _term(-exponent.args[0])))))
    return Term("Rpower", (_real(base), _real(exponent)))


def _compared(op: str, left: Any, right: Any) -> Comparison:
    left, right = _term(left), _term(right)
    if "nat" in (left.sort, right.sort) and _natural(left) and _natural(right):
        return Comparison(op, left, right)
    return Comparison(op, _real(left), _real(right))


class _Functions:
    """The `ops` of a trace."""

    @property
    def pi(self) -> Term:
        return Term("PI", ())

    def prod(self, iterable: Any) -> Any:
        items, loop = _walked(iterable)
        return Term("multiplied", (*loop, _real(items[0]))) if loop else math.prod(items)

    def __getattr__(self, name: str) -> Callable[..., Term]:
        if name.startswith("_"):  # no formula asks for one, but Python's own tools do
            raise AttributeError(name)
        if name in {"inf", "nan", "e"}:
            raise NotTraced(f"ops.{name} has no symbolic form")

        def call(*args: Any) -> Term:
            terms = tuple(_real(arg) for arg in args)
            if name not in KNOWN:
                arity = _STATE.get().functions.setdefault(name, len(terms))
                if arity != len(terms):
                    raise NotTraced(f"ops.{name} is called with {arity} and {len(terms)} arguments")
                return Term("call", (name, *terms))
            if len(terms) != 1:
                raise NotTraced(f"ops.{name} takes one argument")
            return Term(name, terms)

        return call


_OPS = _Functions()


def _walked(iterable: Any) -> tuple[list[Any], tuple[Any, ...]]:
    """The items; if they are read from a list of any length, one item, and that list's loop."""
    state = _STATE.get()
    before = len(state.open)
    items = list(iterable)
    loops = state.open[before:]
    del state.open[before:]
    if loops and (len(loops) != 1 or len(items) != 1):
        raise NotTraced("a sum or a product over more than one list at once")
    return items, loops[0].args if loops else ()


def _total(iterable: Any, start: Any = 0) -> Any:
    """`sum`, also over a list of any length."""
    items, loop = _walked(iterable)
    if not loop:
        return builtins.sum(items, start)
    found = Term("total", (*loop, _real(items[0])))
    return found if isinstance(start, int) and start == 0 else start + found


def _extreme(name: str, plain: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        items, loop = _walked(args[0]) if len(args) == 1 else (list(args), ())
        if loop:
            raise NotTraced(f"{plain.__name__} over a list of any length")
        if not any(isinstance(item, Term) for item in items):
            return plain(items)
        return reduce(lambda a, b: Term(name, (_real(a), _real(b))), items)

    return call


_REPLACED: dict[str, Callable[..., Any]] = {
    "sum": _total,
    "max": _extreme("Rmax", builtins.max),
    "min": _extreme("Rmin", builtins.min),
}


@dataclass(frozen=True)
class Trace:
    """What a function does to its arguments.

    Args:
        arguments: Names and sorts, in order.
        functions: Functions of `ops` that stay arguments, and how many arguments each takes.
        result: The expression: a `Term`, a `Comparison`, a truth value, or `("if", c, a, b)`.
    """

    arguments: tuple[tuple[str, str], ...]
    functions: Mapping[str, int]
    result: Any


def trace(function: Callable[..., Any], sorts: Mapping[str, str] | None = None) -> Trace:
    """Run a function on symbols.

    Args:
        function: A formula or an assumption of a theorem.
        sorts: Sorts of the arguments that are not real numbers; for a builtin, all arguments.

    Raises:
        NotTraced: It does what has no symbolic form here.
    """
    sorts = sorts or {}
    names = argument_names(function)
    arguments = tuple((n, sorts.get(n, "R")) for n in (list(sorts) if names is None else names))
    again = rebound(function, _REPLACED, _OPS)
    extra = {"ops": _OPS} if names is not None and takes_ops(function) else {}
    keyword = names is not None
    functions: dict[str, int] = {}

    def run() -> Any:
        terms = {name: Term("var", (name,), sort) for name, sort in arguments}
        result = again(**terms, **extra) if keyword else again(*terms.values())
        if isinstance(result, Comparison):  # `a and b` answers a where a is false
            return _STATE.get().told.get(repr(result), result)
        return result if isinstance(result, (bool, Term)) else _term(result)

    def paths(told: dict[str, bool]) -> Any:
        if len(told) > _MOST_FORKS:
            raise NotTraced("too many comparisons")
        state = _State(dict(told))
        token = _STATE.set(state)
        try:
            result = run()
        except _Fork as fork:
            condition, key = fork.condition, repr(fork.condition)
            return ("if", condition, paths({**told, key: True}), paths({**told, key: False}))
        except NotTraced:
            raise
        except Exception as error:
            raise NotTraced(f"{type(error).__name__}: {error}") from error
        finally:
            _STATE.reset(token)
        if state.open:
            raise NotTraced("a list is used otherwise than in a sum")
        functions.update(state.functions)
        return result

    return Trace(arguments, functions, paths({}))
