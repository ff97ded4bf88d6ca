"""`dpaccount conformance`: the table, the exit status, JSON and JUnit XML."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from cli.words import apart, fits

from dpaccount.cli import main

HALF, HONEST = "conformance.broken:half", "conformance.broken:honest"


def run(capsys, *words):
    """Exit status, stdout, stderr."""
    status = main(["conformance", *words])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_nothing_failed(capsys):
    status, out, err = run(capsys, "dpaccount", "--only", "inputs.boolean", "--only", "zero")
    assert (status, err) == (0, "")
    for words in ("inputs.boolean", "zero.steps", "zero.rate", "0 of 3 checks failed"):
        assert words in out
    assert fits(out)


def test_a_failure_is_shown_with_the_truth(capsys):
    status, out, _ = run(capsys, HALF, "--only", "truth.limit_theorem")
    assert status == 1
    text = " ".join(out.split())
    assert "1 of 1 checks failed" in text
    assert "epsilon(0.5, 0.001, " in text
    assert "truth [" in text
    assert "below the truth by" in text
    assert fits(out)


def test_json_and_junit_say_the_same(capsys, tmp_path):
    path = tmp_path / "conformance.xml"
    checks = ["truth.limit_theorem", "truth.delta", "inputs.boolean", "tight.workloads"]
    only = [word for check in checks for word in ("--only", check)]
    status, out, err = run(capsys, HALF, *only, "--json", "--junit", str(path))
    assert (status, err) == (1, "")
    data = json.loads(out)
    verdicts = {check["id"]: check["verdict"] for check in data["checks"]}
    assert verdicts == {
        "inputs.boolean": "pass",
        "truth.limit_theorem": "fail",
        "truth.delta": "not asked",
        "tight.workloads": "pass",
    }
    assert (data["accountant"], data["conforms"]) == (HALF, False)
    failed = next(check for check in data["checks"] if check["verdict"] == "fail")
    assert float(failed["answered"]) < failed["truth"]["lower"] <= failed["truth"]["upper"]
    assert all(check["asks"] and check["why"] and check["source"] for check in data["checks"])
    suite = ElementTree.parse(path).getroot().find("testsuite")
    counts = {name: suite.get(name) for name in ("tests", "failures", "skipped", "errors")}
    assert counts == {"tests": "4", "failures": "1", "skipped": "1", "errors": "0"}
    cases = {f"{case.get('classname')}.{case.get('name')}": case for case in suite}
    failure = cases["conformance.truth.limit_theorem"].find("failure")
    assert failure.get("type") == "fail"
    assert failed["example"] in failure.get("message")
    assert cases["conformance.truth.delta"].find("skipped") is not None
    assert len(cases["conformance.inputs.boolean"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nobody"], "opacus-rdp"),
        (["no_such_module:epsilon"], "No module named"),
        (["conformance.broken:no_such_name"], "no_such_name"),
        (["conformance.broken:nothing"], "not callable"),
        (["dpaccount", "--only", "nonsense"], "truth"),
        (["dpaccount", "--time-limit", "nan"], "seconds, above 0"),
        (["dpaccount", "--deadline", "0"], "seconds, above 0"),
        (["dpaccount", "--junit", "no/such/folder/x.xml"], "can be written"),
        (["dpaccount", "--junit", "."], "can be written"),
        (["dpaccount", "--junit", "a\0b"], "can be written"),
        ([], "NAME"),
    ],
)
def test_bad_input_is_one_line(capsys, words, said):
    status, out, err = run(capsys, *words)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("dpaccount: ")
    assert said in err


def test_bad_input_leaves_no_file(capsys, tmp_path):
    path = tmp_path / "conformance.xml"
    assert run(capsys, "nobody", "--junit", str(path))[0] == 2
    assert not path.exists()


def test_a_peer_that_is_not_installed_is_named(capsys, monkeypatch):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    status, out, err = run(capsys, "dp-accounting-pld")
    assert (status, out) == (2, "")
    assert "pip install dp-accounting" in err


def test_a_process_of_its_own_finds_modules_in_its_folder(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("def epsilon(noise, rate, steps, delta):\n    return 1e9\n")
    monkeypatch.chdir(tmp_path)
    done = apart(["conformance", "mine:epsilon", "--only", "truth.limit_theorem"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 of 1 checks failed" in done.stdout
