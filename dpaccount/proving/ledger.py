"""The ledger: which part of which proof was checked, how long it took, and what was not."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dpaccount.proving.errors import NotProved
from dpaccount.proving.folder import LEVEL_OF, Part
from dpaccount.proving.parts import load
from dpaccount.theorems import Theorem, all_theorems

__all__ = ["FAILED", "PROVED", "SKIPPED", "WRITTEN", "Entry", "building", "run_part", "run_parts"]

PROVED, FAILED, SKIPPED, WRITTEN = "proved", "failed", "skipped", "written"
#: What a Python part may lack; without it nothing was refuted, and nothing proved.
_OPTIONAL = {"flint", "mpmath", "sympy", "z3"}


@dataclass(frozen=True)
class Entry:
    """What came of one part.

    Args:
        theorem_id: Whose proof.
        part: The file.
        level: The level that the part gives where it is proved.
        status: `proved`, `failed`, `skipped` where a tool is missing, or `written` for what is read
            by people and checked by no machine.
        seconds: Wall-clock time; None where nothing ran.
        reason: Why it failed or was skipped.
        axioms: Of a Coq part: what it rests on beyond the kernel.
    """

    theorem_id: str
    part: str
    level: str
    status: str
    seconds: float | None = None
    reason: str = ""
    axioms: tuple[str, ...] = ()


def run_part(part: Part, build: Path, theorem: Theorem | None = None) -> Entry:
    """Check one part.

    Args:
        part: The part.
        build: Where Coq may compile.
        theorem: What to hand to it instead of the registered theorem, such as a mutant.
    """
    claim = all_theorems()[part.theorem_id] if theorem is None else theorem
    start = time.perf_counter()
    axioms: tuple[str, ...] = ()
    if not part.is_machine:
        text = part.path.read_text(encoding="utf-8").strip()
        status, reason = (WRITTEN, "") if text else (FAILED, "the file is empty")
        return Entry(part.theorem_id, part.name, part.level, status, None, reason)
    if part.path.suffix == ".v":
        status, reason, axioms = _coq(part, build, claim)
    else:
        status, reason = _python(part, claim)
    seconds = time.perf_counter() - start
    return Entry(part.theorem_id, part.name, part.level, status, seconds, reason, axioms)


def _python(part: Part, theorem: Theorem) -> tuple[str, str]:
    try:
        answer = load(part.path)(theorem)
    except NotProved as error:
        return FAILED, _line(error)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in _OPTIONAL:
            return SKIPPED, f"{missing} is not installed"
        return FAILED, f"ModuleNotFoundError: {_line(error)}"
    except Exception as error:  # whatever the arithmetic raises, nothing was proved
        return FAILED, f"{type(error).__name__}: {_line(error)}"
    if answer is not None:  # a part says no by raising; one that returns a verdict is mistaken
        return FAILED, f"prove returned {answer!r}, and not None"
    return PROVED, ""


def _coq(part: Part, build: Path, theorem: Theorem) -> tuple[str, str, tuple[str, ...]]:
    from dpaccount.proving import coq

    try:
        result = coq.check(theorem, part.path.parent, build)
    except Exception as error:
        return FAILED, f"{type(error).__name__}: {_line(error)}", ()
    status = {"checked": PROVED, "skipped": SKIPPED}.get(result.status, FAILED)
    return status, _line(result.message), result.axioms


def _line(text: object) -> str:
    return " ".join(str(text).split())


@contextmanager
def building(proofs: Path) -> Iterator[Path]:
    """Where Coq may compile: `.proofs` beside the folder, or for once where that cannot be."""
    kept = proofs.resolve().parent / ".proofs"
    try:
        kept.mkdir(exist_ok=True)
        usable = os.access(kept, os.W_OK)
    except OSError:
        usable = False
    if usable:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="dpaccount-proofs-") as made:
        yield Path(made)


def run_parts(
    parts: Sequence[Part],
    build: Path,
    processes: int = 1,
    on_entry: Callable[[Entry], object] = lambda entry: None,
) -> list[Entry]:
    """Check parts, in processes of their own if there are several; in the order given.

    Args:
        parts: The parts.
        build: Where Coq may compile.
        processes: How many run at a time.
        on_entry: Called with each entry as it comes.
    """
    if processes < 2 or len(parts) < 2:
        entries = []
        for part in parts:
            entries.append(run_part(part, build))
            on_entry(entries[-1])
        return entries
    found: dict[Part, Entry] = {}
    # anew, and not by fork: z3 and progress bars have threads
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(parts)), mp_context=context) as pool:
        # Coq's parts take longest, so they start first
        first = sorted(parts, key=lambda part: list(LEVEL_OF).index(part.name))
        waiting = {pool.submit(run_part, part, build): part for part in first}
        for done in as_completed(waiting):
            part = waiting[done]
            try:
                found[part] = done.result()
            except BrokenProcessPool:
                reason = "its process died"
                found[part] = Entry(part.theorem_id, part.name, part.level, FAILED, None, reason)
            on_entry(found[part])
    return [found[part] for part in parts]
