"""The command line: thin; parse, call, print.

Exit status: 0 done, 1 a check failed, 2 bad input. Bad input is one line on stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    import typer

    from dpaccount.cli.commands import Status, app
    from dpaccount.errors import DPAccountError

    # typer brings its own copy of click or uses the installed one: the base has no public name
    bases = {base.__name__: base for base in typer.BadParameter.__mro__}
    usage_error: type[Exception] = bases["ClickException"]
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = app(args=words, prog_name="dpaccount", standalone_mode=False)
    except DPAccountError as error:
        return _refuse(str(error))
    except usage_error as error:
        message = " ".join(str(getattr(error, "format_message", error.__str__)()).split())
        return _refuse(
            f"{message} do: see dpaccount --help" if message else "see dpaccount --help",
            code=2 if message else 0,
        )
    except typer.Abort:
        return 130
    except typer.Exit as stop:
        return int(stop.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return result.code if isinstance(result, Status) else int(result or 0)


def _refuse(message: str, code: int = 2) -> int:
    if code:
        sys.stderr.write("dpaccount: " + " ".join(message.split()) + "\n")
    return code
