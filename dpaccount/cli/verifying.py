"""`dpaccount verify`: a certificate, checked again."""

from __future__ import annotations

from typing import Annotated

import typer

from dpaccount.cli import options as opt
from dpaccount.cli import output

__all__ = ["verify"]


def verify(
    certificate: Annotated[
        str, typer.Argument(help="a file of budget --certificate, or a report (.html, .json)")
    ],
    json: opt.Json = False,
) -> int:
    """Check a certificate, or the one in a report; exit 1 if it does not hold.

    Its enclosures are redone in ball arithmetic. A report is held against
    them, and against the run asked again; what nothing can check is named.

    Example: dpaccount verify certificate.json
    """
    from dpaccount.reports.evidence import verify_any as check

    text = opt.read_certificate(certificate)
    with output.progress("checking") as tick:
        verdict = check(text, on_part=tick)
    claim = verdict.claim
    if json:
        output.print_json(output.verdict_json(verdict))
        return 0 if verdict.holds else 1
    ends = f"[{output.decimal(claim.lower)}, {output.decimal(claim.upper)}]"
    whole = "holds" if verdict.kind == "certificate" else "holds in all that is checked"
    output.say(
        whole if verdict.holds else f"does not hold: {verdict.reason}",
        [
            ("claims", f"epsilon in {ends} at delta {output.decimal(claim.delta)}"),
            ("run", output.describe_claim(claim)),
            ("adjacency", claim.adjacency),
            *(("checked", each) for each in verdict.checked),
            *(("not checked", each) for each in verdict.unchecked),
        ],
    )
    return 0 if verdict.holds else 1
