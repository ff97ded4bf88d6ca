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

    Its enclosures are redone in ball arithmetic. Of a report, its epsilon,
    delta, adjacency and run have to be those that the certificate shows.

    Example: dpaccount verify certificate.json
    """
    from dpaccount.reports.evidence import verify_any as check

    verdict = check(opt.read_certificate(certificate))
    claim = verdict.claim
    if json:
        output.print_json(output.verdict_json(verdict))
        return 0 if verdict.holds else 1
    ends = f"[{output.decimal(claim.lower)}, {output.decimal(claim.upper)}]"
    output.say(
        "holds" if verdict.holds else f"does not hold: {verdict.reason}",
        [
            ("claims", f"epsilon in {ends} at delta {output.decimal(claim.delta)}"),
            ("run", output.describe_claim(claim)),
            ("adjacency", claim.adjacency),
        ],
    )
    return 0 if verdict.holds else 1
