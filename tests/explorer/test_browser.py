"""The explorer in a browser: typed, dragged, by keyboard; read, and compared with the library."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from explorer.questions import fields, link
from reports.chromium import CHROMIUM, needs_chromium

import dpaccount as dpa

pytestmark = needs_chromium
_RUN = ("noise_multiplier", "batch_size", "dataset_size", "epochs")


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, address):
    """Opens pages; afterwards the console is empty and nobody else was asked for anything."""
    contexts, said, requests = [], [], []

    def look(path="", width=1280, scheme="light", **more):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, **more
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(address + path)
        page.wait_for_selector("#basis", state="attached")
        return page

    yield look
    for context in contexts:
        context.close()
    # the status 400 of a refused number is no error of the page's
    assert [text for text in said if "400 (Bad Request)" not in text] == []
    assert requests
    assert all(url.startswith((address, "data:")) for url in requests)


def typed(page):
    return dict(parse_qsl(urlsplit(page.url).query)) or fields()


def settled(page):
    """Wait until what is shown is what the fields ask."""
    page.wait_for_function(
        """() => {
          const form = document.querySelector("form");
          const asked = new URLSearchParams(new FormData(form)).toString();
          return ["number", "attackers"].every(
            (id) => document.getElementById(id).dataset.query === asked);
        }""",
        timeout=20_000,
    )


def is_right(page):
    """Whether the page shows the library's own numbers for what its fields and address hold."""
    given = {name: page.input_value(f"#{name}") for name in fields()}
    assert typed(page) == given
    run = dpa.DPSGD(**{name: given[name] for name in _RUN})
    bound = dpa.epsilon(run, given["delta"])
    assert page.inner_text("#number .number") == f"epsilon {bound}"
    assert f"at delta {given['delta']}, {bound.trust.value}" in page.inner_text("#number")
    known = dpa.risk(run, fprs=[given["fpr"]], candidates=[given["candidates"]])
    text = page.inner_text("#attackers")
    for ceiling, name in ((known.tpr[0], "members"), (known.reconstruction[0], "the time")):
        percent = float(re.search(rf"at most (\S+) % of {name}", text)[1])
        true = 100 * ceiling.bound.upper
        assert true * (1 - 1e-9) <= percent <= true * (1 + 1e-2)
    ids = page.inner_text("#basis")
    assert all(id in ids for id in bound.theorems)
    return bound


def test_typing(opened):
    page = opened()
    first = is_right(page)
    page.fill("#noise_multiplier", "2")
    page.fill("#fpr", "0.01")
    settled(page)
    assert is_right(page).upper < first.upper
    assert page.get_attribute("#noise_multiplier-slider", "aria-valuetext") == "2"
    # the same address opens to the same numbers
    again = opened(page.url.rsplit("/", 1)[1])
    for part in ("#number", "#cost", "#attackers", "#basis"):
        assert again.inner_text(part) == page.inner_text(part)


def test_a_hard_question_is_left_for_the_next(opened):
    page = opened()
    page.fill("#noise_multiplier", "0.01")
    page.wait_for_timeout(300)
    assert page.get_attribute("#number", "aria-busy") == "true"
    page.fill("#noise_multiplier", "1.3")
    settled(page)
    is_right(page)


def test_dragging(opened):
    page = opened()
    slider = page.locator("#batch_size-slider")
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    now = int(slider.input_value()) / int(slider.get_attribute("max"))
    page.mouse.move(box["x"] + 8 + now * (box["width"] - 16), middle)
    page.mouse.down()
    for part in (0.3, 0.5, 0.6, 0.65):
        page.mouse.move(box["x"] + part * box["width"], middle)
    page.mouse.up()
    settled(page)
    assert page.input_value("#batch_size") != "256"
    assert int(page.input_value("#batch_size")) > 300
    is_right(page)


def test_the_keyboard_alone(opened):
    page = opened()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the numbers"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "noise_multiplier"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "noise_multiplier-slider"
    style = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(style) == "solid"
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    settled(page)
    assert page.input_value("#noise_multiplier") == "1.6"
    is_right(page)
    # what was opened stays open, and keeps the focus elsewhere alone
    page.click("summary")
    page.focus("#delta-slider")
    page.keyboard.press("ArrowRight")
    settled(page)
    assert page.evaluate("document.activeElement.id") == "delta-slider"
    assert page.get_attribute("#curve-numbers", "open") is not None
    is_right(page)


def test_what_a_screen_reader_is_told(opened):
    page = opened()
    for name, label in (("noise_multiplier", "Noise multiplier"), ("candidates", "Candidates K")):
        assert page.get_by_role("textbox", name=label, exact=True).get_attribute("id") == name
        assert page.get_by_role("slider", name=label).get_attribute("id") == f"{name}-slider"
    assert "Epsilon against delta" in page.get_by_role("img").get_attribute("aria-label")
    headings = page.get_by_role("heading").all_inner_texts()
    assert headings[1:] == ["What it costs", "What it means for an attacker", "What it rests on"]
    page.fill("#epochs", "30")
    settled(page)
    told = page.get_by_role("status")
    page.wait_for_function("() => document.getElementById('said').textContent !== ''")
    assert told.inner_text() == page.inner_text("#number .number")


def test_what_is_no_number(opened):
    page = opened()
    before = page.inner_text("#number .number")
    for name, text in (("noise_multiplier", "-1"), ("batch_size", "70000"), ("delta", "two")):
        good = page.input_value(f"#{name}")
        page.fill(f"#{name}", text)
        page.wait_for_selector(f'#{name}[aria-invalid="true"]')
        line = page.get_by_role("alert").inner_text()
        assert line.startswith(f"{name}: given {text}; allowed: ")
        assert "epsilon in" not in page.inner_text("main")
        assert page.locator("#attackers table").count() == 0
        page.fill(f"#{name}", good)
        settled(page)
        assert page.locator("[aria-invalid]").count() == 0
        assert page.inner_text("#number .number") == before


#: How many things reach beyond the right edge.
WIDE = """() => [...document.querySelectorAll("body *")].filter(
  (e) => !e.closest(".wide, .skip, .unseen") && e.getBoundingClientRect().right > innerWidth + 0.5
).length"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", ["", link(noise_multiplier="0." + "7" * 60), "?nothing=1"], ids=["", "long", "none"]
)
def test_it_fits_every_width(opened, path, scheme):
    page = opened(path, scheme=scheme)
    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(WIDE) == 0
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(18, 23, 29)" if scheme == "dark" else "rgb(255, 255, 255)")


def test_without_scripts(opened):
    page = opened(link(epochs=10), java_script_enabled=False)
    assert not page.is_visible("#epochs-slider")
    page.fill("#epochs", "20")
    page.click("text=Compute")
    page.wait_for_selector("#basis")
    assert typed(page)["epochs"] == "20"
    is_right(page)


def test_a_server_that_has_ended(chromium):
    from explorer.conftest import served

    context = chromium.new_context()
    page = context.new_page()
    with served() as address:
        page.goto(address)
        page.wait_for_selector("#basis")
    page.fill("#epochs", "10")
    page.wait_for_selector("[role=alert]")
    assert "has ended" in page.inner_text("#number")
    assert "epsilon in" not in page.inner_text("main")
    context.close()
