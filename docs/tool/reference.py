"""Which public names stand on which page of the reference; a page is made of each group."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["GROUPS", "Group", "pages"]


class Group(NamedTuple):
    """A page of the reference: its name, its title, what it is about, the names on it."""

    name: str
    title: str
    about: str
    names: tuple[str, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """The dotted path of each name; one without a module is at the top."""
        return tuple(f"dpaccount.{name}" for name in self.names)


def _in(module: str, names: str) -> tuple[str, ...]:
    return tuple(f"{module}.{name}" for name in names.split())


GROUPS = (
    Group(
        "mechanisms",
        "Mechanisms",
        "What was run, as frozen values with exact numbers. "
        "[What can be described](../mechanisms.md) compares them.",
        (
            "DPSGD", "Gaussian", "Laplace", "DiscreteGaussian", "DiscreteLaplace",
            "RandomizedResponse", "PureDP", "ApproximateDP", "PoissonSubsampled", "Composed",
            "SelfComposed", "Identity", "Mechanism", "mechanism_from_json",
        ),
    ),
    Group(
        "budgets",
        "Budgets and accountants",
        "The verbs, and the theories that answer them. Every theory takes the name that "
        "`method=` knows it by.",
        (
            "epsilon", "delta", "profile", "compare", "Comparison", "explain", "Explanation",
            "Accountant", "Saddlepoint", "FastSaddlepoint", "LatticeSum", "PLD", "RDP",
            "ClosedForm", "GDP", "ZCDP", "GDPLimit", "Adjacency", "Direction",
        ),
    ),
    Group(
        "bounds",
        "Bounds",
        "What every answer is: ends, a trust, and the ids of theorems.",
        ("Bound", "PrivacyProfile", "Trust"),
    ),
    Group(
        "calibration",
        "Calibration",
        "Which value keeps a budget ([how](../../how-to/calibrate.md)).",
        ("calibrate", "Calibration", "Refuted"),
    ),
    Group(
        "sweeps",
        "Sweeps",
        "Many budgets in one call ([how](../../how-to/sweeps.md)).",
        ("sweep", "Sweep", "SweepFile"),
    ),
    Group(
        "ceilings",
        "Ceilings",
        "What no attacker exceeds at a budget.",
        (
            "risk", "Risk",
            *_in(
                "ceilings",
                "identification told_reconstruction pairwise_identification local_reconstruction "
                "token_recovery reconstruction_error Membership Pick Geometry Context",
            ),
        ),
    ),
    Group(
        "attacks",
        "Attacks",
        "What attackers do reach ([how](../../how-to/attacks.md)); needs `dpaccount[attacks]`.",
        (
            *_in(
                "attacks",
                "Target Batch Threat View expose draw_secrets find_target Attack Guess Outcome "
                "Success succeed judge Judgment diagnose Diagnosis identify Likelihood simulate "
                "measure Rate audit_identification audit_membership audit_rates Audit Factors "
                "factorize clip_factors clipped_gram enclosing_radius fibre_size",
            ),
            *_in("attacks.sweep", "run_attacks AttackTable Question Row Cell"),
        ),
    ),
    Group(
        "convergence",
        "Convergence",
        "What the noise costs SGD ([how](../../how-to/noise-and-sgd.md)).",
        (
            "converge", "Convergence", "advise", "Advice", "gradient_noise", "Decaying",
            *_in("convergence", "Problem problem_of"),
            *_in("convergence.budgets", "excess_of_budgets Budgets Budget"),
        ),
    ),
    Group(
        "certificates",
        "Certificates",
        "What shows both ends of a bound, and its checker "
        "([the derivation](../../explanation/certified-accountant.md)).",
        ("certify", "Certified", "verify", "Verification"),
    ),
    Group(
        "theorems",
        "Theorems",
        "The register that every bound cites from. [All theorems](../../THEOREMS.md) are listed "
        "on a page of their own.",
        _in(
            "theorems",
            "Theorem Assumption all_theorems closure effective_level weakest unregistered",
        ),
    ),
    Group(
        "interop",
        "Other tools",
        "Runs that other tools recorded, and accountants that others can ask "
        "([Opacus](../../how-to/opacus.md), [JAX-Privacy](../../how-to/jax-privacy.md)).",
        (
            "from_opacus", "read_opacus", "register_opacus", "from_event", "to_event",
            "interop.opacus_accountant.OpacusAccountant",
        ),
    ),
    Group(
        "reports",
        "Reports and figures",
        "Pages for people ([how](../../how-to/report.md)) and one function for each figure "
        "([gallery](../../gallery.md)); needs `dpaccount[report]`.",
        (
            *_in("reports", "report Report Statements read_attacks"),
            *_in(
                "reports.plots",
                "Line sandwich epsilon_curve epsilon_map tradeoff roc reconstruction "
                "attack_success excess_of_budgets save svg",
            ),
            *_in("reports.plots.contour", "integrand core"),
        ),
    ),
    Group(
        "testing",
        "Testing",
        "Questions for an accountant ([how](../../how-to/check-an-accountant.md)) and strategies "
        "for property tests; the strategies need `dpaccount[testing]`.",
        (
            "conform", "Conformance",
            *_in("conformance", "Finding"),
            *_in(
                "testing.strategies",
                "mechanisms releases runs noise_multipliers sampling_rates steps deltas epsilons "
                "budgets inside outside",
            ),
        ),
    ),
    Group(
        "errors",
        "Errors",
        "What is raised instead of a number that could not be stood for.",
        ("DPAccountError", "InputError", "Unsupported", "NotConverged", "Stopped"),
    ),
)  # fmt: skip


def pages() -> dict[str, str]:
    """The text of each page of the reference, under its path in the site."""
    return {f"reference/api/{group.name}.md": _page(group) for group in GROUPS}


def _page(group: Group) -> str:
    blocks = [f"::: {path}" for path in group.paths]
    return "\n\n".join([f"# {group.title}", group.about, *blocks]) + "\n"
