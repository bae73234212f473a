"""AMULET's desktop flow: choose a file, judge it, see where it differs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from core.errors import GoodpartError
from core.runtime.listing import PICTURE_SUFFIXES, SOUND_SUFFIXES
from tui.jobs.file_scoring import FileScorer, LocalFileScorer, RemoteFileScorer
from tui.screens.base import StationScreen
from tui.screens.form import AskScreen
from tui.stations.remote import RemoteStation
from tui.terminal.themes import VERDICT_STYLES
from tui.view.keymap import bindings
from tui.view.text import wrapped
from tui.view.view import View
from tui.widgets.list_pane import ListPane
from tui.widgets.pane import Line, Pane, heading
from tui.widgets.picture import grid_lines, hottest_cell
from tui.widgets.status_strip import KeysLine, StatusStrip
from tui.widgets.title_and_footer import NoticeLine, TitleLine
from tui.widgets.trace_plot import trace_curve

SUFFIXES = PICTURE_SUFFIXES | SOUND_SUFFIXES
AS_TRAINED, MOST_SENSITIVE = 8, 10
MOST_ENTRIES = 5000
last_folder: Path | None = None
"""Where the screen was left."""


class FilesScreen(StationScreen, inherit_bindings=False):
    where = "files"
    about = (
        "Enter judges the recording or picture under the cursor, by the recipe's model",
        "and its saved thresholds; the bench goes on meanwhile.",
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings("files")

    def __init__(self) -> None:
        super().__init__()
        self._entries: Sequence[Path] = ()
        self._folder = last_folder or Path.cwd()
        self._judged: Path | None = None
        self._sensitivity = AS_TRAINED
        self._desk: FileScorer | None = None
        self._number = 0

    def compose(self) -> ComposeResult:
        yield TitleLine(id="title")
        yield StatusStrip(id="strip")
        with Horizontal(id="body"):
            yield ListPane(empty=("nothing here to judge",), id="files-list")
            yield ResultPane(id="files-result")
        yield NoticeLine(id="notice")
        yield KeysLine(
            ("files-up", "folder up"), ("files-type", "type a path"), ("files-reset", "reset"),
            ("files-less,files-more", "sensitivity"), id="footer",
        )  # fmt: skip

    def on_mount(self) -> None:
        super().on_mount()
        self._list.focus()
        self._enter(self._folder)

    async def on_unmount(self) -> None:
        if self._desk is not None:
            await self._desk.close()

    @property
    def _list(self) -> ListPane:
        return self.query_one(ListPane)

    @property
    def _result(self) -> ResultPane:
        return self.query_one(ResultPane)

    # Choosing.

    def _enter(self, folder: Path, cursor: Path | None = None) -> None:
        global last_folder
        try:
            found = folder_entries(folder)
        except OSError as error:
            self.host.say(f"{folder}: cannot be opened ({error.strerror or error})")
            return
        last_folder = self._folder = folder
        self._entries = found
        self._list.cursor = found.index(cursor) if cursor in found else 0
        self._list.set_rows([((entry_name(path), "" if path.is_file() else "key"),) for path in found])
        self._result.place = str(folder)
        self._result.redraw()

    def on_list_pane_chosen(self, event: ListPane.Chosen) -> None:
        chosen = self._entries[event.index]
        if chosen.is_dir():
            self._enter(chosen)
        else:
            self._judge(chosen)

    def action_up(self) -> None:
        self._enter(self._folder.parent, self._folder)

    def action_type(self) -> None:
        def take(typed: Sequence[str]) -> None:
            path = Path(os.path.expanduser(typed[0])).absolute()  # noqa: PTH111 - Path's own raises for ~nobody
            if path.is_dir():
                self._enter(path)
            elif path.is_file():
                self._enter(path.parent, path)
                self._judge(path)
            else:
                raise GoodpartError(f"{path}: there is no such file or folder")

        self.app.push_screen(AskScreen("judge a file", " A file, or a folder to look into:", [("path", "")], take))

    # Judging.

    def action_sensitivity(self, by: int) -> None:
        wanted = max(0, min(MOST_SENSITIVE, self._sensitivity + by))
        if self._result.method not in ("", "amulet"):
            self.host.say("sensitivity is for sound that is judged by the method amulet")
        elif wanted != self._sensitivity:
            self._sensitivity = wanted
            self.host.say(f"sensitivity {wanted}; 8 is as trained")
            if self._judged is not None:
                self._judge(self._judged)

    def action_reset(self) -> None:
        self._sensitivity, self._judged = AS_TRAINED, None
        self._number += 1  # whatever is being judged
        self._result.forget()

    def _judge(self, file: Path) -> None:
        self._judged = file
        self._number += 1
        self._result.wait(f"judging {file.name} ...")
        self.run_worker(self._judging(file, self._number), exit_on_error=True)

    async def _judging(self, file: Path, number: int) -> None:
        sensitivity = None if self._sensitivity == AS_TRAINED else float(self._sensitivity)
        try:
            result = await self._at_desk().judge(file, sensitivity)
        except GoodpartError as error:
            result = {"verdict": "UNKNOWN", "reason": str(error), "path": file.name}
        # Another may have been asked for meanwhile.
        if number == self._number and self.stays:
            self._result.tell(result, self._sensitivity)

    def _at_desk(self) -> FileScorer:
        """Raises GoodpartError where there is nothing to judge by."""
        if self._desk is None:
            station = self.host.station
            if isinstance(station, RemoteStation):
                self._desk = RemoteFileScorer(station.client)
            elif self.host.recipe is None:
                raise GoodpartError("first open a recipe")
            else:
                self._desk = LocalFileScorer(self.host.recipe)
        return self._desk


def folder_entries(folder: Path) -> list[Path]:
    """Folders first, then what can be judged; hidden ones are left out. Raises OSError."""
    found = [path for path in folder.iterdir() if not path.name.startswith(".")]
    folders = [path for path in found if path.is_dir()]
    files = [path for path in found if path.suffix.lower() in SUFFIXES and path.is_file()]
    return [*sorted(folders), *sorted(files)][:MOST_ENTRIES]


def entry_name(path: Path) -> str:
    name = path.name + (os.sep if path.is_dir() else "")
    return "".join(c if c.isprintable() else "?" for c in name)


class ResultPane(Pane):
    """The folder, and what came of the last file: verdict, reason, trace over time or map."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.place = ""
        self._said: dict[str, Any] = {}
        self._waiting = ""
        self._sensitivity = AS_TRAINED

    @property
    def method(self) -> str:
        """Of the last recording; empty where there was none."""
        return str(self._said.get("method", ""))

    def wait(self, words: str) -> None:
        self._waiting = words
        self.redraw()

    def tell(self, result: dict[str, Any], sensitivity: int) -> None:
        self._said, self._waiting, self._sensitivity = result, "", sensitivity
        self.redraw()

    def forget(self) -> None:
        self.tell({}, AS_TRAINED)

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        lines: list[Line] = [((_end(self.place, width), "label"),)]
        if self._waiting:
            return [*lines, ((self._waiting, "strong"),)]
        if not self._said:
            words = "Enter judges the file under the cursor"
            return [*lines, ((words, "label"),)]
        return [*lines, *result_lines(self._said, self._sensitivity, width, height - 1)]


def _end(path: str, width: int) -> str:
    return path if len(path) <= width else "~" + path[-(width - 1) :]


def result_lines(said: dict[str, Any], sensitivity: int, width: int, height: int) -> list[Line]:
    """What is known of a file, the most important first, so that a small terminal loses the least."""
    verdict = said["verdict"]
    lines: list[Line] = [heading(str(said["path"])[: width - 12], width, (verdict, VERDICT_STYLES[verdict]))]
    lines += [((text, ""),) for text in wrapped(said["reason"], width, 3, "~")]
    if said.get("windows"):
        lines += sound_lines(said, sensitivity, width, height - len(lines))
    elif said.get("map"):
        hottest, row, column = hottest_cell(said["map"])
        lines.append(heading("map", width, (f"{hottest:.1f} at row {row + 1} col {column + 1}", "label")))
        lines += grid_lines(said["map"], max(1, height - len(lines)))
    return lines[:height]


def sound_lines(said: dict[str, Any], sensitivity: int, width: int, height: int) -> list[Line]:
    limit = said["window_threshold"]
    windows = said["windows"]
    beyond = [window for window in windows if window["anomaly"]]
    amulet = (f"  sensitivity {sensitivity}", "label") if said.get("method") == "amulet" else ("", "")
    counted = f"{len(beyond)} of {len(windows)} windows beyond {limit:.4g}"
    lines: list[Line] = [((counted, "anomaly" if beyond else "label"), amulet)]
    table = stretch_rows(said)
    trace = [(window["end"], window["score"] / limit if limit > 0 else 0.0) for window in windows]
    room = height - len(lines) - min(len(table), 5)
    lines += trace_curve(trace, width, min(12, room))
    return [*lines, *(((row, ""),) for row in table)]


def stretch_rows(said: dict[str, Any]) -> list[str]:
    """Where it differs, a row each: seconds, the highest score, what of the sound."""
    if said.get("stretches") is not None:
        found = [(one["start"], one["end"], one["peak"], one["head"]) for one in said["stretches"]]
    else:
        found = [(one["start"], one["end"], one["score"], "") for one in said["windows"] if one["anomaly"]]
    return [f"{start:.1f}-{end:.1f} s  {peak:.4g}  {head}".rstrip() for start, end, peak, head in found]
