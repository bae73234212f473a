"""A recipe: the folder of one part number with its typed recipe.toml."""

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
    """A recipe's folder and the settings that its recipe.toml had when it was read."""

    folder: Path
    settings: Settings

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.name

    @property
    def toml(self) -> Path:
        """The path of recipe.toml."""
        return self.folder / "recipe.toml"

    @property
    def good_images(self) -> Path:
        """The folder of good pictures."""
        return self.good("image")

    @property
    def defect_images(self) -> Path:
        """The folder of defective pictures."""
        return self.material("image", defect=True)

    @property
    def good_sound(self) -> Path:
        """The folder of good recordings."""
        return self.good("sound")

    @property
    def defect_sound(self) -> Path:
        """The folder of defective recordings."""
        return self.material("sound", defect=True)

    @property
    def image_bundle(self) -> Path:
        """The path of the image model."""
        return self.folder / "image.goodpart"

    @property
    def sound_bundle(self) -> Path:
        """The path of the sound model."""
        return self.folder / "sound.goodpart"

    @property
    def journal(self) -> Path:
        """The path of the journal's database."""
        return self.folder / "journal.sqlite"

    @property
    def anomalies(self) -> Path:
        """The folder of kept pictures and sounds of anomalies."""
        return self.folder / "anomalies"

    def good(self, sense: Sense) -> Path:
        """The folder of good pictures or recordings."""
        return self.material(sense, defect=False)

    def material(self, sense: Sense, *, defect: bool) -> Path:
        """The folder of pictures or recordings: the good ones, used for training, or the defective ones, only used for
        tests."""
        return self.folder / ("defect" if defect else "good") / SENSE_WORDS[sense].folder

    def bundle(self, sense: Sense) -> Path:
        """The path of the model of a sense."""
        return self.folder / f"{sense}.goodpart"

    def has_model(self, sense: Sense) -> bool:
        """Whether a sense has a model file, even if the model cannot be used."""
        return self.bundle(sense).exists()

    def candidate(self, sense: Sense) -> Path:
        """The path of a model that the station has trained and that is not in use yet."""
        return self.folder / f"{sense}.candidate.goodpart"

    def table(self, sense: Sense) -> ImageTable | SoundTable:
        """The settings of a sense."""
        return self.settings.image if sense == "image" else self.settings.sound

    @property
    def senses(self) -> tuple[Sense, ...]:
        """The senses that have good material or a model; `image` if neither sense has any."""
        senses: tuple[Sense, ...] = ("image", "sound")
        return tuple(sense for sense in senses if self.holds(sense)) or ("image",)

    def holds(self, sense: Sense) -> bool:
        """Whether a sense has good material or a model."""
        return self.bundle(sense).exists() or self.holds_good(sense)

    def holds_good(self, sense: Sense) -> bool:
        """Whether a sense has good material to train on."""
        return _holds_files(self.good(sense))

    def perceived(self, camera: bool = False, microphone: bool = False) -> tuple[Sense, ...]:
        """The senses that a station with this recipe uses.

        A sense is used if it has material or a model, if the setting `always` asks for it, or if the user gave a
        camera or a microphone (the arguments). If sound is not used by these rules, `image` always is.
        """
        sound = self.holds("sound") or microphone or self.settings.microphone.always
        image = self.holds("image") or camera or self.settings.camera.always or not sound
        return (*(("image",) if image else ()), *(("sound",) if sound else ()))

    @property
    def false_alarms(self) -> float:
        """The false-alarm target of one sense, 0..1: the senses share the recipe's target equally."""
        return self.settings.verdict.false_alarms / len(self.senses)

    def asking(self, false_alarms: float) -> Recipe:
        """Return this recipe with another false-alarm target, 0..1. Raises GoodpartError if it is out of range."""
        if not LEAST_RATE <= false_alarms <= MOST_RATE:
            raise GoodpartError(f"the false-alarm target must lie between {LEAST_RATE:g} and {MOST_RATE:g}")
        verdict = replace(self.settings.verdict, false_alarms=false_alarms)
        return replace(self, settings=replace(self.settings, verdict=verdict))

    def save_thresholds(self, thresholds: Thresholds, model: str, sense: Sense = "image") -> None:
        """Write the thresholds of a sense into recipe.toml, with the id `model` of the model that they belong to.

        Comments are kept. Raises GoodpartError if the file cannot be read or written.
        """
        values = {
            "density": thresholds.density,
            "reconstruction_error": thresholds.reconstruction_error,
            "model": model,
            "by": thresholds.by,
        }
        self.change(sense, {"thresholds": values})

    def save_knob(self, sense: Sense, which: Which, table: KnobTable) -> None:
        """Write the settings of a knob into recipe.toml. Raises GoodpartError if the file cannot be read or written."""
        span = list(table.span) if table.span else None
        self.change(sense, {"knobs": {which: {"range": table.range, "span": span}}})

    def change(self, section_name: str, values: Mapping[str, Any]) -> None:
        """Change settings of one section in recipe.toml in one atomic step; comments are kept.

        `values` may contain nested mappings; None removes a setting. Raises GoodpartError if the file cannot be read or
        written.
        """
        import tomlkit  # imported here, because only changes need it

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
    """Return the folder of recipes that are given by name only: $GOODPART_DATA_HOME, or one in the user data folder."""
    data = os.environ.get("GOODPART_DATA_HOME")
    if data:
        return Path(data)
    import platformdirs

    return Path(platformdirs.user_data_dir("goodpart", appauthor=False)) / "recipes"


def recipe_folder(recipe: str) -> Path:
    """Return the folder of the recipe that the command line names: a path, a folder in the current directory, or a name
    in `user_recipes()`. Raises GoodpartError if `recipe` is blank."""
    if not recipe.strip():
        raise GoodpartError("which recipe? give a folder or a name")
    try:
        path = Path(recipe).expanduser()
    except RuntimeError:  # ~nobody
        path = Path(recipe)
    # Tests the text, because Path turns `./pump` and `pump/` into `pump`.
    here = any(mark in recipe for mark in (os.sep, os.altsep or os.sep)) or recipe in {".", ".."}
    if here or path.is_absolute() or (path / "recipe.toml").is_file():
        return path.resolve()
    return user_recipes() / recipe


def open_recipe(recipe: str) -> Recipe:
    """Read a recipe, given as in `recipe_folder`. Raises GoodpartError if it is missing or its recipe.toml invalid."""
    folder = recipe_folder(recipe)
    toml = folder / "recipe.toml"
    try:
        # utf-8-sig, because Windows editors write a byte order mark.
        table = tomllib.loads(toml.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        raise GoodpartError(
            f"{folder}: there is no recipe here (no recipe.toml); `goodpart new {recipe}` makes one"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise GoodpartError(f"{toml}: cannot be read ({error})") from error
    except (ValueError, RecursionError) as error:  # also if numbers or nesting exceed Python's limits
        raise GoodpartError(f"{toml}: is not valid TOML: {error}") from error
    settings = from_table(Settings, table, str(toml))
    if settings.verdict.hold > settings.verdict.of:
        raise GoodpartError(
            f"{toml}: verdict: `hold` is {settings.verdict.hold} but must be at most `of` ({settings.verdict.of})"
        )
    return Recipe(folder, settings)


def new_recipe(recipe: str, settings: Settings | None = None) -> Recipe:
    """Create the recipe's folders and a commented recipe.toml with `settings` (None: the defaults).

    Raises GoodpartError if the recipe exists already or cannot be created.
    """
    folder = recipe_folder(recipe)
    toml = folder / "recipe.toml"
    if toml.exists():
        raise GoodpartError(f"{folder}: this recipe exists already; nothing was changed")
    made = Recipe(folder, settings or Settings())
    try:
        for place in (made.good_images, made.good_sound, made.defect_images, made.defect_sound):
            place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GoodpartError(f"{folder}: cannot be created ({error.strerror or error})") from error
    head = f"# goodpart recipe {made.name!a}. Lines that begin with # are comments.\n"
    replace_file(toml, (head + to_toml(Settings, made.settings)).encode())
    return made
