"""The words of a report: what was run, what it covers, what it costs, what it rests on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dpaccount.adjacency import Adjacency
from dpaccount.guarantees import Bound, number_text, up
from dpaccount.mechanisms import DPSGD, Mechanism, phases
from dpaccount.reports.attacker_sections import attackers, attacks
from dpaccount.reports.document import (
    Block,
    Document,
    Evidence,
    Facts,
    Section,
    Table,
    Text,
    Wanted,
)
from dpaccount.reports.plain import describe
from dpaccount.reports.words import at_most, wrong_on
from dpaccount.theorems import LEVELS, weakest

if TYPE_CHECKING:
    from dpaccount._validate import Exact
    from dpaccount.reports.model import Curve, Report

__all__ = [
    "ADJACENCY", "LIMITS", "NOT_STATED", "TRAINING", "TRUST", "about_bound", "cost_facts",
    "curve_table", "document", "factor", "failure_words", "lower", "upper", "warnings",
]  # fmt: skip

TRAINING = "What the noise costs in training"
NOT_STATED = "Not stated. Ask, before you rely on the number."

ADJACENCY = {
    Adjacency.ADD_REMOVE: "Data sets that differ in one record being there or not; the worse of "
    "the two directions counts.",
    Adjacency.ADD: "One record more than in the data set that was used: one direction alone.",
    Adjacency.REMOVE: "One record less than in the data set that was used: one direction alone.",
    Adjacency.ZERO_OUT: "One record's contribution is set to zero.",
    Adjacency.REPLACE_ONE: "One record is exchanged for another: twice the sensitivity.",
}

TRUST = {
    "certified": "certified: every error is bounded, rounding included, by ball arithmetic",
    "proved": "proved: the theorem is exact; rounding in float64 is bounded under assumptions or "
    "allowed for",
}

#: What no report can say; docs/explanation/sharp-edges.md has more.
LIMITS = (
    "The number is about the run that is described here. Whether that run is what happened is not "
    "seen from a description: the sampler, the clipping and the noise are as stated, not observed.",
    "The guarantee is for one record. Who has several records in the data, or whose record is "
    "repeated there, is protected less.",
    "Looks at the data that are not listed cost more: settings tuned on these data, steps chosen "
    "by looking, statistics that were published.",
    "Gradient accumulation over several drawn batches, clipping that adapts to the data, and "
    "dividing by the number of records that were drawn are other mechanisms, and can cost more.",
    "Bounds speak of noise on real numbers; the last bits of floating-point noise are not covered.",
    "A ceiling holds for every attacker, and real ones may be far below it. An attack that fails "
    "proves nothing.",
)


def upper(bound: Bound, digits: int = 7) -> str:
    """The upper end in a few digits, rounded up."""
    return "not known" if bound.upper is None else number_text(bound.upper, "upper", digits)


def lower(bound: Bound) -> str:
    """The lower end, rounded down."""
    return "not known" if bound.lower is None else number_text(bound.lower, "lower")


def document(report: Report) -> Document:
    """The report in words and tables."""
    parts = [
        _run(report), _covers(report), _cost(report), attackers(report), _accountants(report),
        _convergence(report), attacks(report), _theorems(report), _certificate(report),
        _limits(report),
    ]  # fmt: skip
    about = about_bound(report.bound, report.delta)
    wrong = (*failure_words(report.failures), *warnings(report.bound))
    return Document(
        report.title, f"epsilon {report.bound}", about, _lead(report), wrong,
        tuple(part for part in parts if part is not None),
        f"Made by dpaccount {dict(report.versions)['dpaccount']} on {report.made}.",
    )  # fmt: skip


def failure_words(failures: Sequence[str]) -> list[str]:
    """Failures as sentences."""
    return [f"{words[0].upper()}{words[1:]}." for words in failures]


def _lead(report: Report) -> str:
    words, found = factor(report.bound, report.delta), report.risk
    if found is None:
        return words
    for fpr, bound in found.tpr:
        if fpr.text == "0.001" and bound.upper is not None:
            words += (
                f" A membership test that is wrong on {wrong_on(fpr)} finds at most "
                f"{at_most(found.most(bound, fpr), 'members', 'members')}."
            )
    return words


def factor(bound: Bound, delta: Exact) -> str:
    """What an epsilon promises, in a sentence."""
    size = bound.upper
    if size is None or not math.isfinite(size):
        return "Epsilon is infinite, so nothing is promised."
    times = f"e^{upper(bound, 4)}"
    if size == 0.0:
        times += ", which is 1"
    elif size < 20:
        times += f", at most {number_text(up(math.exp(size)), 'upper', 4)}"
    return (
        "Between two neighboring data sets the chance of anything that could be released "
        f"differs at most by a factor of {times}, and {delta} is added."
    )


def warnings(bound: Bound) -> list[str]:
    """What is wrong with an epsilon; empty if nothing is."""
    found = []
    if bound.upper == math.inf:
        found.append("Epsilon is infinite: nothing is guaranteed.")
    if "why_wide" in bound.details:
        found.append(f"The bracket is wide: {bound.details['why_wide']}.")
    return found


def _run(report: Report) -> Section:
    run = report.run
    pairs = [("In one line", describe(run)), ("Described by", report.described_by)]
    blocks: list[Block] = []
    if isinstance(run, DPSGD):
        pairs += _fields(run)
        blocks.append(Facts(tuple(pairs)))
    else:
        blocks += [Facts(tuple(pairs)), _phases(run)]
    return Section("run", "What was run", tuple(blocks))


def _fields(run: DPSGD) -> list[tuple[str, str]]:
    """The run's numbers, each with what it is."""
    noise = f"{run.noise_multiplier} (standard deviation of the noise / clip norm)"
    found = [("Noise multiplier", noise)]
    if run.noise_std is not None:
        found.append(("Noise", f"standard deviation {run.noise_std} on the sum of gradients"))
    clip = "not stated; it is part of the noise multiplier"
    found.append(("Clip norm", clip if run.clip_norm is None else run.clip_norm.text))
    found.append(("Sampling rate", f"{run.sampling_rate}, the chance of a record to be drawn"))
    if run.batch_size is not None:
        found.append(("Expected batch size", f"{run.batch_size:,}"))
    if run.dataset_size is not None:
        found.append(("Records", f"{run.dataset_size:,}"))
    if run.epochs is not None:
        found.append(("Epochs", f"{run.epochs}"))
    made = "as given" if run.epochs is None else "ceil(epochs / sampling rate)"
    return [*found, ("Steps", f"{run.steps:,}, {made}")]


def _phases(run: Mechanism) -> Table:
    rows = tuple(
        (phase.mechanism.label, str(phase.sampling_rate), f"{phase.steps:,}")
        for phase in phases(run)
    )
    return Table("Everything that was released, in order of its kind", ("Release", "Sampling rate",
                 "Steps"), rows, frozenset({1, 2}))  # fmt: skip


def _covers(report: Report) -> Section:
    said = report.statements
    sampler = "poisson" if not isinstance(report.run, DPSGD) else report.run.sampler
    evidence = said.sampler_evidence or (
        "Not stated. A description cannot show it: batches that are shuffled, or drawn without "
        "replacement, can cost far more than this report says (at noise 0.5, 10,000 batches and "
        "one epoch 9.99 and more instead of 1.18; Chua et al. 2024, arXiv 2403.17673v2 and "
        "2411.04205v1)."
    )
    if report.described_by == "Opacus's record" and said.sampler_evidence is None:
        evidence += " Opacus's record does not say which sampler ran."
    released = said.released or (
        "Taken here: every noised release of the run, and so everything that is computed from "
        "them, such as each model and checkpoint. " + NOT_STATED
    )
    pairs = (
        ("What is released", released),
        ("Unit of privacy", said.unit or "Taken here: one record. " + NOT_STATED),
        ("Neighboring data", f"{report.adjacency.value}. {ADJACENCY[report.adjacency]}"),
        ("Other looks at the data", said.data_accesses or NOT_STATED),
        ("How settings were tuned", said.tuning or NOT_STATED),
        ("Sampler accounted for", sampler),
        ("Whether the code draws so", evidence),
        ("Code that ran", said.code or NOT_STATED),
    )
    intro = Text("What only those who ran it can say. The number holds for what stands here.")
    return Section("covers", "What it covers", (intro, Facts(pairs)))


def about_bound(bound: Bound, delta: Exact) -> str:
    """What stands beside an epsilon wherever it stands alone."""
    return f"at delta {delta}, {bound.trust.value}, {bound.method}"


def cost_facts(bound: Bound, delta: Exact) -> list[tuple[str, str]]:
    """An epsilon with all that it rests on."""
    level = weakest(bound.theorems)
    return [
        ("Epsilon", f"{bound} at delta {delta}"),
        ("Method", bound.method),
        ("Arithmetic", TRUST[bound.trust.value]),
        ("Theorems", f"level {level}: {LEVELS[level]}, the weakest of all that it uses"),
    ]


def curve_table(curve: Curve, delta: Exact) -> Table:
    """Epsilon along delta, the one that was asked for marked."""
    rows = tuple(
        (point.delta.text, lower(point.bound), upper(point.bound))
        for point in reversed(curve.points)
    )
    marked = frozenset(i for i, row in enumerate(rows) if row[0] == delta.text)
    return Table(f"Epsilon at each delta, by {curve.method}", ("Delta", "At least", "At most"),
                 rows, frozenset({1, 2}), marked)  # fmt: skip


def _cost(report: Report) -> Section:
    bound = report.bound
    pairs = cost_facts(bound, report.delta)
    pairs += [(f"Direction {d.value} alone", f"epsilon {b}") for d, b in report.directions]
    table = curve_table(report.curves[0], report.delta)
    picture = Wanted("curve", "Epsilon against delta, a line for each method: the method of this "
                     f"report gives {upper(bound, 4)} at delta {report.delta}; the numbers stand "
                     "in the table.")  # fmt: skip
    return Section("cost", "What it costs", (Facts(tuple(pairs)), picture, table))


def _accountants(report: Report) -> Section:
    from dpaccount.comparison import OURS, rows_sorted

    rows, marked = [], set()
    for i, row in enumerate(rows_sorted(report.comparison.rows)):
        value = ""
        if row.upper is not None:
            value = "at most\u00a0" + number_text(row.upper, "upper")
        elif row.estimate is not None:
            value = "about\u00a0" + number_text(row.estimate)
        level = (row.level or "") if value else ""
        rows.append((row.method, value, level, row.verdict_text, row.note))
        if row.verdict in ("below truth", "no guarantee"):
            marked.add(i)
    peers = any(row.source != OURS for row in report.comparison.rows)
    others = " and every other accountant that is installed" if peers else ", and no other"
    intro = Text(
        f"The same run, by every theory here{others}. An upper bound that is loose is true; what "
        "is below the truth is marked."
    )
    table = Table(
        f"Epsilon at delta {report.delta} by each accountant",
        ("Accountant", "Epsilon", "Level", "Verdict", "Why"), tuple(rows), marked=frozenset(marked),
    )  # fmt: skip
    return Section("accountants", "What other accountants say", (intro, table))


def _convergence(report: Report) -> Section | None:
    found = report.convergence
    if found is None:
        return None
    from dpaccount.convergence.rates import QUANTITIES

    facts = Facts((
        ("Problem", found.setting.problem.title),
        ("Training", found.setting.words),
        ("Verdict", found.verdict),
        ("Measured", f"{found.trajectories} simulated runs, seed {found.seed}; a true theorem is "
         f"called violated with chance {number_text(found.false_alarm, 'upper', 3)} at most"),
    ))  # fmt: skip
    rows = tuple(
        (QUANTITIES[row.prediction.quantity], row.prediction.theorem,
         number_text(row.upper, "upper", 5), number_text(row.measured.value, "", 5), row.verdict)
        for row in sorted(found.rows, key=lambda row: (row.prediction.quantity, row.upper))
    )  # fmt: skip
    blocks: list[Block] = [facts]
    if rows:
        blocks.append(Table(
            "What theorems predict, and what was measured",
            ("Quantity", "Theorem", "At most", "Measured mean", "Verdict"), rows,
            frozenset({2, 3}),
        ))  # fmt: skip
    else:
        needs = sorted({p.missing for p in found.unmet})
        blocks.append(Text("No theorem applies: " + "; ".join(needs) + "."))
    return Section("convergence", TRAINING, tuple(blocks))


def _theorems(report: Report) -> Section:
    rows = tuple(
        (cited.theorem.id, cited.theorem.level, cited.theorem.statement, cited.theorem.source)
        for cited in report.theorems
    )
    levels = ", ".join(f"{level} {words}" for level, words in LEVELS.items())
    intro = Text(
        "Every number names its theorems. The level says how each is known: " + levels + ". "
        "dpaccount theorems ID shows one with its code, tests and proof."
    )
    table = Table("Theorems behind the numbers, and those that they use",
                  ("Theorem", "Level", "Statement", "Source"), rows)  # fmt: skip
    return Section("theorems", "What it rests on", (intro, table))


def _certificate(report: Report) -> Section:
    blocks: list[Block]
    if report.certificate is None:
        blocks = [Text("There is none: only the certified accountant makes certificates, for "
                       "Gaussian steps, where both ends are its own.")]  # fmt: skip
    else:
        blocks = [
            Text(
                f"It shows epsilon {report.bound} at delta {report.delta}. dpaccount verify "
                "FILE redoes every enclosure in ball arithmetic, without the code that found it, "
                "and says which run it is about; FILE is this page, its card, or the certificate."
            ),
            Evidence("certificate.json", report.certificate, "The certificate"),
        ]
    versions = Facts(tuple(report.versions))
    return Section("evidence", "Certificate and versions", (*blocks, versions))


def _limits(report: Report) -> Section:
    words = [Text(text) for text in LIMITS]
    return Section("limits", "What this report does not say", tuple(words))
