"""The library: all recipes in the user's data folder, their contents; creates, copies, renames and deletes them."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from core.errors import GoodpartError
from core.journal.query import History, day_bounds
from core.recipes.lock import RecipeLock
from core.recipes.recipe import Recipe, new_recipe, open_recipe, user_recipes
from core.runtime.atomic_files import ASIDE
from core.settings.recipe_settings import Settings
from core.sources.camera_address import kind_of
from core.state.verdict import Sense

LONGEST_NAME = 60
"""Characters of a recipe's name at most."""
LEFT_BEHIND = ("journal.sqlite*", "anomalies", ".station.lock", f".*{ASIDE}")
"""Files that are not copied with a recipe: its copy has a history of its own."""


@dataclass(frozen=True)
class LibraryEntry:
    """What the list of recipes shows of one recipe."""

    folder: Path
    trained_at: str = ""
    """ISO 8601, local time, of the newest model; empty if there is no model."""
    pictures: int = 0
    """Number of good pictures."""
    seconds: float = 0.0
    """Seconds of good sound."""
    anomalies_today: int = 0
    """Anomalous parts since midnight; if no parts were counted, changes of the verdict to ANOMALY."""
    judged_today: bool = False
    """Something was judged since midnight."""
    parts_today: int = 0
    """Parts counted since midnight."""
    trouble: str = ""
    """Why the recipe cannot be opened, as text; empty if it can."""

    @property
    def name(self) -> str:
        """The recipe's name: that of its folder."""
        return self.folder.name

    @property
    def today(self) -> str:
        """What was counted since midnight, as text; empty if nothing was judged."""
        anomalies = self.anomalies_today
        if self.parts_today:
            parts = "part" if self.parts_today == 1 else "parts"
            return f"{self.parts_today} {parts}, {anomalies} {'anomaly' if anomalies == 1 else 'anomalies'}"
        if self.judged_today:
            return f"{anomalies} {'time' if anomalies == 1 else 'times'} ANOMALY"
        return ""


def shelved(home: Path | None = None) -> list[LibraryEntry]:
    """All recipes, sorted by name; empty if the folder is missing. Raises GoodpartError if it is unreadable."""
    home = home or user_recipes()
    try:
        folders = sorted((p for p in home.iterdir() if (p / "recipe.toml").is_file()), key=lambda p: p.name.lower())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise GoodpartError(f"{home}: cannot be read ({error.strerror or error})") from error
    return [look_at(folder) for folder in folders]


def look_at(folder: Path) -> LibraryEntry:
    """The entry of one recipe; if the recipe is unreadable, `trouble` holds the reason."""
    from core.dataset.inventory import Inventory

    try:
        recipe = open_recipe(str(folder))
    except GoodpartError as error:
        return LibraryEntry(folder, trouble=str(error))
    pictures, sound = Inventory(recipe, "image"), Inventory(recipe, "sound")
    pictures.look()
    sound.look()
    counts = counts_today(recipe.journal)
    parts = {verdict: number for (kind, verdict), number in counts.items() if kind == "part"}
    changes = {verdict: number for (kind, verdict), number in counts.items() if kind == "verdict"}
    return LibraryEntry(
        folder,
        trained_at=max((trained_at(recipe, sense) for sense in recipe.senses), default=""),
        pictures=pictures.held.good,
        seconds=sound.held.seconds,
        anomalies_today=(parts or changes).get("ANOMALY", 0),
        judged_today=bool(counts),
        parts_today=sum(parts.values()),
    )


def counts_today(journal: Path) -> dict[tuple[str, str], int]:
    """Parts and changes of the verdict since midnight, by kind (`part`, `verdict`) and verdict; empty if the journal
    is unreadable."""
    try:
        with History(journal) as history:
            (counts,) = history.counts(day_bounds(date.today(), 1))
    except GoodpartError:
        return {}
    return {key: number for key, number in counts.items() if key[0] in ("part", "verdict")}


def trained_at(recipe: Recipe, sense: Sense) -> str:
    """When the model in use was made, from its manifest; empty if there is no model. The model is not verified."""
    try:
        with zipfile.ZipFile(recipe.bundle(sense)) as archive:
            return str(json.loads(archive.read("manifest.json")).get("trained_at", ""))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError):
        return ""


def make(recipe: str, camera: str | None = None, microphone: str | None = None, knobs: str | None = None) -> Recipe:
    """Create a recipe with the given devices. Raises GoodpartError if it exists already, or an address is invalid."""
    settings = Settings()
    if camera is not None:
        kind_of(camera)
        settings = replace(settings, camera=replace(settings.camera, source=camera, always=True))
    if microphone is not None:
        from core.sources.microphone.base import SoundSettings
        from core.sources.microphone_address import open_microphone

        open_microphone(microphone, SoundSettings())
        settings = replace(settings, microphone=replace(settings.microphone, source=microphone, always=True))
    if knobs is not None:
        settings = replace(settings, knobs=replace(settings.knobs, port=knobs))
    return new_recipe(recipe, settings)


def checked_name(name: str, home: Path | None = None) -> Path:
    """The folder for a new recipe of this name. Raises GoodpartError with the reason if the name is invalid or used."""
    name = name.strip()
    if not name:
        raise GoodpartError("type a name, such as pump-7")
    if len(name) > LONGEST_NAME or not re.fullmatch(r"[\w][\w .+-]*", name) or name.endswith("."):
        raise GoodpartError(
            f"a name has letters, digits, spaces, - _ . + and at most {LONGEST_NAME} characters, such as pump-7"
        )
    folder = (home or user_recipes()) / name
    if folder.exists():
        raise GoodpartError(f"there is a recipe {name} already: type another name")
    return folder


def duplicate(recipe: Path, name: str) -> Path:
    """Copy a recipe with its settings, material and models, without its history; return the new folder.

    Raises GoodpartError.
    """
    place = checked_name(name, recipe.parent)
    aside = place.with_name(f".{place.name}.copying")
    try:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(recipe, aside, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_BEHIND))
        aside.rename(place)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise GoodpartError(f"{place}: cannot be made ({reason(error)})") from error
    return place


def rename(recipe: Path, name: str) -> Path:
    """Rename a recipe; return the new folder. Raises GoodpartError, also if a station uses the recipe."""
    place = checked_name(name, recipe.parent)
    lock = RecipeLock(recipe)
    try:
        recipe.rename(place)
    except OSError as error:
        raise GoodpartError(f"{recipe}: cannot be renamed ({error.strerror or error})") from error
    finally:
        lock.release()
    return place


def delete(recipe: Path) -> None:
    """Delete a recipe with its material, models and journal. Raises GoodpartError, also if a station uses it."""
    if not (recipe / "recipe.toml").is_file():
        raise GoodpartError(f"{recipe}: there is no recipe here (no recipe.toml)")
    lock = RecipeLock(recipe)
    try:
        # First remove it from the list in one step: an interrupted deletion leaves no half recipe.
        aside = recipe.with_name(f".{recipe.name}.deleted")
        shutil.rmtree(aside, ignore_errors=True)
        recipe.rename(aside)
    except OSError as error:
        raise GoodpartError(f"{recipe}: cannot be deleted ({error.strerror or error})") from error
    finally:
        lock.release()
    shutil.rmtree(aside, ignore_errors=True)


def reason(error: OSError) -> str:
    """The cause of the error as text; of several errors of `shutil.copytree` the first."""
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], Sequence) and error.args[0]:
        return str(error.args[0][0][-1])
    return error.strerror or str(error)
