"""An interrupted sweep continues where it was and loses nothing; what is damaged is never used."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from sweeps.work import SMALL, start, words

import dpaccount as dpa
from dpaccount.sweeps import parts, verb

QUESTION = {**SMALL, "noise_multiplier": "0.7:2.5:8", "method": "rdp"}
ROWS = 8 * 2 * 4 * 2
posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch):
    monkeypatch.setattr(verb, "_ROWS", 16)


@pytest.fixture
def whole(tmp_path):
    """The table of a sweep that nobody interrupted."""
    return dpa.sweep(**QUESTION, to=tmp_path / "whole.csv").path.read_bytes()


def interrupt_after(monkeypatch, pieces, error=KeyboardInterrupt):
    """Let a sweep answer so many pieces; returns the numbers of rows that are asked for later."""
    answered = []

    def answer(theory, adjacency, rows):
        if len(answered) == pieces and error is not None:
            raise error
        answered.append(len(rows))
        return real(theory, adjacency, rows)

    real = verb.answer
    monkeypatch.setattr(verb, "answer", answer)
    return answered


def leave_off(monkeypatch, target, pieces=3):
    """A sweep that was interrupted; the folder of its parts."""
    with monkeypatch.context() as patch:
        interrupt_after(patch, pieces)
        with pytest.raises(KeyboardInterrupt):
            dpa.sweep(**QUESTION, to=target)
    folder = target.with_name(target.name + ".parts")
    assert len(list(folder.glob("part-*"))) == pieces
    assert not target.exists()
    return folder


def test_it_continues_and_asks_for_nothing_twice(monkeypatch, tmp_path, whole):
    target = tmp_path / "table.csv"
    folder = leave_off(monkeypatch, target)
    answered = interrupt_after(monkeypatch, None)
    made = dpa.sweep(**QUESTION, to=target)
    assert made.kept == 3 * 16
    assert sum(answered) == ROWS - 3 * 16
    assert target.read_bytes() == whole
    assert not folder.exists()


def test_the_same_question_in_other_words_continues(monkeypatch, tmp_path, whole):
    target = tmp_path / "table.csv"
    leave_off(monkeypatch, target)
    same = {**QUESTION, "sampling_rate": "0.001,1/100", "delta": ["1e-6", "1e-5"], "method": "RDP "}
    assert dpa.sweep(**same, to=str(target)).kept == 3 * 16
    assert target.read_bytes() == whole


@pytest.mark.parametrize(
    "change",
    [
        {"delta": "1e-6"}, {"steps": "300:5000:5:log"}, {"method": "gdp"}, {"method": None},
        {"adjacency": "remove"}, {"noise_multiplier": "0.7:2.50:8"},
    ],
    ids=str,
)  # fmt: skip
def test_another_question_is_refused(monkeypatch, tmp_path, change):
    target = tmp_path / "table.csv"
    folder = leave_off(monkeypatch, target)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(dpa.InputError, match="another sweep") as caught:
        dpa.sweep(**{**QUESTION, **change}, to=target)
    assert "\n" not in str(caught.value)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert dpa.sweep(**QUESTION, to=target).kept == 3 * 16


def test_another_version_is_another_question(monkeypatch, tmp_path):
    target = tmp_path / "table.csv"
    leave_off(monkeypatch, target)
    monkeypatch.setattr(dpa, "__version__", "0.0.0")
    with pytest.raises(dpa.InputError, match="another sweep"):
        dpa.sweep(**QUESTION, to=target)


def damage(path, how):
    data = path.read_bytes()
    at = data.index(b"\n") + 5
    path.write_bytes(
        {
            "cut short": data[:-1],
            "empty": b"",
            "a digit": data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :],
            "no seal": data[data.index(b"\n") + 1 :],
            "zeros": b"\x00" * len(data),
            "more": data + b"1,2,,proved,x,\n",
        }[how]
    )


@pytest.mark.parametrize("how", ["cut short", "empty", "a digit", "no seal", "zeros", "more"])
def test_a_damaged_part_is_computed_again(monkeypatch, tmp_path, whole, how):
    target = tmp_path / "table.csv"
    folder = leave_off(monkeypatch, target)
    damage(folder / "part-00000001", how)
    answered = interrupt_after(monkeypatch, None)
    assert dpa.sweep(**QUESTION, to=target).kept == 2 * 16
    assert sum(answered) == ROWS - 2 * 16
    assert target.read_bytes() == whole


def test_a_part_that_is_damaged_while_it_is_joined_is_not_used(monkeypatch, tmp_path):
    target = tmp_path / "table.csv"
    real = verb.write_table

    def write_table(target, folder, *rest):
        damage(folder / "part-00000003", "a digit")
        return real(target, folder, *rest)

    monkeypatch.setattr(verb, "write_table", write_table)
    with pytest.raises(dpa.Stopped, match="part 3"):
        dpa.sweep(**QUESTION, to=target)
    assert not target.exists()
    monkeypatch.setattr(verb, "write_table", real)
    assert dpa.sweep(**QUESTION, to=target).kept == ROWS - 16


@pytest.mark.parametrize("text", ["", "{", "[]", '{"sha256": 1}', "\x00"])
def test_a_damaged_manifest_is_not_trusted(monkeypatch, tmp_path, text):
    target = tmp_path / "table.csv"
    folder = leave_off(monkeypatch, target)
    (folder / "manifest.json").write_text(text)
    with pytest.raises(dpa.InputError, match="another sweep"):
        dpa.sweep(**QUESTION, to=target)


def test_a_strangers_folder_is_left_alone(tmp_path):
    target = tmp_path / "table.csv"
    folder = tmp_path / "table.csv.parts"
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")
    with pytest.raises(dpa.InputError, match="no sweep"):
        dpa.sweep(**QUESTION, to=target)
    assert [path.name for path in folder.iterdir()] == ["letter.txt"]


def test_one_at_a_time(tmp_path):
    pytest.importorskip("fcntl")
    target = tmp_path / "table.csv"
    first = parts.Parts(target, {})
    with first.locked():
        again = parts.Parts(target, {})
        with pytest.raises(dpa.InputError, match="another process"), again.locked():
            pass
    with parts.Parts(target, {}).locked():
        pass


def test_an_older_table_stays_until_the_new_one_is_whole(monkeypatch, tmp_path, whole):
    target = tmp_path / "table.csv"
    target.write_text("old")
    with monkeypatch.context() as patch:
        interrupt_after(patch, 2)
        with pytest.raises(KeyboardInterrupt):
            dpa.sweep(**QUESTION, to=target)
    assert target.read_text() == "old"
    dpa.sweep(**QUESTION, to=target)
    assert target.read_bytes() == whole


@pytest.mark.parametrize("name", ["missing/table.csv", "folder.csv", "file.csv/table.csv"])
def test_a_place_that_cannot_be_written(tmp_path, name):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file.csv").touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(dpa.InputError, match="do: "):
        dpa.sweep(**QUESTION, to=tmp_path / name)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_full_disk_stops_it_and_loses_nothing(monkeypatch, tmp_path, whole):
    target = tmp_path / "table.csv"
    written = []

    def fsync(handle):
        written.append(handle)
        if len(written) == 5:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(dpa.Stopped, match="No space left") as caught:
            dpa.sweep(**QUESTION, to=target)
    assert "do: " in str(caught.value)
    folder = tmp_path / "table.csv.parts"
    assert not list(folder.glob("*.new"))
    assert not target.exists()
    assert dpa.sweep(**QUESTION, to=target).kept == 3 * 16  # the first was the manifest
    assert target.read_bytes() == whole


def wait_for(folder, count, process):
    """Wait until so many parts are there."""
    for _ in range(6000):
        if len(list(folder.glob("part-*[0-9]"))) >= count:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    pytest.fail("no part was written")


FAST = {**SMALL, "noise_multiplier": "0.7:2.5:12"}


@posix
@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "processes"),
    [(signal.SIGKILL, "1"), (signal.SIGKILL, "2"), (signal.SIGINT, "2"), (signal.SIGTERM, "1")],
)
def test_a_killed_command_continues(tmp_path, kind, processes):
    target = tmp_path / "table.csv"
    folder = Path(f"{target}.parts")
    command = words(FAST, out=target, processes=processes)
    process = start(tmp_path, 16, *command)
    try:
        wait_for(folder, 3, process)
        process.send_signal(kind)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert out == ""
    assert not target.exists()
    if kind == signal.SIGINT:
        assert process.returncode == 130
        assert err.count("\n") == 1
        assert "go on" in err
    left = {path.name: path.stat().st_mtime_ns for path in folder.glob("part-*[0-9]")}
    assert len(left) >= 3
    watched = start(tmp_path, 16, *command, "--json")
    out, err = watched.communicate(timeout=300)
    assert (watched.returncode, err) == (0, "")
    assert json.loads(out)["kept"] >= 16 * len(left)
    assert not folder.exists()
    assert target.read_bytes() == dpa.sweep(**FAST, to=tmp_path / "whole.csv").path.read_bytes()
