"""Pages of the site in a browser: no overflow, no error, and no request but to where it lies."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from reports.chromium import CHROMIUM, needs_chromium
from reports.test_browser import served

pytestmark = needs_chromium
WIDTHS = (390, 1280)
PAGES = (
    "index.html", "faq.html", "explanation/certified-accountant.html", "reference/support.html",
    "reference/command-line.html", "reference/api/budgets.html",
)  # fmt: skip
FRAME = """<!doctype html><meta charset="utf-8"><pre id="found"></pre><script>
const lines = [], todo = %s;
let left = todo.length;
for (const [page, width] of todo) {
  const frame = document.createElement("iframe");
  frame.style.cssText = `border:0;width:${width}px;height:900px`;
  frame.onload = () => setTimeout(() => {
    const inner = frame.contentDocument, view = frame.contentWindow;
    const far = view.performance.getEntriesByType("resource").filter(
      (e) => !e.name.startsWith(location.origin) && !/^(data|blob):/.test(e.name));
    lines.push([page, width, inner.documentElement.scrollWidth, far.length,
      inner.body.getAttribute("data-md-color-scheme"),
      inner.querySelectorAll("h1").length].join(" "));
    if (!--left) document.getElementById("found").textContent = lines.join("\\n");
  }, 300);
  frame.src = page;
  document.body.append(frame);
}
</script>"""


@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_pages_in_a_browser(site, tmp_path, scheme):
    copy = shutil.copytree(site, tmp_path / "site")  # other tests read the site meanwhile
    todo = [[page, width] for page in PAGES for width in WIDTHS]
    (copy / "frame.html").write_text(FRAME % todo, encoding="utf-8")
    dark = ["--blink-settings=preferredColorScheme=0"] if scheme == "slate" else []
    with served(copy) as (address, asked):
        done = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
             "--log-level=0", f"--user-data-dir={tmp_path / 'profile'}",
             "--virtual-time-budget=20000", *dark, "--dump-dom", f"{address}/frame.html"],
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
    found = re.search(r'<pre id="found">([^<]+)</pre>', done.stdout)
    assert found, done.stdout[:500] + done.stderr[-2000:]
    rows = [line.split() for line in found[1].splitlines()]
    assert len(rows) == len(todo)
    for page, width, inner, far, used, headings in rows:
        assert int(inner) <= int(width), (page, width)
        assert (far, used, headings) == ("0", scheme, "1"), (page, width)
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    assert {f"/{page}" for page in PAGES} <= set(asked)
