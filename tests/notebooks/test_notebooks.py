"""The notebooks: short, kept without outputs; every cell runs and shows what the words tell."""

from __future__ import annotations

import base64
import io
import os
import re
import shlex
import sys
from pathlib import Path

import nbformat
import pytest
from matplotlib.image import imread
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import dpaccount as dpa
from dpaccount.cli import main

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
#: All that is known of where a notebook was written.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_NUMBER = re.compile(r"\d[\d,_]*(?:\.\d+)?(?:e-?\d+)?")

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def leftovers(notebook):
    """What a run, a machine or an editor left behind."""
    found = [] if notebook.metadata == METADATA else ["metadata of the notebook"]
    for cell in notebook.cells:
        found += ["metadata of a cell"] if cell.metadata or "attachments" in cell else []
        found += ["an output"] if cell.get("outputs") else []
        found += ["an execution count"] if cell.get("execution_count") is not None else []
        found += ["no source"] if not cell.source.strip() else []
    return found


def numbers(text):
    return {re.sub("[,_]", "", found).rstrip(",") for found in _NUMBER.findall(text)}


def sections(notebook):
    """The first words, the answer with the cell that checks it, and the last words."""
    first, last = notebook.cells[0].source, notebook.cells[-1].source
    places = [
        i for i, cell in enumerate(notebook.cells) if re.search("^## Answer$", cell.source, re.M)
    ]
    (place,) = places
    answer = notebook.cells[place].source.partition("## Answer\n")[2]
    return first, answer, notebook.cells[place + 1], last


def unchecked(answer, checks):
    """The numbers of an answer that the cell after it does not name."""
    return sorted(numbers(answer) - numbers(checks))


def run(notebook, folder, monkeypatch, *, seconds=240):
    """Run every cell in a kernel of this Python, with nothing of a user's own settings."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    monkeypatch.delenv("JUPYTER_PATH", raising=False)
    there = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(there))
    place = folder / "work"
    place.mkdir()
    client = NotebookClient(
        notebook,
        timeout=seconds,
        kernel_name="python3",
        resources={"metadata": {"path": str(place)}},
    )
    client.execute()
    return place


def outputs(notebook, kind):
    return [out for cell in code(notebook) for out in cell.outputs if out.output_type == kind]


def complaints(notebook):
    """What was written to stderr: a warning, or what went wrong and was not raised."""
    return [out.text for out in outputs(notebook, "stream") if out.name == "stderr"]


def pictures(notebook):
    """The pixels of every figure."""
    shown = outputs(notebook, "display_data") + outputs(notebook, "execute_result")
    found = [out.data["image/png"] for out in shown if "image/png" in out.data]
    return [imread(io.BytesIO(base64.b64decode(text))) for text in found]


def is_blank(pixels):
    return bool(pixels.std() < 0.01)


def test_there_are_six():
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06"]


@each
def test_nothing_is_left_behind(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert leftovers(notebook) == []
    text = path.read_text(encoding="utf-8")
    assert text == nbformat.writes(notebook) + "\n"  # as every editor writes it
    assert not re.search(r"/(home|root|tmp|Users)/|https?://", text)


def test_what_is_left_behind_is_found():
    clean = new_notebook(cells=[new_code_cell("1")], metadata=METADATA)
    assert leftovers(clean) == []
    clean.cells[0].outputs = [new_output("stream", text="1")]
    clean.cells[0].execution_count = 1
    assert leftovers(clean) == ["an output", "an execution count"]
    other = new_notebook(cells=[new_code_cell("", metadata={"collapsed": True})])
    assert leftovers(other) == ["metadata of the notebook", "metadata of a cell", "no source"]


@each
def test_it_is_read_in_five_minutes(path):
    notebook = read(path)
    words = sum(len(c.source.split()) for c in notebook.cells if c.cell_type == "markdown")
    lines = sum(len(cell.source.splitlines()) for cell in code(notebook))
    assert 100 < words < 600  # two to three minutes
    assert 20 < lines < 140
    assert len(notebook.cells) < 20


@each
def test_it_asks_answers_and_says_what_to_try(path):
    first, answer, checks, last = sections(read(path))
    assert first.startswith(f"# {path.stem[:2]}. ")
    assert "**Question.**" in first
    assert last.startswith("## Try next\n\n* ")
    assert checks.cell_type == "code"
    assert len(re.findall("^assert ", checks.source, re.M)) >= 5
    assert len(numbers(answer)) >= 5
    assert unchecked(answer, checks.source) == []


@each
def test_what_to_try_is_there(path, capsys):
    text = "\n".join(c.source for c in read(path).cells if c.cell_type == "markdown")
    spans = re.findall("`([^`]+)`", text)
    named = [name for span in spans for name in re.findall(r"\bdpa\.(\w+)", span)]
    assert all(hasattr(dpa, name) for name in named)
    commands = [shlex.split(span)[1:] for span in spans if span.startswith("dpaccount ")]
    assert commands
    for words in commands:
        command = words[: 2 if words[0] == "attack" else 1]
        assert main([*command, "--help"]) == 0
        known = capsys.readouterr().out.split()
        assert [word for word in words if word.startswith("-") and word not in known] == []


def test_a_number_that_is_not_checked_is_found():
    assert unchecked("It is 2.38 of 14,063 at 1e-5.", 'assert f"{x:.2f}" == "2.38"') == [
        "14063",
        "1e-5",
    ]
    assert unchecked("About 9 %.", 'assert f"{x:.0%}" == "9%"') == []
    assert unchecked("It is 2.3.", 'assert f"{x:.2f}" == "2.38"') == ["2.3"]


@each
def test_every_cell_runs(path, tmp_path, monkeypatch):
    notebook = read(path)
    place = run(notebook, tmp_path, monkeypatch)
    cells = code(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert complaints(notebook) == []
    drawn = pictures(notebook)
    assert drawn
    assert not any(map(is_blank, drawn))
    assert all(min(pixels.shape[:2]) > 300 for pixels in drawn)
    # nothing is written where a reader works, but for what git ignores
    assert {found.name for found in place.iterdir()} <= {".hypothesis"}


def test_the_kernel_is_of_this_python_and_runs_this_package(tmp_path, monkeypatch):
    asked = "import sys, dpaccount\nprint(sys.executable)\nprint(dpaccount.__file__)"
    notebook = new_notebook(cells=[new_code_cell(asked)])
    run(notebook, tmp_path, monkeypatch)
    said = "".join(out.text for out in outputs(notebook, "stream")).splitlines()
    assert said == [sys.executable, str(ROOT / "dpaccount" / "__init__.py")]


def test_a_notebook_that_is_wrong_is_found(tmp_path, monkeypatch):
    wrong = "import warnings\nwarnings.warn('look')\nassert 2.38 < 2.3, 'not so'"
    notebook = new_notebook(cells=[new_markdown_cell("It is 2.3."), new_code_cell(wrong)])
    with pytest.raises(CellExecutionError, match="not so"):
        run(notebook, tmp_path, monkeypatch)
    assert any("look" in text for text in complaints(notebook))
    assert pictures(notebook) == []


def test_a_blank_picture_is_found(tmp_path):
    from matplotlib.figure import Figure

    figure = Figure()
    blank = io.BytesIO()
    figure.savefig(blank, format="png")
    figure.subplots().plot([0, 1], [0, 1])
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    blank.seek(0)
    drawn.seek(0)
    assert is_blank(imread(blank)[..., :3])
    assert not is_blank(imread(drawn)[..., :3])
