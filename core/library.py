"""All recipes that lie below the user's data folder: what each holds, and making, copying, renaming, deleting them."""

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
LEFT_BEHIND = ("journal.sqlite*", "anomalies", ".station.lock", f".*{ASIDE}")
"""What happened with one part number is not what happened with its copy."""


@dataclass(frozen=True)
class LibraryEntry:
    """What the list says of one recipe."""

    folder: Path
    trained_at: str = ""
    """ISO 8601, local time; empty for one that has not learnt."""
    pictures: int = 0
    """Good ones."""
    seconds: float = 0.0
    """Of good sound."""
    anomalies_today: int = 0
    """Parts that were called since midnight; where none were counted, times that the verdict turned to ANOMALY."""
    judged_today: bool = False
    """Something was judged since midnight."""
    parts_today: int = 0
    """Counted since midnight."""
    trouble: str = ""
    """Why it cannot be opened, in words."""

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def today(self) -> str:
        """What was counted since midnight, in words; empty where nothing was judged."""
        called = self.anomalies_today
        if self.parts_today:
            parts = "part" if self.parts_today == 1 else "parts"
            return f"{self.parts_today} {parts}, {called} {'anomaly' if called == 1 else 'anomalies'}"
        if self.judged_today:
            return f"{called} {'time' if called == 1 else 'times'} ANOMALY"
        return ""


def shelved(home: Path | None = None) -> list[LibraryEntry]:
    """All recipes, by name. Raises GoodpartError where the folder cannot be read; none is fine."""
    home = home or user_recipes()
    try:
        folders = sorted((p for p in home.iterdir() if (p / "recipe.toml").is_file()), key=lambda p: p.name.lower())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise GoodpartError(f"{home}: cannot be read ({error.strerror or error})") from error
    return [look_at(folder) for folder in folders]


def look_at(folder: Path) -> LibraryEntry:
    """One recipe; what cannot be read of it is told in words."""
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
    turns = {verdict: number for (kind, verdict), number in counts.items() if kind == "verdict"}
    return LibraryEntry(
        folder,
        trained_at=max((trained_at(recipe, sense) for sense in recipe.senses), default=""),
        pictures=pictures.held.good,
        seconds=sound.held.seconds,
        anomalies_today=(parts or turns).get("ANOMALY", 0),
        judged_today=bool(counts),
        parts_today=sum(parts.values()),
    )


def counts_today(journal: Path) -> dict[tuple[str, str], int]:
    """Parts and turns of the verdict since midnight, by kind (`part`, `verdict`) and verdict; nothing if the journal
    cannot be read."""
    try:
        with History(journal) as history:
            (counts,) = history.counts(day_bounds(date.today(), 1))
    except GoodpartError:
        return {}
    return {of: number for of, number in counts.items() if of[0] in ("part", "verdict")}


def trained_at(recipe: Recipe, sense: Sense) -> str:
    """When the model in place was made, as its manifest says; empty where there is none. The model is not checked."""
    try:
        with zipfile.ZipFile(recipe.bundle(sense)) as archive:
            return str(json.loads(archive.read("manifest.json")).get("trained_at", ""))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError):
        return ""


def make(recipe: str, camera: str | None = None, microphone: str | None = None, knobs: str | None = None) -> Recipe:
    """A new recipe with the devices that are named. Raises GoodpartError where one is already, or an address means
    nothing."""
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
    """The folder that a new recipe of this name gets. Raises GoodpartError with what is wrong with the name."""
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
    """A recipe with the same settings, material and models, and a history of its own. Raises GoodpartError."""
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
    """Raises GoodpartError, also where a station judges with it."""
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
    """With all that was taught, learnt and journalled. Raises GoodpartError, also where a station judges with it."""
    if not (recipe / "recipe.toml").is_file():
        raise GoodpartError(f"{recipe}: there is no recipe here (no recipe.toml)")
    lock = RecipeLock(recipe)
    try:
        # First out of the list, in one step: a deletion that is cut short leaves no half recipe.
        aside = recipe.with_name(f".{recipe.name}.deleted")
        shutil.rmtree(aside, ignore_errors=True)
        recipe.rename(aside)
    except OSError as error:
        raise GoodpartError(f"{recipe}: cannot be deleted ({error.strerror or error})") from error
    finally:
        lock.release()
    shutil.rmtree(aside, ignore_errors=True)


def reason(error: OSError) -> str:
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], Sequence) and error.args[0]:
        return str(error.args[0][0][-1])  # the first of what copytree could not do
    return error.strerror or str(error)
