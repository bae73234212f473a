"""The service in this process, so that a test may make its limits small, before a station that the test drives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from core.inference.judge_pool import JudgePool
from core.recipes.recipe import Recipe
from tests.support.fake_station import FakeStation
from tests.support.parts import until
from tests.support.served import Served
from tui.service.app import make_app
from tui.service.context import Service
from tui.service.liveness import Liveness
from tui.service.metrics import Metrics
from tui.service.request_gate import LOOPBACK, RequestGate
from tui.service.server import listen, uvicorn_config
from tui.service.snapshot_hub import SnapshotHub


class NotingStation(FakeStation):
    def note(self, reason: str, **data: Any) -> None: ...


@dataclass
class Inside:
    served: Served
    """Its process is this one: none to be ended."""
    service: Service
    station: NotingStation
    server: uvicorn.Server

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.served.url.removeprefix("http://").rpartition(":")
        return host, int(port)


@contextmanager
def inside(recipe: Recipe) -> Iterator[Inside]:
    """One process judges files."""
    station = NotingStation()
    hub, pulse, workers = SnapshotHub(station.now), Liveness(), JudgePool(recipe.folder, count=1)
    service = Service(recipe, station, hub, pulse, workers, Metrics(hub, workers), None)
    station.subscribe(pulse.put)
    station.subscribe(hub.put)
    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn_config(RequestGate(make_app(service), LOOPBACK)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    served = Served(None, f"http://127.0.0.1:{listening.getsockname()[1]}")  # type: ignore[arg-type]
    try:
        assert until(lambda: server.started)
        yield Inside(served, service, station, server)
    finally:
        server.should_exit = True
        thread.join(15)
        listening.close()
        assert not thread.is_alive()
