"""The operator's word on a call is journalled, and what it teaches is put aside until somebody accepts it."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.commands import AcceptOffers, DiscardOffers, GiveFeedback, Pause, TriggerPart
from core.dataset import review_queue as offers
from core.dataset.add_images import pictures_in
from core.dataset.inventory import RECENT
from core.dataset.review_queue import OFFERS, SENSES, accept, counted, discard, offer_picture, offered
from core.errors import GoodpartError
from core.features.image.picture import decode_picture, small_preview
from core.journal.store import read_journal
from core.recipes.recipe import Recipe
from core.sources.simulated.motor import RATE
from core.state.journal_event import JournalEvent
from core.state.material import ReviewQueue
from tests.core.inspection.test_single_shot import ODD_PART, hearing, judged, running, single
from tests.core.pipelines.test_sound import BAD, GOOD
from tests.core.station.test_station import Bench, odd
from tests.core.station.test_station import running as continuous
from tests.support.parts import good_part, goodpart_here, odd_part, until


def counts(bench: Bench) -> ReviewQueue:
    return replace(bench.now.offers, recent=())


def words(recipe: Recipe) -> list[JournalEvent]:
    return [event for event in read_journal(recipe.journal) if event.kind == "word"]


def files(recipe: Recipe) -> list[str]:
    found = [p for offer in OFFERS for sense in SENSES for p in offered(recipe, offer, sense)]
    return [p.relative_to(recipe.folder / "offered").parent.as_posix() for p in found]


def test_a_false_alarm_is_offered_as_good_and_a_change_of_mind_takes_it_back(trained: Recipe) -> None:
    with running(single(trained), ODD_PART) as bench:
        bench.station.do(GiveFeedback("good"))
        assert until(lambda: "there is no OK or ANOMALY yet" in bench.now.fault)
        bench.station.do(TriggerPart())
        part = judged(bench, 1)
        bench.station.do(GiveFeedback("good", part.at))
        assert until(lambda: bench.now.call is not None and bench.now.call.word == "good")
        assert counts(bench) == ReviewQueue(good_images=1)
        (place,) = offered(trained, "good", "image")
        bench.station.do(GiveFeedback("good", part.at))
        assert until(lambda: "recorded already that the part was good" in bench.now.fault)
        bench.station.do(GiveFeedback("bad", part.at))
        assert until(lambda: counts(bench) == ReviewQueue(defect_images=1))
        assert not place.exists()
        bench.station.do(GiveFeedback("good", part.at - 100))
        assert until(lambda: "another part has been judged meanwhile" in bench.now.fault)
    first, second = words(trained)
    assert (first.verdict, first.data["word"], second.data["word"]) == ("ANOMALY", "good", "bad")
    (row,) = [event for event in read_journal(trained.journal) if event.kind == "part"]
    assert first.data["about"]["at"] == row.at
    assert first.data["about"]["part"] == 1
    assert first.data["picture"] == row.data["picture"]
    assert first.data["image"]["density"] == row.data["image"]["density"]
    assert first.data["offered"] == [place.relative_to(trained.folder).as_posix()]


def test_a_part_that_was_missed_is_offered_as_defective_and_one_that_was_right_teaches_nothing(
    trained: Recipe,
) -> None:
    with running(single(trained)) as bench:
        bench.station.do(TriggerPart())
        part = judged(bench, 1)
        assert part.verdict.state == "OK"
        bench.station.do(GiveFeedback("good", part.at))
        assert until(lambda: bench.now.call is not None and bench.now.call.word == "good")
        assert counts(bench) == ReviewQueue()
        bench.station.do(GiveFeedback("bad", part.at))
        assert until(lambda: counts(bench) == ReviewQueue(defect_images=1))


def test_judged_continuously_the_word_is_about_the_last_turn(trained: Recipe) -> None:
    with continuous(trained, odd) as bench:
        assert bench.turns("ANOMALY")
        assert bench.now.call is not None
        at = bench.now.call.at
        bench.station.do(Pause(True))
        assert bench.turns("UNKNOWN", "paused")
        bench.station.do(GiveFeedback("good", at))
        assert until(lambda: counts(bench) == ReviewQueue(good_images=1))
    (word,) = words(trained)
    (turn,) = [
        event for event in read_journal(trained.journal) if event.kind == "verdict" and event.verdict == "ANOMALY"
    ]
    assert word.data["about"]["at"] == turn.at
    assert word.data["picture"] == turn.data["picture"]
    assert word.data["map"] == turn.data["map"]


def test_of_a_motor_the_seconds_are_offered_that_were_judged(heard: Recipe) -> None:
    with hearing(single(heard), BAD) as (bench, played):
        bench.station.do(TriggerPart())
        part = judged(bench, 1)
        assert part.verdict.state == "ANOMALY"
        played.play(GOOD)
        time.sleep(0.3)
        bench.station.do(GiveFeedback("bad", part.at))
        assert until(lambda: counts(bench) == ReviewQueue(defect_sound=1))
    (place,) = offered(heard, "defect", "sound")
    sound, rate = soundfile.read(place, dtype="float32")
    assert rate == RATE
    assert len(sound) == 2 * RATE
    # It is what was judged: a piece of BAD, and not of what is heard now.
    assert np.correlate(np.tile(BAD, 2), sound, "valid").max() > 0.99 * float(np.sum(sound**2))


def test_what_is_offered_is_accepted_or_discarded(trained: Recipe, user: dict[str, str]) -> None:
    good, bad = good_part(7001), odd_part(7002)
    offer_picture(trained, "good", good, 1_730_000_000.25)
    place = offer_picture(trained, "defect", bad, 1_730_000_001.5)
    assert place.name.endswith("-500.png")
    before = len(pictures_in(trained.good_images))
    torn = place.with_name("torn.png")
    torn.write_bytes(b"no picture")
    assert goodpart_here(["teach", trained.folder, "--offered", "list"], user).stdout.count(".png") == 3
    done = goodpart_here(["teach", trained.folder, "--offered"], user)
    assert done.returncode == 3
    assert done.stdout == "1 picture of good parts taught\n1 picture of defect parts taught\n"
    assert "refused: " in done.stderr and "torn.png" in done.stderr
    assert len(pictures_in(trained.good_images)) == before + 1
    assert len(pictures_in(trained.defect_images)) == 1
    assert counted(trained) == ReviewQueue(defect_images=1)
    done = goodpart_here(["teach", trained.folder, "--offered", "drop"], user)
    assert (done.returncode, done.stdout) == (0, "1 offered files discarded\n")
    assert goodpart_here(["teach", trained.folder, "--offered"], user).stdout == "nothing is offered\n"
    assert goodpart_here(["teach", trained.folder, "--offered", "--defect"], user).returncode == 2


def test_some_of_it_may_be_chosen(trained: Recipe) -> None:
    one = offer_picture(trained, "good", good_part(7001), 1_730_000_000.0)
    other = offer_picture(trained, "good", good_part(7002), 1_730_000_001.0)
    assert discard(trained, [one]) == 1
    assert accept(trained, [other]) == ["1 picture of good parts taught"]
    assert files(trained) == []


def test_so_many_are_offered_and_no_more(trained: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers, "MOST_OFFERED", 2)
    for number in range(2):
        offer_picture(trained, "good", good_part(7000 + number), 1_730_000_000.0 + number)
    with pytest.raises(GoodpartError, match="2 files of good parts are offered already"):
        offer_picture(trained, "good", good_part(7009), 1_730_000_009.0)


def test_what_is_offered_is_seen_and_taken_one_by_one(trained: Recipe) -> None:
    for number in range(RECENT):
        offer_picture(trained, "good", good_part(7000 + number), 1_730_000_000.0 + number)
    last = offer_picture(trained, "defect", odd_part(7002), 1_730_000_100.0)
    last.with_name("offered-20300101-000000-000.png").write_bytes(b"torn")
    with running(single(trained)) as bench:
        assert until(lambda: len(bench.now.offers.recent) == RECENT - 1)  # and one that cannot be read
        shown = bench.now.offers.recent
        assert [one.good for one in shown] == [True] * (RECENT - 2) + [False]
        assert trained.folder / shown[-1].file == last
        assert shown[-1].preview == small_preview(decode_picture(last))
        bench.station.do(AcceptOffers(shown[-1].file))
        assert until(lambda: bench.now.offers.told == "1 picture of defect parts taught")
        assert bench.now.offers.good_images == RECENT and len(pictures_in(trained.defect_images)) == 1
        newest = bench.now.offers.recent[-1]
        assert newest.good
        bench.station.do(DiscardOffers(newest.file))
        assert until(lambda: bench.now.offers.told == "1 offered file discarded")
        assert bench.now.offers.good_images == RECENT - 1
        # What nobody has offered is neither taught nor deleted.
        for file in (newest.file, "recipe.toml", "../pump/recipe.toml", "good/images"):
            bench.station.do(DiscardOffers(file))
            assert until(lambda file=file: f"{file}: is not offered any more" in bench.now.fault)  # type: ignore[misc]
    assert trained.toml.exists() and len(pictures_in(trained.good_images)) > 0


def test_a_running_station_accepts_them(trained: Recipe) -> None:
    offer_picture(trained, "good", good_part(7001), 1_730_000_000.0)
    with running(single(trained)) as bench:
        assert until(lambda: bench.now.offers.good_images == 1)
        bench.station.do(AcceptOffers())
        assert until(lambda: counts(bench) == ReviewQueue(told="1 picture of good parts taught"))
        bench.station.do(DiscardOffers())
        assert until(lambda: bench.now.offers.told == "0 offered files discarded")


def test_a_disk_that_refuses_is_told_and_nothing_is_noted(trained: Recipe, small_disk: object, tmp_path: Path) -> None:
    disk = small_disk(2048)  # type: ignore[operator]
    shutil.copy(trained.toml, disk / "recipe.toml")
    small = Recipe(disk, trained.settings)
    with (disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
        while True:
            filler.write(bytes(1024))
    with pytest.raises(GoodpartError, match=r"cannot be (written|made)"):
        offer_picture(small, "good", good_part(7001), 1_730_000_000.0)
    assert files(small) == []
