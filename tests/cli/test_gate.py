"""`init` and `check`: a run file that works as it is, and a gate that fails closed."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import tomllib
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
import yaml
from architecture.repository import ROOT
from cli.words import (
    DELTA,
    ORDINARY,
    RUNS,
    TUTORIAL,
    answer,
    as_json,
    fits,
    flags,
    refusal,
    run_words,
)

import dpaccount as dpa
from dpaccount.cli import main
from dpaccount.guarantees import Bound
from dpaccount.reports import gate as gates

QUICK = ["--method", "gdp"]
FULL = flags({"noise_multiplier": "1", "sampling_rate": "1", "steps": 1})


@pytest.mark.parametrize("name", ["run.toml", "run.yaml", "run.yml"])
def test_a_new_file_works_as_it_is(capsys, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    text = answer(capsys, ["init", name])
    assert text.startswith(f"wrote {name}\n")
    assert fits(text)
    assert f"--run {name}" in (tmp_path / name).read_text()
    found = as_json(answer(capsys, ["budget", "--run", name, *DELTA, *QUICK, "--json"]))
    assert dpa.mechanism_from_json(found["mechanism"]) == dpa.DPSGD(**TUTORIAL)


def test_the_default_name(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer(capsys, ["init"])
    assert [path.name for path in tmp_path.iterdir()] == ["run.toml"]


@pytest.mark.parametrize(
    ("name", "read"), [("run.toml", tomllib.loads), ("run.yaml", yaml.safe_load)]
)
def test_every_field_is_there_and_every_comment_works(capsys, tmp_path, name, read):
    path = tmp_path / name
    answer(capsys, ["init", str(path)])
    text = path.read_text()
    fields = {field.name for field in dataclasses.fields(dpa.DPSGD)}
    head, several = text.split("# Training in several phases")
    sign = "=" if name.endswith("toml") else ":"
    assert set(re.findall(rf"^#? ?(\w+) ?{sign} ", head, flags=re.MULTILINE)) == {"kind", *fields}
    # every line without its mark: all that is given twice agrees
    open_ = re.sub(rf"^# (\w+ ?{sign} )", r"\1", head, flags=re.MULTILINE)
    assert open_.count("#") < head.count("#")
    assert dpa.mechanism_from_json(read(open_)).steps == 14063
    # of the second example only what is no comment of a comment
    lines = [line[2:].split("#")[0] for line in several.splitlines() if line.startswith("# ")]
    run = dpa.mechanism_from_json(read("\n".join(x for x in lines if not x.startswith("docs/"))))
    assert isinstance(run, dpa.Composed)
    assert len(run.mechanisms) == 2


@pytest.mark.parametrize(
    "name",
    [
        "run.json",
        "run",
        "",
        ".toml",
        "no/such/run.toml",
        "a\nb.txt",
        "a\nb.toml",
        "a\x1b.toml",
        "\udcff.toml",
    ],
)
def test_a_name_that_is_refused(capsys, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert "do: name another" in refusal(capsys, ["init", name])
    assert not list(tmp_path.iterdir())


def test_a_file_that_could_not_be_written_is_not_left(capsys, tmp_path, monkeypatch):
    import builtins

    real = builtins.open

    def full_disk(*words, **more):
        file = real(*words, **more)
        if "x" in words[1:]:
            file.write = lambda text: (_ for _ in ()).throw(OSError(28, "No space left on device"))
        return file

    monkeypatch.setattr(builtins, "open", full_disk)
    assert "No space left" in refusal(capsys, ["init", str(tmp_path / "run.toml")])
    assert not list(tmp_path.iterdir())


def test_the_largest_budget_is_taken(capsys):
    words = ["check", "--max-epsilon", "1e150", *FULL, *DELTA, *QUICK]
    assert "slack 9.99e+149" in answer(capsys, words)


def test_a_file_is_never_written_over(capsys, tmp_path):
    path = tmp_path / "run.toml"
    path.write_text("mine")
    line = refusal(capsys, ["init", str(path)])
    assert "there already" in line
    assert line.endswith(f"such as {tmp_path / 'run-2.toml'}\n")  # not the one that is taken
    assert path.read_text() == "mine"


def test_the_budget_is_compared_exactly(capsys):
    upper = dpa.epsilon(dpa.Gaussian(1), "1e-5", method="gdp").upper
    with localcontext() as context:
        context.prec = 100
        exact = Decimal(upper)
        below = str(exact - Decimal("1e-60"))
    for budget, status, word in ((str(exact), 0, "within the budget"), (below, 1, "not shown")):
        words = ["check", "--max-epsilon", budget, *DELTA, *FULL, *QUICK]
        assert answer(capsys, words, status).startswith(word)
        data = as_json(answer(capsys, [*words, "--json"], status))
        assert data["holds"] is (status == 0)
        assert (data["slack"] >= 0) is (status == 0)
    # as floats the two budgets are one
    assert float(below) == upper


@pytest.mark.parametrize("noise", ["1.1", "0.7", "3", "0.95", "2.2"])
@pytest.mark.parametrize("method", [None, "rdp", "gdp"])
def test_the_epsilon_that_json_prints_is_a_budget_that_is_kept(capsys, noise, method):
    words = [*DELTA, *flags({**ORDINARY, "noise_multiplier": noise})]
    words += [] if method is None else ["--method", method]
    text = answer(capsys, ["budget", *words, "--json"])
    printed = re.search(r'"upper": ([0-9.e-]+)', text)[1]
    bound = dpa.epsilon(dpa.DPSGD(**{**ORDINARY, "noise_multiplier": noise}), "1e-5", method=method)
    assert float(printed) == bound.upper
    assert Decimal(printed) >= Decimal(bound.upper)
    if bound.lower is not None:
        assert Decimal(re.search(r'"lower": ([0-9.e-]+)', text)[1]) <= Decimal(bound.lower)
    assert answer(capsys, ["check", "--max-epsilon", printed, *words]).startswith("within")
    below = str(Decimal(bound.upper).next_minus())[: len(printed) + 9]
    told = " ".join(answer(capsys, ["check", "--max-epsilon", below, *words], 1).split())
    pattern = r"budget (\S+); the (\S+) end is above it by (at \S+) (\S+)"
    budget, end, most, gap = re.search(pattern, told).groups()
    assert budget == below
    if told.startswith("above"):  # a bound of one number
        assert (end, most) == ("lower", "at least")
        assert 0 < Decimal(gap) <= Decimal(bound.lower) - Decimal(below)
    else:
        assert (end, most) == ("upper", "at most")
        assert Decimal(gap) >= Decimal(bound.upper) - Decimal(below)


@pytest.mark.parametrize("name", ["tutorial", "mixed", "nothing", "many settings"])
@pytest.mark.parametrize("budget", ["0", "0.5", "1e9"])
def test_the_verdict_is_that_of_the_library(capsys, tmp_path, name, budget):
    run = RUNS[name]
    words = ["check", "--max-epsilon", budget, *DELTA, *run_words(run, tmp_path), "--method", "rdp"]
    bound = dpa.epsilon(run, "1e-5", method="rdp")
    holds = Fraction(bound.upper) <= Fraction(budget)
    data = as_json(answer(capsys, [*words, "--json"], 0 if holds else 1))
    assert data["holds"] is holds
    assert data["epsilon"] == {"lower": bound.lower, "upper": bound.upper, "estimate": None}
    assert (data["max_epsilon"], data["delta"]) == (budget, "1e-5")
    assert fits(answer(capsys, words, 0 if holds else 1))


def held(lower, upper, budget="2"):
    bound = Bound(lower, upper, theorems=("dp.gaussian_exact",))
    return gates.Gate(bound, dpa.DPSGD(noise_multiplier=budget, sampling_rate=1,
                                       steps=1).noise_multiplier, None, None, None)  # fmt: skip


@pytest.mark.parametrize(("lower", "upper", "verdict"), [
    (1.0, 2.0, gates.WITHIN), (2.0, 2.0, gates.WITHIN), (None, 1.9, gates.WITHIN),
    (1.0, 2.5, gates.OPEN), (2.0, 2.5, gates.OPEN), (None, 2.5, gates.OPEN),
    (None, float("inf"), gates.OPEN), (1.0, None, gates.OPEN), (None, None, gates.OPEN),
    (2.1, 2.5, gates.ABOVE), (2.1, float("inf"), gates.ABOVE), (2.1, None, gates.ABOVE),
    (float("inf"), float("inf"), gates.ABOVE),
])  # fmt: skip
def test_verdicts(lower, upper, verdict):
    found = held(lower, upper)
    assert found.verdict == verdict
    assert found.holds is (verdict == gates.WITHIN)
    assert (found.slack >= 0) is found.holds


@pytest.mark.parametrize("budget", ["0.1", "1/3", "7/9", "1e-400", "3"])
@pytest.mark.parametrize("upper", [0.1, 0.3, 0.5580287, 2.9999999])
def test_what_is_left_is_rounded_down_and_what_is_above_is_rounded_up(budget, upper):
    from dpaccount import _validate
    from dpaccount.cli.gating import _held

    number = _validate.exact(budget, "budget")
    found = gates.Gate(Bound(0.0, upper), number, _validate.delta("1e-5"),
                       dpa.Adjacency.ADD_REMOVE, dpa.Gaussian(1))  # fmt: skip
    gap = number - Fraction(upper)
    assert gap - Fraction(abs(gap)) / 10**15 <= Fraction(found.slack) <= gap
    shown = Fraction(Decimal(_held(found).split()[-1]))
    assert shown <= gap if found.holds else shown >= -gap


@pytest.mark.parametrize("budget", ["0.1", "1/3", "2", "2.0999999999999996447286321199499070644"])
@pytest.mark.parametrize("upper", [2.1, 2.5, None, float("inf")])
def test_words_name_the_end_that_the_verdict_rests_on(budget, upper):
    from dpaccount import _validate
    from dpaccount.cli.gating import _held

    number = _validate.exact(budget, "budget")
    found = gates.Gate(Bound(2.1, upper), number, None, None, None)
    assert found.verdict == gates.ABOVE
    words = _held(found)
    assert words.startswith(f"{budget}; the lower end is above it by at least ")
    gap = Fraction(2.1) - number
    assert gap * Fraction(99, 100) <= Fraction(Decimal(words.split()[-1])) <= gap
    # where the lower end does not show it, the words speak of the upper one
    if upper is not None and upper < float("inf"):
        words = _held(gates.Gate(Bound(0.05, upper), number, None, None, None))
        assert words.startswith(f"{budget}; the upper end is above it by at most ")


@pytest.mark.parametrize("holds", [True, False])
def test_words_end_whatever_is_compared(monkeypatch, holds):
    """A verdict that is wrong is a wrong word, and no loop without an end."""
    from dpaccount.cli.gating import _held

    monkeypatch.setattr(gates.Gate, "holds", holds)
    for bound in (Bound(1.0, 1.5), Bound(None, 1.5), Bound(1.0, 2.5), Bound(2.5, 2.5)):
        assert _held(held(bound.lower, bound.upper)).startswith("2")


def test_a_run_below_a_small_budget_is_certified(capsys):
    words = ["check", *DELTA, *flags(ORDINARY)]
    assert answer(capsys, [*words, "--max-epsilon", "2.3817"]).startswith("within")
    assert answer(capsys, [*words, "--max-epsilon", "2.3816"], 1).startswith("above the budget")
    assert "certified" in answer(capsys, [*words, "--max-epsilon", "3"])


@pytest.mark.parametrize(("words", "name"), [
    (["--max-epsilon", "nan"], "--max-epsilon"), (["--max-epsilon", "-1"], "--max-epsilon"),
    (["--max-epsilon", "inf"], "--max-epsilon"), (["--max-epsilon", "x"], "--max-epsilon"),
    (["--max-epsilon", ""], "--max-epsilon"), ([], "max-epsilon"),
    (["--max-epsilon", "3", "--method", "gdp_clt"], "passes no gate"),
    (["--max-epsilon", "3", "--sampler", "shuffle"], "sampler"),
    (["--max-epsilon", "3", "--run", "nowhere.toml"], "one of flags"),
])  # fmt: skip
def test_bad_input_is_refused(capsys, words, name):
    for more in ([], ["--json"]):
        assert name in refusal(capsys, ["check", *DELTA, *FULL, *words, *more])


def test_nothing_is_guessed(capsys):
    assert "delta" in refusal(capsys, ["check", "--max-epsilon", "3", *FULL])
    assert "no such file" in refusal(
        capsys, ["check", "--max-epsilon", "3", *DELTA, "--run", "nowhere.toml"]
    )


PAGE = (ROOT / "docs" / "how-to" / "gate-a-budget.md").read_text(encoding="utf-8")
HOOK, WORKFLOW = (
    yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)
)


def commands():
    """The gates of the page: of the hook and of the workflow."""
    (hook,) = HOOK["repos"][0]["hooks"]
    (job,) = WORKFLOW["jobs"].values()
    runs = [step["run"] for step in job["steps"] if "run" in step]
    return [hook["entry"], *(line for line in runs if line.startswith("dpaccount"))]


def test_the_hook_and_the_workflow_of_the_page(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (hook,) = HOOK["repos"][0]["hooks"]
    assert hook["language"] == "python"
    assert hook["pass_filenames"] is False  # else the name would be one word too many
    assert hook["additional_dependencies"] == ["dpaccount"]
    assert re.search(hook["files"], "run.toml")
    answer(capsys, ["init"])
    assert len(commands()) == 2
    loud = tmp_path / "run.toml"
    for line in commands():
        words = shlex.split(line)[1:]
        assert main(words) == 0
        kept = loud.read_text()
        loud.write_text(kept.replace('noise_multiplier = "1.1"', 'noise_multiplier = "0.9"'))
        assert main(words) == 1
        loud.write_text(kept.replace('"poisson"', '"shuffle"'))
        assert main(words) == 2
        loud.write_text(kept)
    capsys.readouterr()


def test_a_gate_by_what_opacus_recorded(capsys, tmp_path):
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"history": [[1.1, 0.01, 500]], "mechanism": "rdp"}))
    words = ["check", "--max-epsilon", "3", *DELTA, "--from-opacus", str(path), "--method", "rdp"]
    assert answer(capsys, words).startswith("within")
