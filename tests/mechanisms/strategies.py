"""Text and objects that no parameter takes; what is legal is drawn from `dpaccount.testing`."""

from __future__ import annotations

#: Text that is no number, or none that may be expanded.
BAD_TEXT = [
    "",
    " ",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "Infinity",
    "abc",
    "None",
    "True",
    "1e",
    "e5",
    ".",
    "-",
    "+",
    "1e999999999",
    "1e-999999999",
    "-1e999999999",
    "1/0",
    "1/0.0",
    "1/2/3",
    "/",
    "1/",
    "/2",
    "0x10",
    "1,5",
    "1 2",
    "1e5.5",
    "1+1j",
    "\u0661\u0662",
    "\u00bd",
    "\u221e",
    "\uff11",
    "1\n2",
    "\x00",
    "1\x00",
    "1" * 500,
    "1e1_0_",
    "_1",
    "1__0",
    "[1]",
    "${1}",
    "1;2",
    "0b1",
    "--",
    "1%",
    "1e5/1e-999999",
]


class Float(float):
    """A subclass whose text lies."""

    def __repr__(self) -> str:
        return "0.5"

    __str__ = __repr__


class Rude:
    """An object whose every conversion fails."""

    def __float__(self) -> float:
        raise RuntimeError("no")

    def __int__(self) -> int:
        raise RuntimeError("no")

    def __bool__(self) -> bool:
        raise RuntimeError("no")

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__
