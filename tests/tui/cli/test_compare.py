"""`goodpart compare` as it is typed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from core.evaluation.comparison import Comparison, contest_file, write_contest
from core.recipes.recipe import Recipe, open_recipe
from tests.support.comparisons import contest
from tests.support.parts import goodpart, goodpart_here, make_recipe, odd_part, until, write_parts
from tests.tui.cli.test_main import started
from tui.reports.comparison_table import comparison_lines

User = Mapping[str, str]


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    return make_recipe(tmp_path / "pump", 1)


def hold(recipe: Recipe, held: Comparison) -> None:
    write_contest(contest_file(recipe, held.sense), held)


def test_a_contest_is_held_told_and_its_advice_taken(tmp_path: Path, user: User) -> None:
    recipe = make_recipe(tmp_path / "pump", 24)
    write_parts(recipe.defect_images, range(100, 106), odd_part)
    done = goodpart(["compare", recipe.folder, "--methods", "features", "filter-bank", "--folds", "2"], user, 300)
    assert done.returncode == 0, done.stderr
    assert "24 good and 6 defective pictures" in done.stdout
    for name in ("features", "filter bank", "brightness", "contrast", "file size"):
        assert f"\n{name:20}" in done.stdout
    assert "It rests on 24 good and 6 defective pictures" in done.stdout
    again = goodpart(["compare", recipe.folder, "--last", "--json"], user)
    said = json.loads(again.stdout)
    assert said["sense"] == "image"
    entry = said["entries"][0]
    assert {"auroc", "misses", "false_alarms", "by_kind", "good", "defect", "worst", "notes"} <= set(entry)
    assert set(entry["auroc"]) == {"value", "low", "high"}
    assert set(said["advice"]) == {"method", "sentence", "doubt"}


@pytest.mark.parametrize(
    ("named", "methods"), [(["trivial"], []), (["filter-bank", "Trivial"], ["filter bank"])], ids=["alone", "beside"]
)
def test_trivial_names_the_numbers_that_always_take_part(
    tmp_path: Path, user: User, named: list[str], methods: list[str]
) -> None:
    recipe = make_recipe(tmp_path / "pump", 12)
    write_parts(recipe.defect_images, range(100, 103), odd_part)
    done = goodpart_here(["compare", recipe.folder, "--methods", *named, "--folds", "2", "--json"], user)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert [entry["method"] for entry in said["entries"]] == [*methods, "brightness", "contrast", "file size"]


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_ctrl_c_ends_all_of_it_and_says_what_stays(tmp_path: Path, user: User) -> None:
    recipe = make_recipe(tmp_path / "pump", 60)
    write_parts(recipe.defect_images, range(100, 110), odd_part)
    hold(recipe, contest())
    before = contest_file(recipe, "image").read_bytes()
    with started(["compare", recipe.folder, "--methods", "features", "filter-bank"], user) as child:
        assert child.stderr
        while "1/5" not in (line := child.stderr.readline()):
            assert line, "the comparison ended too soon"
        learning = psutil.Process(child.pid).children(recursive=True)
        assert any("models.comparison.run" in one.cmdline() for one in learning)
        os.killpg(child.pid, signal.SIGINT)
        _, said = child.communicate(timeout=20)
    assert child.returncode == 130
    assert "the comparison was cancelled; the last finished one is kept" in said
    assert "Traceback" not in said
    assert until(lambda: not any(one.is_running() for one in learning))
    assert contest_file(recipe, "image").read_bytes() == before
    assert not list(recipe.folder.glob(".*")), "nothing half written stays"


def test_a_sense_without_defects_is_passed_over(recipe: Recipe, user: User) -> None:
    (recipe.good_sound / "a.wav").write_bytes(b"RIFF")
    write_parts(recipe.defect_images, [100], odd_part)
    done = goodpart_here(["compare", recipe.folder], user)
    assert done.returncode == 2
    assert "1 good pictures are too few" in done.stderr
    assert "sound" not in done.stderr


def test_the_table_is_80_columns_wide_and_has_the_trivial_numbers_below() -> None:
    held = contest({"brightness": 0.5, "features": 2.0, "seed": 1.0}, names=["hole-1.png"] * 15 + ["edge-1.png"] * 15)
    lines = comparison_lines(held)
    assert max(map(len, lines)) <= 80
    assert [line[:10].strip() for line in lines] == [
        "method", "features", "seed", "brightness", "", "AUROC by k", "features", "seed", "brightness",
    ]  # fmt: skip
    assert lines[5].split() == ["AUROC", "by", "kind", "hole", "edge"]


def test_use_it_sets_the_recommended_method(recipe: Recipe, user: User) -> None:
    hold(recipe, contest(method="seed"))
    recipe.change("image", {"method": "seed"})
    done = goodpart_here(["compare", recipe.folder, "--last", "--use"], user)
    assert done.returncode == 0, done.stderr
    assert "Use features: AUROC 1.000" in done.stdout
    assert "recipe.toml now has image method features; `goodpart train pump` learns it" in done.stdout
    text = recipe.toml.read_text()
    assert open_recipe(str(recipe.folder)).settings.image.method == "features"
    assert "# features or seed" in text, "the comments stay"


def test_without_a_recommendation_nothing_is_set_unless_it_is_named(recipe: Recipe, user: User) -> None:
    hold(recipe, contest(defects=4))
    before = recipe.toml.read_bytes()
    done = goodpart_here(["compare", recipe.folder, "--last", "--use"], user)
    assert done.returncode == 2
    assert "No recommendation: 40 good and 4 defective" in done.stdout
    assert "nothing was set" in done.stderr
    assert recipe.toml.read_bytes() == before
    named = goodpart_here(["compare", recipe.folder, "--last", "--use", "seed"], user)
    assert named.returncode == 0, named.stderr
    assert open_recipe(str(recipe.folder)).settings.image.method == "seed"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--methods", "magic"], "'magic' is not a method: features, filter-bank"),
        (["--methods", "dcgan", "--sense", "image"], "is not a method of the sense image"),
        (["--methods", "dcgan", "trivial", "--sense", "image"], "is not a method of the sense image"),
        (["--folds", "1"], "not a whole number between 2 and 20"),
        (["--dcgan-epochs", "0"], "not a whole number above 0"),
        (["--last"], "there is no comparison yet"),
        ([], "no known defects to compare by"),
        (["--sense", "sound"], "no known defects to compare by"),
    ],
)
def test_what_cannot_be_compared_is_said(recipe: Recipe, user: User, arguments: list[str], words: str) -> None:
    done = goodpart_here(["compare", recipe.folder, *arguments], user)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr
    assert not list(recipe.folder.glob("contest*"))


def test_a_method_for_comparison_only_cannot_be_used(recipe: Recipe, user: User) -> None:
    hold(recipe, contest())
    done = goodpart_here(["compare", recipe.folder, "--last", "--use", "filter-bank"], user)
    assert done.returncode == 2
    assert "filter bank only takes part for comparison; a recipe can use features, seed" in done.stderr


def test_a_torn_contest_and_no_recipe_are_said(recipe: Recipe, user: User, tmp_path: Path) -> None:
    contest_file(recipe, "image").write_text("{")
    torn = goodpart_here(["compare", recipe.folder, "--last"], user)
    assert torn.returncode == 2
    assert "compare again" in torn.stderr
    assert "there is no recipe here" in goodpart_here(["compare", tmp_path / "none"], user).stderr


def test_a_report_needs_nothing_else(recipe: Recipe, user: User, tmp_path: Path) -> None:
    held = contest()
    hold(recipe, held)
    case = held.entries[0].worst[0]
    place = write_parts(recipe.defect_images, [5], odd_part)[0]
    shutil.move(place, recipe.defect_images / case.name)
    done = goodpart_here(["compare", recipe.folder, "--last", "-o", tmp_path / "report.html"], user)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "report.html").read_text()
    for words in (
        "Keep features: AUROC 1.000", "brightness (a trivial number)", "broken-0.png: missed: defective, 80 %",
        "data:image/jpeg;base64,", "<svg", "features learnt from little",
    ):  # fmt: skip
        assert words in text, words
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text
    nowhere = goodpart_here(["compare", recipe.folder, "--last", "-o", tmp_path / "none" / "r.html"], user)
    assert nowhere.returncode == 2
    assert "cannot be written" in nowhere.stderr


def test_a_report_of_sound_draws_the_traces(recipe: Recipe, user: User, tmp_path: Path) -> None:
    hold(recipe, contest({"spectrum": 2.5, "amulet": 0.9, "level": 0.6}, sense="sound", method="spectrum"))
    done = goodpart_here(["compare", recipe.folder, "--last", "-o", tmp_path / "report.html"], user)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "report.html").read_text()
    assert "<h2>Sound</h2>" in text
    assert "share of the alarm level; 1 alarms" in text
