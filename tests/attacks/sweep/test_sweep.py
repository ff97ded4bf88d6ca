"""Sweeps of attacks: the same table everywhere, nothing lost, ceilings held, bugs seen."""

from __future__ import annotations

import csv
import dataclasses
import json
from functools import cache
from itertools import product

import pytest

from dpaccount.attacks.sweep import Verdict, run_attacks, trial, verb
from dpaccount.attacks.sweep.ceilings import Ceiling
from dpaccount.attacks.sweep.cells import Question
from dpaccount.attacks.sweep.trial import Trial, trial_of
from dpaccount.attacks.sweep.verdict import Claim, verdict_of
from dpaccount.errors import InputError, Stopped
from dpaccount.guarantees import Bound

FEW = {
    "attacks": ["identify"], "noise_multipliers": ["0", "0.6", "2"], "trials": 12,
    "candidates": 8, "length": 4,
}  # fmt: skip


def texts(table):
    return json.dumps(table.to_json(), sort_keys=True)


@pytest.fixture(scope="module")
def few():
    return run_attacks(**FEW)


def test_two_processes_give_the_same_table(few):
    assert texts(run_attacks(**FEW, processes=2)) == texts(few)


@pytest.mark.slow
def test_a_cluster_gives_the_same_table(few):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        found = run_attacks(**FEW, scheduler=cluster.scheduler_address)
    assert texts(found) == texts(few)


def test_another_seed_gives_another_table(few):
    assert texts(run_attacks(**FEW, seed=1)) != texts(few)


def test_an_interrupted_sweep_goes_on_where_it_was(few, tmp_path, monkeypatch):
    asked = []

    def interrupted(cell, first, last):
        asked.append((cell.noise_multiplier, first))
        if len(asked) == 4:
            raise KeyboardInterrupt
        return trial.trials(cell, first, last)

    monkeypatch.setattr(verb, "trials", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_attacks(**FEW, to=tmp_path / "table.json")
    assert not (tmp_path / "table.json").exists()
    before = len(asked)
    found = run_attacks(**FEW, to=tmp_path / "table.json")
    pieces = 3 * 2  # three levels of noise, twelve trials in parts of eight
    assert len(asked) == before + pieces - 3  # three were finished
    assert texts(found) == texts(few)
    assert json.loads((tmp_path / "table.json").read_text()) == json.loads(texts(few))
    assert [path.name for path in tmp_path.iterdir()] == ["table.json"]


def test_another_sweep_does_not_go_on_with_it(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(verb, "trials", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_attacks(**FEW, to=tmp_path / "table.csv")
    with pytest.raises(InputError, match="another sweep"):
        run_attacks(**FEW, seed=1, to=tmp_path / "table.csv")


def test_a_full_disk_stops_it(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(verb, "write_whole", full)
    with pytest.raises(Stopped, match="No space left"):
        run_attacks(**FEW, to=tmp_path / "table.csv")


def test_the_file_says_what_the_table_says(few, tmp_path):
    run_attacks(**FEW, to=tmp_path / "table.csv")
    rows = list(csv.DictReader((tmp_path / "table.csv").read_text().splitlines()))
    assert [row["noise_multiplier"] for row in rows] == ["0", "0.6", "2"]
    assert [int(row["exact"]) for row in rows] == [row.exact for row in few.rows]
    assert rows[0]["epsilon_upper"] == ""
    assert float(rows[1]["ceiling_secret"]) == few.rows[1].named.tightest.bound.upper
    for kind, one in zip(("global", "local", "pairs"), few.rows[1].named.ceilings, strict=True):
        assert one.kind == kind
        assert float(rows[1][f"ceiling_secret_{kind}"]) == one.bound.upper
    assert rows[1]["ceiling_secret_genie"] == ""
    assert float(rows[1]["audit_epsilon_lower"]) == few.rows[1].audit.epsilon.lower
    assert float(rows[1]["mu_upper"]) == few.rows[1].cell.mu.upper


def test_without_noise_everything_is_named(few):
    first = few.rows[0]
    assert (first.exact, first.verdict) == (12, Verdict.SUCCESS)
    (ceiling,) = first.claims[0].ceilings
    assert (ceiling.kind, ceiling.bound.upper) == ("global", 1.0)


def test_budgets_choose_the_noise():
    found = run_attacks(**{**FEW, "noise_multipliers": None}, epsilons=["1", "8"])
    for row, epsilon in zip(found.rows, (1, 8), strict=True):
        assert row.cell.epsilon.upper <= epsilon
        assert row.cell.epsilon.upper == pytest.approx(epsilon, rel=1e-8)
    sampled = {**FEW, "noise_multipliers": None, "steps": 4, "sampling_rate": "0.5", "trials": 2}
    (row,) = run_attacks(**sampled, epsilons=["8"]).rows
    assert row.cell.epsilon.upper <= 8
    assert row.cell.epsilon.upper == pytest.approx(8, rel=1e-8)
    assert row.cell.noise_multiplier > found.rows[1].cell.noise_multiplier


def test_many_releases_give_away_as_much_as_one_with_less_noise():
    common = {**FEW, "noise_multipliers": ["2"], "trials": 60}
    one = run_attacks(**common).rows[0]
    many = run_attacks(**common, steps=16).rows[0]
    assert many.exact > one.exact
    sharp = run_attacks(**{**common, "noise_multipliers": ["0.5"]}).rows[0]
    for mine, theirs in zip(many.named.ceilings, sharp.named.ceilings, strict=True):
        assert mine.kind == theirs.kind
        assert mine.bound.upper == pytest.approx(theirs.bound.upper, rel=1e-9)


PLANTED = {
    # less noise than is accounted for
    "half the noise": lambda threat: dataclasses.replace(
        threat, noise_multiplier=threat.noise_multiplier / 2
    ),
    # noise of the mean over eight examples, accounted as that of their sum
    "noise for the mean": lambda threat: dataclasses.replace(
        threat, noise_multiplier=threat.noise_multiplier / 8
    ),
    # gradients as long as they are, under noise for clipped ones
    "no clipping": lambda threat: dataclasses.replace(
        threat,
        clip_norm=1e3 * threat.clip_norm,
        noise_multiplier=threat.noise_multiplier / 1e3,
    ),
}


HOW = {
    "one step": {},
    "sampled steps": {"sampling_rate": "0.5", "steps": 3, "trials": 120},
    # of two, one in two is right anyway
    "two candidates": {"candidates": 2, "noise_multipliers": ["1.5"], "trials": 48},
}


@cache
def checked(how, *, bug=None):
    """The violations of a sweep, with a bug or without."""
    common = {
        "attacks": ["identify"], "noise_multipliers": ["0.7"], "trials": 64, "candidates": 16,
        "clip_norm": "0.01", "length": 4,
    } | HOW[how]  # fmt: skip
    real = trial.expose

    def wrong(target, secret, threat, *, seed):
        return real(target, secret, PLANTED[bug](threat), seed=seed)

    with pytest.MonkeyPatch.context() as patch:
        if bug is not None:
            patch.setattr(trial, "expose", wrong)
        return run_attacks(**common).violations


@pytest.mark.parametrize(
    ("how", "bug"),
    [*product(["one step", "sampled steps"], PLANTED), ("two candidates", "noise for the mean")],
)
def test_a_planted_bug_is_a_violation(how, bug):
    assert not checked(how)
    (row,) = checked(how, bug=bug)
    assert row.verdict is Verdict.VIOLATION


def a_trial(*, modulo, likely):
    return Trial(modulo, modulo, modulo, float(modulo), float(modulo), likely, 1)


CEILING = Bound(None, 0.5, method="made up", theorems=("risk.tpr",))
A_CELL = next(
    Question.read(
        targets=["attention"], attacks=["span"], noise_multipliers=["1"], epsilons=None,
        trials=100, evaluations=1, candidates=2, length=4, clip_norm=1, steps=1, sampling_rate=1,
        delta="1e-5", seed=0,
    ).cells()
)  # fmt: skip


def a_claim(named):
    return Claim("secret", named, (Ceiling("global", CEILING, (0.5,) * 100),))


@pytest.mark.parametrize(
    ("named", "likely", "verdict"),
    [
        (100, 0, Verdict.VIOLATION),
        (74, 0, Verdict.VIOLATION),  # the chance of as many, at one half, is 8e-7
        (72, 0, Verdict.SEARCH_FAILURE),
        (50, 30, Verdict.INFORMATION_LIMIT),
        (50, 25, Verdict.SEARCH_FAILURE),  # half of them are no majority
        (50, 20, Verdict.SEARCH_FAILURE),
        (0, 100, Verdict.INFORMATION_LIMIT),
    ],
)
def test_verdicts(named, likely, verdict):
    found = [a_trial(modulo=int(i < named), likely=int(i < named + likely)) for i in range(100)]
    assert verdict_of(A_CELL, found, [a_claim(named)], error=1e-6) is verdict


def test_the_alarm_is_shared_by_the_table():
    found = [a_trial(modulo=int(i < 74), likely=0) for i in range(100)]
    assert verdict_of(A_CELL, found, [a_claim(74)], error=1e-6) is Verdict.VIOLATION
    assert verdict_of(A_CELL, found, [a_claim(74)], error=5e-7) is Verdict.SEARCH_FAILURE


def test_the_alarm_is_one_for_all_cells(few):
    tests = len(few.rows) * 2  # each has a claim and an audit
    for row in few.rows:
        assert row.decisive.error == pytest.approx(1e-6 / tests)
        assert row.audit.error == 0.05
    assert few.false_alarm == 1e-6
    assert run_attacks(**FEW, false_alarm="0.5").rows[1].decisive.error == pytest.approx(0.5 / 6)


def test_trials_are_kept_as_text():
    given = Trial(0, 1, 0, 0.1 + 0.2, 1 / 3, 1, 17, 0.1 + 0.2, None, 1e-300)
    assert trial_of(["" if value is None else str(value) for value in given]) == given


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"targets": ["nobody"]}, "target"),
        ({"targets": ["digits"]}, "target"),
        ({"targets": []}, "target"),
        ({"attacks": ["none"]}, "attack"),
        ({"attacks": ["identity"]}, "attack: given 'identity'; allowed: identify, likelihood"),
        ({"attacks": ["embedding-rows"]}, "attack"),
        ({"attacks": [None]}, "attack"),
        ({"noise_multipliers": ["nan"]}, "noise_multiplier"),
        ({"noise_multipliers": ["-1"]}, "noise_multiplier"),
        ({"noise_multipliers": []}, "noise_multiplier"),
        ({"noise_multipliers": None}, "noise_multiplier"),
        ({"epsilons": ["1"]}, "noise_multiplier"),
        ({"noise_multipliers": None, "epsilons": ["0"]}, "epsilon"),
        ({"noise_multipliers": None, "epsilons": ["nan"]}, "epsilon"),
        ({"trials": 0}, "trials"),
        ({"evaluations": "x"}, "evaluations"),
        ({"candidates": 1}, "candidates"),
        ({"length": 0}, "length"),
        ({"length": 99}, "length: given 99; allowed: 1 to 16 for the target attention"),
        ({"noise_multipliers": ["1e-100"]}, "noise_multiplier: given 1e-100"),
        ({"noise_multipliers": ["-1"]}, r"allowed: a number in \[0, inf\)"),
        ({"noise_multipliers": ["1e60"], "clip_norm": "1e100"}, "noise_multiplier"),
        ({"noise_multipliers": None, "epsilons": []}, "^epsilon: given no value"),
        ({"clip_norm": 0}, "clip_norm"),
        ({"steps": 0}, "steps"),
        ({"steps": 10**9, "sampling_rate": "0.5"}, "steps"),
        ({"sampling_rate": 0}, "sampling_rate"),
        ({"sampling_rate": "1.5"}, r"sampling_rate: given 1.5; allowed: a number in \(0, 1\]"),
        ({"sampling_rate": "nan"}, "sampling_rate"),
        ({"sampling_rate": "0.5", "attacks": ["identify", "span"]}, "sampling_rate"),
        ({"length": 1, "candidates": 65}, "candidates"),
        ({"false_alarm": 0}, "false_alarm"),
        ({"false_alarm": "nan"}, "false_alarm"),
        ({"delta": 1}, "delta"),
        ({"seed": -1}, "seed"),
        ({"to": "table.txt"}, "to"),
        ({"scheduler": "nowhere"}, "scheduler"),
        ({"processes": 0}, "processes"),
    ],
)
def test_bad_input_is_one_clear_line(changes, name):
    with pytest.raises(InputError, match=name) as refusal:
        run_attacks(**{**FEW, **changes})
    assert "\n" not in str(refusal.value)


def test_what_does_not_fit_leaves_no_file_behind(tmp_path):
    for changes in ({"length": 99}, {"noise_multipliers": ["1e-100"]}):
        with pytest.raises(InputError):
            run_attacks(**{**FEW, **changes}, to=tmp_path / "table.csv")
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError) as refusal:
        run_attacks(**FEW, to=tmp_path / "missing" / "table.csv")
    assert "Path(" not in str(refusal.value)
