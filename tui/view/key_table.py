"""Every key of the dashboard, one row per key."""

from __future__ import annotations

from dataclasses import dataclass

from tui.view.screen_table import SCREENS, ScreenName


@dataclass(frozen=True)
class Key:
    """A key binding of one screen or of all screens."""

    id: str
    """The name by which config.toml gives it other keys."""
    keys: str
    """Default keys, comma-separated, as Textual names them."""
    action: str
    """The Textual action: a method `action_...` of its screen, or of the app if it begins with `app.`."""
    label: str
    """A short text for the footer."""
    tooltip: str
    """The text for the help screen."""
    where: ScreenName = "watch"
    """The screen on which it works, or "app" for every screen."""
    group: str = ""
    """The text of the line of the help screen that it shares with the other keys of the group; empty for a line of
    its own."""


GROUPS = (
    "density threshold down, up: fine",
    "density threshold down, up: ten steps",
    "error threshold down, up: fine",
    "error threshold down, up: ten steps",
    "knobs' values as thresholds: density, error, both; undo",
    "begin or end storing good parts: pictures, sound",
    "a part is in place: judge it; single shots, or continuous",
    "the last part was good, was bad",
    "train in the background; cancel; use the new model",
    "the picture in shades, in ASCII, off; the anomaly map",
)


KEYS: tuple[Key, ...] = (
    Key(
        "density-down",
        "j,down",
        "app.move_threshold('density', -1)",
        "density",
        "density threshold down, fine",
        group=GROUPS[0],
    ),
    Key(
        "density-up",
        "k,up",
        "app.move_threshold('density', 1)",
        "density",
        "density threshold up, fine",
        group=GROUPS[0],
    ),
    Key(
        "density-down-coarse",
        "J,pagedown",
        "app.move_threshold('density', -10)",
        "",
        "density threshold down, ten steps",
        group=GROUPS[1],
    ),
    Key(
        "density-up-coarse",
        "K,pageup",
        "app.move_threshold('density', 10)",
        "",
        "density threshold up, ten steps",
        group=GROUPS[1],
    ),
    Key(
        "error-down",
        "h,left",
        "app.move_threshold('reconstruction_error', -1)",
        "error",
        "error threshold down, fine",
        group=GROUPS[2],
    ),
    Key(
        "error-up",
        "l,right",
        "app.move_threshold('reconstruction_error', 1)",
        "error",
        "error threshold up, fine",
        group=GROUPS[2],
    ),
    Key(
        "error-down-coarse",
        "H,home",
        "app.move_threshold('reconstruction_error', -10)",
        "",
        "error threshold down, ten steps",
        group=GROUPS[3],
    ),
    Key(
        "error-up-coarse",
        "L,end",
        "app.move_threshold('reconstruction_error', 10)",
        "",
        "error threshold up, ten steps",
        group=GROUPS[3],
    ),
    Key("grab-density", "d", "app.grab('density')", "", "take the density knob's value", group=GROUPS[4]),
    Key("grab-error", "e", "app.grab('reconstruction_error')", "", "take the error knob's value", group=GROUPS[4]),
    Key("grab-both", "g", "app.grab('both')", "", "take both knobs' values", group=GROUPS[4]),
    Key(
        "undo-grab",
        "u",
        "app.undo_grab",
        "",
        "put back the thresholds from before the knobs were taken",
        group=GROUPS[4],
    ),
    Key("knob-ranges", "o", "app.knob_ranges", "", "the ranges of the knobs"),
    Key("part", "enter", "app.part", "part", "a part is in place: judge it", group=GROUPS[6]),
    Key("single", "c", "app.toggle_single", "", "single shots, or continuous", group=GROUPS[6]),
    Key("was-good", "w", "app.say_word('good')", "", "the last part was good", group=GROUPS[7]),
    Key("was-bad", "b", "app.say_word('bad')", "", "the last part was bad", group=GROUPS[7]),
    Key("shift", "S", "app.new_shift", "", "begin a new shift: count from 0 (asks)"),
    Key("calibrate", "a", "app.calibrate", "calibrate", "new thresholds from the calibration scores"),
    Key(
        "save",
        "s",
        "app.send('save_thresholds', 'saving the thresholds')",
        "save",
        "save the thresholds to recipe.toml",
    ),
    Key("pause", "space", "app.toggle_pause", "pause", "pause judging, or go on"),
    Key("train", "t", "app.train", "train", "train in the background", group=GROUPS[8]),
    Key("cancel-training", "x", "app.cancel_training", "cancel", "cancel the training", group=GROUPS[8]),
    Key("take-over", "n", "app.take_over", "use the new", "start using the new model", group=GROUPS[8]),
    Key("sense", "v", "app.other_sense", "pictures/sound", "the other sense: its scores and thresholds"),
    Key("collect", "i", "app.collect", "", "begin or end storing pictures of good parts", group=GROUPS[5]),
    Key("record", "r", "app.record", "record", "begin or end recording good sound", group=GROUPS[5]),
    Key("preview", "p", "preview", "picture", "the picture: in shades, in ASCII, off", group=GROUPS[9]),
    Key("map", "m", "map", "map", "the anomaly map, or off", group=GROUPS[9]),
    Key("recipe-open", "o", "open", "open", "open the recipe", "recipes"),
    Key("recipe-new", "n", "new", "new", "make a new recipe, for one part number", "recipes"),
    Key("recipe-duplicate", "c", "duplicate", "copy", "copy it, with settings and material", "recipes"),
    Key("recipe-rename", "r", "rename", "rename", "rename it", "recipes"),
    Key("recipe-delete", "D", "delete", "delete", "delete it and all that was taught (asks)", "recipes"),
    Key("guide", "w", "guide", "first steps", "the five steps from a new part to judging", "recipes"),
    Key("teach-store", "i", "store", "store", "begin or end storing pictures, two per second", "teach"),
    Key("teach-record", "r", "record", "record", "begin or end recording sound", "teach"),
    Key("teach-kind", "f", "kind", "good/defective", "good parts, or defective ones for tests", "teach"),
    Key("teach-sense", "v", "sense", "pictures/sound", "delete pictures, or recordings", "teach"),
    Key("teach-delete-last", "backspace,delete", "delete_last", "delete the last", "delete the newest", "teach"),
    Key("teach-delete-all", "X", "delete_all", "delete all", "delete all of this kind (asks)", "teach"),
    Key(
        "teach-take-offers",
        "o",
        "take_offers",
        "take the suggestion",
        "take the newest suggestion",
        "teach",
    ),
    Key("teach-drop-offers", "O", "drop_offers", "drop", "drop the newest suggestion", "teach"),
    Key("teach-play", "p", "play", "play", "play the newest recording, or stop it", "teach"),
    Key("train-start", "t", "train", "train", "learn from what was taught, in the background", "train"),
    Key("train-cancel", "x", "cancel", "cancel", "cancel the training; nothing changes", "train"),
    Key("train-use", "n", "use", "use the new", "start using the new model", "train"),
    Key("train-keep", "o", "keep", "keep the old", "discard the new model, keep the old one", "train"),
    Key("train-next", "right,space", "page(1)", "next page", "next page of the result", "train"),
    Key("train-previous", "left", "page(-1)", "page back", "previous page of the result", "train"),
    Key("calibrate-apply", "enter", "apply", "apply", "take the thresholds of the chosen target", "calibrate"),
    Key("calibrate-density-down", "j", "move('density', -1)", "", "", "calibrate", GROUPS[0]),
    Key("calibrate-density-up", "k", "move('density', 1)", "", "", "calibrate", GROUPS[0]),
    Key("calibrate-density-down-coarse", "J", "move('density', -10)", "", "", "calibrate", GROUPS[1]),
    Key("calibrate-density-up-coarse", "K", "move('density', 10)", "", "", "calibrate", GROUPS[1]),
    Key("calibrate-error-down", "h", "move('reconstruction_error', -1)", "", "", "calibrate", GROUPS[2]),
    Key("calibrate-error-up", "l", "move('reconstruction_error', 1)", "", "", "calibrate", GROUPS[2]),
    Key("calibrate-error-down-coarse", "H", "move('reconstruction_error', -10)", "", "", "calibrate", GROUPS[3]),
    Key("calibrate-error-up-coarse", "L", "move('reconstruction_error', 10)", "", "", "calibrate", GROUPS[3]),
    Key(
        "calibrate-save",
        "s",
        "app.send('save_thresholds', 'saving the thresholds')",
        "save",
        "save the thresholds to recipe.toml",
        "calibrate",
    ),
    Key("calibrate-sense", "v", "sense", "pictures/sound", "the other sense", "calibrate"),
    Key("history-older", "j,down", "move(1)", "older", "a row down, older", "history", "a row down, up"),
    Key("history-newer", "k,up", "move(-1)", "newer", "a row up, newer", "history", "a row down, up"),
    Key("history-page-down", "J,pagedown,space", "page(1)", "page", "a page down", "history", "a page down, up"),
    Key("history-page-up", "K,pageup", "page(-1)", "page", "a page up", "history", "a page down, up"),
    Key("history-top", "g,home", "top", "newest", "to the newest row, and follow new ones", "history"),
    Key("history-bottom", "G,end", "bottom", "oldest", "to the oldest row", "history"),
    Key("history-look", "enter", "look", "look", "everything about a row, or back to the table", "history"),
    Key("history-verdict", "v", "verdict", "verdict", "only one verdict: ANOMALY, UNKNOWN, OK, all", "history"),
    Key("history-kind", "f", "kind", "kind", "only one kind of event: the next one, all", "history"),
    Key("history-day-back", "left_square_bracket", "day(-1)", "day", "only the day before", "history"),
    Key("history-day-forward", "right_square_bracket", "day(1)", "day", "only the day after", "history"),
    Key("history-all", "0", "all", "all", "all rows", "history"),
    Key("history-ascii", "p", "ascii", "shades/ASCII", "the kept picture in shades or in ASCII", "history"),
    Key("history-export", "x", "export", "export", "write these rows to CSV in the recipe's folder", "history"),
    Key("files-up", "backspace,left", "up", "folder up", "the folder above", "files"),
    Key("files-type", "slash", "type", "type a path", "type a path", "files"),
    Key("files-less", "minus", "sensitivity(-1)", "less", "less sensitive (method amulet)", "files"),
    Key("files-more", "plus", "sensitivity(1)", "more sensitive", "more sensitive, 0 to 10; 8 is as trained", "files"),
    Key("files-reset", "r", "reset", "reset", "clear the result, reset the sensitivity", "files"),
    Key("compare-start", "c", "start(False)", "compare", "compare the methods that a recipe can use", "compare"),
    Key("compare-all", "C", "start(True)", "all methods", "compare all methods; can take an hour", "compare"),
    Key("compare-cancel", "x", "cancel", "cancel", "cancel; the last comparison stays", "compare"),
    Key("compare-use", "u", "use", "use it", "set the recipe to the method under the cursor", "compare"),
    Key("compare-next", "right,space", "case(1)", "next case", "the next badly judged case", "compare"),
    Key("compare-previous", "left", "case(-1)", "case back", "the previous badly judged case", "compare"),
    Key("compare-sense", "v", "sense", "pictures/sound", "the other sense", "compare"),
    *(Key(f"go-{row.name}", row.keys, f"go('{row.name}')", row.name, row.purpose, "app") for row in SCREENS.values()),
    Key("palette", "ctrl+p", "command_palette", "commands", "find a command by its name", "app"),
    Key("redraw", "ctrl+l", "redraw", "", "draw the screen again (after line noise)", "app"),
    Key("help", "question_mark", "help", "help", "this help", "app"),
    Key("quit", "q", "quit", "quit", "quit (Ctrl-C always does)", "app"),
)
