"""`budget --certificate` and `verify`: what is written holds, and nothing false does."""

from __future__ import annotations

import copy
import json
import os
import re
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

import pytest
from cli.words import DELTA, answer, apart, as_json, fits, flags, refusal, shows

import dpaccount as dpa
from dpaccount.certificates.document import digest, read, theorems_of
from dpaccount.cli import main

RUN = {"noise_multiplier": "1.1", "sampling_rate": "0.01", "steps": 100}
PHASES = {
    "kind": "composed",
    "mechanisms": [
        RUN,
        {"noise_multiplier": "2", "sampling_rate": "0.05", "steps": 30},
        {"noise_multiplier": "20", "sampling_rate": 1, "steps": 4},
    ],
}
#: name: (a run, more words)
CASES = {
    "both directions": (RUN, []),
    "add": (RUN, ["--adjacency", "add"]),
    "remove": (RUN, ["--adjacency", "remove"]),
    "zero-out": (RUN, ["--adjacency", "zero-out"]),
    "one step": ({**RUN, "steps": 1}, []),
    "one Gaussian": ({**RUN, "sampling_rate": 1, "steps": 1}, []),
    "replaced": ({**RUN, "sampling_rate": 1, "steps": 3}, ["--adjacency", "replace_one"]),
    "phases": (PHASES, []),
    "little delta": (RUN, ["--delta", "1e-100"]),
    "costs nothing": ({**RUN, "noise_multiplier": "1e6"}, []),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def written(folder):
    """The certificate of each case: a path, and what `budget --json` said beside it."""
    kept = {}

    def of(name, capsys):
        if name not in kept:
            run, more = CASES[name]
            path = folder / f"{name}.json"
            described = folder / f"{name} run.json"
            described.write_text(json.dumps(run))
            more = more if "--delta" in more else [*DELTA, *more]
            words = ["budget", "--run", str(described), *more, "--certificate", str(path)]
            kept[name] = path, as_json(answer(capsys, [*words, "--json"])), words
        return kept[name]

    return of


def data_of(path):
    return json.loads(path.read_text(encoding="ascii"))


def checked(capsys, path, *more):
    """Status and first line of `verify`; whatever it is, stderr is empty and the lines fit."""
    status = main(["verify", str(path), *more])
    out, err = capsys.readouterr()
    assert err == ""
    assert fits(out)
    return status, " ".join(out.split("  claims")[0].split())


def forged(folder, data):
    """Changed data with a digest that fits again."""
    path = folder / "forged.json"
    path.write_text(json.dumps({**data, "sha256": digest(data)}))
    return path


@pytest.mark.parametrize("name", CASES)
def test_what_budget_writes_holds(capsys, written, name):
    path, told, _ = written(name, capsys)
    assert checked(capsys, path) == (0, "holds")
    claim = data_of(path)["claim"]
    lower, upper = (Fraction(claim["epsilon"][end]) for end in ("lower", "upper"))
    # the claim is the answer, printed outward
    assert 0 <= lower <= Fraction(told["epsilon"]["lower"])
    assert Fraction(told["epsilon"]["upper"]) <= upper
    assert upper - lower <= Fraction(told["epsilon"]["upper"]) / 10**8
    assert told["trust"] == "certified"
    assert claim["delta"] == told["delta"]
    assert claim["adjacency"] == told["adjacency"]
    assert set(data_of(path)["theorems"]) == set(told["theorems"])


@pytest.mark.parametrize("name", ["both directions", "one Gaussian", "phases"])
def test_the_answer_is_the_one_without_a_certificate(capsys, written, name):
    path, told, words = written(name, capsys)
    plain = words[: words.index("--certificate")]
    without = as_json(answer(capsys, [*plain, "--json"]))
    assert without["epsilon"] == told["epsilon"]
    assert without["method"] == told["method"] == "saddlepoint"
    text = answer(capsys, words)
    assert fits(text)
    run = dpa.mechanism_from_json(told["mechanism"])
    assert shows(text, dpa.epsilon(run, told["delta"]))
    printed = "".join("".join(text.split("certificate ")[1:]).split())  # wherever it was wrapped
    assert path.name.replace(" ", "") in printed


def test_the_same_words_write_the_same_file(capsys, written, tmp_path):
    path, _, words = written("both directions", capsys)
    again = tmp_path / "again.json"
    answer(capsys, [*words[:-1], str(again)])
    assert again.read_bytes() == path.read_bytes()
    # as an ordinary file, for those who may read the others
    assert again.stat().st_mode == path.with_name("both directions run.json").stat().st_mode


def test_an_older_file_is_replaced(capsys, written, tmp_path):
    path, _, words = written("both directions", capsys)
    old = tmp_path / "old.json"
    old.write_text("x" * 100_000)
    answer(capsys, [*words[:-1], str(old)])
    assert old.read_bytes() == path.read_bytes()
    assert os.listdir(tmp_path) == ["old.json"]


def test_verify_in_words_and_as_json(capsys, written):
    path, told, _ = written("phases", capsys)
    claim = data_of(path)["claim"]
    text = answer(capsys, ["verify", str(path)])
    assert text.startswith("holds\n")
    flat = " ".join(text.split())
    assert f"[{claim['epsilon']['lower']}, {claim['epsilon']['upper']}] at delta 1e-5" in flat
    assert "100 x Gaussian(1.1) at rate 0.01" in flat
    assert "adjacency add_remove checked every enclosure" in flat
    assert flat.endswith("not checked that this run is what happened")
    data = as_json(answer(capsys, ["verify", str(path), "--json"]))
    assert [line.split(" ")[0] for line in data.pop("checked")] == ["every"]
    assert data.pop("not_checked") == ["that this run is what happened"]
    assert data == {
        "kind": "certificate",
        "holds": True,
        "reason": "",
        "epsilon": claim["epsilon"],
        "delta": told["delta"],
        "adjacency": "add_remove",
        "mu_squared": claim["mu_squared"],
        "releases": claim["releases"],
    }
    assert Fraction(claim["mu_squared"]) == Fraction(4, 400)


def test_processes_of_their_own(capsys, written, tmp_path):
    path, _, words = written("both directions", capsys)
    done = apart([*words[:-1], str(tmp_path / "mine.json")])
    assert (done.returncode, done.stderr) == (0, "")
    assert apart(["verify", str(tmp_path / "mine.json")]).stdout.startswith("holds\n")
    data = data_of(path)
    data["claim"]["epsilon"]["upper"] = data["claim"]["epsilon"]["lower"]
    done = apart(["verify", str(forged(tmp_path, data))])
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("does not hold: ")
    done = apart(["verify", str(tmp_path / "none.json")])
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("name", ["both directions", "one Gaussian", "phases"])
def test_any_changed_digit_is_noticed(capsys, written, tmp_path, name):
    path, _, _ = written(name, capsys)
    text, changed = path.read_text(), tmp_path / "changed.json"
    schema = text.index("dpaccount.certificate/1") + len("dpaccount.certificate/")
    seen = 0
    for match in re.finditer(r"[0-9]", text):
        i = match.start()
        other = text[:i] + ("7" if text[i] != "7" else "3") + text[i + 1 :]
        if json.loads(other) == json.loads(text):
            continue  # a digit beyond what a float holds: the same number, written otherwise
        seen += 1
        changed.write_text(other)
        if i == schema:
            assert "schema" in refusal(capsys, ["verify", str(changed)])
            continue
        status = main(["verify", str(changed)])
        out, err = capsys.readouterr()
        if status == 2:  # a number that left its domain
            assert (out, err.count("\n")) == ("", 1)
            continue
        assert (status, err) == (1, "")
        first = " ".join(out.split("\n  claims")[0].split())
        assert first == "does not hold: the digest does not fit the content: it was changed"
    assert seen > 80
    changed.write_text(text)
    assert checked(capsys, changed)[0] == 0


def test_a_change_that_is_noticed_as_json(capsys, written, tmp_path):
    path, _, _ = written("both directions", capsys)
    changed = tmp_path / "changed.json"
    changed.write_text(path.read_text().replace('"1.1"', '"1.2"'))
    data = as_json(answer(capsys, ["verify", str(changed), "--json"], status=1))
    assert data["holds"] is False
    assert "digest" in data["reason"]
    assert data["releases"][0]["noise_multiplier"] == "1.2"


# -- claims that are false, with a digest that fits ------------------------------------------------


def near(text, change):
    """A number changed by a factor, as text."""
    return str(Decimal(text) * Decimal(change))


def change_release(**changed):
    def apply(claim):
        claim["releases"][0].update(changed)

    return apply


def change_claim(**changed):
    return lambda claim: claim.update(changed)


def lower_upper(claim):
    """An upper end below the true value, and a lower end that is as good as none."""
    ends = claim["epsilon"]
    ends["lower"], ends["upper"] = "0", near(ends["lower"], "0.999999999")


def higher_lower(claim):
    ends = claim["epsilon"]
    ends["lower"], ends["upper"] = near(ends["upper"], "1.000000001"), "1e9"


def upper_at_lower(claim):
    claim["epsilon"]["upper"] = claim["epsilon"]["lower"]


def lower_at_upper(claim):
    claim["epsilon"]["lower"] = claim["epsilon"]["upper"]


def free(claim):
    claim["epsilon"] = {"lower": "0", "upper": "0"}


FALSE = {
    "a smaller upper end": lower_upper,
    "a larger lower end": higher_lower,
    "the upper end at the lower": upper_at_lower,
    "the lower end at the upper": lower_at_upper,
    "no cost": free,
    "an infinite lower end": lambda claim: claim["epsilon"].update(lower="1e100", upper="inf"),
    "a smaller delta": change_claim(delta="0.99999e-5"),
    "a larger delta": change_claim(delta="1.00001e-5"),
    "a tiny delta": change_claim(delta="1e-3000"),
    "less noise": change_release(noise_multiplier="1.09999"),
    "more noise": change_release(noise_multiplier="1.10001"),
    "a larger rate": change_release(sampling_rate="0.0100001"),
    "a smaller rate": change_release(sampling_rate="0.0099999"),
    "more steps": change_release(steps=101),
    "fewer steps": change_release(steps=99),
    "an unsampled part more": change_claim(mu_squared="1e-4"),
    "no releases": change_claim(releases=[], mu_squared="1e-9"),
}


@pytest.mark.parametrize("what", FALSE)
@pytest.mark.parametrize("name", ["both directions", "remove", "add"])
def test_a_false_claim_hashed_anew_is_refused(capsys, written, tmp_path, name, what):
    data = data_of(written(name, capsys)[0])
    FALSE[what](data["claim"])
    status, line = checked(capsys, forged(tmp_path, data))
    assert status == 1
    assert line.startswith("does not hold: ")
    assert "digest" not in line


@pytest.mark.parametrize("name", ["one Gaussian", "replaced"])
@pytest.mark.parametrize(
    "what", [n for n in FALSE if "noise" not in n and "rate" not in n and "steps" not in n]
)
def test_a_false_claim_of_a_closed_form_is_refused(capsys, written, tmp_path, name, what):
    data = data_of(written(name, capsys)[0])
    FALSE[what](data["claim"])
    assert checked(capsys, forged(tmp_path, data))[0] == 1


@pytest.mark.parametrize("factor", ["0.99999", "1.00001"])
def test_another_mu_is_refused(capsys, written, tmp_path, factor):
    for name in ("one Gaussian", "phases", "replaced"):
        data = data_of(written(name, capsys)[0])
        mu = Fraction(data["claim"]["mu_squared"]) * Fraction(factor)
        data["claim"]["mu_squared"] = str(mu)
        assert checked(capsys, forged(tmp_path, data))[0] == 1


@pytest.mark.parametrize("i", [0, 1])
@pytest.mark.parametrize("what", ["less noise", "more noise", "more steps", "fewer steps"])
def test_every_phase_counts(capsys, written, tmp_path, what, i):
    data = data_of(written("phases", capsys)[0])
    release = data["claim"]["releases"][i]
    if "noise" in what:
        factor = "0.9999" if what == "less noise" else "1.0001"
        release["noise_multiplier"] = near(release["noise_multiplier"], factor)
    else:
        release["steps"] += 1 if what == "more steps" else -1
    assert checked(capsys, forged(tmp_path, data))[0] == 1


def test_a_phase_left_out_is_refused(capsys, written, tmp_path):
    data = data_of(written("phases", capsys)[0])
    for i in (0, 1):
        less = copy.deepcopy(data)
        del less["claim"]["releases"][i]
        assert checked(capsys, forged(tmp_path, less))[0] == 1
        for line in less["witness"].values():
            del line["grids"][i]
        assert checked(capsys, forged(tmp_path, less))[0] == 1


def test_another_adjacency_is_refused_where_it_costs_something_else(capsys, written, tmp_path):
    both, add, remove = (
        data_of(written(name, capsys)[0]) for name in ("both directions", "add", "remove")
    )
    claimed = Fraction(both["claim"]["epsilon"]["upper"])
    assert Fraction(add["claim"]["epsilon"]["upper"]) < claimed  # so these are different claims

    def status(data, adjacency, witness):
        data = copy.deepcopy(data)
        data["claim"]["adjacency"], data["witness"] = adjacency, witness
        with suppress(dpa.InputError):  # a forger fits the theorems, too
            _, claim, lines = read(json.dumps(data))
            data["theorems"] = theorems_of(claim, lines)
        return checked(capsys, forged(tmp_path, data))[0]

    lines = both["witness"]
    assert status(add, "remove", {"remove": lines["remove"]}) == 1
    assert status(add, "remove", {"remove": lines["add"]}) == 1
    assert status(add, "add_remove", lines) == 1
    assert status(add, "zero_out", lines) == 1
    assert status(remove, "add", {"add": lines["add"]}) == 1
    assert status(both, "add", {"add": lines["add"]}) == 1
    # sampled steps have no theorem under it
    assert status(remove, "replace_one", {"remove": lines["remove"]}) == 1
    # and these are true
    assert status(remove, "add_remove", lines) == 0
    assert status(both, "zero_out", lines) == 0
    assert status(both, "remove", {"remove": lines["remove"]}) == 0


def test_a_poorer_witness_shows_less(capsys, written, tmp_path):
    both = data_of(written("both directions", capsys)[0])["witness"]
    for name in ("remove", "add"):
        data = data_of(written(name, capsys)[0])

        def status(change, data=data, name=name):
            other = copy.deepcopy(data)
            change(other["witness"])
            return checked(capsys, forged(tmp_path, other))

        nodes = data["witness"][name]["nodes"]
        assert status(lambda lines: None) == (0, "holds")
        assert status(lambda lines, n=name, k=nodes: lines[n].update(nodes=k // 2))[0] == 1
        assert status(lambda lines, n=name: lines.update({n: None}))[0] == 1
        assert status(lambda lines, n=name: lines[n].update(grids=[]))[0] == 1
        # a true claim, whatever is offered for it
        other = both["add" if name == "remove" else "remove"]
        assert status(lambda lines, n=name, o=other: lines.update({n: o}))[0] in (0, 1)
        # a worse claim can be shown with fewer nodes: what counts is what was seen to hold
        worse = copy.deepcopy(data)
        worse["claim"]["epsilon"].update(lower="0", upper="1")
        worse["witness"][name]["nodes"] = 2 * nodes // 3
        assert checked(capsys, forged(tmp_path, worse))[0] == 0


def test_swapped_witnesses_show_no_false_claim(capsys, written, tmp_path):
    data = data_of(written("both directions", capsys)[0])
    lines = data["witness"]
    data["witness"] = {"remove": lines["add"], "add": lines["remove"]}
    assert checked(capsys, forged(tmp_path, data))[0] in (0, 1)
    for change in (lower_upper, higher_lower, *list(FALSE.values())[6:]):
        false = copy.deepcopy(data)
        change(false["claim"])
        assert checked(capsys, forged(tmp_path, false))[0] == 1


PLACES = ["c", "beyond", "height", "nodes", "precision"]
IN_GRID = ["spacing", "first", "last", "strip", "shift", "margin"]


@pytest.mark.parametrize("place", [*PLACES, *IN_GRID])
@pytest.mark.parametrize("claim", ["upper", "lower"])
def test_no_witness_shows_a_false_claim(capsys, written, tmp_path, claim, place):
    data = data_of(written("remove", capsys)[0])
    (lower_upper if claim == "upper" else higher_lower)(data["claim"])
    for factor in (-1, 0, 0.5, 0.9, 1.1, 2, 3.7):
        other = copy.deepcopy(data)
        line = other["witness"]["remove"]
        part = line if place in PLACES else line["grids"][0]
        whole = place in ("nodes", "precision", "first", "last")
        part[place] = int(part[place] * factor) if whole else part[place] * factor
        assert checked(capsys, forged(tmp_path, other))[0] == 1


# -- what is no certificate ------------------------------------------------------------------------


def nodes_of(data, path=()):
    """Every object in some data, with the way to it."""
    if isinstance(data, dict):
        yield path
        for key, value in data.items():
            yield from nodes_of(value, (*path, key))
    elif isinstance(data, list):
        for i, value in enumerate(data):
            yield from nodes_of(value, (*path, i))


def at(data, path):
    for key in path:
        data = data[key]
    return data


def test_fields_more_or_fewer_or_of_another_type_are_refused(capsys, written, tmp_path):
    good = data_of(written("both directions", capsys)[0])
    path = tmp_path / "changed.json"
    odd = [None, True, -1, 1.5, "", "x", "nan", "1/0", [], [1], {}, {"a": 1}, 10**400, -(10**400)]
    seen = 0
    for place in nodes_of(good):
        for name in [*at(good, place), "surprise"]:
            for value in [..., *odd]:
                data = copy.deepcopy(good)
                if value is ...:
                    at(data, place).pop(name, None)
                    at(data, place).setdefault("surprise", 1) if name == "surprise" else None
                else:
                    at(data, place)[name] = value
                if data == good:
                    continue
                seen += 1
                path.write_text(json.dumps({**data, "sha256": data.get("sha256", "")}))
                status = main(["verify", str(path)])
                out, err = capsys.readouterr()
                assert status in (1, 2), (place, name, value)
                assert "Traceback" not in err
                if status == 2:
                    assert (out, err.count("\n")) == ("", 1), (place, name, value)
                    assert err.startswith("dpaccount: ")
                else:  # it can be read, and then the digest speaks
                    assert (err, name != "surprise") == ("", True), (place, name, value)
    assert seen > 500


BROKEN = {
    "empty": "",
    "a brace": "{",
    "a list": "[]",
    "a number": "3",
    "null": "null",
    "text": '"certificate"',
    "not a number": "NaN",
    "a run": json.dumps(RUN),
    "deep lists": "[" * 200_000,
    "deep objects": '{"a":' * 100_000,
    "deep and closed": "[" * 50_000 + "]" * 50_000,
    "many digits": '{"a": ' + "9" * 5000 + "}",
    "two documents": "{} {}",
    "zeros": "\x00" * 100,
    "a BOM": "\ufeff{}",
}


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("what", BROKEN)
def test_texts_that_are_no_certificate(capsys, tmp_path, what, more):
    path = tmp_path / "broken.json"
    path.write_text(BROKEN[what], encoding="utf-8")
    assert "do: " in refusal(capsys, ["verify", str(path), *more])


def test_files_that_are_none(capsys, written, tmp_path):
    good = written("both directions", capsys)[0].read_bytes()
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "huge.json").write_bytes(good + b" " * 2**24)
    (tmp_path / "binary.json").write_bytes(bytes(range(256)))
    (tmp_path / "utf16.json").write_bytes(good.decode().encode("utf-16"))
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    os.mkfifo(tmp_path / "pipe.json")
    names = ["folder", "huge", "binary", "utf16", "loop", "pipe", "missing"]
    for name in [*(str(tmp_path / f"{n}.json") for n in names), "", " ", "x" * 5000, "a\x00b", "/"]:
        assert "do: " in refusal(capsys, ["verify", name])
        refusal(capsys, ["verify", name, "--json"])
    refusal(capsys, ["verify"])
    refusal(capsys, ["verify", "a", "b"])


@pytest.mark.parametrize("level", [(), ("claim",), ("claim", "epsilon"), ("witness", "remove")])
def test_a_field_twice_is_refused(capsys, written, tmp_path, level):
    """What a person reads first and what is checked must not differ."""
    path, _, _ = written("both directions", capsys)
    data = data_of(path)
    text = json.dumps(data)
    part = json.dumps(at(data, level))
    first = next(iter(at(data, level)))
    twice = "{" + f'"{first}": {json.dumps(at(data, level)[first])}, ' + part[1:]
    assert text.count(part) == 1
    other = tmp_path / "twice.json"
    other.write_text(text.replace(part, twice))
    assert json.loads(other.read_text()) == data
    assert "twice" in refusal(capsys, ["verify", str(other)])


GREEDY = {
    "nodes": lambda line: line.update(nodes=10**12),
    "fewer than no nodes": lambda line: line.update(nodes=-(10**12)),
    "points": lambda line: line["grids"][0].update(first=-(10**12)),
    "points, the wrong way round": lambda line: line["grids"][0].update(first=10**12, last=-1),
    "precision": lambda line: line.update(precision=10**12),
    "precision below none": lambda line: line.update(precision=-(10**12)),
}


@pytest.mark.parametrize("second", GREEDY)
@pytest.mark.parametrize("first", GREEDY)
def test_a_greedy_witness_is_refused_at_once(capsys, written, tmp_path, first, second):
    # one direction must not pay for the other
    data = data_of(written("both directions", capsys)[0])
    GREEDY[first](data["witness"]["remove"])
    GREEDY[second](data["witness"]["add"])
    status = main(["verify", str(forged(tmp_path, data))])
    out, err = capsys.readouterr()
    assert status in (1, 2)
    assert (out == "") == (status == 2)
    assert err.count("\n") == status - 1


# -- what cannot be certified or written -----------------------------------------------------------


@pytest.mark.parametrize("method", ["rdp", "best", "gdp", "gdp_clt", "nonsense", ""])
def test_a_certificate_is_of_the_certified_method(capsys, tmp_path, method):
    path = tmp_path / "mine.json"
    words = ["budget", *flags(RUN), *DELTA, "--certificate", str(path)]
    line = refusal(capsys, [*words, f"--method={method}"])
    assert "saddlepoint" in line
    assert not path.exists()


def test_the_certified_method_may_be_named(capsys, written, tmp_path):
    path, _, words = written("both directions", capsys)
    other = tmp_path / "named.json"
    answer(capsys, [*words[:-1], str(other), "--method", "saddlepoint"])
    assert other.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "run",
    [
        {**RUN, "steps": 0},
        {**RUN, "sampling_rate": 0},
        {"kind": "laplace", "noise_multiplier": 2},
        {"kind": "identity"},
        {"kind": "composed", "mechanisms": [RUN, {"kind": "laplace", "noise_multiplier": 2}]},
    ],
    ids=["no steps", "rate zero", "Laplace", "nothing", "Gaussian and Laplace"],
)
def test_runs_without_a_certificate(capsys, tmp_path, run):
    (tmp_path / "run.json").write_text(json.dumps(run))
    words = ["budget", "--run", str(tmp_path / "run.json"), *DELTA]
    refusal(capsys, [*words, "--certificate", str(tmp_path / "mine.json")])
    assert os.listdir(tmp_path) == ["run.json"]


@pytest.mark.parametrize("delta", ["0", "1", "nan", "-1"])
def test_a_wrong_delta_writes_nothing(capsys, tmp_path, delta):
    path = tmp_path / "mine.json"
    words = ["budget", *flags(RUN), f"--delta={delta}", "--certificate", str(path)]
    refusal(capsys, words)
    assert not path.exists()


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("name", ["", ".", "missing/mine.json", "folder", "x" * 300, "a\x00b"])
def test_places_that_cannot_be_written(capsys, tmp_path, monkeypatch, name, more):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    words = ["budget", *flags(RUN), *DELTA, "--certificate", name, *more]
    assert "do: " in refusal(capsys, words)
    assert [p.name for p in tmp_path.rglob("*")] == ["folder"]


@pytest.mark.parametrize("what", ["fsync", "replace"])
def test_nothing_half_written_is_left(capsys, tmp_path, monkeypatch, what):
    path = tmp_path / "mine.json"
    path.write_text("what was there")

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, what, full)
    line = refusal(capsys, ["budget", *flags(RUN), *DELTA, "--certificate", str(path)])
    assert "No space left" in line
    assert os.listdir(tmp_path) == ["mine.json"]
    assert path.read_text() == "what was there"


def test_nothing_half_written_is_left_where_a_disk_is_full_half_way(capsys, tmp_path):
    resource = pytest.importorskip("resource")  # files may grow to 1,000 bytes and no further
    path = tmp_path / "mine.json"
    path.write_text("what was there")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        line = refusal(capsys, ["budget", *flags(RUN), *DELTA, "--certificate", str(path)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "File too large" in line
    assert os.listdir(tmp_path) == ["mine.json"]
    assert path.read_text() == "what was there"


def test_what_is_no_file_is_not_replaced_by_one(capsys, tmp_path):
    """Such as /dev/null, by someone who may."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    refusal(capsys, ["budget", *flags(RUN), *DELTA, "--certificate", str(pipe)])
    assert pipe.is_fifo()
    assert os.listdir(tmp_path) == ["pipe"]
