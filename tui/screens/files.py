"""The screen Files, like AMULET's desktop program: choose a file, judge it, see where it differs."""

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
"""Suffixes of the files that are listed."""
AS_TRAINED, MOST_SENSITIVE = 8, 10
"""Sensitivities of the method amulet: the trained one and the highest."""
MOST_ENTRIES = 5000
"""Entries of a folder that are listed at most."""
last_folder: Path | None = None
"""The folder that was shown last, which the screen opens again."""


class FilesScreen(StationScreen, inherit_bindings=False):
    """Lists a folder and judges its files."""

    where = "files"
    about = (
        "Enter judges the recording or picture under the cursor with the recipe's model",
        "and its saved thresholds; live judging continues meanwhile.",
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings("files")

    def __init__(self) -> None:
        super().__init__()
        self._entries: Sequence[Path] = ()
        self._folder = last_folder or Path.cwd()
        self._judged: Path | None = None
        self._sensitivity = AS_TRAINED
        self._scorer: FileScorer | None = None
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
        if self._scorer is not None:
            await self._scorer.close()

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
            entries = folder_entries(folder)
        except OSError as error:
            self.host.say(f"{folder}: cannot be opened ({error.strerror or error})")
            return
        last_folder = self._folder = folder
        self._entries = entries
        self._list.cursor = entries.index(cursor) if cursor in entries else 0
        self._list.set_rows([((entry_name(path), "" if path.is_file() else "key"),) for path in entries])
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

        fields = [("path", "")]
        self.app.push_screen(AskScreen("judge a file", " A file, or a folder to open:", fields, take, "open"))

    # Judging.

    def action_sensitivity(self, by: int) -> None:
        wanted = max(0, min(MOST_SENSITIVE, self._sensitivity + by))
        if self._result.method not in ("", "amulet"):
            self.host.say("the sensitivity applies only to sound judged with the method amulet")
        elif wanted != self._sensitivity:
            self._sensitivity = wanted
            self.host.say(f"sensitivity {wanted}; 8 is as trained")
            if self._judged is not None:
                self._judge(self._judged)

    def action_reset(self) -> None:
        self._sensitivity, self._judged = AS_TRAINED, None
        self._number += 1  # ignores the result of a file that is being judged
        self._result.forget()

    def _judge(self, file: Path) -> None:
        self._judged = file
        self._number += 1
        self._result.wait(f"judging {file.name} ...")
        self.run_worker(self._judging(file, self._number), exit_on_error=True)

    async def _judging(self, file: Path, number: int) -> None:
        sensitivity = None if self._sensitivity == AS_TRAINED else float(self._sensitivity)
        try:
            result = await self._file_scorer().judge(file, sensitivity)
        except GoodpartError as error:
            result = {"verdict": "UNKNOWN", "reason": str(error), "path": file.name}
        # The user may have chosen another file meanwhile.
        if number == self._number and self.stays:
            self._result.tell(result, self._sensitivity)

    def _file_scorer(self) -> FileScorer:
        """Return what judges files. Raises GoodpartError if no recipe is open."""
        if self._scorer is None:
            station = self.host.station
            if isinstance(station, RemoteStation):
                self._scorer = RemoteFileScorer(station.client)
            elif self.host.recipe is None:
                raise GoodpartError("first open a recipe")
            else:
                self._scorer = LocalFileScorer(self.host.recipe)
        return self._scorer


def folder_entries(folder: Path) -> list[Path]:
    """Return the folders, then the files that can be judged, without hidden ones. Raises OSError if the folder cannot
    be read."""
    entries = [path for path in folder.iterdir() if not path.name.startswith(".")]
    folders = [path for path in entries if path.is_dir()]
    files = [path for path in entries if path.suffix.lower() in SUFFIXES and path.is_file()]
    return [*sorted(folders), *sorted(files)][:MOST_ENTRIES]


def entry_name(path: Path) -> str:
    """Return the name in the list, with a separator after a folder and `?` for control characters."""
    name = path.name + (os.sep if path.is_dir() else "")
    return "".join(c if c.isprintable() else "?" for c in name)


class ResultPane(Pane):
    """Shows the folder and the result of the last file: verdict, reason, trace over time or map."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.place = ""
        self._shown_result: dict[str, Any] = {}
        self._waiting = ""
        self._sensitivity = AS_TRAINED

    @property
    def method(self) -> str:
        """The method that judged the last recording; empty without one."""
        return str(self._shown_result.get("method", ""))

    def wait(self, words: str) -> None:
        self._waiting = words
        self.redraw()

    def tell(self, result: dict[str, Any], sensitivity: int) -> None:
        self._shown_result, self._waiting, self._sensitivity = result, "", sensitivity
        self.redraw()

    def forget(self) -> None:
        self.tell({}, AS_TRAINED)

    def content(self, _view: View, width: int, height: int) -> Sequence[Line]:
        lines: list[Line] = [((_end(self.place, width), "label"),)]
        if self._waiting:
            return [*lines, ((self._waiting, "strong"),)]
        if not self._shown_result:
            return [*lines, (("Enter judges the file under the cursor", "label"),)]
        return [*lines, *result_lines(self._shown_result, self._sensitivity, width, height - 1)]


def _end(path: str, width: int) -> str:
    return path if len(path) <= width else "~" + path[-(width - 1) :]


def result_lines(result: dict[str, Any], sensitivity: int, width: int, height: int) -> list[Line]:
    """Return the result of a file (as `score --json` prints it), the most important lines first, so that a small
    terminal loses the least."""
    verdict = result["verdict"]
    lines: list[Line] = [heading(str(result["path"])[: width - 12], width, (verdict, VERDICT_STYLES[verdict]))]
    lines += [((text, ""),) for text in wrapped(result["reason"], width, 3, "~")]
    if result.get("windows"):
        lines += sound_lines(result, sensitivity, width, height - len(lines))
    elif result.get("map"):
        hottest, row, column = hottest_cell(result["map"])
        lines.append(heading("map", width, (f"{hottest:.1f} at row {row + 1} col {column + 1}", "label")))
        lines += grid_lines(result["map"], max(1, height - len(lines)))
    return lines[:height]


def sound_lines(result: dict[str, Any], sensitivity: int, width: int, height: int) -> list[Line]:
    """Return the count of anomalous windows, the trace of the scores and the anomalous stretches of a recording."""
    limit = result["window_threshold"]
    windows = result["windows"]
    beyond = [window for window in windows if window["anomaly"]]
    amulet = (f"  sensitivity {sensitivity}", "label") if result.get("method") == "amulet" else ("", "")
    counted = f"{len(beyond)} of {len(windows)} windows beyond {limit:.4g}"
    lines: list[Line] = [((counted, "anomaly" if beyond else "label"), amulet)]
    table = stretch_rows(result)
    trace = [(window["end"], window["score"] / limit if limit > 0 else 0.0) for window in windows]
    room = height - len(lines) - min(len(table), 5)
    lines += trace_curve(trace, width, min(12, room))
    return [*lines, *(((row, ""),) for row in table)]


def stretch_rows(result: dict[str, Any]) -> list[str]:
    """Return a row per anomalous stretch: seconds, the highest score, the property of the sound that differs."""
    if result.get("stretches") is not None:
        stretches = [(part["start"], part["end"], part["peak"], part["head"]) for part in result["stretches"]]
    else:
        stretches = [(part["start"], part["end"], part["score"], "") for part in result["windows"] if part["anomaly"]]
    return [f"{start:.1f}-{end:.1f} s  {peak:.4g}  {head}".rstrip() for start, end, peak, head in stretches]
