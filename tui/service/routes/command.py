"""Commands to the station."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, HTTPException, Request

from core.errors import GoodpartError
from core.serialization.dataclass_json import WireError, to_json
from core.state.snapshot import Snapshot, thresholds_of
from tui.service.command_arguments import COMMANDS, bound
from tui.service.context import Service, needs
from tui.service.request_gate import sender
from tui.service.schemas import REFUSED, UNABLE, Error, GrabAsked, PauseAsked, ThresholdsAsked

CONFIRM_SECONDS = 2.0


TRIGGER_SECONDS = 30.0


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
            return set_now and not (asked.save and snapshot.senses[asked.sense].unsaved)

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
