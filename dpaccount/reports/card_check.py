"""Whether a card says what its certificate shows, and what is found when the run is asked again."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from dpaccount import _validate
from dpaccount.accounting import profile
from dpaccount.adjacency import adjacency_of
from dpaccount.certificates.document import Claim
from dpaccount.comparison import OURS, Verdict
from dpaccount.errors import DPAccountError
from dpaccount.guarantees import Bound, PrivacyProfile
from dpaccount.mechanisms import canonical, mechanism_from_json
from dpaccount.reports.card import card as card_of
from dpaccount.reports.model import Report, failures_of
from dpaccount.reports.plain import describe
from dpaccount.reports.reading import Said, read_card

__all__ = ["Checked", "check_card", "is_of_this_version"]

#: A claim is the ends in twenty digits, rounded outward.
_HAIR = Fraction(1, 10**18)
#: What is copied from elsewhere, and what is compared in another way.
_APART = ("convergence", "attacks", "failures")


class Checked(NamedTuple):
    """What of a card was checked, what was not, and what is wrong.

    Args:
        wrong: What contradicts the certificate, the card itself, or the run asked again.
        shown: What was checked.
        open: What was not.
        report: The report read back; None where something is wrong.
    """

    wrong: tuple[str, ...]
    shown: tuple[str, ...]
    open: tuple[str, ...]
    report: Report | None


def is_of_this_version(card: Mapping[str, Any]) -> bool:
    """Whether this version wrote a card: only then are its words known."""
    from dpaccount import __version__

    versions = card.get("versions")
    return isinstance(versions, dict) and versions.get("dpaccount") == __version__


def check_card(
    card: Mapping[str, Any],
    claim: Claim,
    theorems: list[str],
    tell: Callable[[str], None] = lambda name: None,
) -> Checked:
    """Hold a card against its certificate, against itself, and against the run asked again.

    Args:
        card: As `dpaccount.reports.card.card` wrote it, perhaps changed.
        claim: What its certificate shows.
        theorems: What the certificate stands on.
        tell: Called with the name of each part as it is done.
    """
    try:
        wrong = list(_against(card, claim))
        found = None if wrong else read_card(card, theorems)
        if found is not None:
            wrong = list(_against_itself(card, found))
        if found is not None and not wrong:
            wrong = list(_asked_again(found, claim, tell))
    except Said as why:
        wrong = [f"the card contradicts itself or is incomplete: {why}"]
    except RecursionError:
        wrong = ["the card is nested too deeply"]
    except (DPAccountError, ArithmeticError, KeyError, TypeError, ValueError) as error:
        wrong = [f"the card does not say what it is about: {' '.join(str(error).split())}"]
    if wrong or found is None:
        return Checked(tuple(wrong), (), (), None)
    return Checked((), tuple(_shown(card, found)), tuple(_open(card, found)), found)


def _says(what: str, said: object, shown: object) -> str:
    return f"{what}: the card says {_short(said)}, its certificate shows {_short(shown)}"


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 90 else text[:87] + "..."


def _against(card: Mapping[str, Any], claim: Claim) -> Iterator[str]:
    """The number and what it is about: exactly what the certificate shows, or less."""
    from dpaccount.accountants.saddlepoint.accountant import Side

    for name in ("adjacency", "delta", "run", "epsilon"):
        if name not in card:
            raise Said(f"{name} is missing")
    relation = adjacency_of(card["adjacency"])
    if relation.value != claim.adjacency:
        yield _says("adjacency", relation.value, claim.adjacency)
        return
    delta = _validate.delta(card["delta"])
    if delta != claim.delta:
        yield _says("delta", delta.text, getattr(claim.delta, "text", claim.delta))
    if not isinstance(card["run"], dict) or "mechanism" not in card["run"]:
        raise Said("run.mechanism is missing")
    run = mechanism_from_json(card["run"]["mechanism"])
    shown = Side(canonical(run, relation), relation.directions[0], 1e-9).described
    if (shown.releases, shown.mu_squared) != (claim.releases, claim.mu_squared):
        yield f"run.mechanism: the card is about another run than its certificate: {describe(run)}"
    if not isinstance(card["epsilon"], dict):
        raise Said("epsilon is no object")
    for side in ("lower", "upper"):
        end, known = card["epsilon"].get(side), getattr(claim, side)
        number = _end(end, f"epsilon.{side}")
        # written so that NaN is a contradiction
        if side == "lower" and not number * (1 - _HAIR) <= known:
            yield _says("epsilon.lower", end, getattr(known, "text", known))
        if side == "upper" and not number * (1 + _HAIR) >= known:
            yield _says("epsilon.upper", end, getattr(known, "text", known))


def _end(value: Any, where: str) -> Fraction | float:
    if value == "inf":
        return math.inf
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Said(f"{where} is {json.dumps(value)}, and no number")
    return Fraction(value)


def _against_itself(card: Mapping[str, Any], found: Report) -> Iterator[str]:
    """Whatever follows from the rest of a card is written anew, and has to be the same."""
    for name, said, made in (("method", found.bound.method, "saddlepoint"),
                             ("trust", found.bound.trust.value, "certified")):  # fmt: skip
        if said != made:
            yield _says(name, said, made)
    if [curve[:2] for curve in found.curves[:1]] != [(found.bound.method, True)]:
        yield f"curves: the first is no guarantee by {found.bound.method}"
    if is_of_this_version(card):
        for way, said, made in _differences(card, card_of(found)):
            yield f"{way}: the card says {_short(said)}, where {_short(made)} follows from the rest"
    for name in _APART[:2]:
        if not isinstance(card.get(name), (dict, type(None))):
            raise Said(f"{name} is no object")
    trained, attacked = (card.get(name) or {} for name in _APART[:2])
    meant = failures_of(
        found.comparison.consistent, trained.get("verdict"), attacked.get("violations")
    )
    if card.get("failures") != list(meant):
        said = _short(card.get("failures"))
        yield f"failures: the card says {said}, where {_short(meant)} follows from the rest"
    cited = {cited.theorem.id for cited in found.theorems if cited.is_cited}
    risk = () if found.risk is None else found.risk.theorems
    for name in sorted({*found.bound.theorems, *risk} - cited):
        yield f"theorems: the card's numbers stand on {name}, which it does not name"
    sided = [("epsilon", found.bound), *((f"directions.{d.value}", b) for d, b in found.directions)]
    sided += [
        (f"curves[{i}] at delta {point.delta}", point.bound)
        for i, curve in enumerate(found.curves) if curve.is_guarantee for point in curve.points
    ]  # fmt: skip
    for where, bound in sided:
        if bound.upper is None or bound.estimate is not None:
            yield f"{where}: a guarantee has an upper end and no estimate; the card says {bound}"


def _differences(said: Any, made: Any, way: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two pieces of JSON are not the same."""
    if isinstance(said, Mapping) and isinstance(made, Mapping):
        for key in [*made, *(key for key in said if key not in made)]:
            if way or key not in _APART:
                nothing = "nothing"
                yield from _differences(
                    said.get(key, nothing), made.get(key, nothing), f"{way}.{key}".lstrip(".")
                )
    elif isinstance(said, list) and isinstance(made, list) and len(said) == len(made):
        for i, (one, other) in enumerate(zip(said, made, strict=True)):
            yield from _differences(one, other, f"{way}[{i}]")
    elif said != made or isinstance(said, bool) != isinstance(made, bool):
        yield way, said, made


def _asked_again(found: Report, claim: Claim, tell: Callable[[str], None]) -> Iterator[str]:
    """Every end that is a guarantee, against brackets of the certified accountant."""
    from dpaccount.accountants.saddlepoint.accountant import Side

    run, relation = canonical(found.run, found.adjacency), found.adjacency
    for direction, bound in found.directions:
        if direction not in relation.directions:
            yield f"directions: {direction.value} is none of {relation.value}"
        else:
            true = Side(run, direction, 1e-9).epsilon(found.delta)
            yield from _apart(f"directions.{direction.value}", bound, true)
    tell("directions")
    true = _claimed(claim)
    for row in found.comparison.rows:
        if row.source == OURS:
            yield from _apart(f"comparison, {row.method}", Bound(row.lower, row.upper), true)
        is_below = row.value is not None and row.value < float(claim.lower) * (1 - 1e-9)
        if is_below and row.verdict is not Verdict.BELOW_TRUTH:
            yield (
                f"comparison, {row.method}: the card calls {row.value!r} {row.verdict.value}, and "
                f"epsilon is at least {true.lower!r}"
            )
    curve = profile(found.run, method="saddlepoint", adjacency=relation)
    known = {}
    for i, line in enumerate(found.curves):
        for point in line.points if line.is_guarantee else ():
            if point.delta not in known:
                known[point.delta] = curve.epsilon(point.delta)
            yield from _apart(f"curves[{i}] at delta {point.delta}", point.bound,
                              known[point.delta])  # fmt: skip
    tell("the curves")
    if found.risk is not None:
        yield from _ceilings(found, curve)
        tell("the ceilings")


def _ceilings(found: Report, curve: PrivacyProfile) -> Iterator[str]:
    risk = found.risk
    assert risk is not None
    for fpr, bound in risk.tpr:
        yield from _apart(f"attackers.tpr at fpr {fpr}", bound, curve.tpr(fpr))
    for count, bound in risk.reconstruction:
        true = curve.reconstruction(Fraction(1, count))
        yield from _apart(f"attackers.reconstruction among {count}", bound, true)
    yield from _apart("attackers.advantage", risk.advantage, curve.advantage())
    quick = profile(found.run, method="saddlepoint.fast", adjacency=found.adjacency)
    for rate, upper in found.roc:
        yield from _apart(f"attackers.roc at fpr {rate}", Bound(None, upper), quick.tpr(rate))


def _claimed(claim: Claim) -> Bound:
    """The bracket of a certificate, as floats rounded outward."""
    lower, upper = float(claim.lower), float(claim.upper)
    return Bound(math.nextafter(lower, -math.inf), math.nextafter(upper, math.inf))


def _apart(what: str, said: Bound, true: Bound) -> Iterator[str]:
    """What of a bound is false: an upper end below the bracket of the truth, or a lower above."""
    for upper, low in ((said.upper, true.lower), (said.log_upper, true.log_lower)):
        if upper is not None and low is not None and not upper >= low:
            yield f"{what}: the card says at most {upper!r}, and it is at least {low!r}"
            return
    for lower, high in ((said.lower, true.upper), (said.log_lower, true.log_upper)):
        if lower is not None and high is not None and not lower <= high:
            yield f"{what}: the card says at least {lower!r}, and it is at most {high!r}"
            return


def _shown(card: Mapping[str, Any], found: Report) -> Iterator[str]:
    yield "epsilon, delta, adjacency, run, method and trust: against the certificate"
    if is_of_this_version(card):
        yield "description, sampler, levels, theorems and limits: written anew from the rest"
    deltas = {point.delta for curve in found.curves for point in curve.points}
    yield (
        f"{len(found.directions)} directions, the curves that are guarantees at {len(deltas)} "
        "deltas, and dpaccount's own rows of the comparison: no end is beyond the truth"
    )
    if found.risk is not None:
        yield "the ceilings for attackers: none is below the truth"


def _open(card: Mapping[str, Any], found: Report) -> Iterator[str]:
    yield "that this run is what happened"
    yield "title, day, statements and versions, which are as somebody wrote them"
    if not is_of_this_version(card):
        yield "words and levels that another version of dpaccount wrote"
    yield "estimates, times and notes of the comparison, and what other tools answered"
    for name, value in (("convergence", "what training was measured to cost"),
                        ("attacks", "what attacks reached")):  # fmt: skip
        if card.get(name) is not None:
            yield value
