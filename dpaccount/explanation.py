"""Why a run costs what it costs: what binds, what a change would cost, and what it rests on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

from dpaccount import _validate
from dpaccount._validate import MAX_STEPS, Exact, Number
from dpaccount.accountants import Accountant
from dpaccount.accounting import accountant_of, profile
from dpaccount.adjacency import Adjacency, Direction, adjacency_of
from dpaccount.comparison import Row, compare
from dpaccount.errors import NotConverged, Unsupported
from dpaccount.guarantees import Bound, WorstOf
from dpaccount.mechanisms import (
    DPSGD,
    Composed,
    Mechanism,
    Phase,
    PoissonSubsampled,
    Release,
    SelfComposed,
    canonical,
    phases,
)
from dpaccount.theorems import Theorem, all_theorems

__all__ = ["Change", "Cited", "Explanation", "Part", "explain"]

#: So many phases are taken out one by one; of a run with more, those that release most often.
_PHASES = 4


class Change(NamedTuple):
    """What epsilon would be if one thing were different.

    Args:
        what: The change, in words.
        bound: Epsilon after it; None if the method does not cover it, or there is no such run.
        difference: Epsilon after it less epsilon before: its ends, as far as they are known.
    """

    what: str
    bound: Bound | None
    difference: tuple[float | None, float | None]


class Part(NamedTuple):
    """One of the settings that a run is made of.

    Args:
        what: The setting, in words.
        without: Epsilon of the run without it.
    """

    what: str
    without: Bound


class Cited(NamedTuple):
    """One theorem that the answer stands on.

    Args:
        depth: 0 if the answer cites it; one more than that of a theorem that uses it otherwise.
        theorem: The theorem.
    """

    depth: int
    theorem: Theorem


@dataclass(frozen=True)
class Explanation:
    """The answer of `explain`.

    Args:
        bound: Epsilon of the run.
        directions: Epsilon of each direction of the adjacency by itself.
        binding: The direction that costs most; None if that is not seen.
        order: The Renyi order at which the moments are turned into epsilon, for a method that
            has one.
        parts: Of a run with several settings: epsilon without each; the one whose absence saves
            most stands first.
        changes: What epsilon would be with more steps, more or less noise, and half the rate.
        theorems: What it rests on, each theorem followed by those that it uses.
        rows: Every other method and why it differs, as in `compare`.
        run: What was run.
        delta: As text, as it was given.
        adjacency: Which datasets are neighbors.
    """

    bound: Bound
    directions: Mapping[Direction, Bound]
    binding: Direction | None
    order: float | None
    parts: tuple[Part, ...]
    changes: tuple[Change, ...]
    theorems: tuple[Cited, ...]
    rows: tuple[Row, ...]
    run: Mechanism
    delta: str
    adjacency: Adjacency


def explain(
    mechanism: Mechanism,
    delta: Number,
    *,
    method: Accountant | str | None = None,
    adjacency: Adjacency | str = Adjacency.ADD_REMOVE,
) -> Explanation:
    """Say what makes the epsilon of a run what it is, and what a change would make of it.

    Guarantee: every number is a `Bound`, evaluated by `method` as `epsilon` does; a difference of
    two is bounded by their opposite ends.

    Args:
        mechanism: What was run.
        delta: In (0, 1).
        method: A theory or its name; None for the tightest guarantee.
        adjacency: Which datasets are neighbors.

    Raises:
        InputError: For anything outside its domain.
        Unsupported: If no registered theorem covers the run.

    Example:
        >>> run = DPSGD(noise_multiplier=1.1, batch_size=256, dataset_size=60_000, epochs=60)
        >>> found = explain(run, 1e-5)
        >>> found.binding.value, found.changes[0].what
        ('remove', 'one more epoch (234 steps)')
        >>> round(found.changes[0].difference[1], 4)
        0.0216
    """
    whole = profile(mechanism, method=method, adjacency=adjacency)
    number, relation, accountant = (
        _validate.delta(delta), adjacency_of(adjacency), accountant_of(method),
    )  # fmt: skip
    bound = whole.epsilon(number)

    def ask(other: Mechanism) -> Bound:
        return profile(other, method=accountant, adjacency=relation).epsilon(number)

    sides = whole.sides if isinstance(whole, WorstOf) else ()
    directions = {Direction(side.adjacency.value): side.epsilon(number) for side in sides}
    rows = compare(mechanism, number, adjacency=relation, peers=False).rows
    return Explanation(
        bound,
        directions,
        _binding(directions),
        bound.details.get("order"),
        _parts(mechanism, relation, ask),
        tuple(_change(what, other, bound, ask) for what, other in _changes(mechanism)),
        tuple(_cited(bound.theorems)),
        tuple(row for row in rows if row.method != bound.method),
        mechanism,
        number.text,
        relation,
    )


def _binding(directions: Mapping[Direction, Bound]) -> Direction | None:
    """The direction that is seen to cost most; by upper ends where a theory has no lower ones."""
    for direction, bound in directions.items():
        floor = bound.upper if bound.lower is None else bound.lower
        others = [other.upper for key, other in directions.items() if key is not direction]
        if floor is not None and all(other is not None and other <= floor for other in others):
            return direction
    return None


def _parts(
    mechanism: Mechanism, adjacency: Adjacency, ask: Callable[[Mechanism], Bound]
) -> tuple[Part, ...]:
    """Epsilon without each setting, of a run that has several."""
    settings = phases(mechanism)
    if len(settings) < 2 or canonical(mechanism, adjacency).is_identity:
        return ()
    found = []
    for phase in sorted(settings, key=lambda p: -p.steps)[:_PHASES]:
        rest = Composed(tuple(_as_mechanism(other) for other in settings if other is not phase))
        with suppress(Unsupported, NotConverged):
            found.append(Part(_words(phase), ask(rest)))
    return tuple(sorted(found, key=lambda part: _height(part.without)))


def _height(bound: Bound) -> float:
    value = bound.upper if bound.upper is not None else bound.estimate
    return math.inf if value is None else value


def _words(phase: Phase) -> str:
    rate = f" at rate {phase.sampling_rate}" if phase.is_sampled else ""
    return f"{phase.steps} x {phase.mechanism.label}{rate}"


def _as_mechanism(phase: Phase) -> Mechanism:
    step: Mechanism = phase.mechanism
    if phase.sampling_rate != 1:
        step = PoissonSubsampled(phase.mechanism, phase.sampling_rate)
    return SelfComposed(step, phase.steps)


def _changes(mechanism: Mechanism) -> list[tuple[str, Mechanism | None]]:
    """The run as it would be with one thing different."""
    settings = phases(mechanism)
    found = _more_steps(mechanism, settings)
    for what, factor in (("twice the noise", Fraction(2)), ("half the noise", Fraction(1, 2))):
        if any(_noise(phase.mechanism) for phase in settings):
            found.append((what, _composed([_with(phase, noise=factor) for phase in settings])))
    if any(phase.sampling_rate < 1 for phase in settings):
        halved = [_with(p, rate=Exact(p.sampling_rate / 2)) for p in settings]
        found.append(("half the sampling rate, as many steps", _composed(halved)))
    return found


def _more_steps(
    mechanism: Mechanism, settings: Sequence[Phase]
) -> list[tuple[str, Mechanism | None]]:
    """One more epoch where the run says what that is, else a tenth more steps; and one more."""

    def longer(more: Callable[[Phase], int]) -> Mechanism | None:
        return _composed([_with(phase, steps=phase.steps + more(phase)) for phase in settings])

    if len(settings) != 1:
        more = longer(lambda phase: math.ceil(phase.steps / 10))
        return [("a tenth more steps of every setting", more)]
    tenth = math.ceil(settings[0].steps / 10)
    what = f"a tenth more steps ({tenth})"
    if isinstance(mechanism, DPSGD) and mechanism.dataset_size is not None:
        tenth = math.ceil(1 / mechanism.sampling_rate)
        if mechanism.epochs is not None:
            tenth = math.ceil((mechanism.epochs + 1) / mechanism.sampling_rate) - mechanism.steps
        what = f"one more epoch ({tenth} steps)"
    return [(what, longer(lambda _: tenth)), ("one more step", longer(lambda _: 1))]


def _noise(release: Release) -> Exact | None:
    """The noise multiplier; None for a guarantee and whatever else has none."""
    return getattr(release, "noise_multiplier", None)


def _with(
    phase: Phase,
    *,
    steps: int | None = None,
    noise: Fraction = Fraction(1),
    rate: Exact | None = None,
) -> Phase:
    """A setting with one value changed; what is not sampled stays so."""
    release, multiplier = phase.mechanism, _noise(phase.mechanism)
    if multiplier is not None and noise != 1:
        scaled: Any = Exact(multiplier * noise)
        release = replace(release, noise_multiplier=scaled)  # type: ignore[type-var]  # a dataclass
    return Phase(
        release,
        phase.sampling_rate if rate is None or phase.sampling_rate == 1 else rate,
        phase.steps if steps is None else steps,
    )


def _composed(settings: Sequence[Phase]) -> Mechanism | None:
    if not settings or any(phase.steps > MAX_STEPS for phase in settings):
        return None
    return Composed(tuple(_as_mechanism(phase) for phase in settings))


def _change(
    what: str, other: Mechanism | None, before: Bound, ask: Callable[[Mechanism], Bound]
) -> Change:
    bound = None
    if other is not None:
        with suppress(Unsupported, NotConverged):
            bound = ask(other)
    if bound is None:
        return Change(what, None, (None, None))
    return Change(what, bound, (_less(bound.lower, before.upper, -math.inf),
                                _less(bound.upper, before.lower, math.inf)))  # fmt: skip


def _less(value: float | None, other: float | None, toward: float) -> float | None:
    """The difference of two ends, rounded outward; None if one of them is not known."""
    if value is None or other is None or math.isinf(other):
        return None
    return math.nextafter(value - other, toward)


def _cited(ids: Sequence[str]) -> list[Cited]:
    """The theorems that are cited, each followed by what it uses, and each once."""
    known, seen, found = all_theorems(), set[str](), list[Cited]()
    used = {below for name in ids for below in _below(known[name], known)}

    def add(name: str, depth: int) -> None:
        if name in seen:
            return
        seen.add(name)
        found.append(Cited(depth, known[name]))
        for below in sorted(known[name].uses):
            add(below, depth + 1)

    for name in [*(i for i in ids if i not in used), *ids]:
        add(name, 0)
    return found


def _below(theorem: Theorem, known: Mapping[str, Theorem]) -> set[str]:
    """Every theorem that one uses, directly or not."""
    return {name for use in theorem.uses for name in (use, *_below(known[use], known))}
