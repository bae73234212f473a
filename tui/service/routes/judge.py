"""POST /submit and /judge: judge uploaded files."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, File, Query, UploadFile

from core.inference.judge_pool import BusyError
from tui.service.context import Service, needs
from tui.service.limits import UPLOADS
from tui.service.schemas import REFUSED, UNABLE, Analysis, Sensitivity


def add_judges(app: FastAPI, service: Service) -> None:
    """Add POST /submit and /judge, for the read token; at most UPLOADS files at a time."""
    read = needs(service, "read")
    running = 0

    async def judged(upload: UploadFile, **options: Any) -> dict[str, Any]:
        nonlocal running
        if running >= UPLOADS:
            raise BusyError(f"{running} files are being judged: try again later")
        running += 1
        name = Path((upload.filename or "file").replace("\\", "/")).name or "file"
        outcome = "refused"
        try:
            with tempfile.NamedTemporaryFile(prefix="goodpart-") as file:
                await asyncio.to_thread(shutil.copyfileobj, upload.file, file)
                file.flush()
                result = await service.workers.judge(Path(file.name), name, **options)
            outcome = result.get("verdict", "AMULET")
            return result
        except BusyError:
            outcome = "busy"
            raise
        finally:
            running -= 1
            service.metrics.files.labels(outcome).inc()
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
        map: Annotated[bool, Query(description="include the anomaly map of a picture")] = False,
        sensitivity: Sensitivity = None,
    ) -> dict[str, Any]:
        """The same answer as `goodpart score --json`; for sound with `window_threshold`, the score from which windows
        count."""
        return await judged(data_file, picture=map, sensitivity=sensitivity)
