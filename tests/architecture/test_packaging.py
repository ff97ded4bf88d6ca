"""What is shipped, and what it is installed with."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from importlib import metadata

import pytest
from architecture.repository import PACKAGE, PROJECT, ROOT, python
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

EXTRAS = PROJECT["project"]["optional-dependencies"]


def pins(text):
    """The exact versions of a constraints file, and the lines that name none."""
    found, loose = {}, []
    for full in text.splitlines():
        line = full.partition("#")[0].strip()
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!+]+)", line)
        if match:
            found[canonicalize_name(match[1])] = match[2]
        elif line:
            loose.append(line)
    return found, loose


PINS, LOOSE = pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))


def asked():
    """The extras that `make venv` installs."""
    (words,) = re.findall(r"--editable '\.\[([\w,]+)\]'", (ROOT / "Makefile").read_text())
    return words.split(",")


def needed(requirements):
    """Every package that the requirements bring in, directly or not, as installed here."""
    todo, seen = list(requirements), set()
    while todo:
        requirement = todo.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        for text in metadata.requires(requirement.name) or []:
            more = Requirement(text)
            extras = ["", *requirement.extras]
            if more.marker is None or any(more.marker.evaluate({"extra": e}) for e in extras):
                todo.append(more)
    return {name for name, _ in seen}


def test_constraints_are_exact():
    assert LOOSE == []
    assert len(PINS) > 10
    assert pins("a>=1\nb==1.*\nc\nd==2 # why\n") == ({"d": "2"}, ["a>=1", "b==1.*", "c"])


@pytest.mark.parametrize("name", PINS)
def test_a_constraint_is_what_runs_here(name):
    # a local label such as +cpu is the same release
    assert SpecifierSet(f"=={PINS[name]}").contains(metadata.version(name), prereleases=True)


def installed(name):
    """Whether a distribution is there."""
    return any(True for _ in metadata.distributions(name=name))


@pytest.mark.parametrize("extra", ["", *EXTRAS])
def test_the_requirements_of_an_extra_are_pinned(extra):
    requirements = EXTRAS[extra] if extra else PROJECT["project"]["dependencies"]
    requirements = [Requirement(text) for text in requirements]
    if extra and extra not in asked():  # constraints are about what runs here, and no more
        requirements = [r for r in requirements if installed(r.name)]
    missing = [r.name for r in requirements if canonicalize_name(r.name) not in PINS]
    assert missing == []
    for requirement in requirements:
        assert requirement.specifier.contains(PINS[canonicalize_name(requirement.name)])


def test_one_least_version_of_opacus_is_named():
    """The first that takes an accountant of somebody else's, and the one that is tested."""
    texts = [Requirement(text) for texts in EXTRAS.values() for text in texts]
    least = {str(each.specifier) for each in texts if each.name == "opacus"}
    assert least == {">=1.6"}
    page = (ROOT / "docs/how-to/opacus.md").read_text(encoding="utf-8")
    assert re.findall(r"Opacus \(([0-9.]+) or later", page) == ["1.6"]
    plugin = (ROOT / "dpaccount/interop/plugin.py").read_text(encoding="utf-8")
    assert re.findall(r"Opacus ([0-9.]+) or later", plugin) == ["1.6"]
    assert PINS["opacus"].startswith("1.6.")


def test_most_extras_are_installed_here():
    # so that the test above is not empty
    texts = [text for texts in EXTRAS.values() for text in texts]
    assert sum(installed(Requirement(text).name) for text in texts) > len(texts) / 2


def test_everything_that_is_set_up_is_pinned_and_nothing_else():
    texts = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    texts += [text for extra in asked() for text in EXTRAS[extra]]
    assert needed(map(Requirement, texts)) == set(PINS)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl")
    return path


def missing_or_alien(names, sources, classifiers):
    """What a wheel lacks, and what has no place in it."""
    expected = set(sources)
    if "Typing :: Typed" in classifiers:  # without the file, no type checker reads the types
        expected.add("dpaccount/py.typed")
    inside = {name for name in names if ".dist-info/" not in name}
    return sorted(expected - inside), sorted(inside - expected - {"dpaccount/py.typed"})


def test_what_the_wheel_holds(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    ends = (".py", ".jinja", ".css", ".js", ".json")  # code, and what pages are made from
    sources = [str(path.relative_to(ROOT)) for path in PACKAGE.rglob("*") if path.suffix in ends]
    missing, alien = missing_or_alien(names, sources, PROJECT["project"]["classifiers"])
    assert alien == []
    assert not [name for name in names if "test" in name.split("/")[0]]
    assert missing == []


def test_the_check_of_a_wheel_can_fail():
    sources, typed = ["dpaccount/a.py"], ["Typing :: Typed"]
    assert missing_or_alien(sources, sources, typed) == (["dpaccount/py.typed"], [])
    assert missing_or_alien([*sources, "tests/t.py"], sources, []) == ([], ["tests/t.py"])


def test_what_the_wheel_says_of_itself(wheel):
    archive = zipfile.ZipFile(wheel)
    folder = next(n.split("/")[0] for n in archive.namelist() if n.endswith("/METADATA"))
    said = archive.read(f"{folder}/METADATA").decode()
    assert f"Version: {PROJECT['project']['version']}\n" in said
    for text in PROJECT["project"]["dependencies"]:
        assert f"Requires-Dist: {text}\n" in said
    assert "dpaccount = dpaccount.cli:main" in archive.read(f"{folder}/entry_points.txt").decode()
    assert any(name.endswith("/LICENSE") for name in archive.namelist())


def test_the_wheel_works_by_itself(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        "import sys, dpaccount; from dpaccount.cli import main; print(dpaccount.__file__, "
        "flush=True); sys.exit(main(sys.argv[1:]))"
    )
    words = ["budget", "--noise-multiplier", "1.1", "--sample-rate", "0.01", "--steps", "500"]
    done = python(code, *words, "--delta", "1e-5", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(str(tmp_path / "dpaccount"))
    assert "epsilon in [" in done.stdout
    assert "saddlepoint (certified)" in done.stdout
