"""The dashboard in a browser: textual-serve, each page a dashboard of its own that is attached to the service."""

from __future__ import annotations

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


class DashboardServer(Server):
    """Lets in only pages that it has served itself, to whoever is on this machine or has the token as password."""

    def __init__(self, command: str, host: str, port: int, names: Collection[str] | None, password: str) -> None:
        super().__init__(command, host, port, title="goodpart", templates_path=TEMPLATES)
        self._names = names
        self._password = password

    def initialize_logging(self) -> None:
        logging.basicConfig(level=logging.ERROR, format="goodpart: %(message)s")

    async def on_startup(self, app: web.Application) -> None:
        print(f"the dashboard: {self.public_url}/; Ctrl-C ends it", flush=True)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._gate())
        return app

    def _gate(self) -> Middleware:
        @web.middleware
        async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
            origin = request.headers.get("Origin")
            if self._names is not None and name_of(request.host) not in self._names:
                raise web.HTTPForbidden(text="this page answers to names of its own machine alone")
            if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
                raise web.HTTPForbidden(text="a page from elsewhere may not use this one")
            if self._password and not hmac.compare_digest(password_of(request).encode(), self._password.encode()):
                raise web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Basic realm="goodpart: the token"'})
            return await handler(request)

        return gate


def password_of(request: web.Request) -> str:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    try:
        return base64.b64decode(given).decode().partition(":")[2] if kind.lower() == "basic" else ""
    except ValueError:
        return ""


def serve_dashboard(url: str, host: str, port: int, token_file: Path | None) -> None:
    """Raises GoodpartError where others could reach a dashboard that asks for no password."""
    loopback = is_loopback(host)
    tokens = read_tokens(token_file) if token_file else None
    if not loopback and (tokens is None or not tokens.change):
        raise GoodpartError(
            f"{host} can be reached from other machines: give --token-file FILE with a token to change; it is the"
            " password that the browser asks for"
        )
    more = ["--token-file", str(token_file.absolute())] if token_file else []
    command = shlex.join([sys.executable, "-m", "tui", "watch", "--attach", url, *more])
    names = {*LOOPBACK, host.lower()} if loopback else None
    DashboardServer(command, host, port, names, tokens.change if tokens and not loopback else "").serve()
