"""Reports: they hold what they must, say what the verbs say, and check themselves."""

from __future__ import annotations

import copy
import dataclasses
import html.parser
import json
import math
import os
import re
import sys

import jsonschema
import pytest

import dpaccount as dpa
from dpaccount.attacks.rates import Rate
from dpaccount.certificates import verify
from dpaccount.guarantees import Bound
from dpaccount.reports import Statements, read_attacks, report
from dpaccount.reports.card import card_text, schema
from dpaccount.reports.document import Facts, Table
from dpaccount.reports.evidence import verify_any
from dpaccount.reports.gather import _roc, _tpr
from dpaccount.reports.sections import LIMITS, NOT_STATED, document
from dpaccount.theorems import LEVELS, closure

VALIDATOR = jsonschema.Draft202012Validator(schema())
NAMES = ["full", "bare", "nothing"]


@pytest.fixture(params=NAMES)
def any_report(request):
    return request.getfixturevalue(request.param)


def test_the_numbers_are_those_of_the_verbs(any_report):
    run, delta = any_report.run, any_report.delta
    assert any_report.bound == dpa.epsilon(run, delta)
    for point in any_report.curves[0].points:
        assert point.bound == dpa.epsilon(run, point.delta)
    for curve in any_report.curves[1:]:
        for point in curve.points[:1]:
            assert point.bound == dpa.epsilon(run, point.delta, method=curve.method)
    for fpr, bound in any_report.risk.tpr:
        true = dpa.profile(run).tpr(fpr)
        assert bound.upper == pytest.approx(true.upper, rel=1e-6)
        assert bound.upper >= true.lower
    assert delta in {point.delta for point in any_report.curves[0].points}


def test_the_curve_of_rates_is_a_ceiling_and_no_loose_one(full):
    curve = dpa.profile(full.run, method="saddlepoint.fast")
    for rate, upper in full.roc[1::9]:
        true = curve.tpr(repr(rate))
        assert true.lower <= upper <= 1.05 * true.upper + 1e-12, rate
    rates = [rate for rate, _ in full.roc]
    assert rates == sorted(rates)
    assert (rates[0], rates[-1]) == (0.0, 1.0)


def test_a_rate_by_hand():
    # e^1 * 0.1 + 0.2, and 1 where that is more
    assert _tpr(0.1, [(1.0, math.log(0.2))]) == pytest.approx(math.e * 0.1 + 0.2)
    assert _tpr(0.9, [(1.0, math.log(0.2))]) == pytest.approx(1.0)
    assert _tpr(0.0, [(1.0, math.log(0.2)), (9.0, math.log(0.1))]) == pytest.approx(0.1)


def test_every_theorem_is_there_with_its_level(full):
    named = {cited.theorem.id for cited in full.theorems if cited.is_cited}
    every = {cited.theorem.id for cited in full.theorems}
    assert set(full.bound.theorems) | set(full.risk.theorems) <= named
    assert set(full.convergence.theorems) <= named
    assert set(closure(sorted(named))) | named == every
    assert all(cited.theorem.level in LEVELS for cited in full.theorems)


def test_a_report_is_made_again_as_it_was(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    once, again = (report(dpa.Identity(), "1e-5", peers=False) for _ in range(2))
    assert once.made == "1970-01-02"
    assert once.to_markdown() == again.to_markdown()
    for odd in ("tomorrow", "999999999999", "9" * 5000):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", odd)
        assert re.fullmatch(r"2\d{3}-\d\d-\d\d", report(dpa.Identity(), "1e-5", peers=False).made)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "253402300799")
    assert report(dpa.Identity(), "1e-5", peers=False).made == "9999-12-31"


def test_what_a_report_must_hold(full):
    sections = {section.id: section for section in document(full).sections}
    assert list(sections) == ["run", "covers", "cost", "attackers", "accountants", "convergence",
                              "attacks", "theorems", "evidence", "limits"]  # fmt: skip
    said = dict(pair for b in sections["covers"].blocks if isinstance(b, Facts) for pair in b.pairs)
    assert said["How settings were tuned"] == "elsewhere"
    assert said["Other looks at the data"] == NOT_STATED
    assert "shuffled" in said["Whether the code draws so"]
    assert said["Neighboring data"].startswith("add_remove. ")
    run = dict(pair for b in sections["run"].blocks if isinstance(b, Facts) for pair in b.pairs)
    assert (run["Clip norm"], run["Steps"]) == ("1.5", "50, as given")
    cost = next(b for b in sections["cost"].blocks if isinstance(b, Table))
    (asked,) = cost.marked
    assert cost.rows[asked][0] == "1e-5"
    assert dict(sections["evidence"].blocks[-1].pairs)["dpaccount"] == dpa.__version__


def test_evidence_for_the_sampler_is_shown():
    run = dpa.Identity()
    found = report(run, "1e-5", peers=False, described_by="Opacus's record")
    assert "does not say which sampler ran" in found.to_markdown()
    said = Statements(sampler_evidence="a test draws 10,000 batches")
    found = report(run, "1e-5", peers=False, described_by="Opacus's record", statements=said)
    assert "a test draws 10,000 batches" in found.to_markdown()
    assert "which sampler ran" not in found.to_markdown()


@pytest.mark.parametrize("name", NAMES)
def test_every_section_is_in_every_form(name, pages, request):
    found = request.getfixturevalue(name)
    page, text = pages[name], found.to_markdown()
    for section in document(found).sections:
        assert f'<h2 id="{section.id}-title">' in page
        assert f"\n## {section.title}\n" in text
    for words in LIMITS:
        assert words in page.replace("&#39;", "'")
        assert words in text


def test_what_was_not_asked_is_left_out(bare):
    ids = [section.id for section in document(bare).sections]
    assert "convergence" not in ids
    assert "attacks" not in ids
    card = bare.to_json()
    assert card["convergence"] is card["attacks"] is card["certificate"] is None
    assert all(value is None for value in card["statements"].values())
    assert "There is none" in bare.to_markdown()


def test_a_card_is_what_its_schema_says(any_report):
    VALIDATOR.check_schema(schema())
    card = json.loads(card_text(any_report), parse_constant=pytest.fail)
    VALIDATOR.validate(card)
    assert card["epsilon"]["upper"] == any_report.bound.upper
    assert card["delta"] == any_report.delta.text
    assert dpa.mechanism_from_json(card["run"]["mechanism"]) == any_report.run


def test_the_schema_refuses_what_is_no_card(full):
    card = full.to_json()
    for rows in (card["theorems"], card["curves"], card["comparison"]["rows"],
                 card["attackers"]["roc"]):  # fmt: skip
        del rows[1:]  # one of a kind will do

    def paths(value, path=()):
        if isinstance(value, dict):
            for key, item in value.items():
                yield (*path, key)
                yield from paths(item, (*path, key))

    free = {"mechanism", "certificate", "versions", "directions"}
    seen = 0
    for path in paths(card):
        if free & set(path[:-1]):
            continue
        changed = copy.deepcopy(card)
        place = changed
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = object
        assert not VALIDATOR.is_valid(changed), path
        del place[path[-1]]
        assert not VALIDATOR.is_valid(changed), path
        place["more"] = 1
        assert not VALIDATOR.is_valid(changed), path
        seen += 1
    assert seen > 40
    for name, bad in (("delta", 1e-5), ("delta", "x"), ("trust", "asymptotic"), ("level", "A"),
                      ("made", "today"), ("epsilon", {"lower": 1, "upper": "nan",
                                                      "estimate": None})):  # fmt: skip
        assert not VALIDATOR.is_valid(card | {name: bad}), name


class Reader(html.parser.HTMLParser):
    """What a page is made of; every element is closed where it has to be."""

    VOID = frozenset({"meta", "link", "br", "img", "path", "use", "rect"})

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_loads_nothing_and_runs_nothing(name, pages):
    page = pages[name]
    read = Reader(page)
    for tag, attributes in read.attributes:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("src", "href", "xlink:href", "action", "srcset", "poster", "data"):
            target = attributes.get(name, "#")
            assert target.startswith(("#", "data:")), (tag, target)
        if tag == "script":
            assert attributes["type"] == "application/json"
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    assert "default-src 'none'" in page


def test_words_of_a_user_stay_words(full, pages):
    page = pages["full"]
    assert "<script>alert" not in page
    assert "{{ 7 * 7 }}" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;quotes&#34;" in page
    assert page.count("<script") == page.count("</script>") == 1
    text = full.to_markdown()
    assert "<script>" not in text.replace("\\<script\\>", "")
    assert len([line for line in text.splitlines() if line.startswith("# ")]) == 1
    widths = set()
    for line in text.splitlines():
        if line.startswith("| "):
            widths.add(len(re.findall(r"(?<!\\)\|", line)))
    assert widths <= {3, 4, 5, 6, 8}


def test_a_page_can_be_read_without_eyes_or_mouse(pages):
    page = pages["full"]
    read = Reader(page)
    tags = read.tags
    for landmark in ("header", "nav", "main", "footer"):
        assert tags.count(landmark) == 1
    assert tags.count("h1") == 1
    assert [t for t in tags if re.fullmatch(r"h\d", t)][1:] == ["h2"] * (tags.count("section"))
    assert dict(read.attributes)["html"]["lang"] == "en"
    ids = [a["id"] for _, a in read.attributes if "id" in a]
    assert len(ids) == len(set(ids))
    targets = {a["href"][1:] for t, a in read.attributes if t == "a" and a["href"][0] == "#"}
    assert targets <= set(ids)
    labels = {a["aria-labelledby"] for _, a in read.attributes if "aria-labelledby" in a}
    assert labels <= set(ids)
    images = [a for _, a in read.attributes if a.get("role") == "img"]
    assert len(images) == tags.count("svg") == 4
    assert all(len(a["aria-label"]) > 30 for a in images)
    assert tags.count("table") == tags.count("caption") == tags.count("thead")
    heads = [a for t, a in read.attributes if t == "th"]
    assert all(a["scope"] in ("col", "row") for a in heads)
    for _, a in read.attributes:
        if a.get("class") == "wide":  # what can be scrolled can be reached by keys
            assert (a["tabindex"], a["role"]) == ("0", "region")
            assert a["aria-label"]


def test_no_color_of_a_figure_is_fixed(pages):
    page = pages["full"]
    drawn = "".join(re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL))
    # black and white are what matplotlib writes for nothing
    assert set(re.findall(r"#[0-9a-fA-F]{6}\b", drawn)) <= {"#000000", "#ffffff"}
    sheet = re.search(r"<style>(.*?)</style>", page, flags=re.DOTALL)[1]
    used = set(re.findall(r"var\((--[\w-]+)\)", drawn))
    for scheme in (":root {", "prefers-color-scheme: dark", "@media print"):
        part = sheet.partition(scheme)[2].partition("}")[0] if scheme[0] == ":" else (
            sheet.partition(scheme)[2].partition("}\n")[0]
        )  # fmt: skip
        assert used <= set(re.findall(r"(--[\w-]+):", part)), scheme


def channel(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme, pages):
    sheet = re.search(r"<style>(.*?)</style>", pages["full"], flags=re.DOTALL)[1]
    part = sheet.split("prefers-color-scheme: dark")[scheme == "dark"].partition("}")[0]
    colors = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", part))

    def contrast(one, other):
        high, low = sorted((channel(colors[one]), channel(colors[other])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for text, paper in (("ink", "paper"), ("soft", "paper"), ("accent", "paper"), ("ink", "mark"),
                        ("warn", "warn-paper"), ("ink", "card")):  # fmt: skip
        assert contrast(f"--{text}", f"--{paper}") > 4.5, (text, paper)
    for i in range(6):
        assert contrast(f"--line-{i}", "--paper") > 2.9, i


def test_a_certificate_can_be_verified_from_every_form(full, pages):
    assert verify(full.certificate).holds
    for text in (full.certificate, card_text(full), pages["full"]):
        found = verify_any(text)
        assert found.holds, found.reason
        assert found.claim.upper >= full.bound.upper
    block = re.search(r"```json\n(.*?)```", full.to_markdown(), flags=re.DOTALL)[1]
    assert verify(block).holds
    saved = re.search(r'href="data:application/json;base64,([^"]+)"', pages["full"])[1]
    import base64

    assert verify(base64.b64decode(saved).decode()).holds


def changed(card, path, value):
    """A card with another value in one place."""
    card = copy.deepcopy(card)
    place = card
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return card


@pytest.mark.parametrize(("path", "value", "words"), [
    (("delta",), "1e-6", "delta: the card says 1e-6, its certificate shows 1e-5"),
    (("adjacency",), "remove", "adjacency: the card says remove"),
    (("run", "mechanism", "steps"), 49, "another run"),
    (("run", "mechanism", "noise_multiplier"), "21", "another run"),
    (("run", "mechanism", "noise_std"), "1", "noise_multiplier"),
    (("epsilon", "upper"), 0.5, "epsilon.upper: the card says 0.5, its certificate shows "),
    (("epsilon", "lower"), 9.0, "epsilon.lower: the card says 9.0, its certificate shows "),
    (("epsilon", "upper"), "nan", 'epsilon.upper is "nan"'),
    (("epsilon", "upper"), None, "epsilon.upper is null"),
    (("epsilon", "upper"), True, "epsilon.upper is true"),
    (("epsilon", "estimate"), 1.0, "no estimate"),
    (("run", "mechanism"), {}, "noise_multiplier: given nothing"),
    (("run", "mechanism"), [], "mechanism: given list"), (("delta",), "x", "delta: given x"),
    (("epsilon",), 3, "epsilon is no object"),
    (("certificate", "claim", "delta"), "1e-6", "digest"),
    # what follows from the rest
    (("run", "description"), "noise multiplier 90", "run.description: the card says noise"),
    (("run", "sampler"), "shuffle", "run.sampler: the card says shuffle, where poisson"),
    (("level",), "K", "level: the card says K"), (("method",), "rdp", "method: the card says rdp"),
    (("trust",), "proved", "trust: the card says proved"),
    (("theorems", 0, "statement"), "x", "theorems[0].statement"),
    (("theorems", 0, "id"), "x.y", "no registered theorem is called 'x.y'"),
    (("theorems",), [], "stand on"), (("limits",), [], "limits"), (("more",), 1, "more: the card"),
    (("statements", "more"), "x", "statements"),
    (("failures",), ["x"], "failures"), (("attacks", "violations"), 1, "failures"),
    (("convergence", "verdict"), "violated", "failures"),
    # what is found when the run is asked again
    (("directions", "add"), {"lower": None, "upper": 0.1, "estimate": None}, "directions.add: the"),
    (("directions", "remove", "lower"), 0.1, "true"),
    (("curves", 0, "points", 3), {"delta": "1e-9", "lower": None, "upper": 1.0, "estimate": None},
     "curves[0] at delta 1e-9: the card says at most 1.0"),
    (("attackers", "advantage", "upper"), 0.12, "attackers.advantage"),
    (("attackers", "tpr", 2, "lower"), 0.0, "true"),
    (("attackers", "roc", 20, "tpr_upper"), 1e-6, "attackers.roc at fpr"),
    (("comparison", "rows", 0, "verdict"), "x", "comparison.rows[0].verdict"),
])  # fmt: skip
def test_a_card_that_was_changed_does_not_hold(full, path, value, words):
    found = verify_any(json.dumps(changed(full.to_json(), path, value)))
    if words == "true":  # it claims less than it could
        assert found.holds
        return
    assert not found.holds
    assert words in found.reason
    assert found.checked == ()


def test_a_ceiling_that_is_too_low_does_not_hold(full):
    card = full.to_json()
    for kind, row in (("tpr", 1), ("reconstruction", 2)):
        low = card["attackers"][kind][row]["upper"] * 0.99
        ends = {"lower": None, "upper": low, "log_lower": None, "log_upper": math.log(low)}
        path = ("attackers", kind, row)
        false = changed(card, path, {**card["attackers"][kind][row], **ends})
        assert f"attackers.{kind} " in verify_any(json.dumps(false)).reason


def test_what_nothing_checks_is_named(full, pages):
    names = {"certificate": full.certificate, "card": card_text(full), "page": pages["full"]}
    for kind, text in names.items():
        found = verify_any(text)
        assert (found.kind, found.holds) == (kind, True)
        assert any("ball arithmetic" in line for line in found.checked)
        assert "that this run is what happened" in found.unchecked
        named = " ".join(found.unchecked)
        for words in ("title", "statements", "attacks", "training"):
            assert (words in named) is (kind != "certificate")
        assert ("figures" in named) is (kind == "page")
    for path in (("title",), ("statements", "unit"), ("attacks", "rows", 0, "target")):
        assert verify_any(json.dumps(changed(full.to_json(), path, "another"))).holds


def test_a_card_of_another_version_is_not_held_to_our_words(full):
    card = changed(full.to_json(), ("versions", "dpaccount"), "0.0.1")
    card = changed(card, ("theorems", 0, "statement"), "as it was put then")
    found = verify_any(json.dumps(card))
    assert found.holds
    assert any("another version" in line for line in found.unchecked)
    assert not verify_any(json.dumps(changed(card, ("epsilon", "upper"), 0.5))).holds


def test_a_page_says_what_its_card_says(full, pages):
    page = pages["full"]
    number = f"epsilon {full.bound}"
    assert page.count(number) > 2
    row = re.search(r'<td data-title="At most" class="n">([\d.]+)</td>', page)
    for old, new in (
        (f'<p class="number">{number}', '<p class="number">epsilon = 0.1'),
        (row[0], row[0].replace(row[1], "0.01")), ("<footer>", "<footer><p>certified by us</p>"),
        ("standard deviation of the noise", "twice the noise"), ("at most 1", "at most 0.1"),
        ('href="data:application/json;base64,', 'href="data:application/json;base64,AA'),
    ):  # fmt: skip
        assert old in page
        found = verify_any(page.replace(old, new, 1))
        assert not found.holds
        assert found.reason.startswith("the page says ")
    # nobody reads figures and what came from elsewhere, and that is said
    assert verify_any(re.sub(r"<figure>.*?</figure>", "", page, flags=re.DOTALL)).holds


PUT = "<p>epsilon is 0.1</p>"


@pytest.mark.parametrize(("old", "new"), [
    ("</header>", '<p class="warning" role="alert">Correction: epsilon is 0.1.</p></header>'),
    ("</header>", '<p class="warning" role="alert">The bracket is wide: it is 0.1.</p></header>'),
    ("</header>", f"<figure>{PUT}</figure></header>"),
    ("</header>", "<figure><style>.number {display: none}</style></figure></header>"),
    ("</header>", "<figure><svg></svg></figure></header>"), ("</header>", "<svg></svg></header>"),
    ("</svg>", "<text>epsilon is 0.1</text></svg>"), ("</svg>", "epsilon is 0.1</svg>"),
    ("</svg>", '<style type="text/css">.number {display: none}</style></svg>'),
    ("</svg>", '<foreignObject>x</foreignObject></svg>'), ("</svg>", '<g onload="x()"/></svg>'),
    ("</svg>", '<g style="position: fixed"/></svg>'), ("</svg>", '<use xlink:href="/x"/></svg>'),
    ("this report gives 1", "this report gives 0.1"),
    ('aria-label="Epsilon against', 'aria-label="x'),
    ("</main>", f'<section id="attacks" >{PUT}</section></main>'),
    ("</ul>", '<li><a href="#attacks">epsilon is 0.1</a></li></ul>'),
    ('id="attacks-title">', 'id="attacks-title"><style>.number {display: none}</style>'),
    ('<section id="attacks"', '<section id="attacks" style="position: fixed"'),
])  # fmt: skip
def test_nothing_is_hidden_where_a_page_is_not_compared(pages, old, new):
    page = pages["full"]
    assert old in page
    found = verify_any(page.replace(old, new, 1))
    assert not found.holds
    assert found.reason.startswith("the page ")


def test_a_part_that_no_card_has_is_no_part_of_a_page(full):
    alone = dataclasses.replace(full, attacks=None, convergence=None)
    page = alone.to_html()
    assert verify_any(page).holds
    for name in ("attacks", "convergence"):
        more = f'<section id="{name}" aria-labelledby="x">{PUT}</section></main>'
        assert not verify_any(page.replace("</main>", more)).holds


def test_a_wide_bracket_is_said(bare):
    wide = dataclasses.replace(bare, bound=Bound(0.1, 2.0, details={"why_wide": "a limit"}))
    assert document(wide).warnings == ("The bracket is wide: a limit.",)
    assert document(bare).warnings == ()


def test_why_a_bracket_is_wide_stands_in_no_card_and_is_said_to_be_unchecked(full):
    why = '<p class="warning" role="alert">The bracket is wide: made up.</p></header>'
    wide = dataclasses.replace(full, bound=dataclasses.replace(full.bound, lower=0.1))
    found = verify_any(wide.to_html().replace("</header>", why))
    assert found.holds
    assert any("why the bracket is wide" in line for line in found.unchecked)


def test_a_page_of_another_version_has_the_number_of_its_card_at_its_head(full, pages):
    versions = tuple({**dict(full.versions), "dpaccount": "0.0.1"}.items())
    page = dataclasses.replace(full, versions=versions).to_html()
    found = verify_any(page.replace("What it covers", "As it was put then"))
    assert found.holds
    assert any("another version wrote" in line for line in found.unchecked)
    number = f'<p class="number">epsilon {full.bound}</p>'
    assert number in page
    for new in ("", '<p class="number">epsilon = 0.1</p>', number + number):
        found = verify_any(page.replace(number, new))
        assert found.reason.startswith("the page says ")


def test_a_card_without_its_curve_does_not_hold(full):
    card = full.to_json()
    for curves in ([], card["curves"][1:], [{**card["curves"][0], "guarantee": False}]):
        found = verify_any(json.dumps(changed(card, ("curves",), curves)))
        assert "curves: the first is no guarantee by saddlepoint" in found.reason


def test_a_card_nested_deeply_does_not_hold(full):
    deep = "[" * 900 + "]" * 900
    text = json.dumps(changed(full.to_json(), ("versions", "more"), "@")).replace('"@"', deep)
    found = verify_any(text)
    assert (found.holds, found.reason) == (False, "the card is nested too deeply")


def test_a_warning_that_was_taken_out_is_missed(full):
    wrong = dataclasses.replace(full, comparison=dataclasses.replace(full.comparison,
                                                                     consistent=False))  # fmt: skip
    page = wrong.to_html()
    assert verify_any(page).holds
    found = verify_any(re.sub(r'<p class="warning" role="alert">.*?</p>', "", page))
    assert found.reason.startswith("the page does not warn: Two accountants")


def test_whatever_stands_in_a_card_there_is_a_verdict(full):
    card = full.to_json()
    attackers, first = card["attackers"], card["curves"][0]
    first["points"] = [point for point in first["points"] if point["delta"] == "1e-5"]
    for rows in (card["curves"], card["comparison"]["rows"], attackers["roc"], attackers["tpr"],
                 attackers["reconstruction"]):  # fmt: skip
        del rows[1:]  # one of a kind will do
    seen = 0

    def ways(value, way=()):
        if isinstance(value, (dict, list)):
            keys = list(value) if isinstance(value, dict) else range(len(value[:1]))
            for key in keys:
                yield (*way, key)
                yield from ways(value[key], (*way, key))

    for way in ways(card):
        if way[0] in ("certificate", "attacks", "limits") and len(way) > 1:
            continue
        for odd in (None, True, "x", [], {}, 10**400):
            try:
                found = verify_any(json.dumps(changed(card, way, odd)))
            except dpa.InputError:
                assert way[0] in ("schema", "certificate")
                continue
            assert found.holds or found.reason, way
            seen += not found.holds
    assert seen > 200


def test_a_card_may_claim_less_than_its_certificate_shows(full):
    card = full.to_json()
    card["epsilon"] = {"lower": 0.0, "upper": "inf", "estimate": None}
    assert verify_any(json.dumps(card)).holds


def test_what_holds_no_certificate_is_refused(bare, pages):
    page = pages["full"]
    twice = page.replace("</body>", '<script type="application/json" id="dpaccount-card">{}'
                         "</script></body>")  # fmt: skip
    for text in (card_text(bare), pages["bare"], "<!doctype html>", "{}", "", twice,
                 page.replace("dpaccount.card/1", "dpaccount.card/9"),
                 '{"schema": "dpaccount.card/1", "schema": "dpaccount.card/1"}'):  # fmt: skip
        with pytest.raises(dpa.InputError) as caught:
            verify_any(text)
        assert caught.value.name == "certificate"


def with_attacks(table_path, tmp_path, change):
    data = json.loads(table_path.read_text())
    change(data)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(data))
    return str(path)


def test_attacks_are_held_against_their_ceilings_anew(full, table, tmp_path):
    assert not full.failures
    assert full.attacks.rows[0].interval == pytest.approx((0.7513, 0.9987), abs=1e-4)

    def exceed(data):  # a table that calls it something else is not believed
        data["rows"][1]["ceilings"][0]["successes"] = data["rows"][1]["named"] = 20

    found = read_attacks(with_attacks(table, tmp_path, exceed))
    assert found.violations == (found.rows[1],)
    made = dataclasses.replace(full, attacks=found)
    assert made.failures == ("an attack exceeded its ceiling beyond chance",)
    page = made.to_html()
    assert 'role="alert"' in page
    assert "above its ceiling, beyond chance" in page
    assert "**Warning:** An attack exceeded" in made.to_markdown()
    assert made.to_json()["attacks"]["violations"] == 1
    VALIDATOR.validate(made.to_json())


def test_unequal_ceilings_count_for_themselves(table, tmp_path):
    """Half of the trials certain, half nearly impossible: 12 of 20 are many, by no mean's word."""

    def unequal(data):
        row = data["rows"][1]
        row["named"] = 12
        row["ceilings"] = [{"what": "secret", "successes": 12, "ceiling": 0.50005,
                            "each": [[0.0001, 10], [1, 10]]}]  # fmt: skip

    found = read_attacks(with_attacks(table, tmp_path, unequal))
    assert found.violations == (found.rows[1],)
    assert Rate(12, 20).lower(1e-6) < 0.50005  # the mean allows as many


@pytest.mark.parametrize("change", [
    lambda d: d.pop("rows"), lambda d: d.update(rows=[]), lambda d: d.update(rows=3),
    lambda d: d.update(violations=1), lambda d: d.pop("violations"), lambda d: d.pop("question"),
    lambda d: d["question"].update(delta="2"),
    *(lambda d, n=n, v=v: d["rows"][0].update({n: v}) for n, v in (
        ("trials", 0), ("trials", "x"), ("named", 21), ("named", -1), ("epsilon_upper", "nan"),
        ("epsilon_upper", "1e400"), ("epsilon_upper", 10**400), ("epsilon_upper", "-1"),
        ("epsilon_upper", "-1e-400"), ("noise_multiplier", "-0.3"),
        ("noise_multiplier", "x"), ("target", ""), ("target", "a\nb"), ("attack", 3),
        ("ceilings", None), ("verdict", "violation"), ("verdict", None))),
    *(lambda d, n=n, v=v: d["rows"][0]["ceilings"][0].update({n: v}) for n, v in (
        ("ceiling", "nan"), ("ceiling", "1e400"), ("ceiling", "-1e-400"),
        ("ceiling", 1.1), ("ceiling", -0.1), ("ceiling", None),
        ("successes", 21), ("what", None), ("each", None), ("each", []), ("each", [[0.96, 19]]),
        ("each", [[0.5, 20]]), ("each", [[1.1, 10], [0.82, 10]]), ("each", [[0.96]]),
        ("each", [[0.96, 21], [0.96, -1]]))),
])  # fmt: skip
def test_what_is_no_table_of_attacks_is_refused(table, tmp_path, change):
    with pytest.raises(dpa.InputError):
        read_attacks(with_attacks(table, tmp_path, change))


@pytest.mark.parametrize("text", ["", "[]", "3", "{", "null"])
def test_a_file_that_is_no_table(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    for name in (str(path), str(tmp_path), "nowhere.json", "a\0b"):
        with pytest.raises(dpa.InputError) as caught:
            read_attacks(name)
        assert caught.value.name == "--attacks"


def test_failures(full):
    assert full.failures == ()
    wrong = dataclasses.replace(full.comparison, consistent=False)
    assert dataclasses.replace(full, comparison=wrong).failures
    row = dataclasses.replace(full.convergence.rows[0], verdict="violated")
    seen = dataclasses.replace(full.convergence, rows=(row,))
    assert "exceeds a predicted bound" in dataclasses.replace(full, convergence=seen).failures[0]


def test_an_epsilon_in_a_table_is_no_smaller_as_a_float(table, tmp_path):
    def change(data):
        data["rows"][0]["epsilon_upper"] = "1e-400"

    assert read_attacks(with_attacks(table, tmp_path, change)).rows[0].epsilon > 0


def test_a_curve_of_rates_where_epsilon_is_too_large_to_be_asked_for():
    curve = dpa.profile(dpa.Gaussian("1e-100"), method="gdp")
    bound = curve.epsilon("1e-5")
    assert bound.upper > 1e150
    assert {upper for _, upper in _roc(curve, bound)} == {1.0}


def test_an_infinite_epsilon_is_said_loudly(bare):
    endless = Bound(None, math.inf, theorems=("dp.gaussian_exact",), method="made up")
    made = dataclasses.replace(bare, bound=endless, roc=())
    assert "Epsilon is infinite: nothing is guaranteed." in made.to_html()
    assert "so nothing is promised" in made.to_markdown()
    card = json.loads(card_text(made))
    assert card["epsilon"]["upper"] == "inf"
    VALIDATOR.validate(card)


@pytest.mark.parametrize("change", [
    {"delta": 0}, {"delta": "nan"}, {"delta": None}, {"run": 3}, {"run": None}, {"title": ""},
    {"title": 3}, {"title": "x" * 1001}, {"title": "x\udcff"}, {"title": "\x1b[2J"},
    {"described_by": "\0"}, {"described_by": " "}, {"statements": {}},
    {"convergence": 3}, {"attacks": []}, {"adjacency": "x"}, {"method": "x"},
])  # fmt: skip
def test_bad_input_is_refused(change):
    with pytest.raises(dpa.InputError):
        report(**{"run": dpa.Identity(), "delta": "1e-5", "peers": False, **change})


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(Statements)])
@pytest.mark.parametrize(
    "bad", ["", 3, True, [], b"x", "x" * 5001, " ", "x\udcff", "\x1b[2J", "\0"]
)
def test_statements_are_words(field, bad):
    with pytest.raises(dpa.InputError) as caught:
        Statements(**{field: bad})
    assert caught.value.name == field


def test_an_estimate_makes_no_report():
    with pytest.raises(dpa.Unsupported, match="below the truth"):
        report(dpa.Gaussian(1), "1e-5", method="gdp_clt", peers=False)


def test_adjacency_add_has_no_reconstruction():
    found = report(dpa.RandomizedResponse("0.6"), "1e-3", adjacency="add", peers=False)
    assert found.risk.reconstruction == ()
    assert [d.value for d, _ in found.directions] == ["add"]
    VALIDATOR.validate(found.to_json())


@pytest.mark.parametrize("name", ["x", "x.txt", "", ".html", "no/such/x.md", "x\0.md", 3, None])
def test_a_place_that_is_refused(nothing, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(dpa.InputError) as caught:
        nothing.save(name)
    assert caught.value.name == "to"
    assert not list(tmp_path.iterdir())


def test_it_is_written_whole_or_not_at_all(nothing, tmp_path, monkeypatch):
    (tmp_path / "ordinary").touch()
    ordinary = (tmp_path / "ordinary").stat().st_mode
    for end in (".html", ".json", ".md"):
        path = nothing.save(str(tmp_path / f"x{end}"))
        assert path.stat().st_mode == ordinary  # not for its owner alone
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(dpa.InputError, match="No space left"):
        nothing.save(str(tmp_path / "x.md"))
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


@pytest.mark.parametrize("module", ["jinja2", "matplotlib"])
def test_what_is_not_installed_is_said_in_one_line(nothing, monkeypatch, module, tmp_path):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(dpa.Unsupported, match=f"{module} is not installed") as caught:
        nothing.save(str(tmp_path / "x.html"))
    assert "dpaccount[report]" in str(caught.value)
    nothing.save(str(tmp_path / "x.md"))
    nothing.save(str(tmp_path / "x.json"))
