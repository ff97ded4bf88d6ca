"""A certificate as a file: JSON that says what is claimed and what shows it, with its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from typing import Any

from dpaccount import _validate
from dpaccount.certificates.standing import stands_on
from dpaccount.certificates.witness import Grid, Line, Release, Run, Window
from dpaccount.errors import InputError

__all__ = [
    "SCHEMA",
    "Claim",
    "canonical_json",
    "digest",
    "line_json",
    "read",
    "theorems_of",
    "write",
]

SCHEMA = "dpaccount.certificate/1"
_FIELDS = {"schema", "kind", "claim", "witness", "theorems", "sha256"}
_DIRECTIONS = {"add_remove": ("remove", "add"), "zero_out": ("remove", "add"), "add": ("add",),
               "remove": ("remove",), "replace_one": ("remove",)}  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """epsilon(delta) of a run lies in [lower, upper].

    Args:
        releases: Sampled releases; under replace_one their noise is already halved.
        mu_squared: Squared mu of all unsampled Gaussian releases together.
        adjacency: Its name; it says which directions must hold.
        delta: In (0, 1).
        lower: At least 0.
        upper: A float, or infinity.
    """

    releases: tuple[Release, ...]
    mu_squared: Fraction
    adjacency: str
    delta: Fraction
    lower: Fraction | float
    upper: Fraction | float

    @property
    def directions(self) -> tuple[str, ...]:
        """The directions that must hold."""
        return _DIRECTIONS[self.adjacency]


def canonical_json(data: Mapping[str, Any]) -> str:
    """The one text of some data: keys sorted, no spaces, ASCII."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(data: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of everything but the digest itself."""
    rest = {key: value for key, value in data.items() if key != "sha256"}
    return hashlib.sha256(canonical_json(rest).encode()).hexdigest()


def line_json(line: Line | None) -> dict[str, Any] | None:
    """A line as plain data; None stands for a closed form."""
    return None if line is None else asdict(line)


def theorems_of(claim: Claim, lines: Mapping[str, Line | None]) -> list[str]:
    """The ids of the theorems that a certificate stands on."""
    found = {
        id_
        for name, line in lines.items()
        for id_ in stands_on(Run(claim.mu_squared, claim.releases, name == "add"), line)
    }
    return sorted(found)


def write(claim: Claim, lines: Mapping[str, Line | None]) -> str:
    """The text of a certificate."""
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "kind": "epsilon",
        "claim": {
            "adjacency": claim.adjacency,
            "delta": _text(claim.delta),
            "epsilon": {"lower": _text(claim.lower), "upper": _text(claim.upper)},
            "mu_squared": _text(claim.mu_squared),
            "releases": [
                {
                    "noise_multiplier": _text(release.noise_multiplier),
                    "sampling_rate": _text(release.sampling_rate),
                    "steps": release.steps,
                }
                for release in claim.releases
            ],
        },
        "witness": {name: line_json(line) for name, line in lines.items()},
        "theorems": theorems_of(claim, lines),
    }
    data["sha256"] = digest(data)
    return json.dumps(data, indent=1, sort_keys=True, allow_nan=False) + "\n"


def _text(value: Fraction | float) -> str:
    """Exact text: as it was given where that is known, else a ratio; a float as its decimal."""
    if isinstance(value, float):
        return "inf" if value == float("inf") else repr(value)
    return str(getattr(value, "text", None) or value)


def _refuse(what: str) -> InputError:
    return InputError(
        "certificate",
        given=what,
        allowed="a file written by dpaccount budget --certificate",
        advice="write it anew",
    )


def _object(value: object, names: set[str], where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != names:
        raise _refuse(f"{where} without exactly the fields {', '.join(sorted(names))}")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose fields are all different: what a person reads is what is checked."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field twice")
    return found


def _number(value: object, where: str) -> Fraction:
    if not isinstance(value, str):
        raise _refuse(f"{where} that is no text")
    return _validate.exact(value, where)


def _parameter(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _refuse(f"{where} that is no number")
    number = float(value) if abs(value) < 1e300 else float("inf")
    if not abs(number) < 1e300:
        raise _refuse(f"{where} that is not finite")
    return number


def _count(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not abs(value) <= 10**15:
        raise _refuse(f"{where} that is no integer")
    return value


def read(text: str) -> tuple[dict[str, Any], Claim, dict[str, Line | None]]:
    """The raw data, the claim and the lines of a certificate's text.

    Raises:
        InputError: If it is no certificate; what it claims is not looked at here.
    """
    if not isinstance(text, str):
        raise _refuse(f"{type(text).__name__} and not text")
    try:
        data = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _refuse("no JSON, or a field twice") from error
    data = _object(data, _FIELDS, "a certificate")
    if data["schema"] != SCHEMA or data["kind"] != "epsilon":
        raise _refuse("another schema or kind")
    said = _object(
        data["claim"], {"adjacency", "delta", "epsilon", "mu_squared", "releases"}, "a claim"
    )
    ends = _object(said["epsilon"], {"lower", "upper"}, "an epsilon")
    if not isinstance(said["adjacency"], str) or said["adjacency"] not in _DIRECTIONS:
        raise _refuse("an unknown adjacency")
    if not isinstance(said["releases"], list):
        raise _refuse("releases that are no list")
    releases = []
    for item in said["releases"]:
        entry = _object(item, {"noise_multiplier", "sampling_rate", "steps"}, "a release")
        releases.append(
            Release(
                _validate.noise_multiplier(entry["noise_multiplier"]),
                _validate.rate(entry["sampling_rate"]),
                _validate.steps(_count(entry["steps"], "steps")),
            )
        )
    claim = Claim(
        tuple(releases),
        _number(said["mu_squared"], "mu_squared"),
        said["adjacency"],
        _validate.delta(said["delta"]),
        _number(ends["lower"], "epsilon"),
        float("inf") if ends["upper"] == "inf" else _number(ends["upper"], "epsilon"),
    )
    witness = _object(data["witness"], set(claim.directions), "a witness")
    return data, claim, {name: _line(value) for name, value in witness.items()}


def _line(value: object) -> Line | None:
    if value is None:
        return None
    entry = _object(value, {field.name for field in fields(Line)}, "a line")
    if not isinstance(entry["grids"], list):
        raise _refuse("grids that are no list")
    return Line(
        c=_parameter(entry["c"], "c"),
        beyond=_parameter(entry["beyond"], "beyond"),
        height=_parameter(entry["height"], "height"),
        nodes=_count(entry["nodes"], "nodes"),
        reach=_parameter(entry["reach"], "reach"),
        tilt=_parameter(entry["tilt"], "tilt"),
        precision=_count(entry["precision"], "precision"),
        grids=tuple(_grid(grid) for grid in entry["grids"]),
    )


def _grid(value: object) -> Grid:
    entry = _object(value, {field.name for field in fields(Grid)}, "a grid")
    return Grid(
        spacing=_parameter(entry["spacing"], "spacing"),
        first=_count(entry["first"], "first"),
        last=_count(entry["last"], "last"),
        strip=_parameter(entry["strip"], "strip"),
        shift=_parameter(entry["shift"], "shift"),
        margin=_parameter(entry["margin"], "margin"),
        cut=_window(entry["cut"]),
        core=_window(entry["core"]),
    )


def _window(value: object) -> Window | None:
    if value is None:
        return None
    entry = _object(value, {"center", "width"}, "a window")
    return Window(_parameter(entry["center"], "center"), _parameter(entry["width"], "width"))
