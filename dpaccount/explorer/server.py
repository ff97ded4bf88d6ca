"""The server: this machine alone, its own pages alone, one number and one ceiling at a time."""

from __future__ import annotations

import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from importlib import resources
from typing import TYPE_CHECKING, Any

from dpaccount.errors import DPAccountError, InputError, NotConverged, Unsupported, install
from dpaccount.explorer.answer import ceilings, cost
from dpaccount.explorer.process import Apart
from dpaccount.explorer.question import START, given_in, question_of

if TYPE_CHECKING:
    from anyio import CancelScope
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from dpaccount.explorer.view import Pages

__all__ = ["HOST", "application", "opened", "serve"]

HOST = "127.0.0.1"
_LOOK = 0.1  # seconds between looks whether who asked is still there
_HEADERS: Mapping[str, str] = {
    # nothing from elsewhere, and nobody else may show the page
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def need_starlette() -> None:
    """See whether what serves is there.

    Raises:
        Unsupported: If it is not installed.
    """
    for name in ("starlette", "uvicorn", "jinja2"):
        try:
            __import__(name)
        except ImportError as error:
            raise Unsupported(
                "the explorer",
                missing=f"{name} is not installed",
                advice=f"{install('serve')}, or use dpaccount report",
            ) from error


def application() -> Starlette:
    """What answers a browser on this machine.

    Raises:
        Unsupported: If starlette, uvicorn or jinja2 is not installed.
    """
    need_starlette()
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Route

    from dpaccount.explorer.view import Pages

    answers = _Answers(Pages())
    return Starlette(
        routes=[
            Route("/", answers.page),
            Route("/cost", answers.cost),
            Route("/attackers", answers.attackers),
            Route("/explorer.css", answers.style),
            Route("/explorer.js", answers.script),
        ],
        # a name of somebody else's that leads to this machine is refused
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])],
        lifespan=answers.warmed,
    )


class _Answers:
    """What is said at each address."""

    def __init__(self, pages: Pages) -> None:
        from dpaccount.reports.page import sheet

        own = resources.files("dpaccount.explorer")
        self.pages = pages
        self.number, self.ceilings = Apart(cost), Apart(ceilings)
        self.sheet = sheet() + (own / "explorer.css").read_text(encoding="utf-8")
        self.code = (own / "explorer.js").read_text(encoding="utf-8")

    @asynccontextmanager
    async def warmed(self, _: Starlette) -> AsyncIterator[None]:
        """Start both processes before anybody asks: that takes longer than an answer."""
        from anyio import create_task_group

        async def ask(apart: Apart[Any]) -> None:
            with suppress(Exception):  # told to who asks
                await apart.answer(question_of(START))

        async with create_task_group() as group:
            group.start_soon(ask, self.number)
            group.start_soon(ask, self.ceilings)
            yield
            group.cancel_scope.cancel()
        for apart in (self.number, self.ceilings):
            await apart.end()

    async def _cost(self, query: str) -> tuple[str, str]:
        """The number and its curve; what it rests on."""
        found = await self.number.answer(question_of(given_in(query)))
        return self.pages.cost(found), self.pages.basis(found)

    async def _attackers(self, query: str) -> str:
        """The ceilings, which may be asked for beside the number."""
        question = question_of(given_in(query))
        return self.pages.attackers(question, await self.ceilings.answer(question))

    async def page(self, request: Request) -> Response:
        from starlette.responses import StreamingResponse

        query, status = request.url.query, 200
        try:
            question_of(given_in(query))
        except DPAccountError:
            status = 400
        return StreamingResponse(
            self._parts(query), status, _HEADERS, media_type="text/html; charset=utf-8"
        )

    async def _parts(self, query: str) -> AsyncIterator[str]:
        """The page as its parts are known."""
        try:
            given = given_in(query)
        except DPAccountError as error:
            yield self.pages.top(START) + self.pages.refused(error) + self.pages.end()
            return
        yield self.pages.top(given)
        begun, last = False, ""
        try:
            first, last = await self._cost(query)
            yield first
            begun = True
            yield await self._attackers(query) + last
        except Exception as error:  # the page has begun: whatever it is, it is said there
            yield self.pages.refused(_told(error), begun=begun) + last
        yield self.pages.end()

    async def cost(self, request: Request) -> Response:
        async def made(query: str) -> str:
            return "".join(await self._cost(query))

        return await self._part(made, request)

    async def attackers(self, request: Request) -> Response:
        return await self._part(self._attackers, request)

    async def _part(self, made: Callable[[str], Awaitable[str]], request: Request) -> Response:
        from anyio import create_task_group
        from starlette.responses import Response

        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return Response("for the explorer's own page", 403, _HEADERS)  # nobody else's questions
        answer = Response(status_code=503)  # of one who left, and reads nothing
        async with create_task_group() as group:
            group.start_soon(_ended, group.cancel_scope, request)
            answer = await self._said(made, request.url.query)
            group.cancel_scope.cancel()
        return answer

    async def _said(self, made: Callable[[str], Awaitable[str]], query: str) -> Response:
        from starlette.responses import HTMLResponse

        try:
            return HTMLResponse(await made(query), 200, _HEADERS)
        except (InputError, NotConverged, Unsupported) as error:
            return HTMLResponse(self.pages.refused(error), 400, _HEADERS)
        except Exception as error:
            return HTMLResponse(self.pages.refused(_told(error)), 500, _HEADERS)

    async def style(self, _: Request) -> Response:
        from starlette.responses import Response

        return Response(self.sheet, 200, _HEADERS, "text/css")

    async def script(self, _: Request) -> Response:
        from starlette.responses import Response

        return Response(self.code, 200, _HEADERS, "text/javascript")


async def _ended(scope: CancelScope, request: Request) -> None:
    """End what is computed when who asked has left."""
    from anyio import sleep

    while not await request.is_disconnected():
        await sleep(_LOOK)
    scope.cancel()


def _told(error: Exception) -> DPAccountError:
    """What a reader is told instead of a number."""
    if isinstance(error, DPAccountError):
        return error
    traceback.print_exception(error)  # for who runs the server; the page has one line
    return DPAccountError(
        f"no number: dpaccount failed at this question ({type(error).__name__}); do: report it, "
        "with the address of this page"
    )


def opened(port: int) -> socket.socket:
    """A port of this machine, held.

    Args:
        port: From 0 to 65535; 0 for any that is free.

    Raises:
        InputError: If it cannot be had.
    """
    # asyncio sends at once, not 40 ms later, only where the protocol is named
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # a port that was just left may be taken again; one in use may not
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((HOST, port))
        held.listen(64)
    except OSError as error:
        held.close()
        raise InputError(
            "--port",
            given=f"{port}, which cannot be had: {error.strerror or error}",
            allowed="a port of this machine that nobody uses",
            advice="give another, or --port 0 for any that is free",
        ) from error
    return held


def serve(held: socket.socket) -> None:
    """Answer until an interrupt.

    Args:
        held: As `opened` gives it; it is closed at the end.

    Raises:
        KeyboardInterrupt: At its end.
        Unsupported: As `application`.
    """
    need_starlette()
    import uvicorn

    with held:
        asgi: Any = application()
        config = uvicorn.Config(
            asgi, log_level="critical", access_log=False, lifespan="on", ws="none", http="h11",
            loop="asyncio", timeout_graceful_shutdown=1, server_header=False,
        )  # fmt: skip
        uvicorn.Server(config).run(sockets=[held])
