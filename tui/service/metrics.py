"""The metrics for Prometheus, made from the newest snapshot when they are requested."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.inference.judge_pool import JudgePool
from core.state.sense import Counters
from core.state.snapshot import Snapshot
from core.state.verdict import State
from tui.service.snapshot_hub import SnapshotHub


class Metrics:
    """The metrics of a service."""

    def __init__(self, hub: SnapshotHub, workers: JudgePool) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.files = Counter("goodpart_files", "files sent to be judged", ["answer"], registry=self._registry)
        """Files by `answer`: the verdict, or refused or busy."""
        self._registry.register(BenchCollector(hub, workers))

    def text(self) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        return generate_latest(self._registry)


class BenchCollector(Collector):
    """Collects the metrics of the station, its viewers and the judging processes."""

    def __init__(self, hub: SnapshotHub, workers: JudgePool) -> None:
        self._hub = hub
        self._workers = workers

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that registering does not collect."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Return the metrics of the newest snapshot."""
        snapshot = self._hub.newest
        camera, microphone = snapshot.image, snapshot.sound
        state = GaugeMetricFamily("goodpart_verdict", "1 for the current verdict", labels=["state"])
        for name in get_args(State):
            state.add_metric([name], float(snapshot.verdict.state == name))
        yield state
        yield gauge("goodpart_snapshot_age_seconds", "age of the newest snapshot", time.time() - snapshot.at)
        yield gauge("goodpart_viewers", "attached screens and browsers", self._hub.viewers)
        yield gauge("goodpart_files_waiting", "files that wait to be judged", self._workers.waiting)
        yield CounterMetricFamily(
            "goodpart_workers_ended", "judging processes that crashed or hung", value=self._workers.crashed
        )
        yield CounterMetricFamily("goodpart_called", "changes of the verdict to ANOMALY", value=snapshot.called)
        judged = CounterMetricFamily("goodpart_judged", "judged pictures and windows of sound", labels=["sense"])
        anomalies = CounterMetricFamily(
            "goodpart_anomalies", "pictures and windows of sound judged ANOMALY", labels=["sense"]
        )
        for sense, sense_state in snapshot.senses.items():
            judged.add_metric([sense], sense_state.counters.judged)
            anomalies.add_metric([sense], sense_state.counters.anomalies)
        yield judged
        yield anomalies
        counters = camera.counters if camera else Counters()
        yield CounterMetricFamily("goodpart_pictures_unknown", "pictures without a verdict", value=counters.unknown)
        yield CounterMetricFamily(
            "goodpart_frames_dropped", "frames skipped because a newer one was there", value=counters.dropped
        )
        if camera:
            yield gauge("goodpart_camera_fps", "frames per second", camera.status.fps)
            yield gauge(
                "goodpart_camera_live", "1 while the camera delivers pictures", float(camera.status.state == "live")
            )
        if microphone:
            live = microphone.status.state == "live"
            yield gauge("goodpart_microphone_live", "1 while the microphone delivers sound", float(live))
        yield from scores(snapshot)


def scores(snapshot: Snapshot) -> Iterable[Metric]:
    """Return the scores of the newest judged sample per sense, the thresholds, and the seconds that judging took."""
    score = GaugeMetricFamily("goodpart_score", "score of the newest judged sample", labels=["sense", "score"])
    limit = GaugeMetricFamily("goodpart_threshold", "threshold of a score", labels=["sense", "score"])
    took = GaugeMetricFamily("goodpart_judging_seconds", "time to judge the newest sample", labels=["sense"])
    for sense, state in snapshot.senses.items():
        judged, thresholds = state.judged, state.thresholds
        if judged:
            score.add_metric([sense, "density"], judged.density)
            score.add_metric([sense, "reconstruction_error"], judged.reconstruction_error)
            took.add_metric([sense], judged.milliseconds / 1000)
        if thresholds:
            limit.add_metric([sense, "density"], thresholds.density)
            limit.add_metric([sense, "reconstruction_error"], thresholds.reconstruction_error)
    return score, limit, took


def gauge(name: str, description: str, value: float) -> GaugeMetricFamily:
    """Return a gauge without labels."""
    return GaugeMetricFamily(name, description, value=value)
