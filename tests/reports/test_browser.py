"""A report in a browser: no overflow, no error, no request, at every width, light and dark."""

from __future__ import annotations

import contextlib
import functools
import http.server
import re
import subprocess
import threading

import pytest
from reports.chromium import CHROMIUM, needs_chromium

pytestmark = needs_chromium
WIDTHS = (320, 390, 768, 1280)
#: Puts the report into frames of several widths and writes down what each came to.
FRAME = """<!doctype html><meta charset="utf-8"><pre id="found"></pre><script>
const lines = [], widths = %s;
let left = widths.length;
for (const width of widths) {
  const frame = document.createElement("iframe");
  frame.style.cssText = `border:0;width:${width}px;height:900px`;
  frame.onload = () => {
    const page = frame.contentDocument, view = frame.contentWindow;
    const wide = [...page.querySelectorAll("body *")].filter(
      (e) => !e.closest(".wide, pre, .skip") && e.getBoundingClientRect().right > width + 0.5);
    const dark = view.matchMedia("(prefers-color-scheme: dark)").matches;
    lines.push([width, page.documentElement.scrollWidth, wide.length,
      view.performance.getEntriesByType("resource").length, dark,
      view.getComputedStyle(page.body).backgroundColor.replaceAll(" ", ""),
      page.querySelectorAll("figure svg path").length,
      page.querySelectorAll("h2").length].join(" "));
    if (!--left) document.getElementById("found").textContent = lines.join("\\n");
  };
  frame.src = "report.html";
  document.body.append(frame);
}
</script>"""


@contextlib.contextmanager
def served(folder):
    """The folder at an address of this machine, and what was asked for there."""
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            asked.append(self.path)

    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()
        thread.join()


def opened(folder, *more):
    """What the frames came to, what the browser said on its console, and what it asked for."""
    (folder / "frame.html").write_text(FRAME % list(WIDTHS))
    with served(folder) as (address, asked):
        done = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
             "--log-level=0", f"--user-data-dir={folder / 'profile'}",
             "--virtual-time-budget=5000", *more, "--dump-dom", f"{address}/frame.html"],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    found = re.search(r'<pre id="found">([^<]+)</pre>', done.stdout)
    assert found, done.stdout[:500] + done.stderr[-2000:]
    rows = {}
    for line in found[1].splitlines():
        width, *rest = line.split()
        rows[int(width)] = rest
    assert set(rows) == set(WIDTHS)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return rows, console, set(asked) - {"/frame.html", "/favicon.ico"}  # of the frame itself


@pytest.mark.parametrize(("scheme", "name"), [("light", "demo"), ("dark", "full")])
def test_a_report_in_a_browser(pages, demo, tmp_path, scheme, name):
    page = demo.to_html() if name == "demo" else pages[name]
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    rows, console, asked = opened(
        tmp_path, *(["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else [])
    )
    assert console == []
    assert asked == {"/report.html"}
    for width, (inner, wide, requests, dark, paper, paths, headings) in rows.items():
        assert int(inner) <= width
        assert (wide, requests) == ("0", "0"), width
        assert dark == ("true" if scheme == "dark" else "false")
        assert paper == ("rgb(18,23,29)" if scheme == "dark" else "rgb(255,255,255)")
        assert int(paths) > 100
        assert headings == ("10" if name == "full" else "8")


@pytest.mark.parametrize("width", [320, 360, 480, 540, 1280])
def test_a_report_by_itself_fits(pages, tmp_path, width):
    """Not in a frame, whose width leaves out what margins add."""
    path = tmp_path / "report.html"
    path.write_text(pages["full"], encoding="utf-8")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width
        browser.close()


def test_what_is_wrong_is_seen(pages, tmp_path):
    wrong = pages["full"].replace("default-src 'none'", "script-src 'self' 'unsafe-inline'")
    wrong = wrong.replace(
        "<footer>",
        '<div style="width:2000px">wide</div><script>throw 1</script>'
        '<script src="nowhere.js"></script><footer>',
    )
    (tmp_path / "report.html").write_text(wrong, encoding="utf-8")
    rows, console, asked = opened(tmp_path)
    assert console
    assert "/nowhere.js" in asked
    for width, (inner, wide, requests, *_) in rows.items():
        assert int(inner) > width
        assert int(wide) > 0
        assert int(requests) > 0
