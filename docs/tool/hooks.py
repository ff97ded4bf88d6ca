"""What the site is made of besides the pages of docs/: mkdocs calls these."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parent))  # the folder is no package

import command_line
import formulas
import links
import reference

DOCS = links.ROOT / "docs"


def on_files(files: Files, *, config: Any) -> None:
    """Add the pages that are made, and those that are files outside of docs/."""
    made = {"reference/command-line.md": command_line.page(), **reference.pages()}
    todo = {links.ROOT / name for name in links.PAGES}
    for file in files.documentation_pages():
        path = Path(file.abs_src_path)
        todo |= links.rewritten(path.read_text(encoding="utf-8"), path, file.src_uri)[1]
    done: set[Path] = set()
    while todo:
        path = todo.pop()
        done.add(path)
        page = links.site_path(path)
        made[page], more = _outside(path, page)
        todo |= more - done
    for page, text in made.items():
        files.append(File.generated(config, page, content=text))


def _outside(path: Path, page: str) -> tuple[str, set[Path]]:
    text = links.source_page(path)
    return links.rewritten(text, path, page) if path.suffix == ".md" else (text, set())


def on_page_markdown(text: str, *, page: Any, **_: Any) -> str:
    """Lead the links of a page of docs/ to where they are right on the site."""
    if page.file.generated_by:
        return text
    return links.rewritten(text, Path(page.file.abs_src_path), page.file.src_uri)[0]


def on_page_content(html: str, **_: Any) -> str:
    """Draw the formulas."""
    return formulas.drawn(html)
