"""Links as they are right on the site: pages of docs/ are one folder there, other files pages."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

__all__ = ["ROOT", "rewritten", "site_path", "source_page"]

ROOT = Path(__file__).resolve().parents[2]
#: Files outside of docs/ that are pages of the site.
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
_FENCE = re.compile(r"^(```|~~~).*?^\1", flags=re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<=\]\()([^)\s#]+)(#[^)\s]*)?(?=\))")


def site_path(file: Path) -> str | None:
    """Where a file of the repository stands on the site; None for one that is not there."""
    name = file.relative_to(ROOT).as_posix()
    if name in PAGES:
        return PAGES[name]
    if name.startswith("docs/"):
        return name.removeprefix("docs/")
    return f"source/{name}.md" if file.exists() else None


def source_page(file: Path) -> str:
    """A file of the repository as a page; of a folder, what is in it."""
    if file.is_dir():
        inside = sorted(each.name for each in file.iterdir() if each.name[0] not in "._")
        return "\n".join(
            [f"# {file.relative_to(ROOT).as_posix()}/", "", *map("* `{}`".format, inside)]
        )
    kind = {".py": "python", ".toml": "toml", ".yml": "yaml"}.get(file.suffix, "text")
    text = file.read_text(encoding="utf-8")
    name = file.relative_to(ROOT).as_posix()
    if file.suffix == ".md":
        return text
    return f"# {name}\n\n~~~~~~{kind}\n{text}\n~~~~~~\n"


def rewritten(text: str, file: Path, page: str) -> tuple[str, set[Path]]:
    """The text of a file as its page has it, and the files that it links to outside of docs/.

    Args:
        text: Markdown.
        file: Where it lies in the repository; links in it are relative to there.
        page: Where it stands on the site.

    Raises:
        ValueError: For a link that leads to no file.
    """
    outside: set[Path] = set()

    def led(found: re.Match[str]) -> str:
        target, anchor = found[1], found[2] or ""
        if re.match(r"\w+:", target):
            return found[0]
        path = Path(os.path.normpath(file.parent / target))
        there = site_path(path)
        if there is None:
            raise ValueError(f"{file}: {target} leads to no file")
        if there.startswith("source/"):
            outside.add(path)
        start = PurePosixPath(page).parent
        return os.path.relpath(there, start) + anchor

    pieces, at = [], 0
    for fence in _FENCE.finditer(text):
        pieces += [_LINK.sub(led, text[at : fence.start()]), fence[0]]
        at = fence.end()
    return "".join([*pieces, _LINK.sub(led, text[at:])]), outside
