"""What Opacus recorded, as a mechanism: a file, a state, or the accountant itself.

Opacus keeps a list of (noise multiplier, sampling rate, steps). It does not keep the sampler, and a
run with gradient accumulation over k batches is kept as one batch of rate k q, which is not what
ran: see `docs/explanation/sharp-edges.md`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dpaccount.errors import InputError, install
from dpaccount.interop.files import Unreadable, read_json
from dpaccount.mechanisms import DPSGD, Composed, Identity, Mechanism

__all__ = ["from_opacus", "read_opacus"]

_MAX_JSON_BYTES = 64 * 2**20
_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"
_STATE_KEY = "privacy_accountant_state_dict"
_ALLOWED = "an Opacus accountant's state_dict() or a checkpoint that holds one"


def read_opacus(name: str | Path) -> Mechanism:
    """The run that Opacus recorded in a file.

    The file is data, never code: JSON, or a torch file read with `weights_only=True`. Other pickles
    are refused without being opened.

    Args:
        name: A file that holds `accountant.state_dict()`, or a checkpoint with it under
            "privacy_accountant_state_dict" (`PrivacyEngine.save_checkpoint` writes that), as JSON
            or by `torch.save`.

    Returns:
        `DPSGD` for one setting, `Composed` for several, `Identity` for none.

    Raises:
        InputError: If the file cannot be read, or holds no such state.

    Example:
        >>> import json, tempfile
        >>> state = {"history": [(1.1, 0.01, 500)], "mechanism": "rdp"}
        >>> with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        ...     json.dump(state, file)
        ...     file.flush()
        ...     read_opacus(file.name).steps
        500

    Source: Opacus 1.6.0, `opacus/accountants/accountant.py` and `opacus/privacy_engine.py`.
    """
    path = Path(name)
    try:
        if not path.is_file():
            why = "a folder" if path.is_dir() else "no such file"
            raise Unreadable(why)
        with path.open("rb") as file:
            start = file.read(4)
    except Unreadable as why:
        raise _bad(path, str(why)) from why
    except (OSError, ValueError) as error:
        raise _bad(path, getattr(error, "strerror", None) or str(error)) from error
    if start == _ZIP:
        return from_opacus(_read_torch(path), name=str(path))
    if start[:1] == _PICKLE:
        raise _bad(path, "a pickle, which can run code and is not opened")
    try:
        data = read_json(path, _MAX_JSON_BYTES)
    except Unreadable as why:
        raise _bad(path, f"neither a torch file nor JSON: {why}") from why
    return from_opacus(data, name=str(path))


def _read_torch(path: Path) -> object:
    try:
        import torch
    except ImportError as error:
        raise InputError(
            "--from-opacus",
            given="a torch file, and torch is not installed",
            allowed=_ALLOWED,
            advice=f"{install('opacus')}, or save the state as JSON",
        ) from error
    try:
        with warnings.catch_warnings():  # a refusal is one line
            warnings.simplefilter("ignore")
            # nothing in it is needed but the record, so the tensors stay on disk
            data: object = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except MemoryError:
        raise
    except Exception as error:  # torch raises its own zoo here
        raise _bad(path, "a torch file that cannot be read with weights_only=True") from error
    return data


def from_opacus(source: object, *, name: str = "the state") -> Mechanism:
    """The run that Opacus recorded.

    Args:
        source: An Opacus accountant, a `PrivacyEngine`, a `state_dict()`, or a checkpoint.
        name: What to call it in messages.

    Returns:
        `DPSGD` for one setting, `Composed` for several, `Identity` for none.

    Raises:
        InputError: If it holds no such state.

    Example:
        >>> from_opacus({"history": [(1.1, 0.01, 500)], "mechanism": "rdp"}).steps
        500
    """
    accountant = getattr(source, "accountant", source)  # a PrivacyEngine holds its accountant
    if not isinstance(source, Mapping):
        history = getattr(accountant, "history", None)
        if history is None:
            raise _bad(name, f"a {type(source).__name__}")
    else:
        history = _state(source, name)["history"]
    if not isinstance(history, Sequence) or isinstance(history, (str, bytes)):
        raise _bad(name, "a history that is no list")
    return _mechanism([_setting(entry, i, name) for i, entry in enumerate(history)])


def _state(data: Mapping[Any, Any], name: str) -> Mapping[Any, Any]:
    """The accountant's state: the data itself, or the one that it holds."""
    inside = [data.get(_STATE_KEY)] if _STATE_KEY in data else list(data.values())
    states = [
        item
        for item in (data, *inside)
        if isinstance(item, Mapping) and "history" in item and "mechanism" in item
    ]
    if len(states) != 1:
        raise _bad(
            name, "no accountant state" if not states else f"{len(states)} accountant states"
        )
    return states[0]


def _setting(entry: object, index: int, name: str) -> DPSGD:
    if not isinstance(entry, Sequence) or isinstance(entry, (str, bytes)) or len(entry) != 3:
        raise _bad(name, f"history[{index}] is not (noise multiplier, sampling rate, steps)")
    noise_multiplier, sampling_rate, steps = entry
    return DPSGD(noise_multiplier=noise_multiplier, sampling_rate=sampling_rate, steps=steps)


def _mechanism(settings: list[DPSGD]) -> Mechanism:
    if not settings:
        return Identity()
    return settings[0] if len(settings) == 1 else Composed(tuple(settings))


def _bad(name: object, what: str) -> InputError:
    return InputError(
        "--from-opacus",
        given=f"{what} ({name})",  # a long path must not crowd out the reason
        allowed=_ALLOWED,
        advice="save it with torch.save(engine.accountant.state_dict(), FILE)",
    )
