"""Files judged for a screen: by the service that it is attached to, or in a process of its own beside the station."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Protocol

from core.recipes.recipe import Recipe
from tui.service.client import ServiceClient


class FileScorer(Protocol):
    async def judge(self, file: Path, sensitivity: float | None) -> dict[str, Any]:
        """As POST /judge answers. Raises GoodpartError."""

    async def close(self) -> None: ...


class RemoteFileScorer:
    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def judge(self, file: Path, sensitivity: float | None) -> dict[str, Any]:
        return await asyncio.to_thread(self._client.judge, file, sensitivity)

    async def close(self) -> None: ...


class LocalFileScorer:
    """The models are loaded there a second time, and the bench goes on undisturbed."""

    def __init__(self, recipe: Recipe) -> None:
        from core.inference.judge_pool import JudgePool

        self._workers = JudgePool(recipe.folder, count=1)

    async def judge(self, file: Path, sensitivity: float | None) -> dict[str, Any]:
        return await self._workers.judge(file.absolute(), file.name, picture=True, sensitivity=sensitivity)

    async def close(self) -> None:
        await self._workers.close()
