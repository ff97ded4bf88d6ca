"""Comparisons with the peers themselves: their rows, hard runs, and the end of all processes."""

from __future__ import annotations

import json
import math
import time

import pytest
from interop.strangers import GDP, PRV, RDP, SLEEP, Stranger, gone, invite

import dpaccount as dpa
from dpaccount.accounting import METHODS
from dpaccount.cli import main
from dpaccount.comparison import Verdict
from dpaccount.interop import peers

OWN = [method for method in METHODS if method != "best"]
RUN = dpa.DPSGD(noise_multiplier="0.8", sampling_rate="0.01", steps=1000)
TRUTH = 3.70618546887  # at delta 1e-6, by ball arithmetic


def peer_rows(result):
    return {row.method: row for row in result.rows if row.source != "dpaccount"}


@pytest.fixture(scope="module")
def everybody():
    for package in peers.PEER_METHODS:
        pytest.importorskip(package)
    return dpa.compare(RUN, "1e-6")


def test_ours_first_and_then_every_peer(everybody):
    names = [name for methods in peers.PEER_METHODS.values() for name in methods]
    assert [row.method for row in everybody.rows] == [*OWN, *names]
    for row in everybody.rows:
        assert row.source == ("dpaccount" if row.method in OWN else row.method.partition(".")[0])
        assert row.note
    assert everybody.consistent


def test_what_each_peer_is_worth(everybody):
    rows = peer_rows(everybody)
    assert {method: row.verdict for method, row in rows.items()} == {
        "opacus.rdp": Verdict.LOOSE,
        "opacus.gdp": Verdict.BELOW_TRUTH,
        "opacus.prv": Verdict.LOOSE,
        "dp_accounting.rdp": Verdict.LOOSE,
        "dp_accounting.pld": Verdict.LOOSE,
        "prv_accountant.prv": Verdict.LOOSE,
    }
    for row in rows.values():
        assert row.seconds > 0
        assert row.ratio == row.value / everybody.tightest
        assert row.gap == pytest.approx(row.ratio - 1.0, rel=1e-6)
    assert rows["opacus.gdp"].estimate < TRUTH
    assert min(row.upper for row in rows.values() if row.upper is not None) >= TRUTH
    assert everybody.tightest >= TRUTH


def only(monkeypatch, *methods):
    """Let only some methods be asked."""
    table = {}
    for package, kinds in peers.PEER_METHODS.items():
        kept = {method: kind for method, kind in kinds.items() if method in methods}
        if kept:
            pytest.importorskip(package)
            table[package] = kept
    monkeypatch.setattr(peers, "PEER_METHODS", table)


def test_a_peer_over_its_limit(monkeypatch):
    only(monkeypatch, "prv_accountant.prv", "dp_accounting.rdp")
    # this one takes seconds; the other milliseconds
    slow = dpa.DPSGD(noise_multiplier="2.5", sampling_rate="16384/1281167", steps=72_000)
    rows = peer_rows(dpa.compare(slow, "8e-7", time_limit=0.3))
    late = rows["prv_accountant.prv"]
    assert (late.verdict, late.verdict.value) == (Verdict.OVER_TIME, "over time limit")
    assert (late.lower, late.upper, late.estimate, late.ratio, late.seconds) == (None,) * 5
    assert late.note == "stopped after 0.3 s"
    assert rows["dp_accounting.rdp"].verdict is Verdict.LOOSE


@pytest.mark.parametrize(
    ("body", "verdict", "note"),
    [
        ("return float('nan')", Verdict.FAILED, "it answered nan, which is no epsilon"),
        ("return -26.7", Verdict.FAILED, "it answered -26.7, which is no epsilon"),
        ("os._exit(1)", Verdict.FAILED, "its process died during its answer"),
        ("raise ValueError('why')", Verdict.FAILED, "ValueError: why"),
        (SLEEP, Verdict.OVER_TIME, "stopped after 0.5 s"),
        ("return float('inf')", Verdict.VACUOUS, "a fixed list of orders"),
        ("return 0.0", Verdict.BELOW_TRUTH, "a fixed list of orders"),
    ],
)
def test_a_peer_that_is_no_use(monkeypatch, tmp_path, capsys, body, verdict, note):
    stranger = Stranger(tmp_path, rdp=body, gdp="return 9.0", prv="return 8.0")
    invite(monkeypatch, stranger)
    result = dpa.compare(dpa.Gaussian(1), "1e-5", time_limit=0.5)
    rows = peer_rows(result)
    row = rows[RDP]
    assert row.verdict is verdict
    assert row.note.startswith(note)
    if verdict in (Verdict.FAILED, Verdict.OVER_TIME):
        assert (row.lower, row.upper, row.estimate, row.ratio, row.value) == (None,) * 5
    assert (rows[GDP].estimate, rows[PRV].upper) == (9.0, 8.0)
    assert result.consistent
    for name in ("rdp", "gdp", "prv"):
        assert gone(stranger.pid(name))


def test_the_command_shows_no_number_of_a_peer_that_failed(monkeypatch, tmp_path, capsys):
    invite(monkeypatch, Stranger(tmp_path, rdp="return float('nan')", prv="return -3.25"))
    words = ["compare", "--noise-multiplier", "1", "--sample-rate", "0.1", "--steps", "3"]
    assert main([*words, "--delta", "1e-5", "--json"]) == 0
    out, err = capsys.readouterr()
    rows = {row["method"]: row for row in json.loads(out)["rows"]}
    for method in (RDP, PRV):
        assert rows[method]["verdict"] == "failed"
        assert {rows[method][key] for key in ("lower", "upper", "estimate", "ratio")} == {None}
    assert err == ""
    assert main([*words, "--delta", "1e-5"]) == 0
    out, err = capsys.readouterr()
    lines = [line.split() for line in out.splitlines() if line.startswith((RDP, PRV))]
    # in the table, and why below it
    assert [line[1:] for line in lines[:2]] == [["failed"], ["failed"]]
    assert {"nan,", "-3.25,"} <= {word for line in lines[2:] for word in line}
    assert err == ""


HARD = {
    "little noise": dpa.DPSGD(noise_multiplier="0.3", sampling_rate="0.05", steps=5000),
    "a billion steps": dpa.DPSGD(noise_multiplier="1", sampling_rate="0.01", steps=10**9),
}


@pytest.mark.slow
@pytest.mark.parametrize("run", HARD.values(), ids=HARD.keys())
def test_hard_runs_end_in_time(everybody, monkeypatch, run):
    hired = []
    start = peers._Worker.__init__

    def remember(self, package):
        start(self, package)
        hired.append(self.process.pid)

    monkeypatch.setattr(peers._Worker, "__init__", remember)
    began = time.monotonic()
    result = dpa.compare(run, "1e-5", deadline=5.0)
    # a comparison ends within a minute whatever the run is: part of what it promises
    assert time.monotonic() - began < 60
    assert result.consistent
    assert 0 < result.tightest < math.inf
    rows = peer_rows(result)
    assert len(rows) == sum(map(len, peers.PEER_METHODS.values()))
    # grids of that size are beyond the time or the memory that a peer is given
    assert rows["opacus.prv"].verdict in (Verdict.OVER_TIME, Verdict.FAILED)
    assert rows["prv_accountant.prv"].value is None
    assert len(hired) >= 2
    assert all(gone(pid) for pid in hired)


def test_a_delta_that_is_a_ratio(monkeypatch, tmp_path):
    invite(monkeypatch, Stranger(tmp_path, rdp="return 7 if delta == 1e-5 else 8"))
    assert peer_rows(dpa.compare(dpa.Gaussian(1), "1/100000"))[RDP].upper == 7


@pytest.mark.parametrize("delta", ["1e-400", "0.99999999999999999999"])
def test_a_delta_that_is_no_float_is_not_rounded_to_none(monkeypatch, tmp_path, delta):
    invite(monkeypatch, Stranger(tmp_path, rdp="return delta", prv="return delta"))
    rows = peer_rows(dpa.compare(dpa.Gaussian(1), delta))
    assert rows[RDP].value not in (0.0, 1.0)


def test_a_lower_end_below_zero_is_none(monkeypatch):
    only(monkeypatch, "prv_accountant.prv")
    run = dpa.DPSGD(noise_multiplier=50, sampling_rate="0.001", steps=10)
    row = peer_rows(dpa.compare(run, "1e-5"))["prv_accountant.prv"]
    assert row.lower is None or row.lower == 0.0
    assert row.upper == pytest.approx(0.01, rel=0.01)
