"""What every route works with, and who may call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from core.inference.judge_pool import JudgePool
from core.recipes.recipe import Recipe
from core.station.interface import StationInterface
from tui.service.liveness import Liveness
from tui.service.metrics import Metrics
from tui.service.snapshot_hub import SnapshotHub
from tui.service.tokens import May, Tokens


class JournalledStation(StationInterface, Protocol):
    """A station that keeps a journal."""

    def note(self, reason: str, **data: Any) -> None:
        """Write an event of kind `command` to the journal."""


@dataclass(frozen=True)
class Service:
    """Everything that the routes work with."""

    recipe: Recipe
    station: JournalledStation
    hub: SnapshotHub
    pulse: Liveness
    workers: JudgePool
    metrics: Metrics
    tokens: Tokens | None
    """None on loopback addresses: every client on this machine may do everything."""


bearer = HTTPBearer(auto_error=False, description="a token of the token file of goodpart serve")


Given = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


def needs(service: Service, what: May) -> list[Any]:
    """Return the dependencies of a route: a check that the token allows `what`; none if the service has no tokens.

    A missing or unknown token is answered with 401, a token that may only read with 403.
    """
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
