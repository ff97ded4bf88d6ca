"""What a sweep has finished: a folder beside its table, each piece a file, whole or absent."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dpaccount._files import no_place, write_whole
from dpaccount.errors import InputError

__all__ = ["Parts"]

_MANIFEST, _LOCK = "manifest.json", "lock"


class Parts:
    """The folder of parts of one table.

    Args:
        target: The table's file; the folder is beside it.
        question: What the sweep is about, as plain data: with another, nothing is continued.

    Raises:
        InputError: If the folder belongs to another sweep, is in use, or cannot be written.
    """

    def __init__(self, target: Path, question: dict[str, Any]) -> None:
        """Look the folder up, or make it."""
        self.target, self.folder = target, target.with_name(target.name + ".parts")
        #: The question as JSON.
        self.about = json.dumps(question, sort_keys=True)
        self.digest = hashlib.sha256(self.about.encode()).hexdigest()
        manifest = self.folder / _MANIFEST
        try:
            self.folder.mkdir(exist_ok=True)
            if manifest.exists():
                if _digest_in(manifest) != self.digest:
                    raise self._another("the parts of another sweep")
            elif any(not _is_ours(path) for path in self.folder.iterdir()):
                raise self._another("files that are no sweep's")
            else:
                data = {"sha256": self.digest, "question": question}
                write_whole(manifest, json.dumps(data, indent=1).encode())
        except OSError as error:
            raise no_place(target, error, "to") from error

    def _another(self, what: str) -> InputError:
        return InputError(
            "to",
            given=f"{self.target.name}, with {what} in {self.folder}",
            allowed="the sweep that was begun there, with the same axes, method and version",
            advice="ask that one again to finish it, remove the folder, or name another file",
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second process from working on the same table at the same time."""
        try:
            import fcntl
        except ImportError:  # not on Windows: two of them would do the same work twice
            yield
            return
        with open(self.folder / _LOCK, "wb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise InputError(
                    "to",
                    given=f"{self.target.name}, which another process is writing",
                    allowed="one sweep at a time for a file",
                    advice="wait for that one, or name another file",
                ) from error
            yield

    def _path(self, piece: int) -> Path:
        return self.folder / f"part-{piece:08d}"

    def write(self, piece: int, answers: Iterable[Iterable[object]]) -> None:
        """Keep a finished piece."""
        text = io.StringIO()
        # csv writes None as nothing, and a float as repr does: it is read back as the same
        csv.writer(text, lineterminator="\n").writerows(answers)
        body = text.getvalue().encode()
        write_whole(self._path(piece), _seal(body).encode() + b"\n" + body)

    def read(self, piece: int, rows: int) -> list[list[str]] | None:
        """A finished piece as text, None as nothing; None if it is not there or is damaged."""
        try:
            seal, _, body = self._path(piece).read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        if seal != _seal(body).encode():
            return None
        found = list(csv.reader(io.StringIO(body.decode(), newline="")))
        return found if len(found) == rows else None

    def remove(self) -> None:
        """Leave nothing but the table."""
        # the manifest goes last: what is left before that is still this sweep's
        for path in sorted(self.folder.iterdir(), key=lambda path: path.name == _MANIFEST):
            if _is_ours(path):
                path.unlink()
        with suppress(OSError):  # a stranger's file is in it
            self.folder.rmdir()


def _is_ours(path: Path) -> bool:
    name = path.name
    return name in (_MANIFEST, _LOCK) or name.startswith("part-") or name.endswith(".new")


def _digest_in(manifest: Path) -> object:
    try:
        data = json.loads(manifest.read_bytes())
    except ValueError:
        return None
    return data.get("sha256") if isinstance(data, dict) else None


def _seal(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
