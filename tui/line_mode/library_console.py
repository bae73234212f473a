"""All recipes in the line mode: typed lines make, open, copy, rename and delete them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from core.errors import GoodpartError
from core.library import checked_name, delete, duplicate, make, rename, shelved
from core.recipes.recipe import Recipe, open_recipe, user_recipes
from core.station.interface import StationInterface
from tui.line_mode.parsing import folded, quoted, words_of

HELP = """\
list                                    all recipes
new NAME [CAMERA [MICROPHONE [KNOBS]]]  make one; - for none; try: simulated
open NAME                               open it: teach, train, watch
copy NAME NEW   rename NAME NEW   delete NAME (asks)   q: quit   ?: this help
a name with spaces is typed in quotes: open "pump 7"
"""


def run_library(open_station: Callable[[Recipe], StationInterface]) -> int:
    """Run typed lines until the user quits or the input ends; return the exit code."""
    desk = LibraryConsole(open_station, sys.stdin, sys.stdout)
    desk.say(HELP)
    while desk.code is None:
        desk.say("recipes>", end=" ")
        line = sys.stdin.readline()
        if not line:
            break
        desk.obey(line)
    return desk.code or 0


class LibraryConsole:
    """Runs typed commands on the list of recipes."""

    def __init__(self, open_station: Callable[[Recipe], StationInterface], typed: TextIO, out: TextIO) -> None:
        self._open_station = open_station
        self._typed = typed
        self._out = out
        self.code: int | None = None
        """The exit code, set by a command that quits."""

    def say(self, text: str, end: str = "\n") -> None:
        """Print a text, wrapped to 79 columns of ASCII."""
        self._out.write("\n".join(folded(text)) + end)
        self._out.flush()

    def obey(self, line: str) -> None:
        """Run one typed line and print the answer."""
        try:
            words = words_of(line)
            if not words:
                return
            command, arguments = words[0].lower(), words[1:]
            if command == "q" and not arguments:
                self.code = 0
            elif command == "?" and not arguments:
                self.say(HELP)
            elif command == "list" and not arguments:
                self._list()
            elif command == "new" and 1 <= len(arguments) <= 4:
                self._new(*arguments)
            elif command == "open" and len(arguments) == 1:
                self._open(arguments[0])
            elif command in ("copy", "rename") and len(arguments) == 2:
                work = duplicate if command == "copy" else rename
                self.say(f"{quoted(work(recipe_folder(arguments[0]), arguments[1]).name)} is there")
            elif command == "delete" and len(arguments) == 1:
                self._delete(arguments[0])
            else:
                self.say(f"{line.strip()}: not understood; ? lists the commands")
        except GoodpartError as error:
            self.say(str(error))

    def _list(self) -> None:
        entries = shelved()
        for entry in entries:
            trained = f"trained {entry.trained_at[:16].replace('T', ' ')}" if entry.trained_at else "not trained"
            contents = f"{trained}, {entry.pictures} pictures, {entry.seconds / 60:.1f} min of sound"
            self.say(f"{quoted(entry.name)}: {entry.trouble or contents}")
            if entry.today:
                self.say(f"  today {entry.today}")
        if not entries:
            self.say("there are no recipes yet: new NAME makes one")

    def _new(self, name: str, *devices: str) -> None:
        made = make(str(checked_name(name)), *(None if device == "-" else device for device in devices))
        self.say(f"{made.name} is made")
        self._bench(made)

    def _open(self, name: str) -> None:
        self._bench(open_recipe(str(recipe_folder(name))))

    def _bench(self, recipe: Recipe) -> None:
        from tui.line_mode.console import run_lines

        self.say(f"{recipe.name}: ? lists the commands, close comes back here")
        code, closed = run_lines(self._open_station(recipe), None, recipe)
        if not closed:
            self.code = code

    def _delete(self, name: str) -> None:
        folder = recipe_folder(name)
        self.say(f"this deletes all of {name}, also what was taught; type its name to do it:", end=" ")
        if self._typed.readline().strip() not in (name, quoted(name)):
            raise GoodpartError("nothing was deleted")
        delete(folder)
        self.say(f"{name} is deleted")


def recipe_folder(name: str) -> Path:
    """Return the folder of a recipe, which may be broken. Raises GoodpartError if there is no recipe of that name."""
    folder = user_recipes() / name
    if Path(name).name != name or name == ".." or not (folder / "recipe.toml").is_file():
        raise GoodpartError(f"there is no recipe {quoted(name)}: list shows all recipes")
    return folder
