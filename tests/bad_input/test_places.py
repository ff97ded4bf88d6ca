"""Files that are written: the place is looked at before the work, one way and in one wording."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dpaccount import _files
from dpaccount.cli import main
from dpaccount.errors import InputError

RUN = ["--noise-multiplier", "1.1", "--sample-rate", "0.01", "--steps", "100"]
DELTA = ["--delta", "1e-5"]
SHORT = ["--noise-multiplier", "1", "--trials", "2", *DELTA]
SGD = ["--problem", "quadratic", "--epsilon", "1,2", "--batch-size", "8", "--steps", "9", *DELTA]

#: Every flag that names a file to write: how it is asked for, and what the file may end in.
FLAGS = {
    "budget --certificate": (["budget", *RUN, *DELTA], ()),
    "calibrate --certificate": (["calibrate", *RUN[2:], *DELTA, "--epsilon", "2"], ()),
    "sweep --out": (["sweep", *RUN, *DELTA], (".csv", ".parquet")),
    "attack run --out": (["attack", "run", *SHORT], (".csv", ".json")),
    "attack run --figure": (["attack", "run", *SHORT], (".png", ".svg", ".pdf")),
    "converge --plot": (["converge", *SGD], (".png", ".svg", ".pdf")),
    "report --out": (["report", *RUN, *DELTA, "--no-peers"], (".html", ".json", ".md")),
    "conformance --junit": (["conformance", "dpaccount"], ()),
}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def _nothing_is_computed(monkeypatch):
    """What each of them would compute first."""
    from dpaccount import calibration, conformance, convergence
    from dpaccount.accountants import Accountant, saddlepoint
    from dpaccount.attacks.sweep import verb
    from dpaccount.sweeps import runners

    def never(*_, **__):
        raise AssertionError("it was computed")

    for place, name in (
        (Accountant, "profile"), (saddlepoint, "certify"), (calibration, "calibrate"),
        (conformance, "conform"), (convergence, "converge"), (verb, "runner_of"),
        (runners, "runner_of"),
    ):  # fmt: skip
        monkeypatch.setattr(place, name, never)


def refused(capsys, flag, name):
    """The line that refuses a place, and what the file may end in."""
    words, ends = FLAGS[flag]
    status = main([*words, flag.split()[-1], name])
    out, err = capsys.readouterr()
    assert (status, out, err.count("\n")) == (2, "", 1), err
    assert "Traceback" not in err
    return err.removeprefix("dpaccount: ").strip(), ends


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("why", [
    "no name of a file", "no ordinary file", "no such folder", "a folder that cannot be written to",
    "Not a directory", "File name too long", "embedded null byte",
])  # fmt: skip
@pytest.mark.usefixtures("_nothing_is_computed")
def test_a_place_is_refused_before_the_work_in_one_wording(capsys, monkeypatch, flag, why):
    end = (FLAGS[flag][1] or (".x",))[-1]
    name = {
        "no name of a file": " ", "no ordinary file": f"folder{end}",
        "no such folder": f"no/x{end}",
        "a folder that cannot be written to": f"x{end}", "Not a directory": f"file/x{end}",
        "File name too long": "x" * 250 + end, "embedded null byte": f"a\0b{end}",
    }[why]  # fmt: skip
    Path(f"folder{end}").mkdir()
    Path("file").touch()
    if why.startswith("a folder that"):  # the superuser may write anywhere
        monkeypatch.setattr(_files.os, "access", lambda *_: False)
    before = sorted(os.listdir())
    line, ends = refused(capsys, flag, name)
    assert line.startswith(f"{flag.split()[-1]}: given {why}")
    ended = f" and ends in {', '.join(ends[:-1])} or {ends[-1]}" if ends else ""
    assert f"; allowed: a file that can be written{ended}; do: name " in line
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize("flag", [flag for flag, (_, ends) in FLAGS.items() if ends])
@pytest.mark.parametrize(("name", "why", "instead"), [
    ("x.txt", "the end .txt (x.txt)", "x"), ("x", "no end (x)", "x"),
    (".csv", "no end (.csv)", ".csv"), ("a\nb.txt", "the end .txt (a b.txt)", "file"),
    ("y" * 90 + ".txt", "the end .txt (yyy", "file"),
])  # fmt: skip
@pytest.mark.usefixtures("_nothing_is_computed")
def test_another_end_is_refused_and_a_right_one_named(capsys, flag, name, why, instead):
    line, ends = refused(capsys, flag, name)
    assert f": given {why}" in line
    assert line.endswith(f"; do: name for example {instead}{ends[0]}")
    assert os.listdir() == []


def test_what_counts_is_the_folder_and_not_the_file():
    Path("x.json").write_text("old")
    Path("x.json").chmod(0o400)
    assert _files.write_place("x.json", b"new", "to") == Path("x.json")
    assert Path("x.json").read_text() == "new"
    assert os.listdir() == ["x.json"]


def test_a_link_stays_and_leads_to_what_was_written():
    """Else `--junit /dev/stdout > x.xml` puts a file in that link's place, where one may do so."""
    Path("far").mkdir()
    Path("far/x.json").write_text("old")
    for link, leads_to in (("a.json", "far/x.json"), ("b.json", "far/y.json")):
        Path(link).symlink_to(leads_to)
        assert _files.write_place(link, b"new", "to", ends=(".json", ".md")).name == leads_to[4:]
        assert Path(link).is_symlink()
        assert Path(leads_to).read_text() == "new"
    assert sorted(os.listdir("far")) == ["x.json", "y.json"]
    for link, leads_to, why in (
        ("c.json", "no/x.json", "no such folder"), ("d.json", "far/x.txt", "the end .txt"),
        ("e.json", "e.json", "Too many levels"), ("f.json", "far", "no end"),
    ):  # fmt: skip
        Path(link).symlink_to(leads_to)
        with pytest.raises(InputError, match=why):
            _files.place_of(link, "to", ends=(".json", ".md"))


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_a_file_is_read_by_the_same_people_as_before(mode):
    import dpaccount as dpa

    dpa.sweep(noise_multiplier="1", sampling_rate=1, steps="1", delta="1e-5", to="y.csv")
    Path("x").touch()
    for name in ("x", "y.csv"):
        Path(name).chmod(mode)
    before = os.umask(0o022)
    try:
        _files.write_place("x", b"new", "to")
        _files.write_place("z", b"new", "to")
        dpa.sweep(noise_multiplier="2", sampling_rate=1, steps="1", delta="1e-5", to="y.csv")
    finally:
        os.umask(before)
    found = {name: os.stat(name).st_mode & 0o777 for name in ("x", "y.csv", "z")}
    assert found == {"x": mode, "y.csv": mode, "z": 0o644}


@pytest.mark.parametrize("to", [None, 3, b"x", [], Path(), Path(".."), ""])
def test_what_is_no_name_of_a_file(to):
    with pytest.raises(InputError) as caught:
        _files.place_of(to, "to")
    assert caught.value.name == "to"


@pytest.mark.parametrize("words", [
    ["budget", *RUN, *DELTA, "--certificate", "x"], ["report", *RUN, *DELTA, "--no-peers", "-o",
                                                     "x.md"],
    ["conformance", "dpaccount", "--only", "inputs.delta_nan", "--junit", "x"],
])  # fmt: skip
def test_a_disk_that_is_full_is_one_line(capsys, monkeypatch, words):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_files.os, "replace", full)
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert ": given No space left on device (x" in err
    assert err.startswith("dpaccount: --")
    assert os.listdir() == []
