"""The site, built once for all tests, and the tool that builds it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from architecture.repository import ROOT
from filelock import FileLock

sys.path.insert(0, str(ROOT / "docs" / "tool"))  # the folder is no package


def built(folder, source=ROOT):
    """The result of building the site into a folder; a warning fails it."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=source, capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Where the built site lies; processes that test side by side share it."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder = base / "site"
    with FileLock(base / "site.lock"):
        if not (folder / "sitemap.xml").is_file():
            done = built(folder)
            assert done.returncode == 0, done.stderr + done.stdout
    return folder
