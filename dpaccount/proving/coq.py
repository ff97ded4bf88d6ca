"""Coq proofs: made from the registered formula, compiled, and asked what they rest on.

`python -m dpaccount.proving.coq` writes the `Generated.v` of every folder that has a `Theorem.v`.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dpaccount.proving.coq_text import definitions, generated, sorts_of, without_comments
from dpaccount.proving.errors import NotProved
from dpaccount.theorems import Theorem, all_theorems

__all__ = [
    "ALLOWED_AXIOMS",
    "Library",
    "Result",
    "build_library",
    "check",
    "find_coqc",
    "forbidden_words",
    "generated_text",
    "theorem_folders",
]

#: Axioms of Coq's real numbers and of classical logic; a proof may rest on no others.
ALLOWED_AXIOMS = frozenset(
    {
        "ClassicalDedekindReals.sig_forall_dec",
        "ClassicalDedekindReals.sig_not_dec",
        "FunctionalExtensionality.functional_extensionality_dep",
        "Classical_Prop.classic",
    }
)

_FORBIDDEN = re.compile(
    r"\b(Admitted|admit|give_up|Axioms?|Parameters?|Conjectures?|Declare|Primitive|bypass_check)\b"
    r"|\bUnset\s+(?:Guard|Positivity|Universe)\s+Checking\b|\b(?:type_in_type|Add\s+(?:Rec\s+)?"
    r"(?:LoadPath|ML))\b"
)
_SECONDS = 300


@dataclass(frozen=True)
class Result:
    """What came of one proof.

    Args:
        status: `checked` by Coq's kernel, `failed`, or `skipped` where Coq is not installed.
        seconds: Wall-clock time.
        axioms: What `Print Assumptions` named.
        message: Why it failed or was skipped.
    """

    status: str
    seconds: float
    axioms: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True)
class Library:
    """The compiled lemmas that proofs share, in a folder outside of the sources."""

    coqc: str
    folder: Path
    build: Path


def find_coqc() -> str | None:
    """Path of Coq's compiler, if it is installed."""
    return shutil.which("coqc")


def forbidden_words(source: str) -> list[str]:
    """Words of a Coq text, comments aside, by which something would be assumed, not proved."""
    return [found.group(0) for found in _FORBIDDEN.finditer(without_comments(source))]


def theorem_folders(proofs: Path) -> dict[str, Path]:
    """Folders with a `Theorem.v`, by the id of their theorem."""
    return {
        f"{path.parent.parent.name}.{path.parent.name}": path.parent
        for path in sorted(proofs.glob("*/*/Theorem.v"))
    }


def generated_text(theorem: Theorem, folder: Path) -> str:
    """Text that the folder's `Generated.v` must have.

    Raises:
        NotProved: The formula has no symbolic form.
    """
    source = (folder / "Theorem.v").read_text(encoding="utf-8")
    return generated(theorem, sorts_of(source))


def _run(coqc: str, arguments: Sequence[str], where: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [coqc, "-q", "-w", "none", *arguments],
        cwd=where,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


@cache
def _version(coqc: str) -> str:
    return _run(coqc, ["--version"], Path()).stdout


def _ordered(sources: Sequence[Path]) -> list[Path]:
    """Files of the library, each after those that it requires."""
    known = {path.stem: path for path in sources}
    done: list[Path] = []

    def visit(path: Path) -> None:
        if path in done:
            return
        text = without_comments(path.read_text(encoding="utf-8"))
        for names in re.findall(r"From DP Require (?:Import|Export) ([\w ]+)\.", text):
            for name in names.split():
                visit(known[name])
        done.append(path)

    for path in sources:
        visit(path)
    return done


def build_library(proofs: Path, build: Path) -> Library | None:
    """Compile `proofs/library/`, once for each state of its files; None where Coq is missing.

    Raises:
        NotProved: A lemma does not compile, or its text assumes something.
    """
    coqc = find_coqc()
    if coqc is None:
        return None
    sources = sorted((proofs / "library").glob("*.v"))
    digest = hashlib.sha256(_version(coqc).encode())
    for path in sources:
        if words := forbidden_words(path.read_text(encoding="utf-8")):
            raise NotProved(f"{path.name} has {', '.join(words)}")
        digest.update(path.name.encode() + path.read_bytes())
    build.mkdir(parents=True, exist_ok=True)
    target = build.absolute() / f"library-{digest.hexdigest()[:16]}"
    with (build / "lock").open("w") as lock:  # one process compiles, the others wait for it
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _compile_library(coqc, _ordered(sources), target)
    return Library(coqc, target, build.absolute())


def _compile_library(coqc: str, sources: Sequence[Path], target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="library-", dir=target.parent) as folder:
        for path in sources:
            shutil.copy(path, folder)
            done = _run(coqc, ["-Q", ".", "DP", path.name], Path(folder))
            if done.returncode != 0:
                raise NotProved(f"library/{path.name}: {_first(done.stderr)}")
        shutil.copytree(folder, target)


def _first(errors: str) -> str:
    """Coq's message as one line."""
    return " ".join(errors.split())[:500]


def _statement(source: str) -> str:
    """Statement of the theorem `proved`."""
    found = re.search(r"\bTheorem\s+proved\b(.*?)\bProof\s*\.", without_comments(source), re.DOTALL)
    return found.group(1) if found else ""


def _compile(theorem: Theorem, source: str, library: Library, where: Path) -> tuple[str, ...]:
    """Compile a theorem and return its axioms."""
    made = definitions(theorem, sorts_of(source))
    statement = _statement(source)
    for name in made:
        if not re.search(rf"\b{name}\b", statement):
            raise NotProved(f"the statement of `proved` does not speak of {name}")
    if not statement:
        raise NotProved("Theorem.v has no theorem `proved`")
    if words := forbidden_words(source):
        raise NotProved(f"Theorem.v has {', '.join(words)}")
    (where / "Theorem.v").write_text(source, encoding="utf-8")
    (where / "Generated.v").write_text(generated(theorem, sorts_of(source)), encoding="utf-8")
    (where / "Axioms.v").write_text(
        "Require Here.Theorem.\nPrint Assumptions Here.Theorem.proved.\n", encoding="utf-8"
    )
    paths = ["-Q", str(library.folder), "DP", "-Q", ".", "Here"]
    output = ""
    for name in ("Generated.v", "Theorem.v", "Axioms.v"):
        done = _run(library.coqc, [*paths, name], where)
        if done.returncode != 0:
            raise NotProved(f"{name}: {_first(done.stderr)}")
        output = done.stdout
    return _axioms(output)


def _axioms(output: str) -> tuple[str, ...]:
    """Names in an answer of `Print Assumptions`."""
    if "Closed under the global context" in output:
        return ()
    head, _, rest = output.partition("Axioms:\n")
    if head.strip() or not rest:
        raise NotProved(f"Print Assumptions answered: {_first(output)}")
    return tuple(line.split(" :")[0].strip() for line in rest.splitlines() if line[:1].strip())


def check(theorem: Theorem, folder: Path, build: Path) -> Result:
    """Have Coq's kernel check one folder's proof of a theorem.

    `Generated.v` is made anew from the theorem that is given, so a changed one can be handed in.

    Args:
        theorem: The theorem, or a mutant of it.
        folder: `proofs/<family>/<slug>`.
        build: Where to compile; the shared lemmas are kept there for the next call.
    """
    start = time.monotonic()
    source = (folder / "Theorem.v").read_text(encoding="utf-8")
    axioms: tuple[str, ...] = ()
    status, message = "checked", ""
    try:
        library = build_library(folder.parent.parent, build)
        if library is None:
            return Result("skipped", time.monotonic() - start, message="coqc is not installed")
        with tempfile.TemporaryDirectory(prefix=f"{theorem.id}-", dir=library.build) as where:
            axioms = _compile(theorem, source, library, Path(where))
        if strange := sorted(set(axioms) - ALLOWED_AXIOMS):
            raise NotProved(f"rests on {', '.join(strange)}")
    except (NotProved, subprocess.TimeoutExpired) as error:
        status, message = "failed", f"{error}"
    return Result(status, time.monotonic() - start, axioms, message)


def main(proofs: Path) -> None:
    """Write every `Generated.v`."""
    known = all_theorems()
    for identifier, folder in theorem_folders(proofs).items():
        text = generated_text(known[identifier], folder)
        (folder / "Generated.v").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "proofs"))
