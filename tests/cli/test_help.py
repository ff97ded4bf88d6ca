"""`--help`: every command and every flag is named."""

from __future__ import annotations

import re

import pytest
from cli.words import DELTA, answer, apart, fits

from dpaccount.cli import main

RUN = [
    "--noise-multiplier",
    "--noise-std",
    "--clip-norm",
    "--sample-rate",
    "--batch-size",
    "--dataset-size",
    "--epochs",
    "--steps",
    "--sampler",
    "--run",
    "--from-opacus",
    "--delta",
    "--adjacency",
    "--json",
]
FLAGS = {
    "budget": [*RUN, "--method", "--certificate", "--explain"],
    "compare": [*RUN, "--peers", "--no-peers"],
    "calibrate": [*RUN, "--method", "--certificate", "--epsilon", "--solve-for"],
    "risk": [*(name for name in RUN if name != "--delta"), "--method", "--fpr", "--candidates"],
    "sweep": [
        *("--noise-multiplier", "--sample-rate", "--batch-size", "--dataset-size", "--epochs"),
        *("--steps", "--delta", "--method", "--adjacency", "--out", "--processes", "--scheduler"),
        "--json",
    ],
    "theorems": ["--axioms", "--proofs", "--json"],
    "prove": ["--proofs", "--processes", "--strict", "--json"],
    "conformance": ["--only", "--junit", "--time-limit", "--deadline", "--json"],
    "converge": [
        *(name for name in RUN if name not in ("--adjacency", "--from-opacus")),
        *("--problem", "--learning-rate", "--trajectories", "--seed", "--false-alarm", "--plot"),
        *("--advise", "--epsilon", "--method"),
    ],
    "attack diagnose": [
        *("--target", "--text", "--batch-size", "--clip-norm", "--noise-multiplier"),
        *("--embedding", "--evaluations", "--seed", "--json"),
    ],
    "attack run": [
        *("--target", "--attack", "--noise-multiplier", "--epsilon", "--delta", "--steps"),
        *("--sample-rate", "--clip-norm", "--candidates", "--length", "--trials"),
        *("--evaluations", "--seed", "--out", "--figure", "--processes", "--scheduler", "--json"),
    ],
    "init": [],
    "serve": ["--port"],
    "check": [*RUN, "--method", "--max-epsilon"],
    "report": [
        *RUN,
        "--method",
        "--out",
        "--title",
        "--peers",
        "--no-peers",
        "--attacks",
        "--unit",
        "--released",
        "--data-accesses",
        "--tuning",
        "--sampler-evidence",
        "--code",
        "--problem",
        "--learning-rate",
        "--trajectories",
        "--seed",
    ],
    "verify": ["--json", "--certificate"],  # what it takes is what the latter writes
}


#: What the examples read, made by others of them.
MADE = [
    "dpaccount init run.toml",
    "dpaccount budget --run run.toml --delta 1e-5 --certificate certificate.json",
]


def paths(command=None, path=()):
    """Every command, also those of groups."""
    import typer.main

    from dpaccount.cli.commands import app

    command = command or typer.main.get_command(app)
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from paths(inner, (*path, name))


PATHS = list(paths())
#: Those that are names of commands alone.
GROUPS = {path[:-1] for path in PATHS if path}


def named(text):
    return set(re.findall(r"--[a-z-]+[a-z]", text))


@pytest.mark.parametrize("command", FLAGS)
def test_every_flag_is_named(capsys, command):
    text = answer(capsys, [*command.split(), "--help"])
    # also none more: a flag that is new has to be added above
    assert named(text) == {*FLAGS[command], "--help"}
    assert fits(text)
    assert f"dpaccount {command}" in text


@pytest.mark.parametrize("path", [path for path in PATHS if path in GROUPS], ids=" ".join)
@pytest.mark.parametrize("words", [["--help"], []])
def test_every_command_is_named(capsys, path, words):
    text = answer(capsys, [*path, *words])
    assert fits(text)
    for other in PATHS:
        if other[:-1] == path and other:
            assert re.search(rf"\W{other[-1]} ", text)


@pytest.mark.parametrize("command", [[], *(name.split() for name in FLAGS)])
def test_help_of_a_process_of_its_own(command):
    done = apart([*command, "--help"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: dpaccount" in done.stdout
    assert fits(done.stdout)


def examples(text):
    """The command lines that a help text gives as examples, each whole on a line."""
    text = text.split("\u256d")[0].replace(" \\\n ", " ")  # up to the first box
    lines = [line.strip() for line in text.split("Example:")[1].splitlines() if line.strip()]
    found = [each for line in lines for each in line.split(", then ")]
    assert found
    assert all(line.startswith("dpaccount ") for line in found)
    return found


def test_every_command_is_known():
    assert {" ".join(path) for path in PATHS if path not in GROUPS} == set(FLAGS)
    assert sorted(GROUPS) == [(), ("attack",)]


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_the_examples_run(capsys, monkeypatch, tmp_path, path):
    from dpaccount.explorer import server

    held = []
    monkeypatch.setattr(server, "serve", lambda port: held.append(port) or port.close())
    text = answer(capsys, [*path, "--help"])
    assert fits(text)
    found = examples(text)
    assert all(" ".join(("dpaccount", *path)) in line for line in found)
    monkeypatch.chdir(tmp_path)
    if path not in [(), ("init",)]:
        for line in MADE[: 2 if path == ("verify",) else 1]:
            answer(capsys, line.split()[1:])
    for line in found:
        out = answer(capsys, line.split()[1:])
        assert out.strip()
        assert all(text == text.rstrip() for text in out.splitlines())
    assert len(held) == (path == ("serve",))


def test_help_wins_over_what_is_missing(capsys):
    assert "--delta" in answer(capsys, ["budget", *DELTA, "--help"])


def test_what_solve_for_takes_is_what_its_help_names(capsys):
    text = " ".join(re.sub(r"[^\w,.-]", " ", answer(capsys, ["calibrate", "--help"])).split())
    names = ["noise-multiplier", "steps", "sample-rate", "batch-size"]
    assert "noise-multiplier, steps, sample-rate or batch-size" in text
    sizes = ["--noise-multiplier", "1.1", "--dataset-size", "1000", "--batch-size", "10"]
    words = ["calibrate", *sizes, "--steps", "100", *DELTA, "--epsilon", "3", "--method", "rdp"]
    for name in names:
        if name != "sample-rate":  # two sizes already fix it
            known = list(words)
            del known[known.index(f"--{name}") : known.index(f"--{name}") + 2]
            assert main([*known, "--solve-for", name]) == 0


def test_the_version(capsys):
    import dpaccount

    assert answer(capsys, ["--version"]) == f"dpaccount {dpaccount.__version__}\n"
