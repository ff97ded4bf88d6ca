"""Fields, links and the picture, without a server."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from explorer.questions import QUESTIONS, fields, link

import dpaccount as dpa
from dpaccount import _validate
from dpaccount.adjacency import Adjacency
from dpaccount.explorer.curve import drawing
from dpaccount.explorer.question import FIELDS, START, given_in, question_of
from dpaccount.explorer.view import nearest
from dpaccount.guarantees import Bound
from dpaccount.reports.curves import deltas_around, points, quick_method
from dpaccount.reports.model import Curve, Point


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_stop_of_a_slider_is_a_number_that_is_taken(field):
    values = [_validate.exact(stop, field.name, allowed="") for stop in field.ladder]
    assert values in (sorted(set(values)), sorted(set(values), reverse=True))
    assert 20 <= len(values) <= 1000
    for stop in (field.ladder[0], field.ladder[len(values) // 2], field.ladder[-1]):
        more = {"dataset_size": 10**7} if field.name == "batch_size" else {}
        more |= {"batch_size": 1} if field.name == "dataset_size" else {}
        assert question_of(fields(**{**more, field.name: stop}).items())
    for i, stop in enumerate(field.ladder):
        if i % 7 == 0:
            assert nearest(field, stop) == i
    for text in ("x", "nan", "", "0", "-1", "1/0"):
        assert nearest(field, text) in range(len(values))


@pytest.mark.parametrize("changed", QUESTIONS, ids=str)
def test_a_link_keeps_what_was_typed(changed):
    given = given_in(link(**changed)[1:])
    assert dict(given) == fields(**changed)
    question = question_of(given)
    assert dict(parse_qsl(question.query)) == fields(**changed)
    assert given_in(question.query) == given
    assert given_in("") == START
    assert given_in(urlencode([(name, f" {text} ") for name, text in given])) == given


def test_the_line_for_a_shell_asks_the_same(capsys):
    from dpaccount.cli import main

    question = question_of(fields(noise_multiplier="2", delta="1/30000").items())
    assert main(question.command.split()[1:]) == 0
    assert f"epsilon {dpa.epsilon(question.run, question.delta)} at" in capsys.readouterr().out


def drawn(delta="1e-5", **changed):
    run = question_of(fields(**changed).items()).run
    number = _validate.delta(delta)
    bound = dpa.epsilon(run, number)
    method = quick_method(run, Adjacency.ADD_REMOVE)
    found = points(dpa.profile(run, method=method), deltas_around(number))
    return bound, drawing(Curve("x", True, found), number, bound, "v")


@pytest.mark.parametrize(
    ("delta", "changed"),
    [("1e-5", {}), ("0.5", {}), ("3e-15", {"epochs": 1}), ("1e-5", {"batch_size": 60_000})],
)
def test_the_dot_lies_on_the_line(delta, changed):
    bound, picture = drawn(delta, **changed)
    line = [tuple(map(float, pair.split(","))) for pair in picture.line.split()]
    assert picture.dot in line
    x, y = zip(*line, strict=True)
    assert list(x) == sorted(x)
    assert list(y) == sorted(y)  # epsilon falls, so y on the page grows
    # by the ticks, the dot is where epsilon is
    (low, zero), (high, top) = ((m.at, float(m.text)) for m in (picture.up[0], picture.up[-1]))
    read = zero + (picture.dot[1] - low) / (high - low) * (top - zero)
    assert read == pytest.approx(bound.upper, abs=1e-3 * top)
    assert 3 <= len(picture.up) <= 7
    assert 3 <= len(picture.across) <= 9
    assert delta in picture.words


def test_what_cannot_be_drawn():
    assert drawn(epochs=0)[1] is None
    assert drawing(Curve("x", True, ()), _validate.delta("1e-5"), dpa.epsilon(
        dpa.Gaussian(1), "1e-5"), "v") is None  # fmt: skip


def test_upper_ends_are_drawn():
    deltas = [_validate.delta(text) for text in ("1e-4", "1e-3", "1e-2")]
    found = Curve("made up", True, tuple(Point(each, Bound(0.5, 4.0)) for each in deltas))
    drawn = drawing(found, deltas[1], Bound(0.5, 4.0), "4")
    (top,) = {float(point.split(",")[1]) for point in drawn.line.split()}
    (mark,) = [mark.at for mark in drawn.up if mark.text == "4"]
    assert top == drawn.dot[1] == mark
