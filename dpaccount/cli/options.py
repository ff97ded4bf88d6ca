"""The options that describe a run, once for every command, and how they become a mechanism.

Every number is taken as text: the exact decimal survives and the library's own checks speak.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Optional, get_type_hints

import typer

from dpaccount._files import place_of, write_place
from dpaccount.accounting import METHODS
from dpaccount.adjacency import Adjacency
from dpaccount.errors import InputError
from dpaccount.guarantees import Bound
from dpaccount.mechanisms import DPSGD, Mechanism, mechanism_from_json

_RUN = "The run"
_ASK = "The question"
_MAX_BYTES = 16 * 2**20


def _option(
    *names: str, help: str, panel: str = _RUN, metavar: str = "NUMBER", offers: Any = None
) -> Any:
    return typer.Option(
        *names, help=help, rich_help_panel=panel, metavar=metavar, autocompletion=offers
    )


def offers(*names: str) -> Callable[[str], list[str]]:
    """What a shell completes a value to."""

    def begun(incomplete: str) -> list[str]:
        return [name for name in names if name.startswith(incomplete)]

    return begun


# typer reads these at run time, hence Optional and not `| None`
Text = Optional[str]  # noqa: UP045
NoiseMultiplier = Annotated[
    Text, _option("--noise-multiplier", help="noise standard deviation / clip norm")
]
NoiseStd = Annotated[
    Text, _option("--noise-std", help="noise on the gradient sum; with --clip-norm")
]
ClipNorm = Annotated[Text, _option("--clip-norm", help="largest norm of one record's gradient")]
BatchSize = Annotated[Text, _option("--batch-size", help="expected batch size")]
DatasetSize = Annotated[Text, _option("--dataset-size", help="number of records")]
SampleRate = Annotated[Text, _option("--sample-rate", help="instead of batch and dataset size")]
Epochs = Annotated[Text, _option("--epochs", help="passes over the data")]
Steps = Annotated[Text, _option("--steps", help="instead of epochs")]
Sampler = Annotated[
    Text,
    _option(
        "--sampler",
        help="how batches were drawn: poisson",
        metavar="NAME",
        offers=offers("poisson"),
    ),
]
RunFile = Annotated[Text, _option("--run", help="a run as JSON, TOML or YAML", metavar="FILE")]
FromOpacus = Annotated[
    Text,
    _option(
        "--from-opacus",
        help="an Opacus checkpoint or accountant state (torch or JSON)",
        metavar="FILE",
    ),
]
Delta = Annotated[Text, _option("--delta", help="in (0, 1); never guessed", panel=_ASK)]
Epsilon = Annotated[Text, _option("--epsilon", help="the target", panel=_ASK)]
Method = Annotated[
    Text,
    _option(
        "--method",
        help="a theory; default: the tightest guarantee",
        panel=_ASK,
        metavar="NAME",
        offers=offers(*METHODS),
    ),
]
AdjacencyName = Annotated[
    str,
    _option(
        "--adjacency",
        help="which datasets are neighbors",
        panel=_ASK,
        metavar="NAME",
        offers=offers(*(relation.value for relation in Adjacency)),
    ),
]
CertificateFile = Annotated[
    Text,
    _option(
        "--certificate", help="write what shows both ends to a file", panel=_ASK, metavar="FILE"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="print JSON only", rich_help_panel=_ASK)]


def required(value: str | None, name: str) -> str:
    """Refuse a missing option that is never guessed."""
    if value is None:
        raise InputError(name, given="nothing", allowed=f"--{name} VALUE", advice=f"give --{name}")
    return value


#: The flags that describe a run, and the name of each in Python.
_FLAGS: dict[str, tuple[str, Any]] = {
    "noise_multiplier": ("noise_multiplier", NoiseMultiplier),
    "noise_std": ("noise_std", NoiseStd),
    "clip_norm": ("clip_norm", ClipNorm),
    "batch_size": ("batch_size", BatchSize),
    "dataset_size": ("dataset_size", DatasetSize),
    "sample_rate": ("sampling_rate", SampleRate),
    "epochs": ("epochs", Epochs),
    "steps": ("steps", Steps),
    "sampler": ("sampler", Sampler),
}


def flag_of(name: str) -> str:
    """The flag of what has a name in Python."""
    flags = {python: flag for flag, (python, _) in _FLAGS.items()}
    return "--" + flags.get(name, name).replace("_", "-")


def describes_run(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags of a run in the place of its parameter `fields`.

    The command is called with those that were given, as text, under their names in Python.
    """
    hints = get_type_hints(command, include_extras=True)
    parameters: list[inspect.Parameter] = []
    for name, own in inspect.signature(command).parameters.items():
        if name == "fields":
            parameters += [
                inspect.Parameter(flag, own.kind, default=None, annotation=kind)
                for flag, (_, kind) in _FLAGS.items()
            ]
        else:
            parameters.append(own.replace(annotation=hints[name]))

    def called(**given: Any) -> Any:
        _keep_what_is_read(given)
        flags = {name: given.pop(flag) for flag, (name, _) in _FLAGS.items()}
        return command(fields={k: v for k, v in flags.items() if v is not None}, **given)

    called.__name__, called.__doc__ = command.__name__, command.__doc__
    called.__module__, called.__qualname__ = command.__module__, command.__qualname__
    # what typer reads
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    return called


def _keep_what_is_read(given: dict[str, Any]) -> None:
    """Refuse to write over a file that the same command reads."""
    for to in ("certificate", "out", "plot"):
        for source in ("run", "from_opacus", "attacks"):
            if given.get(to) and given.get(source) and _is_same(given[to], given[source]):
                raise InputError(
                    f"--{to}",
                    given=f"the file that --{source.replace('_', '-')} reads ({given[to]})",
                    allowed="a file of its own",
                    advice="name another place",
                )


def _is_same(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except (OSError, ValueError):  # one of them is not there: nothing to lose
        return False


def mechanism_of(
    fields: dict[str, str], run_file: str | None, from_opacus: str | None
) -> Mechanism:
    """The run, from flags, from a file, or from what Opacus recorded; exactly one of the three."""
    sources = {
        "flags": bool(fields),
        "--run": run_file is not None,
        "--from-opacus": from_opacus is not None,
    }
    named = [name for name, given in sources.items() if given]
    if len(named) > 1:
        raise InputError(
            "run",
            given=" and ".join(named),
            allowed="one of flags, --run, --from-opacus",
            advice="describe the run once",
        )
    if from_opacus is not None:
        from dpaccount.interop.opacus import read_opacus

        return read_opacus(from_opacus)
    if run_file is not None:
        return mechanism_from_json(read_data(run_file))
    return DPSGD(**fields)  # type: ignore[arg-type]  # text is read by DPSGD itself


def read_data(name: str) -> object:
    """The data in a JSON, TOML or YAML file; numbers keep their text."""
    from dpaccount.interop.files import Unreadable, read_structured

    try:
        return read_structured(Path(name), _MAX_BYTES)
    except Unreadable as why:
        raise _bad_file(name, str(why)) from why


def _bad_file(name: str, what: str) -> InputError:
    return InputError(
        "--run",
        given=f"{what} ({name})",
        allowed="a run as TOML (.toml), YAML (.yaml, .yml) or else JSON",
        advice="check the path and what its name ends in, or write one by dpaccount init",
    )


def fields_of_file(
    fields: dict[str, str], run_file: str | None, from_opacus: str | None
) -> DPSGD | dict[str, Any]:
    """The fields of a DP-SGD run for calibration, where the unknown may be left out of a file."""
    if run_file is not None and from_opacus is None and not fields:
        data = read_data(run_file)
        if isinstance(data, dict) and data.get("kind", "dpsgd") == "dpsgd":
            return data
    mechanism = mechanism_of(fields, run_file, from_opacus)
    if isinstance(mechanism, DPSGD):
        return mechanism
    from dpaccount.mechanisms import Gaussian, phases

    settings = phases(mechanism)
    base = settings[0].mechanism if len(settings) == 1 else None
    if not isinstance(base, Gaussian):
        raise InputError(
            "run",
            given=f"{len(settings)} settings" if base is None else base.label,
            allowed="one DP-SGD setting",
            advice="calibrate one phase at a time",
        )
    phase = settings[0]
    return DPSGD(
        noise_multiplier=base.noise_multiplier,
        sampling_rate=phase.sampling_rate,
        steps=phase.steps,
    )


def write_certificate(
    name: str, mechanism: Mechanism, delta: str, method: str | None, adjacency: Adjacency
) -> Bound:
    """Certify a run and write the certificate, whole or not at all."""
    from dpaccount.accountants.saddlepoint import certify

    check_certificate(name, method)
    found = certify(mechanism, delta, adjacency=adjacency)
    write_place(name, found.text.encode(), "--certificate")
    return found.bound


def check_certificate(name: str, method: str | None) -> None:
    """Refuse, before anything is computed, a certificate that could not be made or written."""
    if method is not None and method.strip().lower() != "saddlepoint":
        raise InputError(
            "--certificate",
            given=f"with --method {method}",
            allowed="method saddlepoint, the default",
            advice="leave --method out",
        )
    place_of(name, "--certificate")


def read_certificate(name: str) -> str:
    """The text of a certificate file."""
    given = ""
    try:
        path = Path(name)
        if path.is_dir():
            given = "a folder"
        elif not path.is_file():
            given = "no ordinary file" if path.exists() else "no such file"
        elif path.stat().st_size > _MAX_BYTES:
            given = "a file too large"
        else:
            return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        given = "a file that cannot be read as text"
        if isinstance(error, OSError) and error.strerror:
            given = error.strerror
    raise InputError(
        "certificate",
        given=f"{given} ({name})",
        allowed="a file written by dpaccount budget --certificate",
        advice="check the path",
    )
