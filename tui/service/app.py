"""What the service answers: AMULET's call, files to judge, the station's snapshots, its commands, its journal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from fastapi import Depends, FastAPI, File, HTTPException, Query, Request, UploadFile, WebSocket, WebSocketDisconnect
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException as StarletteHTTPException

from core import __version__
from core.errors import GoodpartError, UnreadableError
from core.journal.store import read_newest
from core.recipes.recipe import Recipe
from core.serialization.snapshot_json import WireError, packed, to_json
from core.state.snapshot import Grab, Sense, Snapshot, Thresholds
from core.station.interface import StationLike
from tui.service.command_arguments import COMMANDS, bound
from tui.service.limits import (
    HEARTBEAT_SECONDS,
    JOURNAL_READERS,
    JOURNAL_ROWS,
    QUICK_BYTES,
    QUICK_SECONDS,
    SLOW_SECONDS,
    UPLOADS,
)
from tui.service.liveness import Pulse
from tui.service.metrics import Metrics
from tui.service.request_gate import LATER, sender
from tui.service.snapshot_hub import Hub, Teller
from tui.service.tokens import May, Tokens
from tui.service.workers import BusyError, Workers

PAGE = Path(__file__).with_name("page")
PROTOCOL = "goodpart.v1"
"""The WebSocket's subprotocol; a browser, which can set no header, offers `token.<token>` beside it."""
CONFIRM_SECONDS = 2.0
TRIGGER_SECONDS = 30.0
WARM_SECONDS = 3.0
POLICY = "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; frame-ancestors 'none'"


class Bench(StationLike, Protocol):
    """A station that keeps a journal."""

    def note(self, reason: str, **data: Any) -> None: ...


@dataclass(frozen=True)
class Service:
    """What the answers are made of."""

    recipe: Recipe
    station: Bench
    hub: Hub
    pulse: Pulse
    workers: Workers
    metrics: Metrics
    tokens: Tokens | None
    """None where everybody who reaches it may do everything: on this machine."""


class Error(BaseModel):
    error: str = Field(description="what is wrong, and what to do about it")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Anomaly(BaseModel):
    Anomaly: Literal[True] | Literal["No anomalies detected"]
    seconds: str | None = None
    value: float | None = None


class Analysis(BaseModel):
    Analysis: list[Anomaly]


class ThresholdsAsked(Strict):
    sense: Sense = "image"
    density: float | None = None
    reconstruction_error: float | None = None
    save: bool = Field(False, description="write them to recipe.toml as well")


class GrabAsked(Strict):
    knobs: Grab = "both"
    sense: Sense = "image"


class PauseAsked(Strict):
    paused: bool


class Health(BaseModel):
    well: bool
    verdict: str
    reason: str


Sensitivity = Annotated[
    float | None, Query(ge=0, le=10, description="of the method amulet: 8 is as trained", allow_inf_nan=False)
]


class Row(BaseModel):
    at: float = Field(description="seconds since 1970")
    kind: str
    verdict: str
    reason: str
    data: dict[str, Any]


bearer = HTTPBearer(auto_error=False, description="a token of the file that goodpart serve was given")
Given = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
REFUSED: dict[int | str, dict[str, Any]] = {
    400: {"model": Error, "description": "not HTTP as it should be"},
    401: {"model": Error, "description": "a token is needed"},
    403: {"model": Error, "description": "the token may only read, or the page is from elsewhere"},
    408: {"model": Error, "description": "the request came too slowly"},
    413: {"model": Error, "description": "the request is too large"},
    422: {"model": Error, "description": "what was sent cannot be used"},
    429: {"model": Error, "description": "too much at one time"},
}
UNABLE: dict[int | str, dict[str, Any]] = {409: {"model": Error, "description": "it cannot be done now"}}


def make_app(service: Service) -> FastAPI:
    app = FastAPI(
        title="goodpart",
        version=__version__,
        description="A test bench that learns what a good part looks and sounds like: its station as a service.",
        docs_url=None,
        redoc_url=None,
        lifespan=lambda _app: lifespan(service),
    )
    app.state.service = service
    told_in_words(app)
    add_readers(app, service)
    add_judges(app, service)
    add_commands(app, service)
    add_stream(app, service)
    add_pages(app)
    return app


@contextlib.asynccontextmanager
async def lifespan(service: Service) -> AsyncIterator[None]:
    service.hub.serve_on(asyncio.get_running_loop())
    warm = asyncio.create_task(warmed(service.workers))
    try:
        yield
    finally:
        warm.cancel()
        await service.workers.close()


async def warmed(workers: Workers) -> None:
    """The bench starts first; a file that comes before need not wait for this."""
    await asyncio.sleep(WARM_SECONDS)
    await workers.start()


# Errors: one sentence in JSON, whatever goes wrong.


def told_in_words(app: FastAPI) -> None:
    @app.exception_handler(StarletteHTTPException)
    async def http(_request: Request, error: StarletteHTTPException) -> Response:
        return JSONResponse({"error": str(error.detail)}, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return JSONResponse({"error": in_words(error.errors(), request.headers.get("content-type", ""))}, 422)

    @app.exception_handler(GoodpartError)
    async def known(_request: Request, error: GoodpartError) -> Response:
        status = 422 if isinstance(error, UnreadableError | WireError) else 429 if isinstance(error, BusyError) else 409
        return JSONResponse({"error": str(error)}, status, LATER if status == 429 else None)

    @app.exception_handler(Exception)
    async def unforeseen(_request: Request, error: Exception) -> Response:
        return JSONResponse({"error": f"goodpart has failed ({type(error).__name__}); the station goes on"}, 500)


def in_words(errors: Sequence[Any], content_type: str) -> str:
    first = errors[0]
    where = [str(part) for part in first["loc"]]
    if where[-1] == "data_file":
        if first["type"] == "missing":
            sent = "" if content_type.startswith("multipart/form-data") else ", as multipart/form-data"
            return f"no file was sent: it belongs into the field data_file{sent} (curl -F data_file=@motor.wav)"
        return "data_file is text: send the file itself (curl -F data_file=@motor.wav, with the @)"
    return f"{'.'.join(where[1:]) or where[0]}: {first['msg']}"


# Who may.


def needs(service: Service, what: May) -> list[Any]:
    """The dependencies of a call."""
    tokens = service.tokens
    if tokens is None:
        return []

    def check(given: Given) -> None:
        token = given.credentials if given else ""
        if not tokens.allow(token, "read"):
            raise HTTPException(401, "a token is needed: Authorization: Bearer ...", {"WWW-Authenticate": "Bearer"})
        if not tokens.allow(token, what):
            raise HTTPException(403, "this token may only read")

    return [Depends(check)]


# What is read.


def add_readers(app: FastAPI, service: Service) -> None:
    read = needs(service, "read")
    reading = 0

    @app.get("/health", responses={**REFUSED, 503: {"model": Health}}, dependencies=read, summary="Is it well?")
    async def health() -> Health:
        """503 while UNKNOWN lasts or nothing is judged, with the reason in words."""
        snapshot = service.hub.newest
        trouble = service.pulse.trouble(snapshot)
        told = Health(well=not trouble, verdict=snapshot.verdict.state, reason=trouble or snapshot.verdict.reason)
        return JSONResponse(told.model_dump(), 503) if trouble else told  # type: ignore[return-value]

    @app.get("/snapshot", responses=REFUSED, dependencies=read, summary="The station at this moment")
    async def snapshot() -> dict[str, Any]:
        """Arrays and pictures are base64; `clock` is that of the times in it that are not since 1970."""
        return packed(service.hub.newest)

    @app.get(
        "/journal",
        response_model=list[Row],
        responses={**REFUSED, **UNABLE},
        dependencies=read,
        summary="What happened, the newest last",
    )
    async def journal(
        limit: Annotated[int, Query(ge=1, le=JOURNAL_ROWS)] = 100,
        kind: str | None = None,
        since: Annotated[float, Query(description="seconds since 1970", allow_inf_nan=False)] = 0.0,
    ) -> Response:
        nonlocal reading
        if reading >= JOURNAL_READERS:
            raise BusyError(f"{reading} others are reading the journal: try again later")
        reading += 1
        try:
            said = await asyncio.to_thread(rows, service.recipe.journal, limit, kind, since)
        finally:
            reading -= 1
        return Response(said, media_type="application/json")

    @app.get("/metrics", responses=REFUSED, dependencies=read, response_class=PlainTextResponse, summary="Prometheus")
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def rows(path: Path, limit: int, kind: str | None, since: float) -> str:
    """Rows in JSON. Made here, on a thread, and one by one: many of them at once would hold up the loop."""
    return f"[{','.join(json.dumps(to_json(event)) for event in read_newest(path, limit, kind, since))}]"


# What is judged.


def add_judges(app: FastAPI, service: Service) -> None:
    read = needs(service, "read")
    under_way = 0

    async def judged(upload: UploadFile, **how: Any) -> dict[str, Any]:
        nonlocal under_way
        if under_way >= UPLOADS:
            raise BusyError(f"{under_way} files are being judged: try again later")
        under_way += 1
        name = Path((upload.filename or "file").replace("\\", "/")).name or "file"
        answer = "refused"
        try:
            with tempfile.NamedTemporaryFile(prefix="goodpart-") as kept:
                await asyncio.to_thread(shutil.copyfileobj, upload.file, kept)
                kept.flush()
                result = await service.workers.judge(Path(kept.name), name, **how)
            answer = result.get("verdict", "AMULET")
            return result
        except BusyError:
            answer = "busy"
            raise
        finally:
            under_way -= 1
            service.metrics.files.labels(answer).inc()
            await upload.close()

    @app.post(
        "/submit",
        responses={**REFUSED, **UNABLE},
        dependencies=read,
        response_model=Analysis,
        response_model_exclude_unset=True,
        summary="AMULET's call: where does this recording differ?",
    )
    async def submit(data_file: Annotated[UploadFile, File(description="wav, flac or ogg")]) -> dict[str, Any]:
        return await judged(data_file, amulet=True)

    @app.post("/judge", responses={**REFUSED, **UNABLE}, dependencies=read, summary="Judge a picture or a recording")
    async def judge(
        data_file: Annotated[UploadFile, File(description="jpg, png, bmp, tif; wav, flac, ogg")],
        map: Annotated[bool, Query(description="of a picture the anomaly map as well")] = False,
        sensitivity: Sensitivity = None,
    ) -> dict[str, Any]:
        """What `goodpart score --json` says; of sound also `window_threshold`, the score from which windows count."""
        return await judged(data_file, picture=map, sensitivity=sensitivity)


# What is commanded. Each is journalled with who asked.


def add_commands(app: FastAPI, service: Service) -> None:
    station, change = service.station, needs(service, "change")
    may = {**REFUSED, **UNABLE}
    grabbing = asyncio.Lock()

    def command(request: Request, name: str, **arguments: Any) -> Callable[[], None]:
        """Raises GoodpartError for arguments that do not fit; the station is told when what comes back is called."""
        who = sender(dict(request.scope), request.headers)
        values = bound(name, arguments, who)

        def do() -> None:
            station.note(f"{name} by {who}", command=name, arguments=arguments, who=who)
            getattr(station, name)(**values)

        return do

    async def done(
        do: Callable[[], None], confirmed: Callable[[Snapshot], bool], seconds: float = CONFIRM_SECONDS
    ) -> dict[str, Any]:
        """Tell the station and wait for what comes of it. Raises GoodpartError with its words, or where none come."""
        before = service.hub.newest
        do()
        snapshot, until = before, time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            snapshot = await service.hub.newer_than(snapshot, left)
            if snapshot is not before and confirmed(snapshot):
                return {"done": True}
            if snapshot.refusals != before.refusals:
                raise GoodpartError(snapshot.fault)
        raise GoodpartError("the station has not confirmed it: GET /snapshot tells how it stands")

    def thresholds_of(snapshot: Snapshot, sense: Sense) -> Thresholds | None:
        sound = snapshot.sound
        return snapshot.thresholds if sense == "image" else sound.thresholds if sound else None

    def unsaved(snapshot: Snapshot, sense: Sense) -> bool:
        sound = snapshot.sound
        return snapshot.unsaved if sense == "image" else sound is not None and sound.unsaved

    @app.post("/thresholds", responses=may, dependencies=change, summary="Set thresholds")
    async def thresholds(request: Request, asked: ThresholdsAsked) -> dict[str, Any]:
        wanted = {k: v for k in ("density", "reconstruction_error") if (v := getattr(asked, k)) is not None}
        if not wanted:
            raise WireError("give density, reconstruction_error or both")
        if thresholds_of(service.hub.newest, asked.sense) is None:
            raise GoodpartError(f"there are no thresholds of {asked.sense} yet")
        steps = [
            command(request, "set_threshold", which=which, value=value, by="service", sense=asked.sense)
            for which, value in wanted.items()
        ]
        if asked.save:
            steps.append(command(request, "save_thresholds"))

        def confirmed(snapshot: Snapshot) -> bool:
            now = thresholds_of(snapshot, asked.sense)
            set_now = now is not None and all(getattr(now, which) == value for which, value in wanted.items())
            return set_now and not (asked.save and unsaved(snapshot, asked.sense))

        def do() -> None:
            for step in steps:
                step()

        await done(do, confirmed)
        return {"done": True, "thresholds": to_json(thresholds_of(service.hub.newest, asked.sense))}

    @app.post("/grab", responses=may, dependencies=change, summary="Take what the knobs point at as thresholds")
    async def grab(request: Request, asked: GrabAsked) -> dict[str, Any]:
        def grabs(snapshot: Snapshot) -> int:
            return snapshot.knobs.grabs if snapshot.knobs else 0

        async with grabbing:  # the next one that is counted is ours
            before = grabs(service.hub.newest)
            do = command(request, "grab", grab=asked.knobs, sense=asked.sense)
            await done(do, lambda now: grabs(now) > before)
        return {"done": True, "thresholds": to_json(thresholds_of(service.hub.newest, asked.sense))}

    @app.post("/pause", responses=may, dependencies=change, summary="Pause judging, or go on")
    async def pause(request: Request, asked: PauseAsked) -> dict[str, Any]:
        return await done(command(request, "pause", paused=asked.paused), lambda now: now.paused == asked.paused)

    @app.post("/trigger", responses=may, dependencies=change, summary="A part is in place: judge it, once")
    async def trigger(request: Request) -> dict[str, Any]:
        """In the single-shot mode (`single` of POST /command); the answer is the part with its verdict."""
        if service.hub.newest.shot is None:
            raise GoodpartError('parts are judged continuously: POST /command/single with {"on": true} first')
        before = service.hub.newest.part
        do = command(request, "part", by="service")
        await done(do, lambda now: now.part is not None and now.part != before, TRIGGER_SECONDS)
        return {"done": True, "part": to_json(service.hub.newest.part)}

    @app.post(
        "/command/{name}",
        responses={**may, 404: {"model": Error, "description": "there is no such command"}},
        dependencies=change,
        status_code=202,
        summary="Any command of the dashboard; what comes of it is in the next snapshots",
    )
    async def any_command(request: Request, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name not in COMMANDS:
            raise HTTPException(404, f"{name} is no command: the commands are {', '.join(COMMANDS)}")
        command(request, name, **arguments)()
        return {"accepted": name}


# The stream.


def add_stream(app: FastAPI, service: Service) -> None:
    @app.websocket("/snapshots")
    async def snapshots(socket: WebSocket, changes: bool = False) -> None:
        """A snapshot a message, as GET /snapshot gives it. With `changes=1` only the first is whole, then what has
        changed; the next comes when the reader has answered the last one with any message."""
        offered = socket.scope.get("subprotocols", [])
        if service.tokens is not None and not service.tokens.allow(token_of(socket, offered), "read"):
            await socket.close(1008)
            return
        await socket.accept(PROTOCOL if PROTOCOL in offered else None)
        service.hub.viewers += 1
        try:
            await (tell_changes(service.hub, socket) if changes else tell(service.hub, socket))
        except (WebSocketDisconnect, RuntimeError):  # it has gone, perhaps while it was told something
            pass
        finally:
            service.hub.viewers -= 1


def token_of(socket: WebSocket, offered: Sequence[str]) -> str:
    kind, _, token = socket.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token
    return next((one.removeprefix("token.") for one in offered if one.startswith("token.")), "")


async def tell(hub: Hub, socket: WebSocket) -> None:
    """Whole snapshots, as fast as the reader takes them."""
    gone = asyncio.create_task(until_gone(socket))
    told = None
    try:
        while not gone.done():
            told = await hub.newer_than(told, HEARTBEAT_SECONDS)
            await socket.send_json(packed_from(hub, told))
    finally:
        gone.cancel()


def packed_from(hub: Hub, snapshot: Snapshot) -> dict[str, Any]:
    return {"goodpart": 1, "clock": time.monotonic(), "snapshot": hub.as_json(snapshot)}


async def until_gone(socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await heard(socket)


async def heard(socket: WebSocket) -> None:
    """Until a message comes; what is in it, words or bytes, means nothing. Raises WebSocketDisconnect."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))


async def tell_changes(hub: Hub, socket: WebSocket) -> None:
    """What has changed, one message at a time."""
    # Until it is known how fast the line is it counts as slow.
    teller, told, slow = Teller(hub), None, True
    while True:
        told = await hub.newer_than(told, HEARTBEAT_SECONDS)
        text = json.dumps(teller.message(told, slow))
        await socket.send_text(text)
        began = time.monotonic()
        await heard(socket)
        took = time.monotonic() - began
        # Once slow it stays so until the line is clearly faster: a picture would make it slow again.
        slow = took > SLOW_SECONDS or (slow and took > QUICK_SECONDS and len(text) / took < QUICK_BYTES)


# The page.


def add_pages(app: FastAPI) -> None:
    headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return FileResponse(PAGE / "index.html", headers=headers)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return FileResponse(PAGE / "docs.html", headers=headers)

    app.mount("/page", StaticFiles(directory=PAGE), name="page")
