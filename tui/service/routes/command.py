"""Routes that send commands to the station."""

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
"""Seconds to wait for a snapshot that confirms a command."""
TRIGGER_SECONDS = 30.0
"""Seconds to wait for the verdict of a part."""
ERRORS: dict[int | str, dict[str, Any]] = {**REFUSED, **UNABLE}
"""The error answers of these routes, for the OpenAPI description."""


@dataclass(frozen=True)
class CheckedCommand:
    """A command from a request, checked but not executed yet."""

    command: Command
    arguments: Mapping[str, Any]
    """As received, for the journal."""
    who: str
    """The sender, for the journal."""


def checked_command(request: Request, name: str, arguments: Mapping[str, Any]) -> CheckedCommand:
    """Return the checked command `name`. Raises GoodpartError if the arguments do not fit the command."""
    who = sender(dict(request.scope), request.headers)
    return CheckedCommand(parsed_command(name, arguments, who), arguments, who)


@dataclass(frozen=True)
class CommandRoutes:
    """The handlers, one method per route."""

    service: Service
    grabbing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def thresholds(self, request: Request, asked: ThresholdsAsked) -> dict[str, Any]:
        """Set one or both thresholds of a sense, and save them if asked; the answer has the thresholds in use."""
        wanted = {k: v for k in ("density", "reconstruction_error") if (v := getattr(asked, k)) is not None}
        if not wanted:
            raise WireError("give density, reconstruction_error or both")
        if thresholds_of(self.service.hub.newest, asked.sense) is None:
            raise GoodpartError(f"there are no thresholds of {asked.sense} yet")
        steps = [
            checked_command(
                request, "set_threshold", {"which": which, "value": value, "by": "service", "sense": asked.sense}
            )
            for which, value in wanted.items()
        ]
        if asked.save:
            steps.append(checked_command(request, "save_thresholds", {}))

        def confirmed(snapshot: Snapshot) -> bool:
            now = thresholds_of(snapshot, asked.sense)
            set_now = now is not None and all(getattr(now, which) == value for which, value in wanted.items())
            return set_now and not (asked.save and snapshot.senses[asked.sense].unsaved)

        await self._confirmed(steps, confirmed)
        return {"done": True, "thresholds": to_json(thresholds_of(self.service.hub.newest, asked.sense))}

    async def grab(self, request: Request, asked: GrabAsked) -> dict[str, Any]:
        """Take what the knobs point at as thresholds; the answer has the thresholds in use."""
        async with self.grabbing:  # one at a time: the next grab that the station counts is this one
            before = grabs(self.service.hub.newest)
            command = checked_command(request, "grab", {"grab": asked.knobs, "sense": asked.sense})
            await self._confirmed([command], lambda now: grabs(now) > before)
        return {"done": True, "thresholds": to_json(thresholds_of(self.service.hub.newest, asked.sense))}

    async def pause(self, request: Request, asked: PauseAsked) -> dict[str, Any]:
        """Pause judging, or resume it."""
        command = checked_command(request, "pause", {"paused": asked.paused})
        await self._confirmed([command], lambda now: now.paused == asked.paused)
        return {"done": True}

    async def trigger(self, request: Request) -> dict[str, Any]:
        """In the single-shot mode (`single` of POST /command); the answer is the part with its verdict."""
        if self.service.hub.newest.shot is None:
            raise GoodpartError('parts are judged continuously: POST /command/single with {"on": true} first')
        before = self.service.hub.newest.part
        command = checked_command(request, "part", {"by": "service"})
        await self._confirmed([command], lambda now: now.part is not None and now.part != before, TRIGGER_SECONDS)
        return {"done": True, "part": to_json(self.service.hub.newest.part)}

    async def any_command(self, request: Request, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Send a command of the station; its outcome is in the next snapshots."""
        if name not in COMMANDS:
            raise HTTPException(404, f"{name} is no command: the commands are {', '.join(COMMANDS)}")
        self._send(checked_command(request, name, arguments))
        return {"accepted": name}

    def _send(self, asked: CheckedCommand) -> None:
        name, station = asked.command.name, self.service.station
        station.note(f"{name} by {asked.who}", command=name, arguments=asked.arguments, who=asked.who)
        station.do(asked.command)

    async def _confirmed(
        self,
        commands: Sequence[CheckedCommand],
        confirmed: Callable[[Snapshot], bool],
        seconds: float = CONFIRM_SECONDS,
    ) -> None:
        """Send the commands and wait up to `seconds` for a snapshot that confirms them. Raises GoodpartError if the
        station refuses (with its error text), or if no snapshot confirms them in time."""
        hub = self.service.hub
        snapshot = before = hub.newest
        for command in commands:
            self._send(command)
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            snapshot = await hub.newer_than(snapshot, left)
            if snapshot is not before and confirmed(snapshot):
                return
            if snapshot.refusals != before.refusals:
                raise GoodpartError(snapshot.fault)
        raise GoodpartError("the station has not confirmed it in time: GET /snapshot shows its state")


def add_commands(app: FastAPI, service: Service) -> None:
    """Add POST /thresholds, /grab, /pause, /trigger and /command/{name}, for the change token."""
    routes, router = CommandRoutes(service), APIRouter(dependencies=needs(service, "change"))
    post = router.post
    post("/thresholds", responses=ERRORS, summary="Set thresholds")(routes.thresholds)
    post("/grab", responses=ERRORS, summary="Take what the knobs point at as thresholds")(routes.grab)
    post("/pause", responses=ERRORS, summary="Pause judging, or go on")(routes.pause)
    post("/trigger", responses=ERRORS, summary="A part is in place: judge it, once")(routes.trigger)
    post(
        "/command/{name}",
        responses={**ERRORS, 404: {"model": Error, "description": "there is no such command"}},
        status_code=202,
        summary="Any command of the dashboard; what comes of it is in the next snapshots",
    )(routes.any_command)
    app.include_router(router)


def grabs(snapshot: Snapshot) -> int:
    """Return how many times thresholds were taken from the knobs since the station began."""
    return snapshot.knobs.grabs if snapshot.knobs else 0
