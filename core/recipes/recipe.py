"""A part number: its folder and its typed recipe.toml."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.errors import GoodpartError
from core.runtime.atomic_files import replace_file
from core.settings.recipe_settings import LEAST_RATE, MOST_RATE, ImageTable, KnobTable, Settings, SoundTable
from core.settings.schema import from_table, to_toml
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense, Thresholds, Which


@dataclass(frozen=True)
class Recipe:
    """A recipe's folder and what its recipe.toml said when it was read."""

    folder: Path
    settings: Settings

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def toml(self) -> Path:
        return self.folder / "recipe.toml"

    @property
    def good_images(self) -> Path:
        return self.good("image")

    @property
    def defect_images(self) -> Path:
        return self.material("image", defect=True)

    @property
    def good_sound(self) -> Path:
        return self.good("sound")

    @property
    def defect_sound(self) -> Path:
        return self.material("sound", defect=True)

    @property
    def image_bundle(self) -> Path:
        return self.folder / "image.goodpart"

    @property
    def sound_bundle(self) -> Path:
        return self.folder / "sound.goodpart"

    @property
    def journal(self) -> Path:
        return self.folder / "journal.sqlite"

    @property
    def anomalies(self) -> Path:
        return self.folder / "anomalies"

    def good(self, sense: Sense) -> Path:
        """Where good pictures or recordings are."""
        return self.material(sense, defect=False)

    def material(self, sense: Sense, *, defect: bool) -> Path:
        """Where pictures or recordings are: good ones to learn from, or defective ones only ever to test with."""
        return self.folder / ("defect" if defect else "good") / SENSE_WORDS[sense].folder

    def bundle(self, sense: Sense) -> Path:
        return self.folder / f"{sense}.goodpart"

    def has_model(self, sense: Sense) -> bool:
        """Whether something was learnt, even if the model cannot be used."""
        return self.bundle(sense).exists()

    def candidate(self, sense: Sense) -> Path:
        """A bundle that the station trained and nobody has taken over yet."""
        return self.folder / f"{sense}.candidate.goodpart"

    def table(self, sense: Sense) -> ImageTable | SoundTable:
        return self.settings.image if sense == "image" else self.settings.sound

    @property
    def senses(self) -> tuple[Sense, ...]:
        """What was taught or learnt: pictures, sound or both. Where nothing was yet, it is to be pictures."""
        senses: tuple[Sense, ...] = ("image", "sound")
        return tuple(sense for sense in senses if self.holds(sense)) or ("image",)

    def holds(self, sense: Sense) -> bool:
        """Whether it was taught or learnt by this sense."""
        return self.bundle(sense).exists() or self.holds_good(sense)

    def holds_good(self, sense: Sense) -> bool:
        """Whether there is good material to learn from."""
        return _holds_files(self.good(sense))

    def perceived(self, camera: bool = False, microphone: bool = False) -> tuple[Sense, ...]:
        """What a station with this recipe perceives: what was taught, and what was named for it. Where nothing was
        taught and only a microphone is named, it is to be sound."""
        sound = self.holds("sound") or microphone or self.settings.microphone.always
        image = self.holds("image") or camera or self.settings.camera.always or not sound
        return (*(("image",) if image else ()), *(("sound",) if sound else ()))

    @property
    def false_alarms(self) -> float:
        """What each sense may spend of the false-alarm budget: they share it."""
        return self.settings.verdict.false_alarms / len(self.senses)

    def asking(self, false_alarms: float) -> Recipe:
        """The same recipe with another false-alarm target. Raises GoodpartError for one that cannot be."""
        if not LEAST_RATE <= false_alarms <= MOST_RATE:
            raise GoodpartError(f"the false-alarm target must lie between {LEAST_RATE:g} and {MOST_RATE:g}")
        verdict = replace(self.settings.verdict, false_alarms=false_alarms)
        return replace(self, settings=replace(self.settings, verdict=verdict))

    def save_thresholds(self, thresholds: Thresholds, model: str, sense: Sense = "image") -> None:
        """Write the thresholds that belong to a sense's model `model` into recipe.toml, its comments kept."""
        values = {
            "density": thresholds.density,
            "reconstruction_error": thresholds.reconstruction_error,
            "model": model,
            "by": thresholds.by,
        }
        self.change(sense, {"thresholds": values})

    def save_knob(self, sense: Sense, which: Which, table: KnobTable) -> None:
        """Write what a knob means into recipe.toml. Raises GoodpartError."""
        span = list(table.span) if table.span else None
        self.change(sense, {"knobs": {which: {"range": table.range, "span": span}}})

    def change(self, section_name: str, values: Mapping[str, Any]) -> None:
        """Change settings in recipe.toml, comments kept, in one atomic step; None takes one out.

        Raises GoodpartError where the file cannot be written.
        """
        import tomlkit  # not needed for watching

        try:
            document = tomlkit.parse(self.toml.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError, tomlkit.exceptions.TOMLKitError) as error:
            raise GoodpartError(f"{self.toml}: cannot be read ({error})") from error
        _merge(document.setdefault(section_name, tomlkit.table()), values)
        replace_file(self.toml, tomlkit.dumps(document).encode())


def _holds_files(folder: Path) -> bool:
    try:
        return any(not entry.name.startswith(".") for entry in folder.iterdir())
    except OSError:
        return False


def _merge(table: Any, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping):
            if key not in table:
                table[key] = {}
            _merge(table[key], value)
        elif value is not None:
            table[key] = value
        elif key in table:
            del table[key]


def user_recipes() -> Path:
    """Where recipes are kept that are given by name alone."""
    data = os.environ.get("GOODPART_DATA_HOME")
    if data:
        return Path(data)
    import platformdirs

    return Path(platformdirs.user_data_dir("goodpart", appauthor=False)) / "recipes"


def recipe_folder(recipe: str) -> Path:
    """The folder that the word on the command line means: a path, a folder that is here, or a name."""
    if not recipe.strip():
        raise GoodpartError("which recipe? give a folder or a name")
    try:
        path = Path(recipe).expanduser()
    except RuntimeError:  # ~nobody
        path = Path(recipe)
    # Asked of the text: to Path, `./pump` and `pump/` are `pump`.
    here = any(mark in recipe for mark in (os.sep, os.altsep or os.sep)) or recipe in {".", ".."}
    if here or path.is_absolute() or (path / "recipe.toml").is_file():
        return path.resolve()
    return user_recipes() / recipe


def open_recipe(recipe: str) -> Recipe:
    """Raises GoodpartError where there is none, or its recipe.toml says what it cannot."""
    folder = recipe_folder(recipe)
    toml = folder / "recipe.toml"
    try:
        # Windows editors put a mark before the text (utf-8-sig).
        table = tomllib.loads(toml.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        raise GoodpartError(
            f"{folder}: there is no recipe here (no recipe.toml); `goodpart new {recipe}` makes one"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise GoodpartError(f"{toml}: cannot be read ({error})") from error
    except (ValueError, RecursionError) as error:  # also numbers and nesting beyond Python's limits
        raise GoodpartError(f"{toml}: is not valid TOML: {error}") from error
    settings = from_table(Settings, table, str(toml))
    if settings.verdict.hold > settings.verdict.of:
        raise GoodpartError(
            f"{toml}: verdict: `hold` is {settings.verdict.hold} but must be at most `of` ({settings.verdict.of})"
        )
    return Recipe(folder, settings)


def new_recipe(recipe: str, settings: Settings | None = None) -> Recipe:
    """Make the folder and a commented recipe.toml. Raises GoodpartError where a recipe is already."""
    folder = recipe_folder(recipe)
    toml = folder / "recipe.toml"
    if toml.exists():
        raise GoodpartError(f"{folder}: there is a recipe here already; nothing was changed")
    made = Recipe(folder, settings or Settings())
    try:
        for place in (made.good_images, made.good_sound, made.defect_images, made.defect_sound):
            place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GoodpartError(f"{folder}: cannot be made ({error.strerror or error})") from error
    head = f"# Recipe {made.name!a} of goodpart. Lines that begin with # are comments.\n"
    replace_file(toml, (head + to_toml(Settings, made.settings)).encode())
    return made
