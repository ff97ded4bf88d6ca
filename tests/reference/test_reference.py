"""The files of this folder are what their scripts make."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from mpmath import mp, mpf

HERE = Path(__file__).parent


def load(name):
    """A script of this folder as a module."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def content(name):
    return json.loads((HERE / name).read_text())


GAUSSIAN, RENYI = load("make_gaussian_epsilon"), load("make_subsampled_gaussian_rdp")
ROWS = {"epsilon": content("gaussian_epsilon.json"), "rdp": content("subsampled_gaussian_rdp.json")}
MADE = [(*case, way) for case in RENYI.CASES for way in ("remove", "add")]
#: Removing at large orders needs hundreds of panels.
DEAR = [i for i, (_, _, order, way) in enumerate(MADE) if way == "remove" and float(order) > 20]


@pytest.mark.parametrize("i", range(len(GAUSSIAN.CASES)))
def test_a_row_of_gaussian_epsilon(i):
    assert GAUSSIAN.row(*GAUSSIAN.CASES[i]) == ROWS["epsilon"]["rows"][i]


@pytest.mark.parametrize(
    "i", [pytest.param(i, marks=pytest.mark.slow if i in DEAR else ()) for i in range(len(MADE))]
)
def test_a_row_of_subsampled_gaussian_rdp(i):
    assert RENYI.row(*MADE[i]) == ROWS["rdp"]["rows"][i]


def test_every_row_has_its_case():
    assert len(ROWS["epsilon"]["rows"]) == len(GAUSSIAN.CASES)
    assert len(ROWS["rdp"]["rows"]) == len(MADE)
    for key, script in (("epsilon", GAUSSIAN), ("rdp", RENYI)):
        assert ROWS[key]["made_by"] == Path(script.__file__).name


@pytest.mark.parametrize("key", ROWS)
def test_every_value_has_a_small_radius(key):
    for row in ROWS[key]["rows"]:
        assert 0 < float(row["radius"]) <= 1e-20 * float(row[key])


@pytest.mark.parametrize("row", ROWS["epsilon"]["rows"], ids=lambda r: f"{r['mu']}-{r['delta']}")
def test_epsilon_brackets_its_delta(row):
    # the formula once more, at the two ends of the radius: delta falls as epsilon grows
    with mp.workdps(100):
        mu, eps, radius = (mpf(row[name]) for name in ("mu", "epsilon", "radius"))
        below, above = GAUSSIAN.delta(mu, eps - radius), GAUSSIAN.delta(mu, eps + radius)
        assert below > mpf(row["delta"]) > above


def test_epsilons_known_from_ball_arithmetic():
    known = {
        "1e-5": "4.377178095681224627650",
        "1e-30": "11.74388302523173625",
        "1e-300": "37.44884791213910",
        "1e-3000": "117.9503777329872",
    }
    rows = {row["delta"]: row["epsilon"] for row in ROWS["epsilon"]["rows"] if row["mu"] == "1"}
    for delta, digits in known.items():
        last = mpf(10) ** -len(digits.partition(".")[2])
        assert abs(mpf(rows[delta]) - mpf(digits)) <= last


def test_the_readme_names_every_file():
    text = (HERE / "README.md").read_text()
    for path in HERE.iterdir():
        if path.suffix == ".json" or path.name.startswith("make_"):
            assert f"`{path.name}`" in text


def test_every_certified_row_has_two_ends_and_a_source():
    rows = content("subsampled_gaussian_epsilon.json")["rows"]
    assert all(0 < row["epsilon_lower"] <= row["epsilon_upper"] and row["source"] for row in rows)
