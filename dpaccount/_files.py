"""Files that are written: whole or not at all, in a place that was looked at before the work."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from dpaccount.errors import InputError, shown

__all__ = ["keep_mode", "no_place", "place_of", "sync_folder", "write_place", "write_whole"]

_MOST_SIGNS = 40  # of a name that is said again with another end


def place_of(to: object, name: str, *, ends: Sequence[str] = ()) -> Path:
    """The file that is to be written, looked at before minutes of work could be lost.

    An ordinary file or none yet, in a folder that can be written to: a file takes another's place
    whole (`write_whole`), so that what counts is the folder, and not the file's own permission. A
    link stays, and leads to the new file.

    Args:
        to: Its name, as text or a path.
        name: What that is called: the argument, or the flag.
        ends: What it may end in, two or more, in small letters or large ones; none for any.

    Raises:
        InputError: For anything else.

    Example:
        >>> place_of("table.CSV", "to", ends=(".csv", ".json")).name
        'table.CSV'
    """
    try:
        path = Path(to) if isinstance(to, (str, os.PathLike)) and str(to).strip() else None
    except TypeError:  # a path of bytes
        path = None
    if path is None:
        raise no_place(to, "no name of a file", name, ends=ends)
    if os.path.islink(path):
        path = Path(os.path.realpath(path))
    if ends and path.suffix.lower() not in ends:
        what = f"the end {path.suffix}" if path.suffix else "no end"
        raise no_place(to, what, name, ends=ends)
    try:
        with suppress(FileNotFoundError):
            if not stat.S_ISREG(os.stat(path).st_mode):
                raise OSError(None, "no ordinary file")
        if not path.parent.is_dir():
            raise OSError(None, "no such folder")
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise OSError(None, "a folder that cannot be written to")
        with suppress(FileNotFoundError):
            os.lstat(_new(path))  # a name that is too long with what is added to it
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise no_place(to, error, name, ends=ends) from error
    return path


def no_place(
    to: object, why: str | Exception, name: str, *, ends: Sequence[str] = ()
) -> InputError:
    """The refusal of a place, the same for every file.

    Args:
        to: Its name, as it was given.
        why: What is wrong with it.
        name: What it is called: the argument, or the flag.
        ends: What it may end in, two or more; none for any.

    Example:
        >>> print(no_place("x.txt", "the end .txt", "--plot", ends=(".png", ".svg")))  # one line
        --plot: given the end .txt (x.txt); allowed: a file that can be written and ends in .png \
or .svg; do: name for example x.png
    """
    known = isinstance(to, (str, os.PathLike))
    path = Path(str(to)) if known else Path()
    allowed, advice = "a file that can be written", "name another place"
    if ends:
        *others, last = ends
        allowed += f" and ends in {', '.join(others)} or {last}"
    if ends and path.suffix.lower() not in ends:
        is_short = path.stem.isprintable() and 0 < len(path.stem) <= _MOST_SIGNS
        advice = f"name for example {path.stem if is_short else 'file'}{ends[0]}"
    return InputError(
        name,
        given=f"{getattr(why, 'strerror', None) or why} ({to if known else shown(to)})",
        allowed=allowed,
        advice=advice,
    )


def write_place(to: object, data: bytes, name: str, *, ends: Sequence[str] = ()) -> Path:
    """Write a file whole or not at all, or refuse its place in one line.

    Args:
        to: Its name, as text or a path.
        data: What it holds.
        name: What the name is called: the argument, or the flag.
        ends: What it may end in.

    Raises:
        InputError: For a place that is none (`place_of`), and where the disk is full.
    """
    path = place_of(to, name, ends=ends)
    try:
        write_whole(path, data)
    except OSError as error:
        raise no_place(to, error, name, ends=ends) from error
    return path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole, on the disk, or not at all."""
    new = _new(path)
    try:
        with open(new, "wb") as file:
            keep_mode(path, new)  # before anything is in it
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException:
        with suppress(OSError):
            new.unlink()
        raise


def keep_mode(path: Path, new: Path) -> None:
    """Let a file that is to take another's place be read and written by the same people."""
    if os.name == "posix":  # elsewhere it says no more than whether a file can be written
        with suppress(OSError):  # none is there, or the disk knows no permissions
            os.chmod(new, stat.S_IMODE(os.stat(path).st_mode) & 0o777)


def _new(path: Path) -> Path:
    """Where a file lies until it is whole."""
    return path.with_name(f"{path.name}.{os.getpid()}.new")


def sync_folder(folder: Path) -> None:
    """Have the names of a folder's files on the disk, where the system can say so."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
