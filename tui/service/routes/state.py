"""GET /health, /snapshot, /journal and /metrics."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from core.inference.judge_pool import BusyError
from core.journal.store import read_newest
from core.serialization.dataclass_json import to_json
from core.serialization.snapshot_json import packed
from tui.service.context import Service, needs
from tui.service.limits import JOURNAL_READERS, JOURNAL_ROWS
from tui.service.schemas import REFUSED, UNABLE, HealthAnswer, JournalRowAnswer


def add_readers(app: FastAPI, service: Service) -> None:
    """Add the GET routes, for the read token."""
    read = needs(service, "read")
    reading = 0

    @app.get(
        "/health",
        responses={**REFUSED, 503: {"model": HealthAnswer}},
        dependencies=read,
        summary="Is the station healthy?",
    )
    async def health() -> HealthAnswer:
        """503 if the verdict stays UNKNOWN or nothing is judged, with the reason as text."""
        snapshot = service.hub.newest
        trouble = service.pulse.trouble(snapshot)
        answer = HealthAnswer(
            well=not trouble, verdict=snapshot.verdict.state, reason=trouble or snapshot.verdict.reason
        )
        return JSONResponse(answer.model_dump(), 503) if trouble else answer  # type: ignore[return-value]

    @app.get("/snapshot", responses=REFUSED, dependencies=read, summary="The present state of the station")
    async def snapshot() -> dict[str, Any]:
        """Arrays and pictures are base64. `clock` is the present value of the clock of those times that do not count
        from 1970."""
        return packed(service.hub.newest)

    @app.get(
        "/journal",
        response_model=list[JournalRowAnswer],
        responses={**REFUSED, **UNABLE},
        dependencies=read,
        summary="Journal rows, the newest last",
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
            body = await asyncio.to_thread(rows, service.recipe.journal, limit, kind, since)
        finally:
            reading -= 1
        return Response(body, media_type="application/json")

    @app.get("/metrics", responses=REFUSED, dependencies=read, response_class=PlainTextResponse, summary="Prometheus")
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def rows(path: Path, limit: int, kind: str | None, since: float) -> str:
    """Return the newest rows as a JSON array. Runs on a thread, row by row, because many rows at once would block the
    loop."""
    return f"[{','.join(json.dumps(to_json(event)) for event in read_newest(path, limit, kind, since))}]"
