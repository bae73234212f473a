"""The journal has the verdicts in the order in which they came."""

from __future__ import annotations

import threading

import pytest

from core.journal.event_log import EventLog
from core.journal.evidence_files import EvidencePictures
from core.journal.store import read_journal
from core.recipes.recipe import Recipe
from core.state.verdict import Verdict
from tests.support.parts import odd_part


def test_a_verdict_does_not_overtake_an_anomaly_whose_picture_is_being_kept(
    trained: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def keep(*_: object) -> None:
        assert released.wait(10)

    monkeypatch.setattr(EvidencePictures, "keep", keep)
    log = EventLog(trained)
    log.verdict(Verdict("ANOMALY", "a bore is missing"), False, {}, odd_part(1), None, lambda: None, 1.0)
    log.verdict(Verdict("UNKNOWN", "picture dark"), True, {}, None, None, lambda: None, 2.0)
    log.verdict(Verdict("OK", "like the good parts"), False, {}, None, None, lambda: None, 3.0)
    released.set()
    log.close(3, lambda: None)
    verdicts = [(event.at, event.verdict) for event in read_journal(trained.journal) if event.kind == "verdict"]
    assert verdicts == [(1.0, "ANOMALY"), (2.0, "UNKNOWN"), (3.0, "OK")]
