"""Builds the web application of the service: routes, errors, and processes that judge files."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from core import __version__
from core.errors import GoodpartError, UnreadableError
from core.inference.judge_pool import BusyError, JudgePool
from core.serialization.dataclass_json import WireError
from tui.service.context import Service
from tui.service.request_gate import LATER
from tui.service.routes.command import add_commands
from tui.service.routes.judge import add_judges
from tui.service.routes.pages import add_pages
from tui.service.routes.state import add_readers
from tui.service.routes.stream import add_stream

WARM_SECONDS = 3.0
"""Seconds after the start until the judging processes load their models."""


def make_app(service: Service) -> FastAPI:
    """Return the web application of a service, with all its routes."""
    app = FastAPI(
        title="goodpart",
        version=__version__,
        description="A test bench that learns what a good part looks and sounds like: its station as a service.",
        docs_url=None,
        redoc_url=None,
        lifespan=lambda _app: lifespan(service),
    )
    app.state.service = service
    answer_errors_in_words(app)
    add_readers(app, service)
    add_judges(app, service)
    add_commands(app, service)
    add_stream(app, service)
    add_pages(app)
    return app


@contextlib.asynccontextmanager
async def lifespan(service: Service) -> AsyncIterator[None]:
    """Connect the hub to the running loop, start the judging processes later, and close them at the end."""
    service.hub.serve_on(asyncio.get_running_loop())
    warm = asyncio.create_task(warm_up(service.workers))
    try:
        yield
    finally:
        warm.cancel()
        await service.workers.close()


async def warm_up(workers: JudgePool) -> None:
    """Start the judging processes once the station has had time to start; an earlier file starts its own."""
    await asyncio.sleep(WARM_SECONDS)
    await workers.start()


# Errors: every answer is one sentence in JSON.


def answer_errors_in_words(app: FastAPI) -> None:
    """Make every error an answer `{"error": sentence}`.

    The status is 422 for an unusable request, 429 if the service is busy, 409 if a command is impossible now, and 500
    for a bug.
    """

    @app.exception_handler(StarletteHTTPException)
    async def http(_request: Request, error: StarletteHTTPException) -> Response:
        return JSONResponse({"error": str(error.detail)}, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return JSONResponse({"error": request_error_text(error.errors(), request.headers.get("content-type", ""))}, 422)

    @app.exception_handler(GoodpartError)
    async def known(_request: Request, error: GoodpartError) -> Response:
        status = 422 if isinstance(error, UnreadableError | WireError) else 429 if isinstance(error, BusyError) else 409
        return JSONResponse({"error": str(error)}, status, LATER if status == 429 else None)

    @app.exception_handler(Exception)
    async def unforeseen(_request: Request, error: Exception) -> Response:
        return JSONResponse(
            {"error": f"goodpart has failed ({type(error).__name__}); the station is still judging"}, 500
        )


def request_error_text(errors: Sequence[Any], content_type: str) -> str:
    """Return the sentence for a request that does not match its schema; `errors` are pydantic's."""
    first = errors[0]
    where = [str(part) for part in first["loc"]]
    if where[-1] == "data_file":
        if first["type"] == "missing":
            sent = "" if content_type.startswith("multipart/form-data") else ", as multipart/form-data"
            return f"the file is missing: send it in the field data_file{sent} (curl -F data_file=@motor.wav)"
        return "data_file is text: send the file itself (curl -F data_file=@motor.wav, with the @)"
    return f"{'.'.join(where[1:]) or where[0]}: {first['msg']}"
