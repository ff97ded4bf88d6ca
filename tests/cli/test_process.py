"""The command as a process: status, streams, a reader that leaves, an interrupt."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from cli.words import (
    DELTA,
    ORDINARY,
    RUNS,
    TUTORIAL,
    apart,
    as_json,
    environment,
    fits,
    flags,
    shows,
)

import dpaccount as dpa

SCRIPT = Path(sysconfig.get_path("scripts")) / "dpaccount"
KNOWN = {name: value for name, value in TUTORIAL.items() if name != "noise_multiplier"}
COMMANDS = {
    "budget": ["budget", *flags(TUTORIAL), *DELTA],
    "compare": ["compare", *flags(TUTORIAL), *DELTA, "--no-peers"],
    "calibrate": ["calibrate", *flags(KNOWN), *DELTA, "--epsilon", "2", "--method", "rdp"],
    "risk": ["risk", *flags(TUTORIAL), "--fpr", "1e-5", "--candidates", "2", "--method", "rdp"],
}
posix = pytest.mark.skipif(os.name != "posix", reason="signals and closed pipes of POSIX")


@pytest.mark.parametrize("command", [(sys.executable, "-m", "dpaccount"), (str(SCRIPT),)])
def test_module_and_script(command):
    assert len(command) > 1 or SCRIPT.exists()
    bound = dpa.epsilon(RUNS["ordinary"], "1e-5")
    done = apart(COMMANDS["budget"], command)
    assert (done.returncode, done.stderr) == (0, "")
    assert shows(done.stdout, bound)
    assert fits(done.stdout)
    done = apart([*COMMANDS["budget"], "--json"], command)
    assert (done.returncode, done.stderr) == (0, "")
    assert as_json(done.stdout)["epsilon"]["upper"] == bound.upper


@pytest.mark.parametrize("name", ["compare", "calibrate", "risk"])
def test_status_and_streams(name):
    done = apart(COMMANDS[name])
    assert (done.returncode, done.stderr) == (0, "")
    assert fits(done.stdout)
    assert "\x1b" not in done.stdout
    done = apart([*COMMANDS[name], "--json"])
    assert (done.returncode, done.stderr) == (0, "")
    assert asked(as_json(done.stdout)) == "1e-5"


def asked(data):
    return data["tpr"][0]["fpr"] if "tpr" in data else data["delta"]


def test_what_is_unsupported():
    for more in ([], ["--json"]):
        done = apart([*COMMANDS["budget"], "--adjacency", "replace_one", *more])
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "dp_accounting" in done.stderr  # who does support it


@posix
@pytest.mark.parametrize("last", [None, "--json", "--help"])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_reader_that_has_left(name, last):
    words = [*COMMANDS[name], last] if last else COMMANDS[name]
    reader, writer = os.pipe()
    os.close(reader)  # as `head` does, but before the first byte and so without a race
    try:
        done = subprocess.run(
            [sys.executable, "-m", "dpaccount", *words],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
            env=environment(),
        )
    finally:
        os.close(writer)
    assert done.stderr == ""
    # nothing was checked and found wrong (1), and the input was fine (2)
    assert done.returncode == 0


QUESTION = [*flags({"noise_multiplier": "20", "sampling_rate": "1", "steps": "50"}), *DELTA]
#: Commands and their status, which has to be theirs whoever reads them.
STATUS = {
    "kept": (["check", *QUESTION, "--max-epsilon", "2"], 0),
    "broken": (["check", *QUESTION, "--max-epsilon", "1"], 1),
    "refused": (["check", *QUESTION, "--max-epsilon", "nan"], 2),
    "a wrong word": (["check", "--max-eps", "1"], 2),
}


def _status(words, **streams):
    return subprocess.run(
        [sys.executable, "-m", "dpaccount", *words], timeout=120, check=False, env=environment(),
        **streams,
    )  # fmt: skip


@posix
@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("name", STATUS)
def test_the_status_of_a_gate_is_true_whoever_reads(name, more):
    words, status = STATUS[name]
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = _status([*words, *more], stdout=writer, stderr=subprocess.PIPE)
        assert (done.returncode, done.stderr.count(b"\n")) == (status, int(status == 2))
        # and where the line of a refusal has no reader either
        assert _status([*words, *more], stdout=writer, stderr=writer).returncode == status
    finally:
        os.close(writer)


@posix
@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("name", STATUS)
def test_streams_that_were_closed(name, more):
    words, status = STATUS[name]
    for closed in (">&-", ">&- 2>&-"):
        line = f'"$0" -m dpaccount "$@" {closed}'
        done = subprocess.run(
            ["sh", "-c", line, sys.executable, *words, *more],
            capture_output=True, text=True, timeout=120, check=False, env=environment(),
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (status, "")
        assert done.stderr.count("\n") == int(status == 2 and "2>" not in closed)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
@pytest.mark.parametrize("more", [[], ["--json"], ["--help"]], ids=["text", "json", "help"])
def test_an_answer_that_cannot_be_written_is_no_pass(more):
    with open("/dev/full", "w") as full:
        done = _status([*STATUS["kept"][0], *more], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr.startswith(b"dpaccount: standard output: given No space left on device; ")
    assert done.stderr.count(b"\n") == 1


def test_what_an_encoding_does_not_have_is_written_as_its_escape(tmp_path):
    env = environment(PYTHONIOENCODING="ascii")
    done = subprocess.run(
        [sys.executable, "-m", "dpaccount", "init", str(tmp_path / "\xe9.toml")],
        capture_output=True, text=True, timeout=120, check=False, env=env,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert r"\xe9.toml" in done.stdout


@posix
def test_the_first_line_alone():
    line = " ".join([f"'{sys.executable}'", "-m dpaccount", *COMMANDS["compare"], "| head -n 1"])
    done = subprocess.run(
        line,
        shell=True,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment(),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    assert done.stdout.startswith("DP-SGD: noise multiplier 1.1")


# the work never ends, and says when it has begun
ENDLESS = """
import signal, sys, time
from dpaccount.accountants import Accountant
from dpaccount.cli import main

def begin(*arguments, **options):
    sys.stderr.write("ready\\n")
    sys.stderr.flush()
    time.sleep(300)

Accountant.profile = begin
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
sys.exit(main(sys.argv[1:]))
"""


@posix
@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("name", COMMANDS)
def test_an_interrupt_at_work(name, more):
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS, *COMMANDS[name], *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        try:
            assert process.stderr.readline() == "ready\n"
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode in (130, -signal.SIGINT)
    assert (out, err) == ("", "")


# an interrupt that comes while the named module is being imported
EARLY = """
import sys
from dpaccount.cli import main

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize(
    "module", ["typer", "dpaccount.cli.commands", "numpy", "dpaccount.comparison", "rich.table"]
)
def test_an_interrupt_at_an_import(module):
    done = apart([module, *COMMANDS["compare"]], (sys.executable, "-c", EARLY))
    assert "Traceback" not in done.stderr
    assert done.returncode in (130, -signal.SIGINT)
    assert module == "rich.table" or done.stdout == ""  # the table's headline is out by then


@posix
@pytest.mark.parametrize("name", ["compare", "calibrate", "risk"])
def test_a_spinner_on_a_terminal_leaves_the_output_alone(name):
    import pty

    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "dpaccount", *COMMANDS[name], "--json"],
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
            env=environment(TERM="xterm"),
        )
        os.close(theirs)
        try:
            seen = b""
            while chunk := _read(ours):  # the terminal is read, so that nobody waits for it
                seen += chunk
            out = process.stdout.read()
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()
            process.stdout.close()
    finally:
        os.close(ours)
    assert re.search(rb"comparing|calibrating|looking for the ceilings", seen)  # so there was one
    assert asked(as_json(out)) == "1e-5"


def _read(file):
    try:
        return os.read(file, 4096)
    except OSError:  # Linux reports the other end's leaving so
        return b""


def test_a_run_that_is_described_by_flags_alone_needs_no_terminal():
    done = subprocess.run(
        [sys.executable, "-m", "dpaccount", "budget", *flags(ORDINARY), *DELTA],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={k: v for k, v in environment().items() if k not in ("COLUMNS", "TERM", "LINES")},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert fits(done.stdout)


@posix
def test_a_stream_that_is_dropped_leaves_no_file_open(tmp_path):
    from dpaccount.cli import _drop

    with open(tmp_path / "out", "w", encoding="utf-8") as out:
        _drop(out)
        free = os.open(os.devnull, os.O_RDONLY)
        os.close(free)
        for _ in range(5):
            _drop(out)
        again = os.open(os.devnull, os.O_RDONLY)
        os.close(again)
        assert again == free
        out.write("nobody reads it")
    assert (tmp_path / "out").read_text(encoding="utf-8") == ""
    with open(tmp_path / "out", "w", encoding="utf-8") as out:
        os.close(out.fileno())  # by somebody else: what takes its place stays
        _drop(out)
        out.write("nobody reads it")
        out.flush()
    _drop(out)  # closed: nothing to be done
