"""Every theory and every installed peer, side by side."""

from __future__ import annotations

import enum
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dpaccount import _validate
from dpaccount._validate import Number
from dpaccount.accounting import METHODS, profile
from dpaccount.adjacency import Adjacency, adjacency_of
from dpaccount.errors import InputError, NotConverged, Unsupported
from dpaccount.guarantees import Bound
from dpaccount.interop.peers import PeerPhase, PeerResult, run_peers
from dpaccount.mechanisms import Canonical, Gaussian, Laplace, Mechanism, canonical
from dpaccount.theorems import rdp, weakest

__all__ = ["Comparison", "Row", "Verdict", "compare"]

OURS = "dpaccount"


class Verdict(enum.StrEnum):
    """What a row is worth, in words that fit a table."""

    EXACT = "exact"  # known from both sides to nine digits
    TIGHTEST = "tightest"  # the least upper end that is proved here
    VALID = "valid"  # within the bracket proved here: no contradiction, nothing lost
    LOOSE = "loose"  # above the least upper end proved here, by `Row.gap`
    VACUOUS = "vacuous"  # an upper end of infinity: true, and says nothing
    NO_GUARANTEE = "no guarantee"  # an approximation without a side
    BELOW_TRUTH = "below truth"  # below the largest lower end proved here, by `Row.gap`
    REFUSED = "refused"
    OVER_TIME = "over time limit"
    FAILED = "failed"


@dataclass(frozen=True)
class Row:
    """One accountant's answer.

    Args:
        method: The theory, or package and theory.
        source: "dpaccount", or the peer's name.
        lower: Lower end of epsilon, None = not given.
        upper: Upper end, None = not given, inf = infinite.
        estimate: A value without a side.
        trust: Ours: what the arithmetic can be trusted for. Peers: what they say of themselves.
        verdict: What the value is worth.
        seconds: Time taken; for a peer None if it gave no answer, and its import is not counted.
        ratio: The value over the tightest proved upper end.
        gap: How far it lies outside what is proved here, as a share of the end that it misses:
            positive above the upper end, negative below the lower end, None within or not known.
        note: One line that explains the gap.
        theorems: Ids, for ours.
    """

    method: str
    source: str
    lower: float | None
    upper: float | None
    estimate: float | None
    trust: str
    verdict: Verdict
    seconds: float | None
    ratio: float | None = None
    gap: float | None = None
    note: str = ""
    theorems: tuple[str, ...] = ()

    @property
    def value(self) -> float | None:
        """The number that the row stands for: the upper end, else the estimate."""
        return self.upper if self.upper is not None else self.estimate

    @property
    def level(self) -> str | None:
        """How the theorems behind it are known, as `Bound.level`; None for a peer."""
        return weakest(self.theorems) if self.source == OURS else None

    @property
    def verdict_text(self) -> str:
        """The verdict with its figure, such as "loose by 9.02 %"."""
        if self.gap is None or self.verdict not in (Verdict.LOOSE, Verdict.BELOW_TRUTH):
            return self.verdict.value
        return f"{self.verdict.value} by {_share(abs(self.gap))}"


def _share(part: float) -> str:
    """A share in percent, whatever its size: one unit can be compared down a column."""
    if part >= 10.0:
        return f"{100.0 * part:,.0f} %" if part < 1e9 else f"{100.0 * part:.0e} %"
    return f"{100.0 * part:.3g} %" if part >= 1e-4 else f"{100.0 * part:.1g} %"


@dataclass(frozen=True)
class Comparison:
    """All rows, and whether ours agree with each other.

    Args:
        rows: Ours first, then the peers.
        consistent: Whether the largest lower end of ours is at most the least upper end of ours.
        tightest: The least proved upper end.
        mechanism: What was run.
        delta: As text, as it was given.
        adjacency: Which datasets are neighbors.
    """

    rows: tuple[Row, ...]
    consistent: bool
    tightest: float | None
    mechanism: Mechanism
    delta: str
    adjacency: Adjacency


def compare(
    mechanism: Mechanism,
    delta: Number,
    *,
    adjacency: Adjacency | str = Adjacency.ADD_REMOVE,
    peers: bool = True,
    time_limit: float = 10.0,
    deadline: float = 50.0,
    on_row: Callable[[str], None] | None = None,
) -> Comparison:
    """Epsilon by every theory here and every installed peer.

    Guarantee: rows of source "dpaccount" as `dpaccount.epsilon`; a peer's row repeats what the
    peer said, labeled with what it is worth.

    Args:
        mechanism: What was run.
        delta: In (0, 1).
        adjacency: Which datasets are neighbors; peers answer add-or-remove.
        peers: Whether to run the installed peers.
        time_limit: Seconds that a peer may take, after its import.
        deadline: Seconds from the start after which no peer is waited for any longer.
        on_row: Called with the method's name as each row is done.

    Raises:
        InputError: For values outside their domain.

    Example:
        >>> from dpaccount.mechanisms import DPSGD
        >>> run = DPSGD(noise_multiplier=1, sampling_rate="0.01", steps=100)
        >>> found = compare(run, 1e-5, peers=False)
        >>> {row.method: row.verdict for row in found.rows}["saddlepoint"].value
        'exact'
    """
    relation = adjacency_of(adjacency)
    number = _validate.delta(delta)
    time_limit = float(_validate.exact(time_limit, "time_limit", allowed="seconds > 0"))
    deadline = float(_validate.exact(deadline, "deadline", allowed="seconds"))
    if not time_limit > 0:
        raise InputError(
            "time_limit", given=time_limit, allowed="seconds > 0", advice="give for example 10"
        )
    run = canonical(mechanism, relation)
    start = time.perf_counter()
    answers = []
    for method in METHODS:
        if method != "best":
            answers.append(_ask(mechanism, number, method, relation))
            if on_row:
                on_row(method)
    bounds = [bound for _, bound, _, _ in answers if bound is not None]
    guaranteed = [b for b in bounds if b.trust.is_guarantee]
    uppers = [b.upper for b in guaranteed if b.upper is not None]
    lowers = [b.lower for b in guaranteed if b.lower is not None]
    tight, floor = min(uppers, default=None), max(lowers, default=None)
    order = next((b.details["order"] for b in bounds if b.method == "rdp" and b.details), math.nan)
    facts = _Facts(tight, floor, _validate.log_of(number), order)
    rows = [_own_row(answer, facts) for answer in answers]
    if peers and relation in (Adjacency.ADD_REMOVE, Adjacency.ZERO_OUT, Adjacency.REPLACE_ONE):
        results = run_peers(
            _peer_phases(run),
            number.text,
            time_limit=time_limit,
            deadline=max(deadline - (time.perf_counter() - start), 1.0),
            on_result=(lambda result: on_row(result.method)) if on_row else None,
        )
        rows += [_peer_row(result, facts) for result in results]
    consistent = tight is None or floor is None or floor <= tight
    return Comparison(tuple(rows), consistent, tight, mechanism, number.text, relation)


@dataclass(frozen=True)
class _Facts:
    """What a row is judged by: our least upper and largest lower end, delta, and the best order."""

    tight: float | None
    floor: float | None
    log_delta: float
    order: float


_Answer = tuple[str, Bound | None, str, float]


def _ask(mechanism: Mechanism, delta: Number, method: str, adjacency: Adjacency) -> _Answer:
    start = time.perf_counter()
    bound, refusal = None, ""
    try:
        bound = profile(mechanism, method=method, adjacency=adjacency).epsilon(delta)
    except (Unsupported, NotConverged) as error:
        refusal = str(error)
    return method, bound, refusal, time.perf_counter() - start


_NOTES = {
    "saddlepoint": "the transform inverted in ball arithmetic: both ends certified",
    "saddlepoint.fast": "the same inversion in float64, every error bounded",
    "rdp": "exact Renyi curve at the best real order; the conversion to epsilon loses the rest",
    "zcdp": "a line through 0 above the Renyi curve: sampling cannot lower it",
    "gdp": "exact without sampling; sampling cannot lower mu, so T steps cost sqrt(T)/sigma",
    "gdp_clt": "the central limit theorem has no error bound and may under-report",
    "pld": "losses on a grid, rounded up for the upper end and down for the lower one",
    "lattice": "the values of the loss summed in ball arithmetic: both ends certified",
    "closed_form": "the best of its chains",
    "closed_form.classical_basic": "classical Gaussian theorem; epsilons add up",
    "closed_form.classical_advanced": "classical Gaussian theorem, advanced composition",
    "closed_form.classical_optimal": "classical Gaussian theorem, optimal composition",
    "closed_form.exact_basic": "epsilons of the steps add up, as if every loss were the worst one",
    "closed_form.exact_advanced": "its drift T eps (e^eps - 1) grows fast in the step's epsilon",
    "closed_form.exact_optimal": "the best that (eps, delta) pairs give: the loss's shape is lost",
    "closed_form.moments_integer": "the Renyi curve at integer orders only",
    "closed_form.moments_closed_form": "a simple bound on the Renyi curve, in a limited range",
    "opacus.gdp": "the central limit theorem has no error bound and may under-report",
    "opacus.prv": "grid and FFT, error 0.01 added; float rounding is not bounded",
    "dp_accounting.rdp": "a fixed list of orders",
    "dp_accounting.pld": "pessimistic grid and FFT; float rounding is not bounded",
    "prv_accountant.prv": "grid and FFT, error 0.01 added; float rounding is not bounded",
}


def _note(method: str, facts: _Facts) -> str:
    """One line on what separates a method from the truth."""
    if method == "opacus.rdp":
        if not facts.order > 63.0:
            return "a fixed list of orders, which ends at 63"
        least = float(rdp.TO_DP_IMPROVED(0.0, 62.0, facts.log_delta))
        return f"its orders stop at 63: never below {max(least, 0.0):.4g} at this delta"
    return _NOTES[method]


def _ratio(value: float | None, tight: float | None) -> float | None:
    if value is None or tight is None or not tight > 0 or math.isinf(value):
        return None
    return value / tight


def _gap(value: float | None, facts: _Facts) -> float | None:
    """How far a value lies outside the bracket, as a share of the end that it misses."""
    if value is None or math.isinf(value):
        return None
    if facts.tight is not None and facts.tight > 0 and value > facts.tight:
        return value / facts.tight - 1.0
    if _below(value, facts.floor) and facts.floor:
        return value / facts.floor - 1.0
    return None


def _below(value: float | None, floor: float | None) -> bool:
    # a hair of tolerance: a peer prints what it computed to a few units in the last place
    return value is not None and floor is not None and value < floor * (1.0 - 1e-12)


def _meet(lower: float, upper: float) -> bool:
    """Whether two ends agree to nine digits."""
    return upper - lower <= 1e-9 * upper


def _own_row(answer: _Answer, facts: _Facts) -> Row:
    tight, floor = facts.tight, facts.floor
    method, bound, refusal, seconds = answer
    if bound is None:
        return Row(method, OURS, None, None, None, "", Verdict.REFUSED, seconds, note=refusal)
    value = bound.upper if bound.upper is not None else bound.estimate
    if not bound.trust.is_guarantee:
        verdict = Verdict.BELOW_TRUTH if _below(bound.estimate, floor) else Verdict.NO_GUARANTEE
    elif bound.upper == math.inf:
        verdict = Verdict.VACUOUS
    elif bound.lower is not None and bound.upper is not None and _meet(bound.lower, bound.upper):
        verdict = Verdict.EXACT
    else:
        verdict = Verdict.TIGHTEST if bound.upper == tight else Verdict.LOOSE
    return Row(
        method,
        OURS,
        bound.lower,
        bound.upper,
        bound.estimate,
        bound.trust.value,
        verdict,
        seconds,
        _ratio(value, tight),
        _gap(value, facts) if verdict in (Verdict.LOOSE, Verdict.BELOW_TRUTH) else None,
        _note(method, facts),
        bound.theorems,
    )


def _peer_phases(run: Canonical) -> list[PeerPhase]:
    phases = []
    if run.mu_squared:
        sigma = math.sqrt(run.mu_squared.denominator / run.mu_squared.numerator)
        phases.append(PeerPhase("gaussian", sigma, 1.0, 1))
    for phase in run.phases:
        base = phase.mechanism
        noise = float(base.noise_multiplier) if isinstance(base, (Gaussian, Laplace)) else math.nan
        kind, rate = type(base).__name__.lower(), float(phase.sampling_rate)
        phases.append(PeerPhase(kind, noise, rate, phase.steps))
    return phases


_STATUS = {"timed out": Verdict.OVER_TIME, "failed": Verdict.FAILED}


def _peer_row(result: PeerResult, facts: _Facts) -> Row:
    tight, floor = facts.tight, facts.floor
    value = result.upper if result.upper is not None else result.estimate
    if result.status != "ok":
        verdict = _STATUS[result.status]
    elif _below(value, floor):
        verdict = Verdict.BELOW_TRUTH
    elif result.kind == "approximation":
        verdict = Verdict.NO_GUARANTEE
    elif value == math.inf:
        verdict = Verdict.VACUOUS
    else:
        verdict = Verdict.LOOSE
        if tight is None or (value is not None and value <= tight):
            verdict = Verdict.VALID
    return Row(
        result.method,
        result.source,
        result.lower,
        result.upper,
        result.estimate,
        result.kind,
        verdict,
        result.seconds,
        _ratio(value, tight),
        _gap(value, facts) if verdict in (Verdict.LOOSE, Verdict.BELOW_TRUTH) else None,
        result.message or _note(result.method, facts),
    )


def rows_sorted(rows: Sequence[Row]) -> list[Row]:
    """Rows by value, those without one last."""
    return sorted(rows, key=lambda row: (row.value is None, row.value or 0.0))
