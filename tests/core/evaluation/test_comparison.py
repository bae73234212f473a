"""What a contest of methods says, and when it says nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import GoodpartError
from core.evaluation.comparison import (
    Comparison,
    difference,
    figures,
    kinds,
    read_contest,
    to_json,
    won,
    worst_of,
    write_contest,
)
from core.evaluation.recommendation import advise
from tests.support.comparisons import FOLDS, contest


def test_the_auroc_compares_only_scores_of_one_model() -> None:
    held = contest({"features": 2.0}, good=10, defects=4)
    entry = held.entries[0]
    # A model whose every score is 100 higher is as good a model.
    shifted = replace(
        entry,
        good=[share + 100 * fold for share, fold in zip(entry.good, held.fold, strict=True)],
        defect=[[share + 100 * fold for share in row] for fold, row in enumerate(entry.defect)],
    )
    assert figures(held, shifted).auroc == figures(held, entry).auroc
    by_hand = np.mean([[d > g for d in entry.defect[f]] for g, f in zip(entry.good, held.fold, strict=True)])
    assert figures(held, entry).auroc.value == by_hand
    tied = replace(entry, good=[1.0] * 10, defect=[[1.0] * 4] * FOLDS)
    assert figures(held, tied).auroc.value == 0.5


def test_misses_and_false_alarms_are_those_beyond_the_level() -> None:
    held = contest({"features": 2.0}, good=10, defects=4)
    entry = replace(held.entries[0], good=[0.5] * 8 + [1.5] * 2, defect=[[0.9, 2, 2, 2]] * 4 + [[2.0, 2, 2, 2]])
    found = figures(held, entry)
    assert found.false_alarms.value == pytest.approx(0.2)
    assert found.misses.value == pytest.approx(0.2)
    assert found.misses.low < 0.2 < found.misses.high


def test_near_duplicates_do_not_narrow_the_interval() -> None:
    held = contest({"features": 0.9}, defects=30)
    doubled = replace(held, defect_group=[100 + number // 10 for number in range(30)])
    one, other = (figures(c, c.entries[0]).auroc for c in (held, doubled))
    assert one.value == other.value
    assert other.high - other.low > 1.3 * (one.high - one.low)


def test_kinds_are_told_by_names() -> None:
    names = ["000001-bearing-1.wav", "000002-bearing_2.wav", "propeller 1.wav", "propeller_2.wav"]
    assert kinds(names) == {"bearing": [0, 1], "propeller": [2, 3]}
    assert kinds(["000001-M4_1700.wav", "000002-M4_1750.wav"]) == {}
    assert kinds(["broken-1.png", "broken-2.png"]) == {}, "one kind is none"
    assert kinds([*names, "scratch-1.png"]) == {}, "a single sample makes no kind"
    held = contest({"features": 2.0}, defects=4, names=names)
    assert set(figures(held, held.entries[0]).by_kind) == {"bearing", "propeller"}


def test_the_difference_of_two_methods_has_an_interval() -> None:
    held = contest({"features": 2.0, "seed": 0.6, "filter bank": 2.0})
    clear = difference(held, held.entry("features"), held.entry("seed"))
    assert 0 < clear[0] < clear[1]
    low, high = difference(held, held.entry("features"), held.entry("filter bank"))
    assert low <= 0 <= high
    assert difference(held, held.entry("features"), held.entry("seed")) == clear, "the same every time"


def test_the_worst_are_the_usual_defects_and_the_odd_good_ones() -> None:
    defect = np.array([[3.0, 0.1, 2.0, 0.5, 4.0], [3.0, 0.3, 2.0, 0.1, 4.0]])
    assert worst_of(list("abcd"), list("vwxyz"), np.array([0.1, 2.0, 0.5, 1.0]), defect) == [
        (1, True), (3, True), (2, True), (1, False), (3, False), (2, False),
    ]  # fmt: skip


def test_a_method_that_calls_far_more_than_was_asked_wants_more_teaching() -> None:
    held = contest()
    assert "teach more of them" not in advise(held).doubt
    best = held.entries[0]
    calling = replace(best, good=[1.2] * 10 + list(best.good[10:]))
    assert "raises more false alarms than the target" in advise(replace(held, entries=[calling])).doubt


def test_a_clear_winner_is_recommended_with_what_it_rests_on() -> None:
    advice = advise(contest(method="seed"))
    assert advice.method == "features"
    assert advice.sentence.startswith("Use features: AUROC 1.000; at a target of 5 % false alarms it misses")
    assert "40 good and 30 defective pictures" in advice.doubt


def test_what_is_no_better_beyond_chance_does_not_displace_the_method_in_use() -> None:
    advice = advise(contest({"features": 1.5, "seed": 1.52, "brightness": 0.4}, method="features"))
    assert advice.method == "features"
    assert advice.sentence.startswith("Keep features")
    other = advise(contest({"features": 1.5, "seed": 1.52, "brightness": 0.4}, method="seed"))
    assert other.method == "seed"


def test_what_may_be_chance_is_not_kept_even_where_it_is_in_use() -> None:
    held = contest({"features": 0.6, "seed": 0.53, "brightness": 0.0}, defects=12, method="seed")
    best, current = held.entry("features"), held.entry("seed")
    assert figures(held, best).auroc.low > 0.5 > figures(held, current).auroc.low
    assert difference(held, best, current)[0] <= 0, "otherwise this test says nothing"
    assert advise(held).method == "features"


@pytest.mark.parametrize(("method", "advised"), [("features", "features"), ("seed", "seed"), ("", "features")])
def test_the_doubt_is_that_of_what_is_recommended(method: str, advised: str) -> None:
    # The filter bank is the best, and no recipe can have it.
    held = contest({"features": 0.75, "seed": 0.7, "filter bank": 3.0, "brightness": 0.0}, method=method)
    advice, found = advise(held), figures(held, held.entry(advised)).auroc
    assert advice.method == advised
    assert f"the AUROC of {advised} may be {found.low:.2f} to {found.high:.2f}," in advice.doubt
    assert len({f"{figures(held, entry).auroc.low:.2f}" for entry in held.entries}) == 4


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (contest(defects=4), "40 good and 4 defective samples that differ are too few"),
        (contest(good=9), "9 good and 30 defective samples"),
        (contest(defects=6, defect_group=[50, 50, 50, 50, 51, 51]), "40 good and 2 defective"),
        (contest({"features": 1.5, "brightness": 1.6}), "brightness alone (AUROC"),
        (contest({"features": 3.0, "brightness": 3.0}), "does as well as features (1.000)"),
        (contest({"features": 0.4, "brightness": 0.9}), "brightness alone (AUROC"),
        (contest({"features": 0.4, "brightness": 0.4}), "by chance alone"),
        (contest({"features": 0.5, "seed": 0.45, "brightness": 0.0}), "features (AUROC 0.607) is the best of these"),
        (contest({"filter bank": 3.0, "seed": 0.5, "brightness": 0.0}), "by chance alone"),
        (contest({"filter bank": 2.0, "brightness": 0.4}), "a recipe can use none of these methods"),
        (contest(twins=["a.png is nearly the same as the good b.png"]), "are on both sides"),
    ],
)
def test_it_refuses_to_recommend(held: Comparison, words: str) -> None:
    advice = advise(held)
    assert advice.method is None
    assert advice.sentence.startswith("No recommendation: ")
    assert words in advice.sentence
    assert advice.doubt


def test_sound_is_advised_on_alike() -> None:
    held = contest({"spectrum": 2.5, "amulet": 0.9, "dcgan": 0.5, "level": 0.6}, sense="sound", method="amulet")
    assert advise(held).method == "spectrum"
    assert "recordings" in advise(held).doubt


def test_a_contest_is_kept_and_read_again(tmp_path: Path) -> None:
    held, place = contest(), tmp_path / "contest-image.json"
    write_contest(place, held)
    again = read_contest(place)
    assert to_json(again) == to_json(held)
    assert np.array_equal(won(again, again.entries[0]), won(held, held.entries[0]))
    assert advise(again) == advise(held)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"format": 1}', "\xff"])
def test_what_is_no_contest_is_refused(tmp_path: Path, text: str) -> None:
    place = tmp_path / "contest-image.json"
    place.write_text(text)
    with pytest.raises(GoodpartError, match="compare again"):
        read_contest(place)


def test_a_missing_torn_or_newer_contest_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "contest-image.json"
    with pytest.raises(GoodpartError, match="no comparison yet"):
        read_contest(place)
    said = to_json(contest())
    for change in ({"format": 2}, {"fold": [9] * 40}, {"good": said["good"][1:]}, {"entries": [{"method": "x"}]}):
        place.write_text(json.dumps(said | change))
        with pytest.raises(GoodpartError, match=r"newer goodpart|is not a comparison"):
            read_contest(place)
