"""Judges files for a screen: through the service that it is attached to, or in a separate process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Protocol

from core.recipes.recipe import Recipe
from tui.service.client import ServiceClient


class FileScorer(Protocol):
    """Judges files."""

    async def judge(self, file: Path, sensitivity: float | None) -> dict[str, Any]:
        """Return the answer of POST /judge for a file; `sensitivity` is 0 to 10, for the method amulet only.

        Raises GoodpartError if the file cannot be judged.
        """

    async def close(self) -> None:
        """End what judges."""


class RemoteFileScorer:
    """Judges files through POST /judge of a service."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def judge(self, file: Path, sensitivity: float | None) -> dict[str, Any]:
        """Send the file to the service. Raises GoodpartError if it refuses the file or does not answer."""
        return await asyncio.to_thread(self._client.judge, file, sensitivity)

    async def close(self) -> None:
        """Do nothing: every request has its own connection."""


class LocalFileScorer:
    """Judges in a separate process, which loads the models a second time and does not disturb the live station."""

    def __init__(self, recipe: Recipe) -> None:
        from core.inference.judge_pool import JudgePool

        self._workers = JudgePool(recipe.folder, count=1)

    async def judge(self, file: Path, sensitivity: float | None) -> dict[str, Any]:
        """Judge the file with the recipe's models. Raises GoodpartError if it cannot be judged."""
        return await self._workers.judge(file.absolute(), file.name, picture=True, sensitivity=sensitivity)

    async def close(self) -> None:
        """End the process that judges."""
        await self._workers.close()
