"""Where the repository is, and its modules."""

from __future__ import annotations

import os
import pkgutil
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import dpaccount

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "dpaccount"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

#: Every module of the package; importing `__main__` does nothing.
MODULES = sorted(
    info.name for info in pkgutil.walk_packages(dpaccount.__path__, prefix="dpaccount.")
)


def copy_package(folder):
    """A scratch copy of the package and its settings, to be broken."""
    shutil.copytree(
        PACKAGE, folder / "dpaccount", ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder / "dpaccount"


def python(code, *words, cwd=ROOT, **more):
    """A fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(cwd), **more},
    )
