"""The panes of the teaching screen: stored pictures, light and sharpness, the newest pictures, sound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.state.material import InventorySummary, Meters, PictureCapture, Preview
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense
from tui.terminal.glyphs import GLYPHS
from tui.view.keymap import first_key
from tui.view.text import minutes, wrapped
from tui.view.view import View
from tui.widgets.microphone import level_meter
from tui.widgets.pane import Line, Pane, heading
from tui.widgets.picture import shrunk

WANTED_PICTURES = 25
"""Good pictures that are enough to begin with."""
WANTED_RECORDINGS = 20
"""Good recordings that are enough to begin with."""
QUIET = -50.0
"""dB of full scale below which a peak is too quiet to learn from."""


@dataclass
class Teaching:
    """The state of the screen to which its keys apply."""

    defect: bool = False
    """Whether defective parts are stored."""
    sense: Sense = "image"
    """The sense whose samples are deleted."""
    playing: tuple[float, float] | None = None
    """Position and length of the recording that is played, in seconds; None if none is."""

    @property
    def called(self) -> str:
        """The samples to which the keys apply: `good pictures`."""
        return f"{'defective' if self.defect else 'good'} {SENSE_WORDS[self.sense].files}"


class _TeachPane(Pane):
    def __init__(self, teaching: Teaching, *, id: str) -> None:
        super().__init__(id=id)
        self._teaching = teaching


class StoringPane(_TeachPane):
    """Shows how many pictures the recipe holds, and whether more are being stored."""

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        capture, held = _pictures(view)
        stored = view.stored.get("image", "")
        kind = ("DEFECTIVE parts", "anomaly") if self._teaching.defect else ("good parts", "ok")
        lines: list[Line] = [heading("pictures", width, kind), _count(held, WANTED_PICTURES)]
        if capture is not None:
            of = f" of {capture.wanted}" if capture.wanted else ""
            sort = "defective" if capture.defect else "good"
            lines.append(((" STORING ", "hot"), (f" {capture.stored}{of} {sort}", "warm")))
            if capture.per_second is not None:
                lines.append(((f"{capture.per_second:.1f} per second", "label"),))
            lines += [((text, "unknown"),) for text in wrapped(capture.note, width, height - len(lines), GLYPHS.more)]
        elif view.snapshot.offers.count:
            lines += _offers(view)
        elif stored:
            lines += [((text, "ok"),) for text in wrapped(stored, width, 3, GLYPHS.more)]
        else:
            key = view.keys["teach-store"].split(",")[0]
            lines.append(((f"not storing: {key} begins", "label"),))
        return lines[:height]


def _pictures(view: View) -> tuple[PictureCapture | None, InventorySummary]:
    """Return the pictures that are being stored (None if none are), and those that the recipe holds."""
    image = view.snapshot.image
    return (image.capture, image.inventory or InventorySummary()) if image else (None, InventorySummary())


def _offers(view: View) -> list[Line]:
    offers = view.snapshot.offers
    good, bad = offers.good_images + offers.good_sound, offers.defect_images + offers.defect_sound
    take, drop = (first_key(view.keys[key]) for key in ("teach-take-offers", "teach-drop-offers"))
    one_by_one = f"{take} takes the newest, {drop} drops it"
    return [
        (("suggested: ", "unknown"), (f"{good} good, {bad} defective", "strong")),
        ((one_by_one if offers.recent else f"{take} takes them, {drop} drops them", "label"),),
    ]


def _count(held: InventorySummary, wanted: int) -> Line:
    enough = held.good >= wanted
    rest = "" if enough else f" ({wanted - held.good} more)"
    return (
        (f"{held.good} good", "strong"),
        (rest, "" if enough else "unknown"),
        (f", {held.defect} defective", "label"),
    )


class MetersPane(Pane):
    """Shows light and sharpness, and the taught values if there is a model."""

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        image = view.snapshot.image
        meters = image.meters if image else None
        if meters is None:
            return [heading("light and sharpness", width), (("no picture yet", "unknown"),)][:height]
        return [heading("light and sharpness", width), *_light(meters, width), *_sharpness(meters, width)][:height]


def _light(meters: Meters, width: int) -> list[Line]:
    word, style = "good", "ok"
    if meters.brightness < 40:
        word, style = "dark", "unknown"
    elif meters.saturated > 0.1:
        word, style = f"{meters.saturated:.0%} white", "unknown"
    elif meters.brightness > 215:
        word, style = "bright", "unknown"
    taught = ""
    if meters.taught_brightness is not None:
        low, high = meters.taught_brightness
        taught = f", taught {low:.0f}-{high:.0f}"
        if not low * 0.7 <= meters.brightness <= high * 1.3:
            word, style = "not as taught", "unknown"
    return [
        _bar("light", meters.brightness / 255, width),
        ((f"{meters.brightness:.0f} of 255{taught}: ", "label"), (word, style)),
    ]


def _sharpness(meters: Meters, width: int) -> list[Line]:
    taught, word, style = "", "", ""
    if meters.taught_sharpness is not None:
        taught = f", taught {meters.taught_sharpness:.0f} and more: "
        sharp = meters.sharpness >= meters.taught_sharpness
        word, style = ("sharp", "ok") if sharp else ("less sharp", "unknown")
    # A factor of ten is a quarter of the bar; the focus is right where the bar is longest.
    part = min(1.0, max(0.0, (len(str(int(meters.sharpness))) - 1 + _mantissa(meters.sharpness)) / 4))
    return [_bar("sharp", part, width), ((f"{meters.sharpness:.0f}{taught}", "label"), (word, style))]


def _mantissa(value: float) -> float:
    return math.log10(value) % 1 if value >= 1 else 0.0


def _bar(label: str, part: float, width: int) -> Line:
    room = max(1, width - len(label) - 1)
    full = round(min(1.0, max(0.0, part)) * room)
    return ((f"{label} ", "label"), (GLYPHS.bar * full, "trace"), (GLYPHS.bar_rest * (room - full), "rule"))


class RecentPane(_TeachPane):
    """Shows the newest good or defective pictures, or the suggested ones, in shades, the newest first; redrawn only if
    they change."""

    GAP = 1

    def __init__(self, teaching: Teaching, *, id: str) -> None:
        super().__init__(teaching, id=id)
        self._drawn: tuple[object, int, int] | None = None

    def _pictures(self, view: View) -> tuple[str, Sequence[tuple[str, Preview]]]:
        """Return the title, and each picture with its label, the newest first."""
        (capture, held), offers = _pictures(view), view.snapshot.offers
        if capture is None and offers.recent:
            suggested = [("good" if offer.good else "defective", offer.preview) for offer in reversed(offers.recent)]
            return "suggested, the newest first", suggested
        defect = self._teaching.defect if capture is None else capture.defect
        recent = held.recent_defect if defect else held.recent
        return f"the newest {'DEFECTIVE' if defect else 'good'} ones", [("", preview) for preview in reversed(recent)]

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        title, pictures = self._pictures(view)
        drawn = ((title, *pictures), width, height)
        if drawn == self._drawn and self._lines:
            return self._lines
        self._drawn = drawn
        lines: list[Line] = [heading(title, width)]
        if not pictures or height < 4:
            return lines[:height]
        labels = any(label for label, _ in pictures)
        rows = height - 2 if labels else height - 1
        first = pictures[0][1]
        columns = min(2 * rows * first.width // max(1, first.height), width)
        count = max(1, min(len(pictures), (width + self.GAP) // (columns + self.GAP)))
        ramp = GLYPHS.shades
        grids = [shrunk(preview, columns, rows) for _, preview in pictures[:count]]
        for y in range(rows):
            texts = ["".join(ramp[value * len(ramp) // 256] for value in grid[y]) for grid in grids]
            lines.append((((" " * self.GAP).join(texts), ""),))
        if labels:
            texts = [f"{label:{columns}}"[:columns] for label, _ in pictures[:count]]
            lines.append((((" " * self.GAP).join(texts), "strong"),))
        return lines


class SoundPane(_TeachPane):
    """Shows recordings, level with clipping, and the recording that is being made or played."""

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        sound = view.snapshot.sound
        if sound is None:
            return []
        held, state, stored = sound.inventory or InventorySummary(), sound.status.state, view.stored.get("sound", "")
        lines: list[Line] = [heading("sound", width, (state, "ok" if state == "live" else "unknown"))]
        lines.append(_count(held, WANTED_RECORDINGS))
        lines.append(((f"{minutes(held.seconds)} minutes of good sound", "label"),))
        if sound.level is not None:
            lines.append(level_meter(sound.level, width))
            if sound.level.clipped:
                lines.append((("clipping: turn the gain down", "anomaly"),))
            elif sound.level.hold < QUIET:
                lines.append((("very quiet: turn the gain up, or come nearer", "unknown"),))
        capture, playing = sound.capture, self._teaching.playing
        if capture is not None:
            sort = "defective" if capture.defect else "good"
            lines.append(((f" REC {minutes(capture.seconds)} ", "hot"), (f" {sort}", "warm")))
            lines += [((text, "unknown"),) for text in wrapped(capture.note, width, 2, GLYPHS.more)]
        elif playing is not None:
            lines.append((("playing ", "label"), (f"{minutes(playing[0])} of {minutes(playing[1])}", "strong")))
        elif stored:
            lines += [((text, "ok"),) for text in wrapped(stored, width, 2, GLYPHS.more)]
        elif sound.status.message:
            lines += [((text, "unknown"),) for text in wrapped(sound.status.message, width, 3, GLYPHS.more)]
        return lines[:height]
