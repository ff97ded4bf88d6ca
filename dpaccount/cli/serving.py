"""`dpaccount serve`: the explorer, on this machine."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Annotated

import typer

from dpaccount import _validate
from dpaccount.cli import output

__all__ = ["serve"]


def serve(
    port: Annotated[
        str, typer.Option("--port", help="of 127.0.0.1; 0: any that is free", metavar="NUMBER")
    ] = "8027",
) -> int:
    """Explore budgets in a browser: sliders, the certified number, the attacker's ceiling.

    Example: dpaccount serve --port 8027
    """
    from dpaccount.explorer import server

    number = _validate.count(port, "--port", most=65_535)
    server.need_starlette()
    held = server.opened(number)
    address = f"http://{server.HOST}:{held.getsockname()[1]}/"
    with suppress(KeyboardInterrupt):  # how it is meant to end
        output.say(f"serving {address}", [("to end", "Ctrl-C")])
        sys.stdout.flush()
        server.serve(held)
    return 0
