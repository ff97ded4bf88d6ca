"""What a built page loads, where it links to, and what can be linked to in it."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Attributes that a browser loads without being asked; `a` is followed only when it is clicked.
LOADED = {
    "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src",
    "embed": "src", "object": "data", "link": "href", "input": "src", "track": "src", "use": "href",
}  # fmt: skip
#: Links of `link` that nothing is loaded for.
NOT_LOADED = {"canonical", "prev", "next", "alternate"}
ELSEWHERE = re.compile(r"^(?:\w+:)?//")


class Reader(HTMLParser):
    """Collects them."""

    def __init__(self):
        super().__init__()
        self.loads, self.links, self.ids, self.classes = [], [], set(), set()
        self.parts = set()
        self.policy, self.styles = "", []
        self._in_style = False

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids |= {found[name] for name in ("id", "name") if found.get(name)}
        self.classes |= set((found.get("class") or "").split())
        self.parts |= {found["data-md-component"]} if "data-md-component" in found else set()
        self.styles.append(found.get("style") or "")
        self._in_style = tag == "style"
        place = found.get(LOADED.get(tag, ""))
        if place and not (tag == "link" and found.get("rel") in NOT_LOADED):
            self.loads.append(place)
        for one in (found.get("srcset") or "").split(","):
            self.loads += one.split()[:1]
        if tag == "a" and found.get("href") is not None:
            self.links.append(found["href"])
        if found.get("http-equiv", "").lower() == "content-security-policy":
            self.policy = found["content"]

    def handle_data(self, data):
        if self._in_style:
            self.styles.append(data)


@cache
def read(page: Path) -> Reader:
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader


def remote_in_style(text):
    """What a style sheet loads from elsewhere."""
    found = re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", text)
    return [one for pair in found for one in pair if ELSEWHERE.match(one)]


def remote(page):
    """What a page loads from another host."""
    reader = read(page)
    return [one for one in reader.loads if ELSEWHERE.match(one)] + [
        one for text in reader.styles for one in remote_in_style(text)
    ]


def dead(page, site):
    """The links and loads of a page that lead to nothing in the site."""
    reader, found = read(page), []
    for target in [*reader.links, *reader.loads]:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        there = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if there.is_dir():
            there /= "index.html"
        anchor = unquote(parts.fragment)
        is_there = there.is_file() and there.is_relative_to(site)
        if is_there and anchor and there.suffix == ".html":
            is_there = anchor in read(there).ids
        if not is_there:
            found.append(target)
    return found
