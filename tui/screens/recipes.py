"""The screen Recipes: open a recipe, make a new one, copy, rename, delete."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType

from core.errors import GoodpartError
from core.library import LibraryEntry, checked_name, delete, duplicate, make, rename, shelved
from tui.reports.recipe_table import HEAD, recipe_row
from tui.screens.base import StationScreen
from tui.screens.form import AskScreen
from tui.screens.help import HelpScreen
from tui.screens.host import LibraryHost
from tui.view.key_table import KEYS
from tui.view.keymap import bindings, first_key, screen_keys
from tui.widgets.list_pane import ListPane
from tui.widgets.status_strip import KeysLine, StatusStrip
from tui.widgets.title_and_footer import NoticeLine, TitleLine

RELOAD_SECONDS = 5.0
"""Seconds after which the list is read again."""
NEW_WORDS = """\
 A recipe is for one part number. The camera is an index (0), a video file, a
 folder of pictures, an rtsp:// or http:// address, or `simulated`. The
 microphone is a device name or index, `default`, a sound file, or `simulated`.
 Leave a field empty if there is no device. `goodpart devices` lists them."""


class RecipesScreen(StationScreen, inherit_bindings=False):
    """Lists the recipes of the user."""

    where = "recipes"
    about = ("A recipe is for one part number: its devices, material, models and history.",)
    BINDINGS: ClassVar[list[BindingType]] = bindings("recipes")

    def __init__(self) -> None:
        super().__init__()
        self._shelf: Sequence[LibraryEntry] | None = None
        self._loading = False

    @property
    def host(self) -> LibraryHost:
        return cast(LibraryHost, self.app)

    def compose(self) -> ComposeResult:
        yield TitleLine(id="title")
        yield StatusStrip(id="strip")
        yield ListPane(HEAD, ("looking for recipes ...",), id="recipes")
        yield NoticeLine(id="notice")
        yield KeysLine(
            ("recipe-open", "open"), ("recipe-new", "new"), ("recipe-duplicate", "copy"), ("recipe-rename", "rename"),
            ("recipe-delete", "delete"), ("guide", "first steps"), id="footer",
        )  # fmt: skip

    def on_mount(self) -> None:
        super().on_mount()
        self._list.focus()
        self.set_interval(RELOAD_SECONDS, self.reload)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.reload()

    @property
    def _list(self) -> ListPane:
        return self.query_one("#recipes", ListPane)

    def reload(self) -> None:
        if not self._loading and self.is_current:
            self._loading = True
            self.run_worker(self._reload())

    async def _reload(self) -> None:
        trouble = ""
        try:
            entries = await asyncio.to_thread(shelved)
        except GoodpartError as error:
            entries, trouble = [], str(error)
        finally:
            self._loading = False
        if not self.stays:
            return
        self._list.set_empty((trouble,) if trouble else ("There are no recipes yet.", "", *self._guide()))
        self._shelf = entries
        opened = self.host.recipe.folder if self.host.recipe else None
        self._list.set_rows([recipe_row(entry, opened=entry.folder == opened) for entry in entries])

    def _chosen(self) -> LibraryEntry | None:
        if not self._shelf:
            self.host.say(f"there is no recipe yet: {self._key('recipe-new')} makes one")
            return None
        return self._shelf[self._list.cursor]

    def on_list_pane_chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        entry = self._chosen()
        if entry is not None and entry.trouble:
            self.host.say(entry.trouble)
        elif entry is not None:
            self.host.say(f"opening {entry.name}")
            self.host.open(entry.folder, "watch" if entry.trained_at else "teach")

    def action_new(self) -> None:
        def take(typed: Sequence[str]) -> None:
            name, camera, microphone, knobs = typed
            folder = checked_name(name)
            made = make(str(folder), camera or None, microphone or None, knobs or None)
            self.host.say(f"{made.name} is made")
            self.host.open(made.folder, "teach")

        fields = [("name", ""), ("camera", ""), ("microphone", ""), ("knobs: serial port", "")]
        self.app.push_screen(AskScreen("a new recipe", NEW_WORDS, fields, take, "make the recipe"))

    def action_guide(self) -> None:
        self.app.push_screen(HelpScreen([((f" {text}", ""),) for text in self._guide()]))

    def _key(self, binding: str) -> str:
        return first_key(self.host.keys_of(binding))

    def _guide(self) -> list[str]:
        return first_steps({key.id: self.host.keys_of(key.id) for key in KEYS})

    def action_duplicate(self) -> None:
        entry = self._chosen()
        if entry is not None:
            self._ask_name(entry, "copy", f"{entry.name}-2", lambda name: duplicate(entry.folder, name))

    def action_rename(self) -> None:
        entry = self._chosen()
        if entry is not None:
            self._ask_name(entry, "rename", entry.name, lambda name: rename(entry.folder, name))

    def _ask_name(self, entry: LibraryEntry, verb: str, proposal: str, work: Callable[[str], object]) -> None:
        def take(typed: Sequence[str]) -> None:
            checked_name(typed[0])
            self._do(entry, partial(work, typed[0]), f"{entry.name}: {verb} to {typed[0]}", close=verb == "rename")

        self.app.push_screen(AskScreen(f"{verb} {entry.name}", " The new name:", [("name", proposal)], take, verb))

    def action_delete(self) -> None:
        entry = self._chosen()
        if entry is None:
            return

        def take(typed: Sequence[str]) -> None:
            if typed[0] != entry.name:
                raise GoodpartError(f"nothing was deleted: that is not {entry.name}")
            self._do(entry, lambda: delete(entry.folder), f"{entry.name} is deleted", close=True)

        minutes = f"{entry.seconds / 60:.1f} minutes of sound"
        question = (
            f" {entry.name} holds {entry.pictures} good pictures and {minutes}, its models\n"
            " and its history. This deletes all of it for good.\n\n"
            " To delete it, type its name:"
        )
        self.app.push_screen(AskScreen(f"delete {entry.name}", question, [("name", "")], take, "delete"))

    def _do(self, entry: LibraryEntry, work: Callable[[], object], done: str, *, close: bool) -> None:
        """Run `work` on a worker, because copying a thousand pictures takes long."""

        async def doing() -> None:
            if close:
                await self.host.close_recipe(entry.folder)
            try:
                await asyncio.to_thread(work)
            except GoodpartError as error:
                self.host.say(str(error))
            else:
                self.host.say(done)
            screen = self.app.screen
            if isinstance(screen, RecipesScreen):
                screen.reload()

        self.app.run_worker(doing())


def first_steps(keys: Mapping[str, str]) -> list[str]:
    """Return the lines of the guide, with the keys of the screens (`keys` from tui.view.keymap.keys_shown)."""
    new, use, about = (first_key(keys[name]) for name in ("recipe-new", "train-use", "help"))
    steps = {
        "recipes": (
            f"{new}  makes a recipe: a name, a camera or a microphone. Without devices",
            "type `simulated`: a simulated bench to try everything on.",
        ),
        "teach": (
            "Teach: clamp good parts, store 25 pictures or more, move and exchange",
            "the part meanwhile; record 20 good sounds.",
        ),
        "train": (
            "Train: learns from them in seconds and shows the expected false alarms.",
            f"Press {use} to start using the new model.",
        ),
        "calibrate": (
            "Calibrate: choose the allowed false alarms, or move the thresholds",
            "with a good part clamped.",
        ),
        "watch": ("Watch: judges live. It never calls a part OK that it has not seen.",),
    }
    lines = ["A recipe is for one part number. Five steps from a new recipe to judging:", ""]
    for name, (first, *others) in steps.items():
        lines += [f"  {first_key(keys[f'go-{name}'])}  {first}", *(f"     {text}" for text in others)]
    return [*lines, "", f"{screen_keys(keys)} open these screens at any time; {about} explains each."]
