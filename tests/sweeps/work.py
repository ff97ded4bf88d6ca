"""What several tests of sweeps share: questions, processes to be killed, and their work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

#: Some settings, steps and deltas; small pieces of it are quick.
SMALL = {
    "noise_multiplier": "0.7,1.1,2.5",
    "sampling_rate": ["0.001", "1/100"],
    "steps": "300:5000:4:log",
    "delta": "1e-6,1e-5",
}

# a command whose sweep is cut into pieces of a few rows, with a rest after each that is kept:
# whoever is to be stopped in the middle must still be at work when somebody looks
_CODE = """
import sys
import time
from dpaccount.cli import main
from dpaccount.sweeps import parts, verb

write = parts.Parts.write

def write_and_rest(self, piece, answers):
    write(self, piece, answers)
    time.sleep(0.5)

if __name__ == "__main__":
    verb._ROWS = int(sys.argv[1])
    parts.Parts.write = write_and_rest
    sys.exit(main(["sweep", *sys.argv[2:]]))
"""


def start(folder, rows, *words):
    """A sweep in a process of its own, that of the command line, in pieces of so many rows."""
    script = Path(folder) / "sweep_in_pieces.py"
    script.write_text(_CODE, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, str(script), str(rows), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "COLUMNS": "80"},
    )


def words(question, **more):
    """A question as words of a command line."""
    flags = {"sampling_rate": "--sample-rate"}
    found = []
    for name, value in {**question, **more}.items():
        text = ",".join(value) if isinstance(value, list) else str(value)
        found += [flags.get(name, "--" + name.replace("_", "-")), text]
    return found


def die_once(marker, value):
    """Kill the process that runs it, the first time."""
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return [value]


def die():
    """Kill the process that runs it."""
    os.kill(os.getpid(), signal.SIGKILL)


def give(value):
    """An answer."""
    return [value]
