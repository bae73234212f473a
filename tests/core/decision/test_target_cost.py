"""What a false-alarm target needs and costs; and a station that calibrates for it."""

from __future__ import annotations

import pytest

from core.bundle import read_bundle
from core.commands import Calibrate, SaveThresholds, SetThreshold
from core.decision.target_cost import cost_sentence, what_it_costs
from core.evaluation.defect_test import separate
from core.journal.store import read_journal
from core.recipes.recipe import Recipe, open_recipe
from core.state.verdict import Sense
from tests.core.pipelines.test_sound import running as listening
from tests.core.station.test_station import good, running
from tests.support.parts import odd_part, until, write_parts
from tests.support.sounds import faulty_motor, write_sounds


def scores_of(recipe: Recipe, sense: Sense) -> list[tuple[float, float]]:
    found = separate(recipe, sense, read_bundle(recipe.bundle(sense)))
    return [(case.density, case.reconstruction_error) for case in found.defects]


def test_a_target_has_thresholds_a_band_and_misses(trained: Recipe) -> None:
    bundle = read_bundle(trained.image_bundle)
    write_parts(trained.defect_images, range(20), odd_part)
    (trained.defect_images / "torn.png").write_bytes(b"no picture")
    defects = scores_of(trained, "image")
    assert len(defects) == 20
    table = trained.settings.image
    cheap, dear = (what_it_costs(bundle, table, rate, defects) for rate in (0.2, 0.04))
    for cost in (cheap, dear):
        assert cost.thresholds is not None and cost.expected is not None and cost.misses is not None
        assert cost.expected[0] < cost.false_alarms < cost.expected[1]
        assert (cost.defects, cost.missing) == (20, 0)
    assert dear.needed == 24
    assert cheap.thresholds.density >= dear.thresholds.density  # type: ignore[union-attr]
    assert cheap.misses <= dear.misses  # type: ignore[operator]
    assert "of 20 defects would be OK" in cost_sentence(dear)
    # Defects that score as good parts do are missed.
    held = bundle.held_out
    alike = what_it_costs(bundle, table, 0.2, list(zip(held.density, held.reconstruction_error, strict=True)))
    assert alike.misses is not None and alike.misses >= 0.7 * bundle.held_out.count


def test_a_target_that_is_not_supported_says_what_it_needs(trained: Recipe) -> None:
    cost = what_it_costs(read_bundle(trained.image_bundle), trained.settings.image, 0.001)
    assert (cost.thresholds, cost.expected, cost.misses) == (None, None, None)
    assert (cost.held_out, cost.needed, cost.missing) == (30, 999, 969)
    assert "it takes 999, 969 more" in cost_sentence(cost)


def test_of_sound_recordings_count_and_are_missed_as_a_whole(heard: Recipe) -> None:
    bundle = read_bundle(heard.sound_bundle)
    sounds = [faulty_motor("bearing", number=900 + number) for number in range(4)]
    write_sounds(heard.defect_sound, sounds)
    cost = what_it_costs(bundle, heard.settings.sound, 0.1, scores_of(heard, "sound"))
    assert (cost.held_out, cost.needed, cost.defects) == (20, 20, 4)
    assert cost.misses is not None and cost.misses <= 1
    assert cost.expected is not None


def test_nothing_to_test_with_costs_nothing_that_is_known(trained: Recipe) -> None:
    bundle = read_bundle(trained.image_bundle)
    assert scores_of(trained, "image") == []
    assert what_it_costs(bundle, trained.settings.image, 0.1).misses is None


def test_a_station_calibrates_for_another_target_and_saves_it_only_when_asked(trained: Recipe) -> None:
    with running(trained, good) as bench:
        assert bench.turns("OK")
        assert bench.now.false_alarms == 0.05
        bench.station.do(Calibrate(0.2))
        assert until(lambda: bench.now.false_alarms == 0.2)
        assert bench.image.thresholds is not None and bench.image.thresholds.by == "calibrated for 20 % false alarms"
        assert open_recipe(str(trained.folder)).settings.verdict.false_alarms == 0.05
        old = bench.image.thresholds
        for target, words in ((0.001, "it takes 999, 969 more"), (0.9, "must lie between 0.0001 and 0.5")):
            bench.station.do(Calibrate(target))
            assert until(lambda: words in bench.now.fault)  # noqa: B023
        assert bench.image.thresholds == old
        bench.station.do(SetThreshold("density", -3.0, "key", "image", "moved by hand with a good part clamped"))
        bench.station.do(SaveThresholds())
        assert until(lambda: not bench.image.unsaved)
        assert until(lambda: open_recipe(str(trained.folder)).settings.verdict.false_alarms == 0.2)
    told = [event for event in read_journal(trained.journal) if event.kind == "threshold"]
    assert [event.data["how"] for event in told] == [
        "calibrated for 20 % false alarms",
        "moved by hand with a good part clamped",
    ]


def test_both_senses_are_calibrated_or_none(trained: Recipe, heard: Recipe) -> None:
    import shutil

    from tests.support.parts import Scripted

    shutil.copy(heard.sound_bundle, trained.sound_bundle)
    trained.change("verdict", {"false_alarms": 0.2})
    shown = Scripted()
    shown.show(good)
    with listening(open_recipe(str(trained.folder)), shown) as bench:
        assert until(lambda: bench.image.thresholds is not None and bench.sound.thresholds is not None)
        before = bench.image.thresholds, bench.sound.thresholds
        bench.station.do(Calibrate(0.01))
        assert until(lambda: "good samples cannot support" in bench.now.fault)
        assert (bench.image.thresholds, bench.sound.thresholds) == before
        assert bench.now.false_alarms == pytest.approx(0.2)
