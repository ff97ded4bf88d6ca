"""A page where something fails or comes late: its number is that of its fields, or none."""

from __future__ import annotations

import os
import signal
import urllib.parse

import pytest
from explorer.conftest import started
from explorer.questions import link
from explorer.test_browser import chromium as chromium  # the fixture
from explorer.test_browser import is_right, settled
from reports.chromium import needs_chromium

pytestmark = needs_chromium
HARD = link(noise_multiplier="0.01")


@pytest.fixture
def page(chromium):
    """A page whose scripts all end well."""
    wrong = []
    context = chromium.new_context()
    made = context.new_page()
    made.on("pageerror", lambda error: wrong.append(str(error)))
    yield made
    context.close()
    assert wrong == []


def begun(page, address, path):
    """Open a page, and do not wait for its numbers."""
    page.goto(address + path, wait_until="commit")
    page.wait_for_selector("#said", state="attached")


@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_a_server_that_ends_at_work(page, server, how):
    process, address = server
    page.goto(address)
    page.wait_for_selector("#basis", state="attached")
    page.fill("#noise_multiplier", "0.01")
    page.wait_for_timeout(500)
    os.killpg(process.pid, getattr(signal, how))
    page.wait_for_selector("#number [role=alert]")
    assert "has ended" in page.inner_text("#number")
    assert "epsilon in" not in page.inner_text("main")


def test_a_page_that_was_cut_off(page, server, tmp_path):
    process, address = server
    begun(page, address, HARD)
    process.kill()
    process.wait()
    page.fill("#noise_multiplier", "2")
    page.wait_for_selector("#number [role=alert]")
    with started(tmp_path, str(urllib.parse.urlsplit(address).port)):
        page.fill("#noise_multiplier", "1.3")
        settled(page)
        is_right(page)


def test_what_is_typed_while_the_numbers_are_on_their_way(page, address):
    begun(page, address, HARD)
    page.fill("#noise_multiplier", "1.3")
    settled(page)
    is_right(page)
    begun(page, address, HARD)
    page.fill("#noise_multiplier", "1.3")
    page.fill("#noise_multiplier", "0.01")
    page.fill("#noise_multiplier", "2")
    settled(page)
    is_right(page)


def test_what_is_asked_again_while_it_is_being_left(page, address):
    page.goto(address)
    page.wait_for_selector("#basis", state="attached")
    page.evaluate("""() => {
      const leave = AbortController.prototype.abort;
      let once = false;
      const set = (text) => {
        const field = document.getElementById("noise_multiplier");
        field.value = text;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      };
      AbortController.prototype.abort = function () {
        leave.call(this);
        if (once) return;
        once = true;
        set("0.2");
      };
      set("0.2");
      setTimeout(() => set("3"), 100);
    }""")
    page.wait_for_timeout(2500)
    # either it is being computed, or it is shown
    if page.get_attribute("#number", "aria-busy") != "true":
        settled(page)
        is_right(page)


def test_ceilings_are_left_where_there_is_no_number(page, address):
    page.goto(address)
    page.wait_for_selector("#basis", state="attached")
    left, waiting = [], []
    page.on("requestfailed", lambda request: left.append(request.url))

    def hold(route):
        waiting.append(route)

    page.route("**/attackers?*", hold)  # for ever
    page.fill("#delta", "2")
    page.wait_for_selector("#delta[aria-invalid=true]")
    page.wait_for_timeout(300)
    assert ["/attackers?" in url for url in left] == [True]
    page.unroute("**/attackers?*")
    page.fill("#delta", "1e-4")
    settled(page)
    is_right(page)


@pytest.mark.parametrize("said", ["", "Internal Server Error", "<p>no part of the page</p>"])
def test_what_is_no_answer_of_ours(page, address, said):
    page.goto(address)
    page.wait_for_selector("#basis", state="attached")
    page.route("**/cost?*", lambda route: route.fulfill(status=500, body=said))
    page.fill("#epochs", "3")
    page.wait_for_selector("#number [role=alert]")
    assert "epsilon in" not in page.inner_text("main")
    page.unroute("**/cost?*")
    page.fill("#epochs", "4")
    page.fill("#epochs", "3")
    settled(page)
    is_right(page)
