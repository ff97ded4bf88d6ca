"""Packages that are none: they take Opacus's place in a worker and misbehave as they are told."""

from __future__ import annotations

import os
import textwrap
import time
from pathlib import Path

from dpaccount.interop import peers

RDP, GDP, PRV = "opacus.rdp", "opacus.gdp", "opacus.prv"
METHODS = {RDP: "upper", GDP: "approximation", PRV: "estimate with error"}

SLEEP = "import time; time.sleep(600)"
GOOD = "return 1.5"

_SOURCE = """
import os, pathlib, signal, subprocess, sys, time
HERE = pathlib.Path(__file__).parent
{at_import}

def note(name, pid):
    part = HERE / (name + ".part")
    part.write_text(str(pid))
    part.rename(HERE / (name + ".pid"))

class Accountant:
    def __init__(self, name):
        self.name = name
    def get_epsilon(self, delta):
        note(self.name, os.getpid())
        return getattr(self, self.name)(delta)
{bodies}

def create_accountant(name):
    return Accountant(name)
"""


class Stranger:
    """A package in `folder` that is imported as Opacus is; one body of code for each method."""

    def __init__(self, folder: Path, *, rdp=GOOD, gdp=GOOD, prv=GOOD, at_import="") -> None:
        self.folder = folder
        self.package = folder / "opacus" / "accountants"
        self.package.mkdir(parents=True)
        (folder / "opacus" / "__init__.py").write_text("")
        bodies = "".join(
            f"    def {name}(self, delta):\n{textwrap.indent(textwrap.dedent(body), ' ' * 8)}\n"
            for name, body in {"rdp": rdp, "gdp": gdp, "prv": prv}.items()
        )
        text = _SOURCE.format(bodies=bodies, at_import=at_import)
        (self.package / "__init__.py").write_text(text)
        about = folder / "opacus-99.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: opacus\nVersion: 99.0\n")

    def pid(self, name: str, patience: float = 30.0) -> int:
        """The process in which a method (or what it started) ran."""
        path = self.package / f"{name}.pid"
        end = time.monotonic() + patience
        while not path.exists() and time.monotonic() < end:
            time.sleep(0.02)
        return int(path.read_text())


def invite(monkeypatch, stranger: Stranger) -> None:
    """Let the stranger be the only peer there is."""
    monkeypatch.syspath_prepend(str(stranger.folder))
    monkeypatch.setattr(peers, "PEER_METHODS", {"opacus": METHODS})


def gone(pid: int, patience: float = 10.0) -> bool:
    """Whether a process has ended, or does within some seconds."""
    end = time.monotonic() + patience
    while _alive(pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        # an orphan that ended may wait for a parent that never asks
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return Path("/proc/self").exists() is False
