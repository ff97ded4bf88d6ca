"""Files that hold no record of Opacus: refused in one line, and no code of theirs is run."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

import dpaccount as dpa
from dpaccount.cli import main
from dpaccount.interop.opacus import from_opacus, read_opacus

torch = pytest.importorskip("torch")

STATE = {"history": [(1.1, 0.01, 30)], "mechanism": "rdp"}
ENTRY = [1.1, 0.01, 30]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    # short names leave room for the reason in the message
    monkeypatch.chdir(tmp_path)


def refused(path):
    """The one line of a refusal."""
    with pytest.raises(dpa.InputError) as error:
        read_opacus(path)
    line = str(error.value)
    assert "\n" not in line
    assert "do: " in line
    assert "Traceback" not in line
    return line


class Payload:
    """An object that leaves a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def zip_of(data_pkl: bytes) -> bytes:
    """A torch file around a pickle, without torch."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", data_pkl)
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/version", "3\n")
    return made.getvalue()


def malicious(mark):
    """Pickles that would make the mark, by the way they are wrapped."""
    inside = {"history": Payload(mark), "mechanism": "rdp"}
    saved, legacy = io.BytesIO(), io.BytesIO()
    torch.save(inside, saved)
    torch.save(inside, legacy, _use_new_zipfile_serialization=False)
    return {
        "plain": pickle.dumps(inside),
        "first protocol": pickle.dumps(inside, protocol=0),
        "protocol 1": pickle.dumps(inside, protocol=1),
        "protocol 2": pickle.dumps(inside, protocol=2),
        "torch": saved.getvalue(),
        "torch, before 1.6": legacy.getvalue(),
        "zip by hand": zip_of(pickle.dumps(inside, protocol=2)),
        "the whole file": zip_of(pickle.dumps(Payload(mark), protocol=2)),
    }


WRAPPINGS = list(malicious(Path("nowhere")))


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_code_in_a_file_is_not_run(capsys, tmp_path, wrapping):
    mark = tmp_path / "mark"
    path = tmp_path / "file.pt"
    path.write_bytes(malicious(mark)[wrapping])
    refused(path)
    assert main(["budget", "--delta", "1e-5", "--from-opacus", str(path)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert not mark.exists()
    # the payload is live: a reader that trusts the file makes the mark
    if wrapping.startswith(("torch", "zip", "the")):
        torch.load(path, weights_only=False)
    else:
        pickle.loads(path.read_bytes())  # noqa: S301 - that is the point
    assert mark.exists()


def test_a_pickle_is_named_as_one():
    path = Path("file.pt")
    for protocol in (2, 5):
        path.write_bytes(pickle.dumps(STATE, protocol=protocol))
        assert "pickle" in refused(path)
    torch.save(STATE, path, _use_new_zipfile_serialization=False)
    assert "pickle" in refused(path)


def test_a_file_that_is_cut_off(tmp_path):
    whole = io.BytesIO()
    torch.save(STATE, whole)
    data = whole.getvalue()
    path = tmp_path / "file.pt"
    path.write_bytes(data)
    assert read_opacus(path).steps == 30
    for length in (0, 1, 2, 3, 4, 5, 30, len(data) // 2, len(data) - 30, len(data) - 1):
        path.write_bytes(data[:length])
        refused(path)


def test_a_file_with_one_byte_changed(tmp_path):
    whole = io.BytesIO()
    torch.save(STATE, whole)
    data = whole.getvalue()
    path = tmp_path / "file.pt"
    for at in range(0, len(data), 23):
        changed = bytearray(data)
        changed[at] ^= 0x55
        path.write_bytes(changed)
        # refused, or a record (the byte may stand in padding or in a number); nothing else
        with suppress(dpa.DPAccountError):
            assert isinstance(read_opacus(path), dpa.Mechanism)


def test_zip_files_that_torch_did_not_make(tmp_path):
    path = tmp_path / "file.pt"
    for entries in ({}, {"a.txt": "x"}, {"data.pkl": "x"}, {"archive/data.pkl": "x"}):
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in entries.items():
                archive.writestr(name, text)
        refused(path)


HISTORIES = {
    "null": None,
    "number": 3,
    "text": "rdp",
    "object": {"0": ENTRY},
    "true": True,
    "a flat entry": ENTRY,
    "two of three": [[1.1, 0.01]],
    "four": [[1.1, 0.01, 30, 1]],
    "empty entry": [[]],
    "text entry": ["abc"],
    "object entry": [{"noise_multiplier": 1.1}],
    "null entry": [None],
    "second is wrong": [ENTRY, None],
    "nested": [[ENTRY, ENTRY, ENTRY]],
    "no noise": [[0, 0.01, 30]],
    "negative noise": [[-1.1, 0.01, 30]],
    "null noise": [[None, 0.01, 30]],
    "true noise": [[True, 0.01, 30]],
    "words": [["much", 0.01, 30]],
    "rate above 1": [[1.1, 1.28, 30]],
    "negative rate": [[1.1, -0.01, 30]],
    "half a step": [[1.1, 0.01, 30.5]],
    "negative steps": [[1.1, 0.01, -1]],
    "true steps": [[1.1, 0.01, True]],
    "too many steps": [[1.1, 0.01, 10**15 + 1]],
    "swapped": [[1.1, 30, 0.01]],
    "nan": [[float("nan"), 0.01, 30]],
    "infinite": [[float("inf"), 0.01, 30]],
    "nan rate": [[1.1, float("nan"), 30]],
    "nan steps": [[1.1, 0.01, float("nan")]],
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
def test_histories_that_are_none(tmp_path, history):
    state = {"history": history, "mechanism": "rdp"}
    as_json, as_torch = tmp_path / "file.json", tmp_path / "file.pt"
    as_json.write_text(json.dumps(state))  # NaN and Infinity stand in it as such
    torch.save(state, as_torch)
    refused(as_json)
    refused(as_torch)
    with pytest.raises(dpa.InputError):
        from_opacus(state)


@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        None,
        3,
        "x",
        STATE["history"],
        [STATE],
        {"history": STATE["history"]},
        {"mechanism": "rdp"},
        {"privacy_accountant_state_dict": None},
        {"privacy_accountant_state_dict": {}},
        {"privacy_accountant_state_dict": {"mechanism": "rdp"}, "other": STATE},
        {"deep": {"deeper": STATE}},
        {"one": STATE, "two": STATE},
        {**STATE, "privacy_accountant_state_dict": STATE},
        {"module_state_dict": {"weight": 1.0}},
    ],
    ids=lambda data: json.dumps(data)[:60],
)
def test_no_state_or_more_than_one(tmp_path, data):
    as_json, as_torch = tmp_path / "file.json", tmp_path / "file.pt"
    as_json.write_text(json.dumps(data))
    torch.save(data, as_torch)
    for path in (as_json, as_torch):
        refused(path)
    with pytest.raises(dpa.InputError):
        from_opacus(data)


def test_two_states_are_counted():
    path = Path("file.json")
    path.write_text(json.dumps({"one": STATE, "two": STATE}))
    assert "2 accountant states" in refused(path)


TEXTS = {
    "empty": b"",
    "spaces": b"   \n",
    "broken": b'{"history": [[1.1, 0.01, 30',
    "two documents": json.dumps(STATE).encode() * 2,
    "utf16": json.dumps(STATE).encode("utf-16"),
    "not utf8": b'{"history": [], "mechanism": "\xff"}',
    "deep": b"[" * 200_000,
    "many digits": b'{"history": [[1.1, 0.01, ' + b"9" * 5000 + b']], "mechanism": "rdp"}',
    "huge exponent": b'{"history": [[1e999999999, 0.01, 3]], "mechanism": "rdp"}',
    "said twice": b'{"history": [[1.1, 0.01, 30]], "history": [], "mechanism": "rdp"}',
    "zeros": bytes(100),
    "yaml": b"history:\n- [1.1, 0.01, 30]\nmechanism: rdp\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_texts_that_are_none(tmp_path, text):
    path = tmp_path / "file.json"
    path.write_bytes(text)
    refused(path)


def test_a_file_that_is_too_long():
    path = Path("file.json")
    with path.open("wb") as file:
        file.write(json.dumps(STATE).encode())
        file.truncate(64 * 2**20 + 1)  # a hole: it takes no space
    assert "64 MiB" in refused(path)


def test_names_that_are_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    names = ["missing.pt", "missing/file.pt", ".", "pipe", "loop", "x" * 5000, "a\x00b", ""]
    for name in names:
        refused(tmp_path / name)
        refused(str(tmp_path / name))
    refused("/dev/zero")


def test_a_file_that_may_not_be_read(tmp_path):
    path = tmp_path / "file.json"
    path.write_text(json.dumps(STATE))
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    refused(path)


@pytest.mark.parametrize("source", [None, 3, "x", b"x", 1.5, object(), [], (), STATE["history"]])
def test_things_that_are_no_accountant(source):
    with pytest.raises(dpa.InputError, match="--from-opacus"):
        from_opacus(source)


def test_numbers_that_are_tensors(tmp_path):
    path = tmp_path / "file.pt"
    for history in (torch.ones(2, 3), [(torch.tensor(1.1), 0.01, 30)]):
        torch.save({"history": history, "mechanism": "rdp"}, path)
        refused(path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_compiled_module(tmp_path):
    # such a file holds code, and torch warns about it on its own
    class Echo(torch.nn.Module):
        def forward(self, x):
            return x

    path = tmp_path / "module.pt"
    torch.jit.trace(Echo(), torch.ones(1)).save(str(path))
    words = ["budget", "--delta", "1e-5", "--from-opacus", str(path)]
    done = subprocess.run(
        [sys.executable, "-m", "dpaccount", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
