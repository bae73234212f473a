"""The list of recipes in line mode: what is typed, and what becomes of it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from core.errors import GoodpartError
from core.journal.store import Journal
from core.library import make
from core.recipes.recipe import Recipe, open_recipe
from tests.support.fake_station import FakeStation
from tui.line_mode import console, library_console
from tui.line_mode.library_console import HELP, LibraryConsole


class Shelf:
    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.opened: list[Recipe] = []
        self.ends: tuple[int, bool] = (0, True)
        monkeypatch.setenv("GOODPART_DATA_HOME", str(home))
        monkeypatch.setattr(console, "run_lines", lambda station, seconds, recipe: self.ends)

    def open(self, recipe: Recipe) -> FakeStation:
        self.opened.append(recipe)
        return FakeStation()

    def type(self, line: str, *more: str) -> str:
        """One line, and what is typed when it asks; gives the answer."""
        out = io.StringIO()
        self.desk = LibraryConsole(self.open, io.StringIO("".join(f"{one}\n" for one in more)), out)
        self.desk.obey(line + "\n")
        told = out.getvalue()
        # Where it asks, the answer ends the line.
        rows = told.replace("to do it: ", "to do it:\n").splitlines()
        assert all(len(row) <= 79 and row.isascii() for row in rows)
        return told

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.home.iterdir())


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    home = tmp_path / "recipes"
    home.mkdir()
    return Shelf(home, monkeypatch)


def test_a_name_with_spaces_is_typed_and_told_in_quotes(shelf: Shelf) -> None:
    assert "there are no recipes yet" in shelf.type("list")
    assert "pump 7 is made" in shelf.type('new "pump 7" simulated')
    assert [recipe.name for recipe in shelf.opened] == ["pump 7"]
    assert '"pump 7": not trained, 0 pictures' in shelf.type("list")
    shelf.type("open 'pump 7'")
    assert len(shelf.opened) == 2
    assert '"pump 8" is there' in shelf.type('copy "pump 7" "pump 8"')
    assert "pump-9 is there" in shelf.type('rename "pump 8" pump-9')
    assert "pump 7 is deleted" in shelf.type('delete "pump 7"', '"pump 7"')
    assert shelf.names == ["pump-9"]


def test_a_new_recipe_perceives_what_was_named(shelf: Shelf) -> None:
    shelf.type("new one simulated - sim:knobs")
    settings = open_recipe(str(shelf.home / "one")).settings
    assert (settings.camera.source, settings.knobs.port) == ("simulated", "sim:knobs")
    assert not settings.microphone.always
    shelf.type("new two - simulated")
    assert open_recipe(str(shelf.home / "two")).perceived() == ("sound",)
    assert "not understood" in shelf.type("new three simulated simulated - more")
    assert "gopher" in shelf.type("new four gopher://x")
    assert "there is a recipe one already" in shelf.type("new one")
    assert shelf.names == ["one", "two"]


def test_deleted_only_by_its_name(shelf: Shelf) -> None:
    make(str(shelf.home / "pump"))
    assert "nothing was deleted" in shelf.type("delete pump", "yes")
    assert "nothing was deleted" in shelf.type("delete pump")
    assert shelf.names == ["pump"]
    # A recipe that cannot be opened can be deleted all the same.
    (shelf.home / "pump" / "recipe.toml").write_text("[camera]\nsauce = 1\n")
    assert "sauce" in shelf.type("open pump") and not shelf.opened
    assert "pump is deleted" in shelf.type("delete pump", "pump")
    assert shelf.names == []


def test_today_is_told_below_its_recipe(shelf: Shelf) -> None:
    recipe = make(str(shelf.home / "pump"))
    journal = Journal(recipe.journal)
    journal.record("part", "OK")
    journal.record("part", "ANOMALY")
    journal.close()
    assert "  today 2 parts, 1 anomaly\n" in shelf.type("list")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("open nothing", "there is no recipe nothing: list shows all recipes"),
        ('copy "not there" new', 'there is no recipe "not there"'),
        ("rename .. up", "there is no recipe .."),
        ("delete ../elsewhere", "there is no recipe ../elsewhere"),
        ("copy pump a/b", "a name has letters"),
        ("rename pump pump", "there is a recipe pump already"),
        ("open pump 7", "not understood"),
        ('open "pump', "not understood, a quote has no end"),
        ("list all", "not understood"),
        ("dance", "dance: not understood"),
    ],
)
def test_what_cannot_be_done_is_told(shelf: Shelf, typed: str, answer: str) -> None:
    make(str(shelf.home / "pump"))
    (shelf.home.parent / "elsewhere").mkdir()
    make(str(shelf.home.parent / "elsewhere"))
    assert answer in shelf.type(typed, "../elsewhere")
    assert shelf.names == ["pump"] and not shelf.opened
    assert (shelf.home.parent / "elsewhere" / "recipe.toml").exists()


def test_nothing_typed_is_nothing_asked_and_a_backslash_is_one(shelf: Shelf) -> None:
    assert shelf.type("   ") == ""
    assert library_console.words_of(r"new pump C:\parts") == ["new", "pump", r"C:\parts"]
    with pytest.raises(GoodpartError):
        library_console.words_of("it's")


def test_quitting_the_bench_quits_and_closing_it_does_not(shelf: Shelf) -> None:
    make(str(shelf.home / "pump"))
    shelf.ends = (3, False)
    shelf.type("open pump")
    assert shelf.desk.code == 3
    shelf.ends = (0, True)
    shelf.type("open pump")
    assert shelf.desk.code is None
    shelf.type("q")
    assert shelf.desk.code == 0


def test_help_fits(shelf: Shelf) -> None:
    assert shelf.type("?") == HELP
    assert max(map(len, HELP.splitlines())) <= 79
