"""How soon the explorer follows a change, in a real browser: milliseconds from the input event.

Starts `dpaccount serve`, opens Chromium, changes one field at a time to a value that was not asked
before, and waits in the page until the number, then the ceilings, are those of what the fields say.

    python benchmarks/explorer.py
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table

#: Puts a value into a field as a hand does, and says after how many ms each part showed its answer.
CHANGE = """([name, value]) => new Promise((done) => {
  const form = document.querySelector("form"), field = document.getElementById(name);
  field.value = value;
  const asked = new URLSearchParams(new FormData(form)).toString();
  const took = {}, begun = performance.now();
  const look = () => {
    for (const part of ["number", "attackers"])
      if (!(part in took) && document.getElementById(part).dataset.query === asked)
        took[part] = performance.now() - begun;
    if ("number" in took && "attackers" in took) { watch.disconnect(); done(took); }
  };
  const watch = new MutationObserver(look);
  watch.observe(document.body, {childList: true, subtree: true, attributes: true});
  field.dispatchEvent(new Event("input", {bubbles: true}));
})"""
#: Each a value that the page has not answered before, all others being as the page starts.
CHANGES = {
    "noise_multiplier": ("0.71", "0.93", "1.23", "1.57", "2.03", "3.1", "0.83", "1.01"),
    "batch_size": ("100", "177", "350", "512", "700", "1030", "64", "2100"),
    "epochs": ("11", "23", "37", "52", "75", "90", "5", "130"),
    "delta": ("1e-4", "3e-5", "1e-6", "1/60000", "1e-7", "2e-6", "1e-3", "1e-8"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        parser.error("no Chromium on this machine: apt-get install chromium")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("changed", "times", "number: median", "slowest", "ceilings: median", "slowest"):
        table.add_column(title, justify="left" if title == "changed" else "right")
    every: dict[str, list[float]] = {"number": [], "attackers": []}
    command = [sys.executable, "-m", "dpaccount", "serve", "--port", "0"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
        sync_playwright() as driver,
    ):
        try:
            address = re.search(r"http://\S+", server.stdout.readline())[0]
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for name, values in CHANGES.items():
                page = browser.new_page()
                page.goto(address)
                page.wait_for_selector("#basis", state="attached")
                found = [page.evaluate(CHANGE, [name, value]) for value in values]
                for part, times in every.items():
                    times.extend(one[part] for one in found)
                table.add_row(name, *_line(*([one[part] for one in found] for part in every)))
                page.close()
            browser.close()
        finally:
            server.terminate()
    table.add_row("all", *_line(*every.values()))
    Console(width=80).print(table)


def _line(*parts: list[float]) -> list[str]:
    numbers = [f(part) for part in parts for f in (statistics.median, max)]
    return [str(len(parts[0])), *(f"{number:.0f} ms" for number in numbers)]


if __name__ == "__main__":
    main()
