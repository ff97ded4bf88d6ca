"""The errors of the project: each message is one line of advice."""

from __future__ import annotations

from collections.abc import Callable

__all__ = [
    "DPAccountError",
    "InputError",
    "NotConverged",
    "Stopped",
    "Unsupported",
    "install",
    "shown",
]


def install(extra: str) -> str:
    """What installs an extra of this package, published or not."""
    return f"pip install 'dpaccount[{extra}]' (in a clone: pip install '.[{extra}]')"


def _words(value: object, words: Callable[[object], str]) -> str:
    try:
        return words(value)
    except Exception:  # a stranger's own method may raise anything; the refusal must still be heard
        return "a value that cannot be shown"


def shown(value: object) -> str:
    """A value of the wrong type, in words; safe for objects whose own `repr` fails.

    Text is in quotation marks, which say of what type it is.
    """
    text = _words(value, repr)
    return text if type(value) is str else f"{text} of type {type(value).__name__}"


def _one_line(text: object, limit: int = 120) -> str:
    """Fold whatever was given into one short printable line."""
    line = " ".join(_words(text, str).split())
    line = "".join(ch if ch.isprintable() else "?" for ch in line)
    return line if len(line) <= limit else line[: limit - 3] + "..."


class DPAccountError(Exception):
    """Whatever this package refuses or fails to do."""


class InputError(DPAccountError, ValueError):
    """A value that cannot be accounted for.

    Args:
        name: What the value is called.
        given: What was given.
        allowed: What would have been accepted.
        advice: What to do instead.
    """

    def __init__(self, name: str, *, given: object, allowed: str, advice: str) -> None:
        """Compose the one line."""
        self.name = name
        self.given = _one_line(given)
        self.allowed = allowed
        self.advice = advice
        super().__init__(
            f"{name}: given {self.given or 'nothing'}; allowed: {allowed}; do: {advice}"
        )

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process (keyword-only arguments do not)."""
        return _rebuild_input_error, (self.name, self.given, self.allowed, self.advice)


def _rebuild_input_error(name: str, given: str, allowed: str, advice: str) -> InputError:
    return InputError(name, given=given, allowed=allowed, advice=advice)


class Unsupported(DPAccountError):  # noqa: N818 - reads as the verdict it is
    """No registered theorem covers what was asked.

    Args:
        what: What was asked for.
        missing: Which theorem or assumption is missing.
        advice: What to do instead, or who does support it.
    """

    def __init__(self, what: str, *, missing: str, advice: str) -> None:
        """Compose the one line."""
        self.what = what
        self.missing = missing
        self.advice = advice
        super().__init__(f"{what} is not supported: {_one_line(missing, 300)}; do: {advice}")

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process."""
        return _rebuild_unsupported, (self.what, self.missing, self.advice)


def _rebuild_unsupported(what: str, missing: str, advice: str) -> Unsupported:
    return Unsupported(what, missing=missing, advice=advice)


class NotConverged(DPAccountError):  # noqa: N818 - reads as the verdict it is
    """A computation ended without an error bound; no number is given instead."""


class Stopped(DPAccountError):  # noqa: N818
    """A long computation came to an early end; what it had finished is kept.

    Args:
        what: What happened.
        advice: How to go on.
    """

    def __init__(self, what: str, *, advice: str) -> None:
        """Compose the one line."""
        self.what = what
        self.advice = advice
        super().__init__(f"{_one_line(what, 300)}; do: {advice}")

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process."""
        return _rebuild_stopped, (self.what, self.advice)


def _rebuild_stopped(what: str, advice: str) -> Stopped:
    return Stopped(what, advice=advice)
