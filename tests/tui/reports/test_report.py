"""The report: one file that needs nothing else, whose numbers are those of the recipe."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.bundle import read_bundle
from core.decision.rule import share
from core.decision.rule_arrays import share_arrays
from core.decision.thresholds import thresholds_of
from core.journal.store import Journal
from core.recipes.recipe import Recipe, new_recipe, open_recipe
from tests.support.parts import good_part, goodpart_here, make_recipe, odd_part, write_parts
from tests.support.sounds import faulty_motor, write_sounds
from tui.reports import html, svg

VOID = {"meta", "img", "br", "link", "input", "hr", "rect", "polyline", "path", "circle"}


class Page(HTMLParser):
    """What a browser would make of it; raises AssertionError where tags do not close as they open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def reported(recipe: Recipe, user: dict[str, str], code: int = 0) -> Page:
    place = recipe.folder.parent / "report.html"
    done = goodpart_here(["report", recipe.folder, "-o", place], user)
    assert done.returncode == code, done.stderr
    text = place.read_text(encoding="utf-8")
    told = Page(text)
    # Nothing is loaded from anywhere, and nothing runs.
    assert not {tag for tag, _ in told.tags} & {"script", "link", "iframe", "object", "embed", "base"}
    for _, attributes in told.tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "xlink:href", "action", "srcset"):
            assert (attributes.get(name) or "data:").startswith("data:")
    assert not re.search(r"url\(|@import", text)
    return told


def test_its_figures_are_those_of_an_oracle(trained: Recipe, user: dict[str, str]) -> None:
    write_parts(trained.defect_images, range(900, 905), odd_part)
    write_parts(trained.defect_images, [990], good_part)  # a defect that nobody could see
    told = reported(trained, user)
    bundle = read_bundle(trained.image_bundle)
    t = thresholds_of(bundle, trained.settings.image, trained.false_alarms)
    good = share_arrays(bundle.held_out.density, bundle.held_out.reconstruction_error, t)
    files = sorted(trained.defect_images.iterdir())
    lines = goodpart_here(["score", trained.folder, "--json", *files], user).stdout.splitlines()
    judged = [json.loads(line) for line in lines]
    bad = [float(share(one["density"], one["reconstruction_error"], t)) for one in judged]
    from sklearn.metrics import roc_auc_score

    auroc = roc_auc_score([0] * len(good) + [1] * len(bad), [*good, *bad])
    assert f"{auroc:.4f} (95 % interval" in told.text
    missed = sum(one["verdict"] == "OK" for one in judged)
    assert missed >= 1
    assert f"{missed} of 6 (" in told.text
    assert f"{int(np.sum(good > 1))} of {len(good)} (" in told.text
    for words in (
        bundle.id,
        bundle.method,
        "30 good pictures",
        f"{t.density:.6g}",
        "numpy",
        "[verdict]",
        "part990.png",
    ):
        assert words in told.text
    assert "part990.png: missed, like the good parts" in told.text


def test_its_pictures_are_pictures(trained: Recipe, user: dict[str, str]) -> None:
    write_parts(trained.defect_images, range(900, 902), odd_part)
    told = reported(trained, user)
    pictures = told.of("img")
    assert len(pictures) >= 2 + 3
    for attributes in pictures:
        data = base64.b64decode((attributes["src"] or "").partition("base64,")[2])
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        # The map lies over the right half: red where it differs.
        assert picture.shape[1] == 2 * 170 + 4
        assert attributes["alt"]
    drawings = [words for words in told.words if words.startswith("distribution of")]
    assert len(drawings) == 3


def test_names_are_never_markup(trained_once: Path, tmp_path: Path, user: dict[str, str]) -> None:
    recipe = Recipe(tmp_path / "<script>alert(1)<", open_recipe(str(trained_once)).settings)
    shutil.copytree(trained_once, recipe.folder)
    hostile = recipe.defect_images / "\"><img src=x onerror=alert(1)>'&amp;.png"
    write_parts(recipe.defect_images, [900], odd_part)[0].rename(hostile)
    (recipe.defect_images / "<script>torn\x1b[2J.png").write_bytes(b"no picture")
    (recipe.folder / "recipe.toml").write_text("# </pre><script>alert(2)</script>\n" + recipe.toml.read_text())
    told = reported(recipe, user)
    assert hostile.name in told.text
    assert "</pre><script>alert(2)</script>" in told.text
    assert "\\x1b[2J" in told.text


def test_passwords_stay_at_home(trained: Recipe, user: dict[str, str]) -> None:
    trained.change("camera", {"source": "rtsp://operator:s3cret@10.0.0.7/stream"})
    told = reported(trained, user)
    assert "s3cret" not in told.text
    assert "rtsp://***@10.0.0.7/stream" in told.text


def test_without_defects_and_without_a_journal(trained: Recipe, user: dict[str, str]) -> None:
    told = reported(trained, user)
    assert "There are no defective pictures to test with" in told.text
    assert "There is no journal yet" in told.text
    assert "receiver operating" not in told.text


def test_with_three_pictures_and_nothing_learnt(tmp_path: Path, user: dict[str, str]) -> None:
    told = reported(make_recipe(tmp_path / "few", 3), user)
    assert "Nothing was learnt yet; 3 good files were taught" in told.text
    assert "Nothing was learnt yet; 0 good files" in reported(new_recipe(str(tmp_path / "new" / "none")), user).text


def test_a_model_that_cannot_be_used_is_told(trained: Recipe, user: dict[str, str]) -> None:
    trained.change("camera", {"region": [0.1, 0.1, 0.8, 0.8]})
    told = reported(trained, user, code=3)
    assert "Not available" in told.text
    assert "region of interest" in told.text
    assert "30 good pictures" in told.text  # what is known of it all the same
    trained.image_bundle.write_bytes(trained.image_bundle.read_bytes()[:5000])
    assert "torn" in reported(trained, user, code=3).text


def test_the_last_days_are_counted(trained: Recipe, user: dict[str, str]) -> None:
    journal = Journal(trained.journal)
    noon = datetime.combine(date(2026, 11, 24), datetime.min.time()).timestamp() + 43200
    for number in range(10):
        journal.record("verdict", "ANOMALY" if number % 2 else "OK", at=noon + number)
    journal.record("verdict", "ANOMALY", at=noon - 86400)
    journal.record("fault", at=noon)
    journal.record("shift", at=noon - 3600)
    for verdict in ("OK", "OK", "OK", "ANOMALY", "UNKNOWN"):
        journal.record("part", verdict, at=noon + 5)
    journal.close()
    told = reported(trained, user)
    row = told.text[told.text.index("Tue 2026-11-24") :].split()[2:10]
    assert row == ["5", "3", "1", "1", "60.0", "%", "5", "0"]
    assert told.text[told.text.index("Tue 2026-11-24 11:00") :].split()[3:9] == ["5", "3", "1", "1", "60.0", "%"]
    assert "Mon 2026-11-23" in told.text
    trained.journal.write_bytes(b"no journal " * 500)
    assert "is not a journal" in reported(trained, user, code=3).text


def test_of_sound_the_trace_is_drawn(heard: Recipe, user: dict[str, str]) -> None:
    write_sounds(heard.defect_sound, [faulty_motor("bearing"), faulty_motor("whistle", number=901)])
    told = reported(heard, user)
    assert "AUROC" in told.text
    assert {"motor000.wav", "motor001.wav"} <= set(told.words)  # titles of drawings
    assert "20 good recordings" in told.text


@pytest.mark.parametrize("place", ["none/report.html", "."])
def test_a_place_that_cannot_be_written_is_said_at_once(
    trained: Recipe, user: dict[str, str], tmp_path: Path, place: str
) -> None:
    done = goodpart_here(["report", trained.folder, "-o", tmp_path / place], user)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "this folder does not exist" in done.stderr or "is a folder" in done.stderr


def test_a_read_only_place_is_said(
    trained: Recipe, user: dict[str, str], tmp_path: Path, read_only: Callable[[Path], Path]
) -> None:
    done = goodpart_here(["report", trained.folder, "-o", read_only(trained.folder) / "report.html"], user)
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True)
    # The recipe itself may lie on such a disk.
    done = goodpart_here(["report", read_only(trained.folder), "-o", tmp_path / "report.html"], user)
    assert done.returncode == 0, done.stderr


def test_ticks_are_round_and_inside() -> None:
    for low, high in ((0.0, 1.0), (-23.4, 5.1), (1e-9, 3e-9), (1000.0, 1000.5), (0.0, 4.7e6)):
        found = svg.ticks(low, high)
        assert 2 <= len(found) <= 8
        assert all(low - 1e-9 * abs(low) <= tick <= high + 1e-9 * abs(high) for tick in found)


def test_scores_that_are_no_numbers_are_drawn_at_the_edge() -> None:
    good = np.array([0.1, 0.2, np.inf])
    drawn = svg.histogram("share", good, np.array([np.nan, np.inf]), 1.0)
    assert "nan" not in drawn
    assert "inf" not in drawn
    assert svg.histogram("share", np.zeros(0), np.zeros(0), float("nan")).startswith("<svg")


def test_every_text_of_a_page_is_escaped() -> None:
    bad = "<script>&\"'"
    parts = [
        html.heading(2, bad), html.paragraph(bad), html.facts([(bad, bad)]), html.table([bad], [[bad]]),
        html.figure("", bad), html.cards([("data:,", bad, bad)]), html.preformatted(bad),
    ]  # fmt: skip
    assert Page(html.page(bad, parts)).of("script") == []
