"""A report as plain data: the card, in a schema that is published with the package."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from dpaccount.guarantees import Bound
from dpaccount.mechanisms import DPSGD
from dpaccount.reports.plain import bound_json, ceiling_json, describe, json_text, plain, row_json
from dpaccount.reports.sections import LIMITS

if TYPE_CHECKING:
    from dpaccount.convergence.check import Convergence
    from dpaccount.reports.attack_file import AttackResults
    from dpaccount.reports.model import Curve, Report

__all__ = ["SCHEMA", "card", "card_text", "schema"]

#: What a card calls its own form; a card of another form has another number.
SCHEMA = "dpaccount.card/1"


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a card."""
    text = (resources.files("dpaccount.reports") / "card.schema.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def card_text(report: Report) -> str:
    """The card as the text of a file."""
    return json_text(card(report), indent=2) + "\n"


def card(report: Report) -> dict[str, Any]:
    """The card as plain data: null is not known or not stated, "inf" is infinite.

    Args:
        report: As `report` gathers it.
    """
    run, said = report.run, report.statements
    data = {
        "schema": SCHEMA,
        "title": report.title,
        "made": report.made,
        "epsilon": bound_json(report.bound),
        "delta": report.delta.text,
        "method": report.bound.method,
        "trust": report.bound.trust.value,
        "level": report.bound.level,
        "adjacency": report.adjacency.value,
        "run": {
            "description": describe(run),
            "described_by": report.described_by,
            "mechanism": run.to_json(),
            "sampler": run.sampler if isinstance(run, DPSGD) else "poisson",
        },
        "statements": {
            "unit": said.unit,
            "released": said.released,
            "data_accesses": said.data_accesses,
            "tuning": said.tuning,
            "sampler_evidence": said.sampler_evidence,
            "code": said.code,
        },
        "directions": {d.value: bound_json(bound) for d, bound in report.directions},
        "curves": [_curve(curve) for curve in report.curves],
        "attackers": _attackers(report),
        "comparison": {
            "rows": [row_json(row) for row in report.comparison.rows],
            "consistent": report.comparison.consistent,
        },
        "convergence": None if report.convergence is None else _convergence(report.convergence),
        "attacks": None if report.attacks is None else _attacks(report.attacks),
        "theorems": [
            {
                "id": cited.theorem.id,
                "level": cited.theorem.level,
                "statement": cited.theorem.statement,
                "source": cited.theorem.source,
                "cited": cited.is_cited,
            }
            for cited in report.theorems
        ],
        "certificate": None,
        "failures": list(report.failures),
        "versions": dict(report.versions),
        "limits": list(LIMITS),
    }
    if report.certificate is not None:
        data["certificate"] = json.loads(report.certificate)
    found: dict[str, Any] = plain(data)
    return found


def _curve(curve: Curve) -> dict[str, Any]:
    return {
        "method": curve.method,
        "guarantee": curve.is_guarantee,
        "points": [{"delta": p.delta.text, **bound_json(p.bound)} for p in curve.points],
    }


def _chance(bound: Bound) -> dict[str, Any]:
    return {**ceiling_json(bound), "theorems": list(bound.theorems)}


def _attackers(report: Report) -> dict[str, Any] | None:
    found = report.risk
    if found is None:
        return None
    return {
        "tpr": [{"fpr": fpr.text, **_chance(bound)} for fpr, bound in found.tpr],
        "reconstruction": [
            {"candidates": count, **_chance(bound)} for count, bound in found.reconstruction
        ],
        "advantage": _chance(found.advantage),
        "roc": [{"fpr": rate, "tpr_upper": upper} for rate, upper in report.roc],
    }


def _convergence(found: Convergence) -> dict[str, Any]:
    return {
        "problem": found.setting.problem.name,
        "setting": found.setting.words,
        "verdict": found.verdict,
        "trajectories": found.trajectories,
        "seed": found.seed,
        "false_alarm": found.false_alarm,
        "rows": [
            {
                "quantity": row.prediction.quantity,
                "theorem": row.prediction.theorem,
                "predicted_upper": row.upper,
                "measured": row.measured.value,
                "standard_error": row.measured.deviation,
                "verdict": row.verdict,
            }
            for row in found.rows
        ],
        "not_met": sorted({p.missing for p in found.unmet}),
    }


def _attacks(found: AttackResults) -> dict[str, Any]:
    return {
        "delta": found.delta,
        "violations": len(found.violations),
        "rows": [
            {
                "target": row.target,
                "attack": row.attack,
                "noise_multiplier": row.noise_multiplier,
                "epsilon_upper": row.epsilon,
                "trials": row.trials,
                "named": row.named,
                "interval": list(row.interval),
                "ceiling": row.ceiling,
                "verdict": row.verdict,
            }
            for row in found.rows
        ],
    }
