"""The arrows between modules point down; a check that could not fail would be none."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sysconfig
from pathlib import Path

import grimp
import pytest
from architecture.repository import MODULES, PROJECT, ROOT, copy_package

LINT = Path(sysconfig.get_path("scripts")) / "lint-imports"
LAYERS = next(c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["id"] == "layers")
DOWN, PEERS = "Arrows point down only", "Only interop knows peers, only it and attacks know torch"


def lint(folder):
    """The exit status of import-linter, and the verdict on each contract."""
    done = subprocess.run(
        [str(LINT), "--no-cache"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=folder,
    )
    verdicts = re.findall(r"^(.+?) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE)
    assert verdicts, done.stdout + done.stderr
    return done.returncode, dict(verdicts)


def rooms():
    """The layers that exist, from the top."""
    existing = {name.split(".")[1] for name in MODULES}
    lines = [re.findall(r"\w+", line) for line in LAYERS["layers"]]
    return [[name for name in line if name in existing] for line in lines]


def file_of(package, room):
    path = package / f"{room}.py"
    return path if path.exists() else package / room / "__init__.py"


def append(path, text):
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_the_contracts_hold():
    status, verdicts = lint(ROOT)
    assert (status, verdicts) == (0, {DOWN: "KEPT", PEERS: "KEPT"})


def test_a_faithful_copy_passes(tmp_path):
    copy_package(tmp_path)
    assert lint(tmp_path)[0] == 0


FILLED = [line for line in rooms() if line]
UPWARD = [
    (below, above)
    for i, line in enumerate(FILLED[1:])
    for below in line
    for above in FILLED[i]
    if above != "__main__"
]


def test_there_are_layers_to_cross():
    assert len(UPWARD) >= 10
    assert {room for line in FILLED for room in line} == {m.split(".")[1] for m in MODULES}


@pytest.mark.parametrize(("below", "above"), UPWARD)
def test_an_upward_arrow_is_refused(tmp_path, below, above):
    package = copy_package(tmp_path)
    append(file_of(package, below), f"\nimport dpaccount.{above}\n")
    status, verdicts = lint(tmp_path)
    assert status == 1
    assert verdicts[DOWN] == "BROKEN"


@pytest.mark.parametrize(
    "text",
    [
        "from dpaccount import calibration",
        "from dpaccount.calibration import calibrate",
        "def late():\n    from dpaccount.calibration import calibrate\n    return calibrate",
        "try:\n    import dpaccount.calibration\nexcept ImportError:\n    pass",
    ],
)
def test_an_upward_arrow_cannot_hide(tmp_path, text):
    package = copy_package(tmp_path)
    append(package / "theorems" / "dp.py", f"\n{text}\n")
    assert lint(tmp_path)[0] == 1


@pytest.mark.parametrize("module", ["torch", "opacus.accountants", "dp_accounting"])
@pytest.mark.parametrize("room", ["accounting", "accountants", "comparison", "cli"])
def test_a_peer_outside_interop_is_refused(tmp_path, room, module):
    package = copy_package(tmp_path)
    append(file_of(package, room), f"\ndef late():\n    import {module}\n")
    status, verdicts = lint(tmp_path)
    assert status == 1
    assert verdicts[PEERS] == "BROKEN"


def test_a_room_without_a_place_is_refused(tmp_path):
    package = copy_package(tmp_path)
    (package / "annex.py").write_text('"""A new room."""\n')
    status, verdicts = lint(tmp_path)
    assert status == 1
    assert verdicts.get(DOWN, "BROKEN") == "BROKEN"


def circle(edges):
    """A circle among the edges, or None."""
    try:
        graphlib.TopologicalSorter(edges).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return None


def test_no_circle_of_imports():
    graph = grimp.build_graph("dpaccount", exclude_type_checking_imports=True, cache_dir=None)
    edges = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert set(edges) == {"dpaccount", *MODULES}
    assert circle(edges) is None
    there = next(name for name in edges if edges[name] - {"dpaccount"})
    back = next(iter(edges[there] - {"dpaccount"}))
    assert circle({**edges, back: edges[back] | {there}})


def test_what_is_heavy_is_imported_where_it_is_used():
    # scipy, typer and rich: at the top of no module that `import dpaccount` could reach
    for path in (ROOT / "dpaccount").glob("*.py"):
        tops = ast.parse(path.read_text(encoding="utf-8")).body
        names = [
            alias.name for node in tops if isinstance(node, ast.Import) for alias in node.names
        ]
        names += [node.module or "" for node in tops if isinstance(node, ast.ImportFrom)]
        heavy = {"scipy", "typer", "rich", "torch", "opacus", "matplotlib", "sympy"}
        assert not heavy & {name.split(".")[0] for name in names}, path.name
