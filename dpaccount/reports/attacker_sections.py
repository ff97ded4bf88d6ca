"""What attackers can reach, and what they did reach, in the words of a report."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from dpaccount.guarantees import number_text
from dpaccount.reports.document import Block, Section, Table, Text, Wanted
from dpaccount.reports.words import at_most, guessing, wrong_on

if TYPE_CHECKING:
    from dpaccount.ceilings import Risk
    from dpaccount.reports.model import Report

__all__ = ["REACHED", "TITLE", "advantage", "attackers", "attacks", "picks", "tests", "whose"]

TITLE = "What it means for an attacker"
REACHED = "What attacks reached"


def attackers(report: Report) -> Section:
    """Membership and reconstruction, as shares of people."""
    found = report.risk
    if found is None:
        text = Text("No ceiling is known for this run under this adjacency.")
        return Section("attackers", TITLE, (text,))
    blocks: list[Block] = [whose(found)]
    if found.tpr:
        blocks.append(tests(found))
    if report.roc:
        blocks += [
            Wanted("tradeoff", "The least false negative rate at each false positive rate, below "
                   "the straight line of guessing at random."),
            Wanted("roc", "The largest true positive rate at false positive rates from 1e-9 to 1, "
                   "on logarithmic axes, above the line of guessing at random."),
        ]  # fmt: skip
    if found.reconstruction:
        blocks += [
            picks(found),
            Wanted("reconstruction", "The chance to pick the right record against the number of "
                   "candidates K, above the line of guessing, 1/K."),
        ]  # fmt: skip
    return Section("attackers", TITLE, (*blocks, *advantage(found)))


def whose(found: Risk) -> Text:
    """What ceilings are, and by which theory."""
    return Text(
        "These are ceilings for any attacker, however clever, who sees every release and knows "
        f"all other records. They are read off the same curve as epsilon, by {found.method} "
        f"({found.trust.value})."
    )


def tests(found: Risk) -> Table:
    """What a membership test finds at most."""
    rows = tuple(
        (wrong_on(fpr), f"at most {at_most(found.most(bound, fpr), 'members', 'members')}")
        for fpr, bound in found.tpr
        if bound.upper is not None
    )
    return Table("Was this record in the data? Membership tests",
                 ("A test that is wrong on", "finds"), rows)  # fmt: skip


def picks(found: Risk) -> Table:
    """How often the right record is picked at most."""
    rows = tuple(
        (f"{count:,}", f"at most {at_most(most, 'the time', 'times')}", guessing(count))
        for count, bound in found.reconstruction
        for most in [found.most(bound, Fraction(1, count))]
        if bound.upper is not None
    )  # fmt: skip
    return Table(
        "Which record was it? An attacker who must pick the right one out of K equally "
        "likely candidates", ("K", "is right", "by guessing"), rows, frozenset({0}),
    )  # fmt: skip


def advantage(found: Risk) -> tuple[Text, ...]:
    """The largest difference of the two rates; nothing where it is not known."""
    size = found.advantage.upper
    if size is None:
        return ()
    return (Text(
        "True less false positive rate, of any membership test: at most "
        f"{number_text(size, 'upper', 4)}."
    ),)  # fmt: skip


def attacks(report: Report) -> Section | None:
    """What attacks reached, beside their ceilings."""
    found = report.attacks
    if found is None:
        return None
    rows, marked = [], set()
    for i, row in enumerate(found.rows):
        low, high = row.interval
        rows.append((
            f"{row.target}, {row.attack}", row.noise_multiplier,
            "none" if row.epsilon is None else number_text(row.epsilon, "upper", 4),
            f"{row.named}/{row.trials}", f"{low:.2f} to {high:.2f}",
            "not known" if row.ceiling is None else number_text(row.ceiling, "upper", 3),
            "above its ceiling, beyond chance" if row in found.violations else row.verdict,
        ))  # fmt: skip
        if row in found.violations:
            marked.add(i)
    intro = Text(
        "Attacks on targets of their own, with the noise of each row: not on this run. They show "
        "how near real attackers come to the ceilings. An attack that fails proves nothing."
    )
    table = Table(
        f"Secrets named by attacks; epsilon at delta {found.delta}",
        ("Target and attack", "Noise", "Epsilon", "Named", "95 %", "Ceiling", "Verdict"),
        tuple(rows), frozenset({1, 2, 3, 4, 5}), frozenset(marked),
    )  # fmt: skip
    return Section("attacks", REACHED, (intro, table))
