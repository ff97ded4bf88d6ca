"""The accountant that is examined: in a process of its own, under a time limit."""

from __future__ import annotations

import importlib.util
import math
import re
import time
from dataclasses import dataclass
from typing import Any, Literal

from dpaccount.errors import InputError, shown
from dpaccount.interop._accountant_worker import ADAPTERS
from dpaccount.interop.processes import MEMORY_BYTES, Worker

__all__ = ["NAMES", "Answer", "Candidate", "Question"]

#: The accountants that have a name; any other is MODULE:OBJECT.
NAMES = tuple(ADAPTERS)

_IMPORT_SECONDS = 120.0
_OBJECT = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True)
class Question:
    """What an accountant is asked: epsilon at a delta, or delta at an epsilon if one is given."""

    noise_multiplier: Any
    sampling_rate: Any
    steps: Any
    delta: Any
    epsilon: Any = None

    @property
    def asks(self) -> str:
        """The method that it is for."""
        return "epsilon" if self.epsilon is None else "delta"

    @property
    def values(self) -> list[Any]:
        """The arguments in their order."""
        last = self.delta if self.epsilon is None else self.epsilon
        return [self.noise_multiplier, self.sampling_rate, self.steps, last]

    def __str__(self) -> str:
        """The call, as one would write it."""
        return f"{self.asks}({', '.join(repr(value) for value in self.values)})"


@dataclass(frozen=True)
class Answer:
    """What came back.

    Args:
        kind: "number"; "refused": it raised; "over": it was stopped; "broken": its process died, or
            what it returned is no number; "no time": it was not asked any more.
        value: The number; NaN where there is none.
        type: Name of the type that was returned, where that is none of a number.
        text: Why there is no number.
    """

    kind: Literal["number", "refused", "over", "broken", "no time"]
    value: float = math.nan
    type: str = ""
    text: str = ""


def _check_name(name: object) -> str:
    allowed = f"{', '.join(NAMES)} or MODULE:OBJECT"
    if not isinstance(name, str):
        raise InputError(
            "accountant", given=shown(name), allowed=allowed, advice="give its name as text"
        )
    if name not in ADAPTERS:
        if not _OBJECT.fullmatch(name):
            raise InputError(
                "accountant", given=name, allowed=allowed, advice="give one of these names"
            )
        return name
    package = ADAPTERS[name][1]
    if package and importlib.util.find_spec(package) is None:
        raise InputError(
            "accountant",
            given=name,
            allowed=f"what is installed, and {package} is not",
            advice=f"pip install {package.replace('_', '-')}",
        )
    return name


class Candidate:
    """One accountant, asked one question after another.

    Args:
        name: One of `NAMES`, or MODULE:OBJECT.
        time_limit: Seconds for one answer.
        deadline: Seconds for all of them, counted from the first import's end.

    Raises:
        InputError: If there is no such accountant, or it cannot be imported.
    """

    def __init__(self, name: str, time_limit: float, deadline: float) -> None:
        self.name = _check_name(name)
        self.time_limit = time_limit
        self.asked = 0
        self._known: dict[str, Answer] = {}
        self._worker: Worker | None = None
        hello = self._hire(_IMPORT_SECONDS)
        if hello is None or "error" in hello:
            why = self._why_not(hello)
            self.close()
            raise InputError(
                "accountant",
                given=name,
                allowed="a callable that can be imported",
                advice=f"see to it that the import works ({why})",
            )
        self.version = str(hello["version"])
        self.can = frozenset(hello["can"])
        self._end = time.monotonic() + deadline

    def _why_not(self, hello: dict[str, Any] | None) -> str:
        if hello is not None:
            return str(hello["error"])
        late = self._worker is not None and self._worker.timed_out
        return "it takes too long" if late else "its process died during it"

    def _hire(self, limit: float) -> dict[str, Any] | None:
        self._worker = Worker("dpaccount.interop._accountant_worker", self.name, str(MEMORY_BYTES))
        return self._worker.read(limit)

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self._end - time.monotonic()

    def close(self) -> None:
        """End its process; the next question gets a new one."""
        if self._worker is not None:
            self._worker.kill()
        self._worker = None

    def ask(self, question: Question, *, again: bool = False) -> Answer:
        """Ask, or remember what was said; `again` asks whatever was said before."""
        key = str(question)
        if again or key not in self._known:
            answer = self._ask(question)
            if answer.kind == "no time":
                return answer
            # what was said first stays: a second answer that differs is the business of one check
            self._known.setdefault(key, answer)
            return answer
        return self._known[key]

    def _ask(self, question: Question) -> Answer:
        if self._worker is None and self.left > 0:
            hello = self._hire(min(_IMPORT_SECONDS, self.left))
            if hello is None or "error" in hello:
                why = self._why_not(hello)
                self.close()
                if self.left > 0:
                    return Answer("broken", text=f"it could not be imported again: {why}")
        if self._worker is None or not self.left > 0:
            return Answer("no time", text="not asked: the time for the whole suite was used up")
        self.asked += 1
        limit = min(self.time_limit, self.left)
        sent = {"id": self.asked, "ask": question.asks, "values": question.values}
        reply = self._worker.ask(sent, limit)
        if reply is None:
            late = self._worker.timed_out
            self.close()
            if late and limit < self.time_limit:
                return Answer("no time", text="stopped: the time for the whole suite was used up")
            if late:
                return Answer("over", text=f"stopped after {limit:.3g} s")
            return Answer("broken", text="its process died")
        if (reply.get("id"), reply.get("pid")) != (self.asked, self._worker.process.pid):
            self.close()
            return Answer("broken", text="another process than the one asked answered")
        return _read(reply)


def _read(reply: dict[str, Any]) -> Answer:
    if "refused" in reply:
        return Answer("refused", text=str(reply["refused"]))
    if reply["value"] is None:
        return Answer("broken", type=reply["type"], text=f"it returned a {reply['type']}")
    return Answer("number", float(reply["value"]), reply["type"])
