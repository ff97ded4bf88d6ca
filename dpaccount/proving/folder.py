"""The folder `proofs/`: one folder per theorem, whose files are the parts of its proof.

Run as a module it prints where the levels of the register are not those that the files show.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import dpaccount
from dpaccount.errors import InputError
from dpaccount.theorems import CITED_BECAUSE, LEVELS, Theorem, all_theorems

__all__ = [
    "LEVEL_OF",
    "Part",
    "find_proofs",
    "mismatches",
    "parts_of",
    "shown_level",
    "strays",
    "without_words",
]

#: The files that prove, and the level that each of them gives.
LEVEL_OF = {"Theorem.v": "K", "smt.py": "S", "box.py": "B", "symbolic.py": "Y", "proof.md": "P"}
#: Files that belong to a proof and prove nothing by themselves.
_BESIDE = {"Generated.v", "statement.md"}
#: What a proof.md says where its machine's parts are steps only.
_AT_P = "**Level P.**"
#: Folders that are no family of theorems.
_SHARED = {"library", "__pycache__"}


@dataclass(frozen=True)
class Part:
    """One file of a proof.

    Args:
        theorem_id: Whose proof.
        path: The file.
    """

    theorem_id: str
    path: Path

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def level(self) -> str:
        """The level that it gives."""
        return LEVEL_OF[self.path.name]

    @property
    def is_machine(self) -> bool:
        """Whether a machine checks it; the others are read by people."""
        return self.path.suffix in (".py", ".v")


def checkout() -> Path:
    """The folder that the package lies in; of an installed one, with no proofs beside it."""
    return Path(dpaccount.__file__).resolve().parents[1]


def find_proofs(given: str | None = None) -> Path:
    """The folder of proofs: the one that was given, or that beside the package.

    Raises:
        InputError: If there is none.
    """
    try:
        path = checkout() / "proofs" if given is None else Path(given)
        if path.is_dir() and given != "":
            return path
    except (OSError, ValueError):  # a name that no folder can have
        pass
    raise InputError(
        "--proofs",
        given="no folder beside the package" if given is None else f"no such folder ({given!r})",
        allowed="the folder proofs/ of the source repository",
        advice="give --proofs DIR; an installed package comes without it",
    )


def parts_of(proofs: Path | None, id: str) -> list[Part]:
    """The parts of one theorem's proof, the strongest first; none without a folder."""
    if proofs is None:
        return []
    home = proofs.joinpath(*id.split("."))
    return [Part(id, home / name) for name in LEVEL_OF if (home / name).is_file()]


def shown_level(proofs: Path | None, id: str) -> str:
    """The level that the files of a theorem show; C without any.

    A proof.md that says so keeps it at P: a machine checks steps of a proof that is a human's.
    """
    parts = parts_of(proofs, id)
    for part in parts:
        if part.name == "proof.md" and _AT_P in part.path.read_text(encoding="utf-8"):
            return part.level
    return next((part.level for part in parts), "C")


def strays(proofs: Path) -> list[str]:
    """Folders without a registered theorem, and files that are no part of a proof."""
    found = []
    for family in sorted(p for p in proofs.iterdir() if p.is_dir() and p.name not in _SHARED):
        for home in sorted(family.iterdir()):
            if home.name in _SHARED:
                continue
            if f"{family.name}.{home.name}" not in all_theorems() or not home.is_dir():
                found.append(f"{family.name}/{home.name}")
                continue
            names = {path.name for path in home.iterdir()} - _SHARED
            found += [f"{family.name}/{home.name}/{name}"
                      for name in sorted(names - set(LEVEL_OF) - _BESIDE)]  # fmt: skip
    return found


def mismatches(proofs: Path, theorems: Iterable[Theorem] | None = None) -> list[str]:
    """Where the register claims another level than the files show, and what to do about it."""
    found = []
    known = list(all_theorems().values()) if theorems is None else list(theorems)
    for known_one in known:
        id, level, shown = known_one.id, known_one.level, shown_level(proofs, known_one.id)
        if level != shown:
            found.append(f"{id}: registered as {level}, proofs/ shows {shown} ({LEVELS[shown]})")
        if (shown == "C") != (id in CITED_BECAUSE):
            what = "needs a reason" if shown == "C" else "is not only cited: remove its reason"
            found.append(f"{id}: {what} (dpaccount/theorems/cited.py)")
    ids = set(all_theorems())
    found += [f"{id}: no such theorem (dpaccount/theorems/cited.py)"
              for id in sorted(set(CITED_BECAUSE) - ids)]  # fmt: skip
    return found + [f"{name}: belongs to no registered theorem" for name in strays(proofs)]


def without_words(proofs: Path) -> list[str]:
    """Theorems with a machine's part and no proof.md that says how much of them that part is."""
    return [
        id
        for id in all_theorems()
        if (parts := parts_of(proofs, id)) and all(part.is_machine for part in parts)
    ]


if __name__ == "__main__":
    for line in mismatches(find_proofs()):
        print(line)
    for id in without_words(find_proofs()):
        print(f"note: {id} has no proof.md: its machine part has to be the whole statement")
