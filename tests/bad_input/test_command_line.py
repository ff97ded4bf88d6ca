"""The command line: bad input is exit status 2, one line on stderr, nothing on stdout."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys

import pytest

from dpaccount.cli import main

NOISE = ["--noise-multiplier", "1.1"]
RATE = ["--sample-rate", "0.01"]
STEPS = ["--steps", "100"]
RUN = [*NOISE, *RATE, *STEPS]
SIZED = [*NOISE, "--batch-size", "10", "--dataset-size", "1000", "--epochs", "2"]
STD = ["--noise-std", "1.1", "--clip-norm", "1", *RATE, *STEPS]
DELTA = ["--delta", "1e-5"]
EPSILON = ["--epsilon", "2"]
QUICK = ["--method", "gdp"]
FILE = {"noise_multiplier": "1.1", "sampling_rate": "0.01", "steps": 100}

COMMANDS = {
    "budget": ["budget", *DELTA],
    "calibrate": ["calibrate", *DELTA, *EPSILON],
    "compare": ["compare", *DELTA, "--no-peers"],
    "risk": ["risk", "--fpr", "1e-5", "--candidates", "2"],
    "check": ["check", *DELTA, "--max-epsilon", "99"],
    "report": ["report", *DELTA, "--out", "report.md", "--no-peers"],
}
#: Flags that not every command takes.
TAKEN = {
    "--delta": {"budget", "calibrate", "compare", "check", "report"},
    "--epsilon": {"calibrate"},
    "--max-epsilon": {"check"},
    "--out": {"report"},
    "--title": {"report"},
    "--unit": {"report"},
    "--attacks": {"report"},
    "--problem": {"report"},
    "--solve-for": {"calibrate"},
    "--method": {"budget", "calibrate", "risk", "check", "report"},
    "--fpr": {"risk"},
    "--candidates": {"risk"},
}
TEXT = [
    "",
    " ",
    "nan",
    "inf",
    "-inf",
    "x",
    "1e",
    "1,5",
    "0x10",
    "1e999999999",
    "1/0",
    "--",
    "1 2",
    "\u0661",
    "True",
    "[1]",
    "a\nb\nc",
    "1" * 500,
]
BELOW = ["-1", "-1e-300", "-1/3"]
BAD = {
    "--noise-multiplier": [*TEXT, *BELOW, "0", "1e-5000", "1e101"],
    "--noise-std": [*TEXT, *BELOW, "0"],
    "--clip-norm": [*TEXT, *BELOW, "0"],
    "--batch-size": [*TEXT, *BELOW, "0", "2.5", "1001", "1e16"],
    "--dataset-size": [*TEXT, *BELOW, "0", "2.5", "1e16"],
    "--sample-rate": [*TEXT, *BELOW, "1.1", "1.00000000000000001", "1e-301"],
    "--epochs": [*TEXT, *BELOW, "1e15"],
    "--steps": [*TEXT, *BELOW, "2.5", "1/3", "1000000000000001"],
    "--sampler": ["", " ", "shuffle", "without_replacement", "x", "a\nb", "None"],
    "--delta": [*TEXT, *BELOW, "0", "1", "1.5", "0.0"],
    "--epsilon": [*TEXT, *BELOW, "1e151"],
    "--max-epsilon": [*TEXT, *BELOW, "1e151"],
    "--out": [
        *("", " ", "x", "x.pdf", ".html", "nowhere/x.html", "a\x00.md", ".", "/"),
        *("x" * 5000 + ".md", "\udcff/x.md", "/dev/null", "/dev/null/x.md"),
    ],
    "--title": ["", " ", "x" * 1001],
    "--unit": ["", "x" * 5001],
    "--attacks": ["", " ", "nowhere.json", ".", "/dev/null", "a\x00b", "x" * 5000],
    "--problem": ["", " ", "x", "a\nb", "Quadratic"],
    "--method": ["", "x", "RDP2", "closed_form.", "a\nb", "None", "gdp;rdp"],
    "--adjacency": ["", "x", "a\nb", "None", "replace_one", "add remove"],
    "--solve-for": ["", "x", "epochs", "delta", "a\nb", "clip-norm"],
    "--fpr": [*TEXT, *BELOW, "1.1", "1.00000000000000001"],
    "--candidates": [*TEXT, *BELOW, "0", "1", "2.5", "5/2", "1e16"],
}


@pytest.fixture(autouse=True)
def _nothing_is_written_here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def refused(capsys, words):
    """The line of a command that has to be refused."""
    status = main(words)
    out, err = capsys.readouterr()
    assert status == 2, (words, out, err)
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert "\r" not in err
    assert "Traceback" not in err
    assert err.startswith("dpaccount: ")
    assert "do: " in err
    return err


def description(flag):
    """A run that uses the flag, without it."""
    base = {
        "--noise-std": STD,
        "--clip-norm": STD,
        "--batch-size": SIZED,
        "--dataset-size": SIZED,
        "--epochs": SIZED,
    }.get(flag, RUN)
    if flag not in base:
        return list(base)
    i = base.index(flag)
    return base[:i] + base[i + 2 :]


def without(words, flag):
    """A command line without a flag and its value."""
    if flag not in words:
        return list(words)
    i = words.index(flag)
    return words[:i] + words[i + 2 :]


@pytest.mark.parametrize("json_too", [False, True], ids=["text", "json"])
@pytest.mark.parametrize("flag", BAD)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_refuses_what_is_outside_its_domain(capsys, command, flag, json_too):
    if command not in TAKEN.get(flag, COMMANDS):
        line = refused(capsys, [*COMMANDS[command], *RUN, flag, "1"]).lower()
        needless = command == "risk" and flag in ("--delta", "--epsilon")
        assert ("which asks for none" if needless else "no such option") in line
        return
    words = [*without(COMMANDS[command], flag), *description(flag)]
    words += [] if flag == "--method" or command == "compare" else QUICK
    words += ["--json"] if json_too else []
    if command == "calibrate" and flag in ("--noise-multiplier", "--noise-std", "--clip-norm"):
        words += ["--solve-for", "steps"]
        words = without(words, "--steps")
    elif command == "calibrate" and flag != "--solve-for":
        words += ["--solve-for", "noise-multiplier"]
        words = without(words, "--noise-multiplier")
    for bad in BAD[flag]:
        refused(capsys, [*words, f"{flag}={bad}"])
        if not bad.startswith("-"):
            refused(capsys, [*words, flag, bad])


def run_of(command):
    """A whole run; for calibration without what is solved for."""
    return [*RATE, *STEPS] if command == "calibrate" else RUN


@pytest.mark.parametrize(
    ("solve_for", "flags"),
    [
        (None, RUN),
        ("noise-multiplier", [*STD]),
        ("steps", RUN),
        ("steps", SIZED),
        ("sample-rate", RUN),
        ("sampling_rate", RUN),
        ("batch-size", SIZED),
    ],
)
def test_what_is_solved_for_is_not_given(capsys, solve_for, flags):
    more = [] if solve_for is None else ["--solve-for", solve_for]
    words = [*COMMANDS["calibrate"], *flags, *more]
    assert "nothing where it is solved for" in refused(capsys, words)


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (["budget", *RUN, *NOISE, *DELTA], "--noise-multiplier"),
        (["budget", *RUN, *DELTA, "--delta=1e-6"], "--delta"),
        (["budget", *RUN, *DELTA, "--json", "--json"], "--json"),
        (["compare", *RUN, *DELTA, "--peers", "--no-peers"], "--peers or --no-peers"),
        (["report", *RUN, *DELTA, "-o", "a.md", "--out", "b.md"], "--out"),
        (["check", *RUN, *DELTA, "--max-epsilon", "9", "--max-epsilon", "1"], "--max-epsilon"),
        (["sweep", "--steps", "1", "--steps", "2", *NOISE, *RATE, *DELTA], "--steps"),
        (["attack", "run", "--seed", "1", "--seed", "1", *DELTA], "--seed"),
    ],
)
def test_a_flag_given_twice(capsys, words, flag):
    line = refused(capsys, words)
    assert f"{flag}: given more than once; allowed: once" in line


def test_a_flag_that_is_meant_to_repeat(capsys):
    assert main(["risk", *RUN, *QUICK, "--fpr", "0.1", "--fpr", "0.2", "--json"]) == 0
    assert [row["fpr"] for row in json.loads(capsys.readouterr().out)["tpr"]] == ["0.1", "0.2"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_good_command_is_not_refused(capsys, command):
    words = [*COMMANDS[command], *run_of(command), *([] if command == "compare" else QUICK)]
    assert main([*words, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    data = json.loads(out)
    assert (data["tpr"][0]["fpr"] if command == "risk" else data["delta"]) == "1e-5"
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert ("1 in 100,000 non-members" if command == "risk" else "1e-5") in out


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("budget", "--delta"),
        ("compare", "--delta"),
        ("calibrate", "--delta"),
        ("calibrate", "--epsilon"),
        ("check", "--delta"),
        ("check", "--max-epsilon"),
        ("report", "--delta"),
        ("report", "--out"),
    ],
)
def test_what_is_never_guessed(capsys, command, missing):
    line = refused(capsys, [*without(COMMANDS[command], missing), *RUN])
    assert missing in line


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "flags",
    [
        [],
        NOISE,
        [*NOISE, *RATE],
        [*NOISE, *STEPS],
        [*NOISE, "--batch-size", "10", *STEPS],
        [*RATE, *STEPS, "--noise-std", "1"],
        [*RUN, "--batch-size", "1"],
        [*RUN, "--epochs", "7"],
        [*SIZED, "--steps", "3"],
        [*SIZED, "--sample-rate", "0.02"],
        [*STD, *NOISE, "--noise-std", "3"],
    ],
)
def test_missing_and_contradictory(capsys, command, flags):
    if command == "calibrate" and flags == [*RATE, *STEPS, "--noise-std", "1"]:
        flags = [*flags, "--solve-for", "steps"]
    if flags == [*STD, *NOISE, "--noise-std", "3"] and command == "calibrate":
        flags = [*flags, "--solve-for", "sample-rate"]
    if command == "calibrate" and flags == [*NOISE, *RATE, *STEPS]:
        pytest.fail("a complete run is no bad input")
    refused(capsys, [*COMMANDS[command], *flags])


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["budget", "--nonsense", "1"],
        ["budget", "--delta"],
        ["budget", "stray"],
        ["--nonsense"],
        ["budgets"],
        ["budget", "--noise-multiplier"],
        ["calibrate", "--json=3"],
        ["budget", *RUN, *DELTA, "stray"],
        [""],
        ["budget", "-x"],
        ["budget", "\x00"],
        ["nonsense\nwith\nlines"],
    ],
)
def test_no_such_command_or_option(capsys, words):
    status = main(words)
    out, err = capsys.readouterr()
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("dpaccount: ")
    assert "Traceback" not in err


def files(folder):
    """Files that hold no run, by what is wrong with them."""
    texts = {
        "broken.json": "{",
        "empty.json": "",
        "list.json": "[1, 2]",
        "text.json": '"gaussian"',
        "number.json": "3",
        "null.json": "null",
        "kind.json": '{"kind": "nonsense"}',
        "kinds.json": '{"kind": ["gaussian"]}',
        "unknown.json": json.dumps({**FILE, "x": 1}),
        "nan.json": '{"noise_multiplier": NaN, "sampling_rate": 0.1, "steps": 1}',
        "infinity.json": '{"noise_multiplier": Infinity, "sampling_rate": 0.1, "steps": 1}',
        "half.json": '{"noise_multiplier": 1}',
        "bool.json": json.dumps({**FILE, "steps": True}),
        "fraction.json": json.dumps({**FILE, "steps": 2.5}),
        "sampler.json": json.dumps({**FILE, "sampler": "shuffle"}),
        "digits.json": '{"noise_multiplier": 1, "sampling_rate": 0.1, "steps": ' + "9" * 5000 + "}",
        "deep.json": "[" * 200_000,
        "deeper.json": '{"mechanism":' * 100_000,
        "nested.json": json.dumps({**FILE, "noise_multiplier": [[["1"]]]}),
        "twice.json": '{"noise_multiplier": 1, "noise_multiplier": 9, "sampling_rate": 0.1, '
        '"steps": 3}',
        "broken.toml": "noise_multiplier = ",
        "empty.toml": "",
        "table.toml": "[noise_multiplier]\na = 1\n",
        "nan.toml": "noise_multiplier = nan\nsampling_rate = 0.1\nsteps = 1\n",
        "date.toml": "noise_multiplier = 1979-05-27\nsampling_rate = 0.1\nsteps = 1\n",
        "deep.toml": "a = " + "[" * 50_000,
        "bool.toml": "noise_multiplier = true\nsampling_rate = 0.1\nsteps = 1\n",
        "twice.toml": "steps = 1\nsteps = 2\n",
        "broken.yaml": "{",
        "empty.yaml": "",
        "list.yaml": "- 1\n- 2\n",
        "tag.yaml": "!!python/object/apply:os.system ['true']\n",
        "deep.yaml": "[" * 20_000,
        "nan.yaml": "noise_multiplier: .nan\nsampling_rate: 0.1\nsteps: 1\n",
        "tabs.yaml": "a:\n\t- b\n",
        "twice.yaml": "noise_multiplier: 1\nnoise_multiplier: 9\nsampling_rate: 0.1\nsteps: 3\n",
        "documents.yaml": "--- 1\n--- 2\n",
        "alias.yaml": "noise_multiplier: *none\n",
        "noise.txt": "noise",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "binary.json").write_bytes(bytes(range(256)))
    (folder / "binary.yaml").write_bytes(bytes(range(256)))
    (folder / "utf16.json").write_bytes(json.dumps(FILE).encode("utf-16"))
    (folder / "zeros.toml").write_bytes(b"\x00" * 100)
    (folder / "huge.json").write_bytes(b" " * (16 * 2**20 + 1))
    (folder / "folder.json").mkdir()
    (folder / "loop.json").symlink_to(folder / "loop.json")
    os.mkfifo(folder / "pipe.json")
    return sorted(
        [
            *texts,
            "binary.json",
            "binary.yaml",
            "utf16.json",
            "zeros.toml",
            "huge.json",
            "folder.json",
            "loop.json",
            "pipe.json",
            "missing.json",
            "missing/run.json",
        ]
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("runs")
    files(made)
    return made


def names(tmp=None):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as made:
        return files(Path(made))


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("command", COMMANDS)
def test_files_that_hold_no_run(capsys, folder, command, name):
    if command == "calibrate" and name in ("half.json", "bool.toml", "nan.toml"):
        extra = ["--solve-for", "sample-rate"]
    else:
        extra = ["--solve-for", "steps"] if command == "calibrate" and "sampl" in name else []
    if command == "calibrate" and name in ("fraction.json", "bool.json", "digits.json"):
        extra = ["--solve-for", "noise-multiplier"]
    refused(capsys, [*COMMANDS[command], "--run", str(folder / name), *extra])


@pytest.mark.parametrize("name", ["", " ", "x" * 5000, "a\x00b", ".", "/", "/dev/null", "\udcff"])
@pytest.mark.parametrize("command", COMMANDS)
def test_names_that_are_no_file(capsys, command, name):
    refused(capsys, [*COMMANDS[command], "--run", name])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_run_is_described_once(capsys, tmp_path, command):
    path = tmp_path / "run.json"
    path.write_text(json.dumps(FILE))
    for flags in (
        RUN,
        STEPS,
        ["--sampler", "poisson"],
        ["--clip-norm", "1"],
        ["--from-opacus", str(path)],
    ):
        line = refused(capsys, [*COMMANDS[command], "--run", str(path), *flags])
        assert "once" in line
    words = [*COMMANDS[command], "--run", str(path), *([] if command == "compare" else QUICK)]
    assert main([*words, "--json"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("suffix", ["json", "toml", "yaml"])
@pytest.mark.parametrize("levels", [50, 300, 1000, 20_000])
def test_deep_nesting_gives_a_result_or_a_refusal(capsys, tmp_path, suffix, levels):
    path = tmp_path / f"run.{suffix}"
    if suffix == "toml":
        text = (
            "mechanism = "
            + '{kind = "self_composed", steps = 1, mechanism = ' * levels
            + ('{kind = "gaussian", noise_multiplier = 1}' + "}" * levels)
        )
        text = 'kind = "self_composed"\nsteps = 1\n' + text
    else:
        text = '{"kind": "self_composed", "steps": 1, "mechanism": ' * levels + (
            '{"kind": "gaussian", "noise_multiplier": 1}' + "}" * levels
        )
    path.write_text(text)
    status = main(["budget", *DELTA, "--run", str(path)])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    if status == 0:
        assert "4.37" in out
        assert err == ""
    else:
        assert (status, out, err.count("\n")) == (2, "", 1)


def test_opacus_files_that_are_none(capsys, folder):
    for name in (
        "broken.json",
        "binary.json",
        "missing.json",
        "folder.json",
        "list.json",
        "number.json",
        "empty.json",
    ):
        refused(capsys, ["budget", *DELTA, "--from-opacus", str(folder / name)])


def run_apart(words, **options):
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "dpaccount", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


@pytest.mark.parametrize(
    "words",
    [
        ["budget", *RUN, "--delta", "nan"],
        ["calibrate", *RUN, *DELTA, "--epsilon", "-1"],
        ["budget", *DELTA, "--run", "/nowhere/run.json"],
        ["nonsense"],
        ["budget", *DELTA, *NOISE, *RATE, "--steps", "2.5"],
    ],
)
def test_a_process_of_its_own(words):
    done = run_apart(words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("dpaccount: ")


def test_no_warnings_reach_the_user():
    done = run_apart(["budget", "--noise-multiplier", "0.05", *RATE, *STEPS, *DELTA])
    assert done.returncode == 0
    assert done.stderr == ""


def test_no_warnings_where_a_loss_is_beyond_the_floats():
    words = ["--noise-multiplier", "1e-100", "--sample-rate", "1", "--steps", "1", *DELTA]
    done = run_apart(["compare", *words, "--no-peers"])
    assert (done.returncode, done.stderr) == (0, "")


def _little_memory():
    resource.setrlimit(resource.RLIMIT_AS, (2 * 2**30, 2 * 2**30))


def test_a_file_that_unfolds_to_a_billion_items(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 9) + "]" for i in range(1, 10)]
    path = tmp_path / "run.yaml"
    path.write_text("\n".join(lines) + "\n")
    second = tmp_path / "other.yaml"
    second.write_text(path.read_text().replace("a9:", "noise_multiplier:"))
    for name in (path, second):
        done = run_apart(["budget", *DELTA, "--run", str(name)], preexec_fn=_little_memory)
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [["theorems"], ["prove"], ["theorems", "--axioms"]])
@pytest.mark.parametrize("bad", [*TEXT, "dp", "rdp.gausian", "dpaccount.nothing", "\x00", "../x"])
def test_names_that_are_no_theorem(capsys, command, bad):
    if (command, bad) == (["prove"], "dp"):
        return  # a family
    words = [*command, "--", bad] if command != ["theorems", "--axioms"] else [*command, bad]
    if words[-2:] == ["--", "--"]:
        return  # no word at all
    refused(capsys, words)


@pytest.mark.parametrize("name", ["", " ", "x" * 5000, "a\x00b", "/dev/null", "\udcff", "nowhere"])
@pytest.mark.parametrize("command", ["theorems", "prove"])
def test_folders_of_proofs_that_are_none(capsys, command, name):
    refused(capsys, [command, "rdp.gaussian", "--proofs", name])
    refused(capsys, [command, "rdp.gaussian", "--proofs", name, "--json"])


@pytest.mark.parametrize("bad", [*TEXT, *BELOW, "0", "2.5", "257"])
def test_numbers_of_processes_that_are_none(capsys, bad):
    refused(capsys, ["prove", "rdp.gaussian", f"--processes={bad}"])


@pytest.mark.parametrize("name", BAD["--out"])
def test_files_that_init_does_not_write(capsys, tmp_path, name):
    refused(capsys, ["init", "--", name])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["run.toml", "run.yaml"])
def test_init_writes_over_nothing(capsys, tmp_path, name):
    (tmp_path / name).write_text("mine")
    assert "there already" in refused(capsys, ["init", name])
    (tmp_path / "link.toml").symlink_to(tmp_path / "nowhere.toml")
    refused(capsys, ["init", "link.toml"])
    assert (tmp_path / name).read_text() == "mine"
    assert not (tmp_path / "nowhere.toml").exists()


@pytest.mark.parametrize("bad", [*TEXT, *BELOW, "2.5", "65536", "1e9", "8027/tcp"])
def test_ports_that_are_none(capsys, bad):
    assert "--port" in refused(capsys, ["serve", f"--port={bad}"])


def test_a_refused_report_leaves_nothing(capsys, tmp_path):
    for words in (
        ["--delta", "nan", *RUN],
        [*DELTA, *NOISE],
        [*DELTA, *RUN, "--method", "gdp_clt"],  # an estimate is no report's number
        [*DELTA, *RUN, "--adjacency", "replace_one"],
        [*DELTA, *SIZED, "--problem", "quadratic"],  # not the problem's number of records
    ):
        refused(capsys, ["report", "--out", "report.html", "--no-peers", *words])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("broken.toml", "a file that is no TOML"),
        ("broken.yaml", "a file that is no YAML"),
        ("noise.txt", "a file that is no JSON"),
        ("folder.json", "given a folder"),
        ("pipe.json", "given no ordinary file"),
        ("missing.json", "given no such file"),
        ("utf16.json", "no text in UTF-8"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_words(capsys, folder, name, words):
    line = refused(capsys, ["budget", *DELTA, "--run", str(folder / name)])
    assert words in line
    assert "write one by dpaccount init" in line
    if name in ("folder.json", "missing.json"):
        line = refused(capsys, ["budget", *DELTA, "--from-opacus", str(folder / name)])
        assert words in line
        assert line.count("--from-opacus: given") == 1


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["budget", *NOISE, "--sample-rate", "2", *STEPS, *DELTA], "--sample-rate: given 2"),
        (["budget", *NOISE, *RATE, "--steps=x", *DELTA], "--steps: given x"),
        (["check", *RUN, *DELTA, "--max-epsilon", "x"], "--max-epsilon: given x"),
        (["sweep", *RUN, *DELTA, "--out", "x.txt"], "--out: given the end .txt (x.txt)"),
        (["sweep", *RUN, *DELTA, "--out", "no/x.csv"], "(no/x.csv)"),
    ],
)
def test_a_value_is_called_by_its_flag(capsys, words, named):
    line = refused(capsys, words)
    assert named in line
    assert "Path(" not in line


@pytest.mark.parametrize("value", ["1e-999999999", "1e999999999", "0." + "1" * 500])
def test_what_is_too_long_is_not_said_to_be_allowed(capsys, value):
    line = refused(capsys, ["budget", "--noise-multiplier", value, *RATE, *STEPS, *DELTA])
    assert "in at most 400 signs and powers of ten to 20000" in line
    assert "signs" not in refused(capsys, ["budget", "--noise-multiplier", "x", *RATE, *STEPS])


def test_no_ratio_is_advised_where_a_whole_number_is_meant(capsys):
    for words in (["serve", "--port", "x"], ["budget", *NOISE, *RATE, "--steps", "x", *DELTA]):
        line = refused(capsys, words)
        assert "256/60000" not in line
        assert "whole number" in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_found_before_the_work(capsys, tmp_path, monkeypatch):
    from dpaccount.accountants import Accountant

    def never(*arguments, **options):
        raise AssertionError("it was computed")

    monkeypatch.setattr(Accountant, "profile", never)
    shut = tmp_path / "shut"
    shut.mkdir()
    shut.chmod(0o500)
    page, file = str(shut / "x.md"), str(shut / "c.json")
    for words in (["report", "--out", page], ["budget", "--certificate", file]):
        assert "cannot be written" in refused(capsys, [*words, *RUN, *DELTA])


@pytest.mark.parametrize("command", ["budget", "calibrate"])
def test_no_place_for_a_certificate_is_found_before_the_work(capsys, monkeypatch, command):
    from dpaccount import calibration
    from dpaccount.accountants import saddlepoint

    def never(*arguments, **options):
        raise AssertionError("it was computed")

    monkeypatch.setattr(saddlepoint, "certify", never)
    monkeypatch.setattr(calibration, "calibrate", never)
    words = [*COMMANDS[command], *run_of(command), "--certificate", "no/c.json"]
    assert "no such folder (no/c.json)" in refused(capsys, words)
