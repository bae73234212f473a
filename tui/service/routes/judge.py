"""POST /submit and /judge."""

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
