"""A traced formula as a Coq definition: the text of a `Generated.v`."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from dpaccount.proving.tracing import Comparison, NotTraced, Term, Trace, trace
from dpaccount.theorems import Theorem

__all__ = ["COMMAND", "definitions", "generated", "sorts_of", "without_comments"]

COMMAND = "python -m dpaccount.proving.coq"

_INFIX = {"+": 50, "-": 50, "*": 40, "/": 40}
_NAMES = {"log": "ln", "fabs": "Rabs"}
_DECIDED = {"<": "Rlt_dec", "<=": "Rle_dec", ">": "Rgt_dec", ">=": "Rge_dec", "==": "Req_EM_T"}
_TAKEN = frozenset(
    re.findall(
        r"\w+",
        "as at cofix else end exists exists2 fix for forall fun if IF in let match mod Prop return "
        "Set then Type using where with R nat bool list total multiplied formula exp ln sqrt sin "
        "cos sinh cosh tanh pow Rpower Rmax Rmin Rabs INR PI fst snd left right le lt S O",
    )
)
_ARGUMENTS = re.compile(r"\(\*\s*Arguments:(.*?)\.\s*\*\)", re.DOTALL)
_ARGUMENT = re.compile(r"\((\w+) : ((?:[^()]|\([^()]*\))+)\)")


def sorts_of(source: str) -> dict[str, str]:
    """Sorts that a `Theorem.v` states in its line `(* Arguments: (steps : nat). *)`."""
    return {
        name: sort for line in _ARGUMENTS.findall(source) for name, sort in _ARGUMENT.findall(line)
    }


def without_comments(source: str) -> str:
    """Coq text without its comments, which may be nested."""
    kept, depth = [], 0
    for part in re.split(r"(\(\*|\*\))", source):
        if part == "(*":
            depth += 1
        elif part == "*)" and depth:
            depth -= 1
        elif not depth:
            kept.append(part)
    return "".join(kept)


def _name(name: str) -> str:
    return name + "_" if name in _TAKEN else name


def _number(value: Fraction) -> tuple[str, int]:
    if value < 0:
        inner = _number(-value)
        return f"- {_wrapped(inner, 35)}", 36
    if value.denominator != 1:
        return f"{value.numerator} / {value.denominator}", 40
    return str(value.numerator), 0


def _wrapped(text: tuple[str, int], most: int) -> str:
    return text[0] if text[1] <= most else f"({text[0]})"


def _natural(term: Term) -> str:
    if term.head == "const":
        return str(term.args[0])
    if term.head == "var":
        return _name(term.args[0])
    left, right = (_natural(arg) for arg in term.args)
    return f"({left} {term.head} {right})"


def _real(term: Term) -> tuple[str, int]:
    """Text of a real number, and the level of its outermost operator in Coq's grammar."""
    head, args = term.head, term.args
    if head == "var":
        return _name(args[0]), 0
    if head == "const":
        return _number(args[0])
    if head == "PI":
        return "PI", 0
    if head in _INFIX:
        level = _INFIX[head]
        return f"{_at(args[0], level)} {head} {_at(args[1], level - 1)}", level
    if head == "neg":
        return f"- {_at(args[0], 35)}", 36
    if head == "^":
        nat = args[1]
        exponent = _natural(nat) + ("%nat" if nat.head in _INFIX else "")
        return f"{_at(args[0], 29)} ^ {exponent}", 30
    if head == "INR":
        text = _natural(args[0])
        return f"INR {text}", 10
    if head == "log1p":
        return f"ln (1 + {_at(args[0], 49)})", 10
    if head == "expm1":
        return f"exp {_at(args[0], 9)} - 1", 50
    if head == "floor":
        return f"IZR (Int_part {_at(args[0], 9)})", 10
    if head in ("total", "multiplied"):
        walked, parts, body = args
        names = [_name(part.args[0]) for part in parts]
        binder = names[0] if len(names) == 1 else f"'({', '.join(names)})"
        return f"{head} (fun {binder} => {_real(body)[0]}) {_name(walked.args[0])}", 10
    if head == "call":
        return " ".join([_name(args[0]), *(_at(arg, 9) for arg in args[1:])]), 10
    return " ".join([_NAMES.get(head, head), *(_at(arg, 9) for arg in args)]), 10


def _at(term: Term, level: int) -> str:
    return _wrapped(_real(term), level)


def _value(result: Any) -> str:
    """A formula's result: a number, or a choice between two."""
    if isinstance(result, Term):
        return _real(Term("INR", (result,)) if result.sort == "nat" else result)[0]
    if not (isinstance(result, tuple) and result[0] == "if"):
        raise NotTraced(f"the formula answers {result!r}, which is no number")
    _, condition, yes, no = result
    if isinstance(condition, Term):
        test = _name(condition.args[0])
    elif condition.left.sort == "nat" or condition.right.sort == "nat":
        raise NotTraced("a comparison of natural numbers decides a formula")
    elif condition.op == "!=":
        return _value(("if", Comparison("==", condition.left, condition.right), no, yes))
    else:
        test = f"{_DECIDED[condition.op]} {_at(condition.left, 9)} {_at(condition.right, 9)}"
    return f"if {test} then {_value(yes)} else {_value(no)}"


def _proposition(result: Any) -> str:
    """An assumption's result as a proposition."""
    if result is True or result is False:
        return str(result)
    if isinstance(result, Comparison):
        op = {"==": "=", "!=": "<>"}.get(result.op, result.op)
        if result.left.sort == "nat" or result.right.sort == "nat":
            return f"({_natural(result.left)} {op} {_natural(result.right)})%nat"
        return f"{_at(result.left, 69)} {op} {_at(result.right, 69)}"
    if isinstance(result, tuple) and isinstance(result[1], Comparison):
        _, condition, yes, no = result
        test = f"({_proposition(condition)})"
        if no is False:
            return test if yes is True else f"{test} /\\ ({_proposition(yes)})"
        if yes is True:
            return f"{test} \\/ ({_proposition(no)})"
        if (yes, no) == (False, True):
            return f"~ {test}"
        return f"({test} /\\ ({_proposition(yes)})) \\/ (~ {test} /\\ ({_proposition(no)}))"
    raise NotTraced(f"the assumption answers {result!r}")


def _definition(name: str, found: Trace, sort: str, body: str) -> str:
    binders = [f"({_name(n)} : {'R -> ' * arity}R)" for n, arity in found.functions.items()] + [
        f"({_name(n)} : {s})" for n, s in found.arguments
    ]
    head = " ".join(["Definition", name, *binders, ":", sort, ":="])
    lines = [head, *textwrap.wrap(body + ".", 96, break_long_words=False, break_on_hyphens=False)]
    return "\n  ".join(lines)


def definitions(theorem: Theorem, sorts: Mapping[str, str]) -> dict[str, str]:
    """Coq definitions of a formula and of the assumptions that compare numbers, by name.

    Raises:
        NotTraced: The formula has no symbolic form.
    """
    made = {}
    if theorem.formula is not None:
        found = trace(theorem.formula, sorts)
        made["formula"] = _definition("formula", found, "R", _value(found.result))
    for k, assumption in enumerate(theorem.assumptions, 1):
        try:
            found = trace(assumption.holds, sorts)
            body = _proposition(found.result)
        except NotTraced:
            continue
        made[f"assumption_{k}"] = _definition(f"assumption_{k}", found, "Prop", body)
    return made


def generated(theorem: Theorem, sorts: Mapping[str, str]) -> str:
    """Text of a theorem's `Generated.v`; `sorts` of the arguments that are not real numbers.

    Raises:
        NotTraced: The formula has no symbolic form.
    """
    made = definitions(theorem, sorts)
    parts = [
        f"(* The formula of `{theorem.id}` and those of its assumptions that compare numbers,\n"
        f"   as the accountants evaluate them. Made by `{COMMAND}`; do not edit. *)",
        "From Coq Require Import Reals List.\nFrom DP Require Import Sums.\n"
        "Import ListNotations.\nOpen Scope R_scope.",
    ]
    if "formula" in made:
        parts.append(made["formula"])
    for k, assumption in enumerate(theorem.assumptions, 1):
        text = assumption.text.replace("(*", "( *").replace("*)", "* )")
        name = f"assumption_{k}"
        parts.append(f"(* Assumption {k}: {text}. *)")
        parts.append(
            made.get(name, "(* It is not a comparison of numbers and has no definition. *)")
        )
    return "\n\n".join(parts) + "\n"
