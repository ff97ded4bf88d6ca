"""Pages that somebody made to keep a reader busy: read in seconds, and said to be wrong."""

from __future__ import annotations

import dataclasses
import re
import signal
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpaccount.errors import InputError
from dpaccount.reports.evidence import verify_any
from dpaccount.reports.page_check import check_page
from dpaccount.reports.spans import replaced, within

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="needs a timer of POSIX")
SIZE = 4_000_000  # where each beginning is looked at to the end, it takes an hour


@contextmanager
def seconds(most):
    """Stop what takes longer."""

    def late(*_):
        raise TimeoutError(f"more than {most} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, most)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "part",
    ["<svg ", "<figure>", '<p class="warning" role="alert">', '<p class="number">', "<", "<!--",
     '<section id="attacks" ', '<script type="application/json" id="another">', "&#9",
     "&#" + "9" * 9000 + ";", "<svg><!--", "<svg><g a=", '<svg><g x="', "\n", "<g>"],
    ids=lambda part: part[:24].strip() or "lines",
)  # fmt: skip
def test_a_page_of_many_megabytes(full, pages, part):
    where = "</html>"  # no end follows
    page, card = pages["full"], full.to_json()
    read = dataclasses.replace(full, attacks=None, convergence=None)  # as it is read back
    assert where in page
    assert check_page(page, card, read).wrong == ()
    more = part * (SIZE // len(part))
    with seconds(60):
        found = check_page(page.replace(where, where + more, 1), card, read)
    assert (found.wrong == ()) == (not part.strip())  # empty lines say nothing
    assert all(len(line) < 500 for line in found.wrong)


def test_a_page_of_20_mb_of_cards():
    begun = '<script type="application/json" id="dpaccount-card">'
    page = "<!doctype html>" + begun * (20_000_000 // len(begun))
    with seconds(60), pytest.raises(InputError, match="a page with 0 cards"):
        verify_any(page)


ENDS = [("<p>", "</p>"), ("<", ">"), (r"<p\b", ">")]


@given(st.text("<p>/x", max_size=30), st.sampled_from(ENDS))
def test_the_same_as_an_expression(text, ends):
    beginning, end = ends
    whole = re.compile(f"{beginning}(.*?){re.escape(end)}", flags=re.DOTALL)
    assert within(text, beginning, end) == whole.findall(text)
    for most in (0, 1):
        for made in (lambda each: "", lambda each: f"[{each}]"):
            meant = whole.sub(lambda found, made=made: made(found[0]), text, count=most)
            assert replaced(text, beginning, end, made, most) == meant
