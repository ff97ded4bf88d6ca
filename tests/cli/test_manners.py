"""How the command behaves in a shell: suggestions, completion, pipes, terminals without color."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli.words import DELTA, ORDINARY, answer, environment, fits, flags, refusal

from dpaccount.cli import _Out

RUN = flags(ORDINARY)
SCRIPT = Path(sys.executable).with_name("dpaccount")
posix = pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["budget", "--nois-multiplier", "1"], "--noise-multiplier"),
        (["budget", "--noise_multiplier=1"], "--noise-multiplier"),
        (["budget", "--noise", "1"], "--noise-multiplier or --noise-std"),
        (["budget", "--sigma", "1"], "--noise-multiplier"),
        (["budget", "--sampling-rate", "1"], "--sample-rate"),
        (["budget", *RUN, "--dleta", "1e-5"], "--delta"),
        (["budget", *RUN, *DELTA, "--jsn"], "--json"),
        (["calibrate", "--eps", "1"], "--epsilon"),
        (["check", "--max-eps", "1"], "--max-epsilon"),
        (["report", "--output", "x.html"], "--out"),
        (["serve", "--prot", "1"], "--port"),
        (["attack", "diagnose", "--taget", "small"], "--target"),
        (["budgte"], "budget"),
        (["reprot"], "report"),
        (["attack", "rum"], "run"),
    ],
)
def test_the_nearest_is_named(capsys, words, meant):
    line = refusal(capsys, words)
    assert f"do: did you mean {meant}? see dpaccount" in line
    command = " ".join(word for word in words[: 2 if words[0] == "attack" else 1])
    if "No such option" in line:
        assert line.endswith(f"see dpaccount {command} --help\n")


@pytest.mark.parametrize("words", [["budget", "--zzzzzz"], ["zzzzzz"], ["budget", "-q"]])
def test_nothing_is_near(capsys, words):
    line = refusal(capsys, words)
    assert "did you mean" not in line
    assert "do: see dpaccount" in line


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("dpaccount bud", {"budget"}),
        ("dpaccount ", {"budget", "report", "serve", "attack"}),
        ("dpaccount budget --noi", {"--noise-multiplier", "--noise-std"}),
        ("dpaccount attack ", {"diagnose", "run"}),
        ("dpaccount budget --method sad", {"saddlepoint", "saddlepoint.fast"}),
        ("dpaccount budget --adjacency re", {"remove", "replace_one"}),
        ("dpaccount calibrate --solve-for s", {"steps", "sample-rate"}),
        ("dpaccount attack run --target mini", {"minilm"}),
        ("dpaccount attack run --attack ide", {"identify"}),
    ],
)
def test_bash_completes(tmp_path, line, expected):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash on this machine")
    env = environment(HOME=str(tmp_path), PATH=f"{SCRIPT.parent}:{os.environ['PATH']}")
    done = subprocess.run(
        [bash, "-c", "dpaccount --install-completion && cat ~/.bashrc"],
        capture_output=True, text=True, timeout=60, check=True, env=env,
    )  # fmt: skip
    assert "bash completion installed" in done.stdout
    ask = (
        f"source ~/.bash_completions/dpaccount.sh; line={line!r}; COMP_WORDS=($line); "
        'case "$line" in *" ") COMP_WORDS+=("");; esac; COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); '
        '_dpaccount_completion dpaccount; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        [bash, "-c", ask], capture_output=True, text=True, timeout=60, check=True, env=env
    )
    assert done.stderr == ""
    offered = set(done.stdout.split())
    assert expected <= offered
    assert all(name.startswith(line.rpartition(" ")[2]) for name in offered)


def on_a_terminal(words, **more):
    """What a command shows on a terminal of eighty columns."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "dpaccount", *words],
        stdout=theirs, stderr=theirs, stdin=theirs, env=environment(**more),
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    try:
        while chunk := os.read(ours, 4096):
            seen += chunk
    except OSError:  # Linux reports the other end's leaving so
        pass
    finally:
        os.close(ours)
    assert process.wait(timeout=60) == 0
    return seen.decode().replace("\r\n", "\n")


@posix
@pytest.mark.parametrize("words", [["--help"], ["compare", *RUN, *DELTA, "--no-peers"]])
def test_color_is_left_out_where_it_is_not_wanted(words):
    assert "\x1b[" in on_a_terminal(words, TERM="xterm-256color")
    dumb = on_a_terminal(words, TERM="dumb")
    assert "\x1b" not in dumb
    plain = on_a_terminal(words, TERM="xterm-256color", NO_COLOR="1")
    for code in (*range(30, 38), *range(40, 48), *range(90, 98)):  # what NO_COLOR speaks of
        assert f"\x1b[{code}m" not in plain
        assert f";{code}m" not in plain


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["budget", "--help"],
        ["budget", *RUN, *DELTA],
        ["compare", *RUN, *DELTA, "--no-peers"],
        ["risk", *RUN, "--method", "gdp"],
        ["theorems"],
        ["theorems", "rdp.poisson"],
        ["sweep", "--noise-multiplier", "1,2", "--sample-rate", "1", "--steps", "9", *DELTA],
    ],
    ids=" ".join,
)
def test_a_pipe_gets_text_alone(capsys, words):
    out = answer(capsys, words)
    assert fits(out)
    assert out.endswith("\n")
    assert not out.endswith("\n\n\n")
    for line in out.splitlines():
        assert line == line.rstrip()


def test_the_stream_that_trims():
    class Kept:
        def __init__(self):
            self.text = ""

        def write(self, text):
            self.text += text

        def flush(self):
            pass

        encoding = "utf-8"

    kept = Kept()
    stream = _Out(kept)
    assert stream.write("a  ") == 3
    stream.flush()
    assert kept.text == "a"
    stream.write(" b \n  c\t \n\n d ")
    assert kept.text == "a   b\n  c\t\n\n"
    stream.flush()
    assert kept.text == "a   b\n  c\t\n\n d"
    assert stream.encoding == "utf-8"


@pytest.mark.parametrize(
    "words",
    [
        ["budget", "--certificate", "run.json"],
        ["budget", "--certificate", "./folder/../run.json"],
        ["report", "--no-peers", "--out", "run.json"],
    ],
)
def test_what_is_read_is_not_written_over(capsys, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    run = tmp_path / "run.json"
    run.write_text('{"noise_multiplier": 1, "sampling_rate": "0.01", "steps": 10}')
    before = run.read_bytes()
    line = refusal(capsys, [*words, "--run", "run.json", *DELTA])
    assert "the file that --run reads" in line
    assert run.read_bytes() == before


def test_what_is_offered_is_what_there_is():
    from dpaccount.attacks.sweep.cells import SWEPT_ATTACKS, SWEPT_TARGETS
    from dpaccount.cli import attack_run

    assert attack_run.ATTACKS == SWEPT_ATTACKS
    assert attack_run.TARGETS == SWEPT_TARGETS
    assert attack_run._last_of("span", "small")("tag,s") == ["tag,span", "tag,small"]
