"""How it stands, for Prometheus: made from the newest snapshot when it is asked for."""

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
    def __init__(self, hub: SnapshotHub, workers: JudgePool) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.files = Counter("goodpart_files", "files that were sent to be judged", ["answer"], registry=self._registry)
        """`answer` is the verdict, or what was wrong: refused, busy."""
        self._registry.register(BenchCollector(hub, workers))

    def text(self) -> bytes:
        return generate_latest(self._registry)


class BenchCollector(Collector):
    def __init__(self, hub: SnapshotHub, workers: JudgePool) -> None:
        self._hub = hub
        self._workers = workers

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        snapshot = self._hub.newest
        camera, microphone = snapshot.image, snapshot.sound
        state = GaugeMetricFamily("goodpart_verdict", "1 for the verdict that stands", labels=["state"])
        for one in get_args(State):
            state.add_metric([one], float(snapshot.verdict.state == one))
        yield state
        yield gauge("goodpart_snapshot_age_seconds", "since the station last told anything", time.time() - snapshot.at)
        yield gauge("goodpart_viewers", "screens and browsers that are attached", self._hub.viewers)
        yield gauge("goodpart_files_waiting", "files that wait to be judged", self._workers.waiting)
        yield CounterMetricFamily(
            "goodpart_workers_ended", "judging processes that crashed or hung", value=self._workers.crashed
        )
        yield CounterMetricFamily("goodpart_called", "times that the verdict turned to ANOMALY", value=snapshot.called)
        judged = CounterMetricFamily("goodpart_judged", "pictures and windows of sound", labels=["sense"])
        anomalies = CounterMetricFamily("goodpart_anomalies", "of them ANOMALY", labels=["sense"])
        for sense, now in snapshot.senses.items():
            judged.add_metric([sense], now.counters.judged)
            anomalies.add_metric([sense], now.counters.anomalies)
        yield judged
        yield anomalies
        counters = camera.counters if camera else Counters()
        yield CounterMetricFamily("goodpart_pictures_unknown", "pictures without a verdict", value=counters.unknown)
        yield CounterMetricFamily("goodpart_frames_dropped", "frames that a newer one overtook", value=counters.dropped)
        if camera:
            yield gauge("goodpart_camera_fps", "frames a second", camera.status.fps)
            yield gauge("goodpart_camera_live", "1 while it gives pictures", float(camera.status.state == "live"))
        if microphone:
            live = microphone.status.state == "live"
            yield gauge("goodpart_microphone_live", "1 while it gives sound", float(live))
        yield from scores(snapshot)


def scores(snapshot: Snapshot) -> Iterable[Metric]:
    """Of the newest judged sample of each sense, and what they are compared with."""
    score = GaugeMetricFamily("goodpart_score", "of the newest judged sample", labels=["sense", "score"])
    limit = GaugeMetricFamily("goodpart_threshold", "beyond which a score alone would alarm", labels=["sense", "score"])
    took = GaugeMetricFamily("goodpart_judging_seconds", "for the newest judged sample", labels=["sense"])
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


def gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)
