"""Commands to the station."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request

from core.commands import COMMANDS, Command
from core.errors import GoodpartError
from core.serialization.dataclass_json import WireError, to_json
from core.state.snapshot import Snapshot, thresholds_of
from tui.service.command_arguments import parsed_command
from tui.service.context import Service, needs
from tui.service.request_gate import sender
from tui.service.schemas import REFUSED, UNABLE, Error, GrabAsked, PauseAsked, ThresholdsAsked

CONFIRM_SECONDS = 2.0
TRIGGER_SECONDS = 30.0
MAY: dict[int | str, dict[str, Any]] = {**REFUSED, **UNABLE}


@dataclass(frozen=True)
class AskedCommand:
    """A command of a request, checked and not done yet."""

    command: Command
    arguments: Mapping[str, Any]
    """As they came."""
    who: str


def asked_command(request: Request, name: str, arguments: Mapping[str, Any]) -> AskedCommand:
    """Raises GoodpartError if the arguments do not fit the command."""
    who = sender(dict(request.scope), request.headers)
    return AskedCommand(parsed_command(name, arguments, who), arguments, who)


@dataclass(frozen=True)
class CommandRoutes:
    """One method per route."""

    service: Service
    grabbing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def thresholds(self, request: Request, asked: ThresholdsAsked) -> dict[str, Any]:
        wanted = {k: v for k in ("density", "reconstruction_error") if (v := getattr(asked, k)) is not None}
        if not wanted:
            raise WireError("give density, reconstruction_error or both")
        if thresholds_of(self.service.hub.newest, asked.sense) is None:
            raise GoodpartError(f"there are no thresholds of {asked.sense} yet")
        steps = [
            asked_command(
                request, "set_threshold", {"which": which, "value": value, "by": "service", "sense": asked.sense}
            )
            for which, value in wanted.items()
        ]
        if asked.save:
            steps.append(asked_command(request, "save_thresholds", {}))

        def confirmed(snapshot: Snapshot) -> bool:
            now = thresholds_of(snapshot, asked.sense)
            set_now = now is not None and all(getattr(now, which) == value for which, value in wanted.items())
            return set_now and not (asked.save and snapshot.senses[asked.sense].unsaved)

        await self._confirmed(steps, confirmed)
        return {"done": True, "thresholds": to_json(thresholds_of(self.service.hub.newest, asked.sense))}

    async def grab(self, request: Request, asked: GrabAsked) -> dict[str, Any]:
        async with self.grabbing:  # the next one that is counted is ours
            before = grabs(self.service.hub.newest)
            command = asked_command(request, "grab", {"grab": asked.knobs, "sense": asked.sense})
            await self._confirmed([command], lambda now: grabs(now) > before)
        return {"done": True, "thresholds": to_json(thresholds_of(self.service.hub.newest, asked.sense))}

    async def pause(self, request: Request, asked: PauseAsked) -> dict[str, Any]:
        command = asked_command(request, "pause", {"paused": asked.paused})
        await self._confirmed([command], lambda now: now.paused == asked.paused)
        return {"done": True}

    async def trigger(self, request: Request) -> dict[str, Any]:
        """In the single-shot mode (`single` of POST /command); the answer is the part with its verdict."""
        if self.service.hub.newest.shot is None:
            raise GoodpartError('parts are judged continuously: POST /command/single with {"on": true} first')
        before = self.service.hub.newest.part
        command = asked_command(request, "part", {"by": "service"})
        await self._confirmed([command], lambda now: now.part is not None and now.part != before, TRIGGER_SECONDS)
        return {"done": True, "part": to_json(self.service.hub.newest.part)}

    async def any_command(self, request: Request, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name not in COMMANDS:
            raise HTTPException(404, f"{name} is no command: the commands are {', '.join(COMMANDS)}")
        self._do(asked_command(request, name, arguments))
        return {"accepted": name}

    def _do(self, asked: AskedCommand) -> None:
        name, station = asked.command.name, self.service.station
        station.note(f"{name} by {asked.who}", command=name, arguments=asked.arguments, who=asked.who)
        station.do(asked.command)

    async def _confirmed(
        self, commands: Sequence[AskedCommand], confirmed: Callable[[Snapshot], bool], seconds: float = CONFIRM_SECONDS
    ) -> None:
        """Give the station the commands and wait up to `seconds` for a snapshot that confirms them. Raises
        GoodpartError with the station's words if it refuses, or if nothing confirms them in time."""
        hub = self.service.hub
        snapshot = before = hub.newest
        for command in commands:
            self._do(command)
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            snapshot = await hub.newer_than(snapshot, left)
            if snapshot is not before and confirmed(snapshot):
                return
            if snapshot.refusals != before.refusals:
                raise GoodpartError(snapshot.fault)
        raise GoodpartError("the station has not confirmed it: GET /snapshot tells how it stands")


def add_commands(app: FastAPI, service: Service) -> None:
    routes, router = CommandRoutes(service), APIRouter(dependencies=needs(service, "change"))
    post = router.post
    post("/thresholds", responses=MAY, summary="Set thresholds")(routes.thresholds)
    post("/grab", responses=MAY, summary="Take what the knobs point at as thresholds")(routes.grab)
    post("/pause", responses=MAY, summary="Pause judging, or go on")(routes.pause)
    post("/trigger", responses=MAY, summary="A part is in place: judge it, once")(routes.trigger)
    post(
        "/command/{name}",
        responses={**MAY, 404: {"model": Error, "description": "there is no such command"}},
        status_code=202,
        summary="Any command of the dashboard; what comes of it is in the next snapshots",
    )(routes.any_command)
    app.include_router(router)


def grabs(snapshot: Snapshot) -> int:
    """How many times thresholds were taken from the knobs."""
    return snapshot.knobs.grabs if snapshot.knobs else 0
