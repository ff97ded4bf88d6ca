"""Reports that many tests look at, gathered once."""

from __future__ import annotations

import json

import pytest
from reports.attacks_table import ATTACKS

import dpaccount as dpa
from dpaccount.reports import Statements, read_attacks, report

#: What somebody may write who means no good, or who just writes.
RUDE = '<script>alert(1)</script> & "quotes" | # *stars* ]]> {{ 7 * 7 }} `code` \u2028 é'


@pytest.fixture(scope="session")
def table(tmp_path_factory):
    """A table of attacks as a file."""
    path = tmp_path_factory.mktemp("attacks") / "attacks.json"
    path.write_text(json.dumps(ATTACKS))
    return path


@pytest.fixture(scope="session")
def full(table):
    """A run without sampling, whose numbers are closed forms, and everything that can be asked."""
    run = dpa.DPSGD(noise_multiplier="20", sampling_rate=1, steps=50, clip_norm="1.5")
    trained = dpa.converge(
        dpa.DPSGD(noise_multiplier=20, sampling_rate=1, steps=50), "quadratic",
        learning_rate="0.3", trajectories=100,
    )  # fmt: skip
    return report(
        run, "1e-5", title="A run " + RUDE, statements=Statements(unit=RUDE, tuning="elsewhere"),
        described_by="a test", peers=False, convergence=trained, attacks=read_attacks(str(table)),
    )  # fmt: skip


@pytest.fixture(scope="session")
def bare():
    """A run that is no DP-SGD, has no certificate and finite losses; nothing is stated."""
    return report(dpa.RandomizedResponse("0.6"), "1e-3", peers=False)


@pytest.fixture(scope="session")
def nothing():
    """A run that releases nothing."""
    return report(dpa.Identity(), "1e-5", peers=False)


@pytest.fixture(scope="session")
def demo():
    """What Opacus records of the demo."""
    run = dpa.from_opacus({"history": [(2.1, 0.16666666666666666, 360)], "mechanism": "rdp"})
    return report(run, "1e-5", peers=False, described_by="Opacus's record")


@pytest.fixture(scope="session")
def pages(full, bare, nothing):
    """Each of these as a page, drawn once."""
    return {"full": full.to_html(), "bare": bare.to_html(), "nothing": nothing.to_html()}
