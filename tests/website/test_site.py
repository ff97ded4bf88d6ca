"""The site: it builds without a warning, every link leads somewhere, nothing is asked of others."""

from __future__ import annotations

import re
import shutil

import pytest
from architecture.repository import ROOT
from website.conftest import built
from website.reading import dead, read, remote, remote_in_style

import dpaccount as dpa
from dpaccount import attacks, ceilings, reports

#: Addresses inside of the theme's script, and why none of them is asked for.
KNOWN = {
    "https://api.github.com": "only with a repository in the head of the page",
    "https://clipboardjs.com": "in a comment",
    "http://lunrjs.com": "in a comment",
    "http://tartarus.org": "in a comment",
    "https://bit.ly": "in a comment",
    "https://unpkg.com/mermaid": "only for a diagram",
    "https://unpkg.com/resize-observer-polyfill": "only for browsers from before 2020",
}


def pages(site):
    found = sorted(site.rglob("*.html"))
    assert len(found) > 40
    return found


def test_nothing_is_loaded_from_another_host(site):
    for page in pages(site):
        assert remote(page) == [], page
        assert "default-src 'self'" in read(page).policy, page
        assert "mermaid" not in read(page).classes, page  # see KNOWN
        assert "source" not in read(page).parts, page
    for sheet in site.rglob("*.css"):
        assert remote_in_style(sheet.read_text(encoding="utf-8")) == [], sheet


def test_the_scripts_know_no_other_address(site):
    scripts = list(site.rglob("*.js"))
    assert scripts
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        for address in re.findall(r"https?://[\w./@-]+", text):
            known = address.startswith(tuple(KNOWN)) or "www.w3.org" in address
            assert known or "lunr" in script.parts, (script, address)


def test_every_link_and_anchor_leads_somewhere(site):
    found = {str(page.relative_to(site)): dead(page, site) for page in pages(site)}
    found.pop("404.html")  # its links are from the root of wherever the site is put
    assert {page: links for page, links in found.items() if links} == {}
    assert sum(len(read(page).links) for page in pages(site)) > 2000


def test_what_is_wrong_is_found(tmp_path):
    (tmp_path / "there.html").write_text('<h2 id="part">x</h2>')
    page = tmp_path / "page.html"
    page.write_text(
        '<a href="there.html#part">a</a><a href="there.html#nowhere">b</a><a href="gone.html">c</a>'
        '<a href="#self">d</a><a href="https://example.org">e</a><a href="../out.html">f</a>'
        '<script src="https://example.org/x.js"></script><link rel="stylesheet" href="//cdn/x.css">'
        "<style>@import 'https://example.org/x.css';</style>"
        '<p style="background:url(https://example.org/x.png)"></p><img src="data:image/png,">'
    )
    assert dead(page, tmp_path) == ["there.html#nowhere", "gone.html", "#self", "../out.html"]
    assert remote(page) == [
        "https://example.org/x.js", "//cdn/x.css", "https://example.org/x.css",
        "https://example.org/x.png",
    ]  # fmt: skip


def test_a_dead_link_stops_the_build(tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for source in ROOT.iterdir():
        if source.name == "docs":
            shutil.copytree(source, copy / "docs")
        elif source.name[0] != ".":
            (copy / source.name).symlink_to(source)
    page = copy / "docs" / "faq.md"
    page.write_text(page.read_text(encoding="utf-8") + "\n[dead](limitations.md#nowhere)\n")
    done = built(tmp_path / "site", copy)
    assert done.returncode != 0
    assert "#nowhere" in done.stderr


def test_every_public_name_is_in_the_reference(site):
    ids = set().union(*(read(page).ids for page in site.glob("reference/api/*.html")))
    assert {f"dpaccount.{name}" for name in dpa.__all__} - ids == set()
    for module in (attacks, ceilings, reports):
        names = {f"{module.__name__}.{name}" for name in module.__all__}
        assert {name for name in names if name not in ids} <= {"dpaccount.ceilings.Risk",
            "dpaccount.ceilings.risk", "dpaccount.attacks.Target"}  # fmt: skip


def test_a_docstring_is_shown_with_its_sections(site):
    text = (site / "reference/api/budgets.html").read_text(encoding="utf-8")
    start = text.index('id="dpaccount.epsilon"')
    shown = text[start : text.index('id="dpaccount.delta"')]
    for part in ("Guarantee", "Parameters:", "Returns:", "Raises:", "Examples:"):
        assert part in shown
    assert 'href="mechanisms.html#dpaccount.DPSGD"' in shown
    assert "&gt;&gt;&gt; " in shown  # an example is code, and no quotation
    for page in site.glob("reference/api/*.html"):
        assert "<blockquote>" not in page.read_text(encoding="utf-8"), page


def test_every_command_and_option_is_in_the_reference(site):
    import command_line

    text = (site / "reference/command-line.html").read_text(encoding="utf-8")
    found = dict(command_line.commands())
    assert {"dpaccount budget", "dpaccount attack run", "dpaccount report"} <= set(found)
    for name, command in found.items():
        assert f'id="{name.replace(" ", "-")}"' in text
        for parameter in command.params:
            for flag in parameter.opts if parameter.param_type_name == "option" else ():
                assert flag in text, (name, flag)


def test_formulas_are_drawn(site):
    text = (site / "explanation/certified-accountant.html").read_text(encoding="utf-8")
    assert text.count("<math") > 300
    for page in pages(site):
        if "source" not in page.relative_to(site).parts:
            assert "arithmatex" not in page.read_text(encoding="utf-8"), page


def test_an_unknown_command_in_a_formula_is_found():
    import formulas

    page = '<span class="arithmatex">\\(%s\\)</span>'
    assert "<mo>&#x" in formulas.drawn(page % r"a \le b") or "<math" in formulas.drawn(page % "a")
    with pytest.raises(ValueError, match="nosuchcommand"):
        formulas.drawn(page % r"\nosuchcommand x")


def test_links_are_those_of_the_site():
    import links

    file = ROOT / "docs" / "how-to" / "report.md"
    text = "[a](../gallery.md#x) [b](https://example.org) [c](../../README.md) [d](../../Makefile)"
    made, outside = links.rewritten(text, file, "how-to/report.md")
    assert made == (
        "[a](../gallery.md#x) [b](https://example.org) [c](../index.md) [d](../source/Makefile.md)"
    )
    assert outside == {ROOT / "Makefile"}
    assert (
        links.rewritten("```\n[a](gone.md)\n```\n", file, "x.md")[0] == "```\n[a](gone.md)\n```\n"
    )
    with pytest.raises(ValueError, match="leads to no file"):
        links.rewritten("[a](../../gone.md)", file, "how-to/report.md")


def test_sections_of_a_docstring():
    import docstrings

    text = "Do it.\n\nGuarantee: an upper end,\nproved.\n\nExample:\n    >>> 1\n    1\n"
    made = docstrings.sectioned(text)
    assert "Guarantee:\n    An upper end,\n    proved.\n" in made
    assert "Examples:\n    >>> 1" in made
    assert docstrings.linked("As `DPSGD`.\n>>> `DPSGD`") == (
        "As [`DPSGD`][dpaccount.DPSGD].\n>>> `DPSGD`"
    )
