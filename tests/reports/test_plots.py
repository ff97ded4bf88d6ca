"""Figures: what was given is what is drawn, in one style, and bad input is refused."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
import sys
from fractions import Fraction

import matplotlib as mpl
import numpy as np
import pytest
from architecture.repository import ROOT
from matplotlib.colors import to_rgb

import dpaccount as dpa
from dpaccount import _files, comparison
from dpaccount.reports import plots
from dpaccount.reports.plots import contour, style

DELTAS = (1e-9, 1e-7, 1e-5)
TRUE = plots.Line("saddlepoint", DELTAS, (3.0, 2.5, 2.0), 0)
NEAR = plots.Line("rdp", DELTAS, (3.4, 2.8, 2.2))
FAR = plots.Line("gdp", DELTAS, (90.0, 80.0, 70.0))
GUESS = plots.Line("gdp_clt", DELTAS, (2.9, 2.4, 1.9), 2)


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def data(line):
    return tuple(line.get_xdata()), tuple(line.get_ydata())


def test_epsilon_against_delta():
    figure = plots.epsilon_curve([TRUE, NEAR, FAR, GUESS], (1e-5, 2.0))
    (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_xscale()) == ("delta", "epsilon", "log")
    assert labels(axes) == ["rdp", "saddlepoint", "gdp_clt (estimate)"]
    drawn = {line.get_label(): data(line) for line in axes.lines}
    assert drawn["saddlepoint"] == (TRUE.x, TRUE.y)
    assert drawn["rdp"] == (NEAR.x, NEAR.y)
    # a method that would flatten the others is named, never silently left out
    notes = [text.get_text() for text in axes.texts]
    assert notes == ["2", "more than twice as high: gdp"]
    (axes,) = plots.epsilon_curve([TRUE], same=["pld", "x"]).axes
    assert [t.get_text() for t in axes.texts] == ["the same to the eye as saddlepoint: pld, x"]


def test_the_truth_between_bounds():
    run = dpa.DPSGD(noise_multiplier="2.1", sampling_rate="0.1", steps=50)
    found = dpa.compare(run, "1e-5", peers=False)
    low, high = (row.upper for row in found.rows if row.method in ("rdp", "saddlepoint"))
    wrong = comparison.Row("other", "other", None, found.rows[0].value * 0.9, None, "none",
                           comparison.Verdict.BELOW_TRUTH, 0.1)  # fmt: skip
    found = dataclasses.replace(found, rows=(*found.rows, wrong))
    (axes,) = plots.sandwich(found, "a run").axes
    names = [text.get_text() for text in axes.get_yticklabels()]
    truth = dpa.epsilon(run, "1e-5").upper
    marks = {(names[int(line.get_ydata()[0])], line.get_marker()): line.get_xdata()[0]
             for line in axes.lines if line.get_marker() in "<>o"}  # fmt: skip
    # what is an upper bound points left, and one that is below the truth stands on the wrong side
    assert marks["rdp", "<"] == pytest.approx(100 * (max(low, high) / truth - 1), rel=1e-6)
    assert marks["saddlepoint", ">"] <= 0 <= marks["saddlepoint", "<"] < 1e-6
    assert marks["other", "<"] == pytest.approx(100 * (wrong.upper / truth - 1), rel=1e-6)
    assert marks["other", "<"] < 0
    assert marks["gdp_clt", "o"] < 0
    assert ("gdp", "<") not in marks
    assert "gdp" in axes.texts[-1].get_text()  # too far off to be drawn, and named
    assert axes.get_title(loc="left") == "a run"
    found = dpa.compare(dpa.SelfComposed(run, 0), "1e-5", peers=False)
    with pytest.raises(dpa.InputError, match="hold it from both sides"):
        plots.sandwich(found)


def test_no_two_lines_look_the_same():
    lines = [TRUE, *(NEAR._replace(name=f"m{i}") for i in range(5))]
    (axes,) = plots.epsilon_curve(lines).axes
    assert len({(line.get_color(), str(line.get_linestyle())) for line in axes.lines}) == 6
    assert len({line.get_linestyle() for line in axes.lines}) > 1


def contrast(one, other):
    """Of two colors, as WCAG 2 has it."""

    def light(color):
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast():
    assert contrast("black", "white") == pytest.approx(21)
    assert contrast(style.INK, "white") > 7
    assert contrast(style.SOFT, "white") > 4.5
    for color in style.COLORS:
        assert contrast(color, "white") > 2.9, color


def test_tradeoff_and_roc():
    rates = (0.0, 0.5, 1.0)
    missed = plots.Line("this run", rates, (1.0, 0.3, 0.0), 0)
    (axes,) = plots.tradeoff([missed]).axes
    random, line = axes.lines
    assert data(random) == ((0, 1), (1, 0))
    assert data(line) == (missed.x, missed.y)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("false positive rate", "false negative rate")
    found = plots.Line("ceiling", rates, (0.0, 0.7, 1.0), 0)
    (axes,) = plots.roc([found], is_log=False).axes
    assert data(axes.lines[1]) == (found.x, found.y)
    assert data(axes.lines[0]) == ((0.0, 1), (0.0, 1))
    (axes,) = plots.roc([found]).axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert data(axes.lines[1]) == ((0.5, 1.0), (0.7, 1.0))  # 0 has no place there
    with pytest.raises(dpa.InputError, match="no rate above 0"):
        plots.roc([plots.Line("x", (0.0,), (0.0,))])


def test_reconstruction():
    line = plots.Line("ceiling", (2.0, 256.0), (0.8, 0.1), 0)
    (axes,) = plots.reconstruction([line]).axes
    assert data(axes.lines[0]) == ((1, 256.0), (1, 1 / 256.0))
    assert data(axes.lines[1]) == (line.x, line.y)
    for x, y in (((2.0,), (0.0,)), ((2.0,), (1.1,)), ((2.0,), (np.nan,)), ((0.5,), (0.5,))):
        with pytest.raises(dpa.InputError, match="no chance in"):
            plots.reconstruction([plots.Line("x", x, y)])


ROWS = [
    {"noise_multiplier": noise, "sampling_rate": "0.01", "steps": steps, "delta": "1e-5",
     "upper": int(steps) / 100 / float(Fraction(noise))}
    for noise in ("2", "1/2") for steps in ("100", "400")
]  # fmt: skip


def test_a_map_of_a_sweep():
    axes, bar = plots.epsilon_map(ROWS).axes
    values = np.asarray(axes.collections[0].get_array())
    assert values.tolist() == [[2.0, 8.0], [0.5, 2.0]]  # a row for each noise, rising
    assert bar.get_ylabel() == "epsilon at delta 1e-5, upper end"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("steps", "noise multiplier")
    swept = dpa.sweep(noise_multiplier=["1", "2"], sampling_rate="0.01", steps=[10, 100],
                      delta="1e-5", method="gdp")  # fmt: skip
    axes = plots.epsilon_map(swept).axes[0]
    values = np.asarray(axes.collections[0].get_array())
    assert (
        values[0, 0]
        == dpa.epsilon(
            dpa.DPSGD(noise_multiplier=1, sampling_rate="0.01", steps=10), "1e-5", method="gdp"
        ).upper
    )


@pytest.mark.parametrize("rows", [
    [], ROWS[:3], ROWS[:2], [*ROWS, ROWS[0]], [{"steps": 3}],
    [ROWS[0] | {"delta": "1e-6"}, *ROWS[1:]],
    *([ROWS[0] | {"upper": bad}, *ROWS[1:]] for bad in (None, 0.0, np.inf, np.nan, "x")),
])  # fmt: skip
def test_what_is_no_grid_is_refused(rows):
    with pytest.raises(dpa.InputError) as caught:
        plots.epsilon_map(rows)
    assert caught.value.name == "table"


def attack_table():
    pytest.importorskip("torch")
    from dpaccount.attacks.sweep.cells import Question
    from dpaccount.attacks.sweep.table import AttackTable, row_of
    from dpaccount.attacks.sweep.trial import Trial
    from dpaccount.attacks.sweep.verdict import claims

    question = Question.read(
        targets=["attention"], attacks=["identify"], noise_multipliers=["0", "1", "3"],
        epsilons=None, trials=4, evaluations=1, candidates=8, length=4, clip_norm=1, steps=1,
        sampling_rate=1, delta="1e-5", seed=0,
    )  # fmt: skip
    found = [Trial(1, 1, 1, 1.0, 1.0, 1, 1, 0.9, 1.2, 0.8)] * 4
    rows = [row_of(cell, found, claims(cell, found), error=1e-6) for cell in question.cells()]
    return AttackTable(question, tuple(rows), 1e-6)


def test_attacks():
    table = attack_table()
    left, right = plots.attack_success(table).axes
    assert len(left.containers[0].lines[0].get_xdata()) == 3
    assert len(right.containers[0].lines[0].get_xdata()) == 2  # no budget without noise
    assert (left.get_xlabel(), right.get_xlabel()) == ("noise multiplier", "epsilon at delta 1e-5")
    shown = {line.get_label(): data(line)[1] for line in left.lines}
    of = {one.kind: one.bound.upper for one in table.rows[2].named.ceilings}
    assert {"global", "local", "pairs"} <= set(of)
    for kind, upper in of.items():
        assert shown[f"identify: {kind} ceiling"][2] == upper
    assert "no noise" in [text.get_text() for text in left.texts]


def test_budgets():
    from dpaccount.convergence.budgets import excess_of_budgets

    found = excess_of_budgets(
        {"batch_size": 10, "steps": 20}, "wells", epsilons=["1", "4"], delta="1e-3",
        trajectories=20,
    )  # fmt: skip
    (axes,) = plots.excess_of_budgets(found).axes
    predicted = next(line for line in axes.lines if line.get_label() == "predicted bound")
    assert data(predicted)[0] == (1.0, 4.0)
    assert data(predicted)[1] == tuple(found.chief(each.found).upper for each in found.budgets)
    assert axes.get_xlabel() == "epsilon at delta 1e-3"


def test_a_core():
    run = dpa.DPSGD(noise_multiplier="0.5", sampling_rate="0.1", steps=2)
    left, right = contour.core(run, "1e-5").axes
    whole, without = (np.array(line.get_ydata()) for line in right.lines[:2])
    place = float(right.lines[2].get_xdata()[0])  # of the last node
    beyond = np.array(right.lines[0].get_xdata()) >= place
    assert (without[beyond] < whole[beyond] - 8).all()  # what the core is for
    assert left.get_xlabel() == "output x of one step"


@pytest.mark.parametrize("run", [
    dpa.Gaussian(1), dpa.Identity(), dpa.Laplace(1),
    dpa.DPSGD(noise_multiplier=1, sampling_rate=1, steps=3),
    dpa.PoissonSubsampled(dpa.Laplace(1), "0.1"),
    dpa.Composed((
        dpa.DPSGD(noise_multiplier=1, sampling_rate="0.1", steps=3),
        dpa.DPSGD(noise_multiplier=2, sampling_rate="0.1", steps=3),
    )),
])  # fmt: skip
def test_runs_that_have_no_contour(run):
    for draw in (contour.integrand, contour.core):
        with pytest.raises(dpa.Unsupported, match=r"needs (one sampled setting|Gaussian noise)"):
            draw(run, "1e-5")
    with pytest.raises(dpa.Unsupported, match="a core"):
        contour.core(dpa.DPSGD(noise_multiplier="1", sampling_rate="0.1", steps=500), "1e-5")


def test_the_settings_of_matplotlib_stay(tmp_path):
    before = dict(mpl.rcParams)
    plots.save(plots.epsilon_curve([TRUE]), str(tmp_path / "x.svg"))
    assert dict(mpl.rcParams) == before
    assert "matplotlib.pyplot" not in sys.modules or mpl.get_backend().lower() == "agg"


def test_the_same_figure_is_the_same_file(tmp_path):
    for end in style.KINDS:
        one, other = tmp_path / f"one{end}", tmp_path / f"other{end}"
        for path in (one, other):
            plots.save(plots.epsilon_curve([TRUE, NEAR]), str(path))
        assert one.read_bytes() == other.read_bytes(), end
    assert one.read_bytes().startswith(b"%PDF")


def test_an_element_for_a_page():
    text = plots.svg(plots.epsilon_curve([TRUE, NEAR]), "one")
    assert text.startswith("<svg")
    ids = re.findall(r'\bid="([^"]*)"', text)
    assert ids
    assert all(name.startswith("one-") for name in ids)
    assert len(ids) == len(set(ids))
    used = re.findall(r'url\(#([^)]*)\)|href="#([^"]*)"', text)
    assert {a or b for a, b in used} <= set(ids)
    assert not re.search(r'href="(?!#)|<image|<script|<metadata|<!DOCTYPE', text)
    assert not re.search(r"<svg[^>]*\b(width|height)=", text)


@pytest.mark.parametrize("bad", ["x.txt", "", "x", ".png", "no/such/folder/x.png", 3, None,
                                 "a\0.png"])  # fmt: skip
def test_a_figure_asks_for_a_name(bad, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(dpa.InputError) as caught:
        plots.check_picture(bad, "--plot")
    assert caught.value.name == "--plot"
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_it_is_said_in_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(dpa.Unsupported, match="matplotlib is not installed") as caught:
        plots.epsilon_curve([TRUE])
    assert "pip install 'dpaccount[report]'" in str(caught.value)


def gallery():
    path = ROOT / "docs" / "gallery" / "draw.py"
    spec = importlib.util.spec_from_file_location("gallery", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_gallery_shows_every_figure():
    page = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    pictures = gallery().PICTURES
    assert set(re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page)) == set(pictures)
    lying = {str(p.relative_to(ROOT / "docs")) for p in (ROOT / "docs" / "gallery").glob("*.[sp]*")}
    assert lying - {"gallery/draw.py"} == {n for n in pictures if n.startswith("gallery/")}
    drawn = {draw.__name__.removesuffix("_log") for draw in pictures.values()}
    public = {n for n in plots.__all__ if n not in ("Line", "check_picture", "need_matplotlib",
                                                    "save", "svg")}  # fmt: skip
    assert public | set(contour.__all__) == drawn


SLOW = {"attack_success", "core", "epsilon_map", "excess_of_budgets", "integrand", "sandwich"}


def test_the_gallery_is_drawn(tmp_path):
    made = gallery()
    for name, draw in made.PICTURES.items():
        if draw.__name__ in SLOW:  # too long for every day; what draws them is tested above
            continue
        path = tmp_path / name.replace("/", "-")
        plots.save(draw(), str(path))
        assert path.stat().st_size > 10_000


def test_a_figure_is_whole_or_not_there(tmp_path, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_files, "write_whole", full)
    for kind in (".png", ".svg", ".pdf"):
        with pytest.raises(dpa.InputError, match="No space left"):
            plots.save(plots.epsilon_curve([TRUE]), str(tmp_path / f"x{kind}"))
    assert not list(tmp_path.iterdir())
