"""Serves the dashboard to browsers with textual-serve; each page runs its own dashboard, attached to the service."""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import shlex
import sys
from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from textual_serve.server import Server

from core.errors import GoodpartError
from tui.service.request_gate import LOOPBACK, is_loopback, name_of
from tui.service.tokens import read_tokens

TEMPLATES = Path(__file__).with_name("web")
LAST_SCREENS_SECONDS = 0.5


class DashboardServer(Server):
    """Serves dashboards only to its own pages, on this machine or after the token was given as password."""

    def __init__(self, command: str, host: str, port: int, names: Collection[str] | None, password: str) -> None:
        super().__init__(command, host, port, title="goodpart", templates_path=TEMPLATES)
        self._names = names
        self._password = password

    def initialize_logging(self) -> None:
        """Print only errors, each in one line."""
        logging.basicConfig(level=logging.ERROR, format="goodpart: %(message)s")

    async def on_startup(self, _app: web.Application) -> None:
        """Print the address."""
        print(f"the dashboard: {self.public_url}/; Ctrl-C ends it", flush=True)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._gate())
        app.on_cleanup.append(self._end_screens)
        return app

    async def _end_screens(self, _app: web.Application) -> None:
        """Let the last screens' processes end on this loop; asyncio complains about pipes that outlive it."""
        await asyncio.sleep(LAST_SCREENS_SECONDS)

    def _gate(self) -> Middleware:
        @web.middleware
        async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
            origin = request.headers.get("Origin")
            if self._names is not None and name_of(request.host) not in self._names:
                raise web.HTTPForbidden(text="this page answers only to names of its own machine")
            if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
                raise web.HTTPForbidden(text="pages of other sites may not use this one")
            if self._password and not hmac.compare_digest(password_of(request).encode(), self._password.encode()):
                raise web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Basic realm="goodpart: the token"'})
            return await handler(request)

        return gate


def password_of(request: web.Request) -> str:
    """Return the password of a request with basic authentication; empty without one."""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    try:
        return base64.b64decode(given).decode().partition(":")[2] if kind.lower() == "basic" else ""
    except ValueError:
        return ""


def serve_dashboard(url: str, host: str, port: int, token_file: Path | None) -> None:
    """Serve dashboards until Ctrl-C.

    Raises GoodpartError if other machines could reach a dashboard that asks for no password, or without valid tokens.
    """
    loopback = is_loopback(host)
    tokens = read_tokens(token_file) if token_file else None
    if not loopback and (tokens is None or not tokens.change):
        raise GoodpartError(
            f"{host} can be reached from other machines: give --token-file FILE with a token to change, which is"
            " the password that the browser asks for"
        )
    more = ["--token-file", str(token_file.absolute())] if token_file else []
    command = shlex.join([sys.executable, "-m", "tui", "watch", "--attach", url, *more])
    names = {*LOOPBACK, host.lower()} if loopback else None
    DashboardServer(command, host, port, names, tokens.change if tokens and not loopback else "").serve()
